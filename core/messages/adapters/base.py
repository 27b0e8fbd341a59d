"""What every messenger's adapter takes and raises: plain frozen data, no models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class NotNow(Exception):
    """It may or may not have gone out, or not yet: to be tried again, after `pause` seconds where they said so."""

    def __init__(self, text: str, pause: float = 0) -> None:
        super().__init__(text)
        self.pause = pause


class Unreachable(Exception):
    """Nobody will be reached there any more: blocked, no such chat, not on that messenger."""


class Misconfigured(Exception):
    """Our key, number or template is not accepted: a person has to mend it."""


@dataclass(frozen=True, slots=True)
class Note:
    """One message. `text` for who takes free text; `template` with `parameters` and `path` (of the link, without the
    first slash) for who takes approved templates only."""

    to: str
    template: str
    language: str
    text: str
    parameters: tuple[str, ...]
    path: str


class Messenger(Protocol):
    def send(self, note: Note) -> str:
        """Sent; what they call it. Raises NotNow, Unreachable, Misconfigured."""
