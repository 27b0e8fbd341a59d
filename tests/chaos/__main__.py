"""The long form: `python -m tests.chaos --orders 5000 --seed 7`, over a whole `./run` of its own.

Prints a verdict, writes it as JSON, and ends with 1 where an order was lost, doubled or left open, where money or slots
do not agree, or where more than 0.5 % of the orders are left to a person.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.servers import running_store
from tests.chaos import weather
from tests.chaos.broken import sitecustomize as broken
from tests.chaos.storm import Place, Storm

SETTINGS = {
    "GEMGO_SETTLE_SECONDS": "6",
    "GEMGO_POLL_SECONDS": "1",
    "GEMGO_TIMEOUT_SECONDS": "4",
    "DIGIFLAZZ_RECHECK_SECONDS": "4",
    "DIGIFLAZZ_TIMEOUT_SECONDS": "4",
    "CIRCUIT_PAUSE_SECONDS": "3",
    "WORKER_SILENT_SECONDS": "10",
    "DEMO": "on",
    "DEMO_MONTH": "off",
}
MOST_HELD = 0.005


def main() -> int:
    options = _options()
    print(f"seed {options.seed}", flush=True)
    with _store(options.without, options.data) as place:
        storm = Storm(place, seed=options.seed, keep=options.data and options.data / "seen.json")
        verdict = storm.run(
            options.orders,
            faults=weather.worse(weather.FAULTS, options.faults),
            kill_every_s=options.kill_every,
            settle_s=options.settle,
            at_once=options.at_once,
        )
    print(verdict)
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(verdict.as_json())
    print(f"  all of it: {options.json}")
    is_well = not verdict.problems and verdict.findings.held_share < MOST_HELD
    print("HOLDS" if is_well else "BROKEN")
    return 0 if is_well else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--kill-every", type=float, default=2.0, help="seconds between two blows; 0: none")
    parser.add_argument("--settle", type=float, default=300, help="seconds to settle at most, once the weather is fine")
    parser.add_argument("--at-once", type=int, default=12, help="customers buying at the same time")
    parser.add_argument("--faults", type=float, default=1.0, help="all chances of faults times this")
    parser.add_argument("--without", choices=sorted(broken.GUARDS), action="append", default=[])
    parser.add_argument("--data", type=Path, help="STORE_DATA, kept afterwards with all logs; default: one that goes")
    parser.add_argument("--json", type=Path, default=Path("var/chaos.json"))
    return parser.parse_args()


@contextlib.contextmanager
def _store(without: list[str], data: Path | None) -> Iterator[Place]:
    extra = {"STORE_DATA": str(data.absolute())} if data else {}
    if without:
        extra |= {"STORM_WITHOUT": ",".join(without), "PYTHONPATH": str(Path(broken.__file__).parent)}
    with running_store(**SETTINGS, **extra) as store:
        # `./run` is not told to use another Python than its own; `manage.py` and its like get the same environment.
        yield Place(store.url, store.world, store.pid, {**os.environ, **store.env})


if __name__ == "__main__":
    sys.exit(main())
