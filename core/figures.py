"""Figures that stages tell Prometheus about: registered once, computed whenever somebody asks for them."""

import logging
from collections.abc import Callable, Iterator, Mapping

logger = logging.getLogger(__name__)

Reading = float | Mapping[str, float] | None
_gauges: dict[str, tuple[str, Callable[[], Reading]]] = {}


def gauge(name: str, explanation: str, read: Callable[[], Reading]) -> None:
    """Adds a figure that `read` computes at every scrape: a number, numbers by `kind`, or None for nothing to say."""
    _gauges[name] = (explanation, read)


def read(name: str) -> Reading:
    """That one figure, now. Raises KeyError for one that nobody registered, and whatever its reader raises."""
    return _gauges[name][1]()


def readings() -> Iterator[tuple[str, str, Reading]]:
    """(name, explanation, reading) of every figure. One that raises is logged and left out."""
    for name, (explanation, read) in _gauges.items():
        try:
            reading = read()
        except Exception:
            # Whatever one stage's figure stumbles over, the scrape still tells all others.
            logger.exception("figure %s could not be read", name)
            continue
        yield name, explanation, reading
