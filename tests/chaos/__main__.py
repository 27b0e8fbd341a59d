"""The long form: `.venv/bin/python -m tests.chaos --orders 200 --seed 7` over a whole `./run` of its own."""

from __future__ import annotations

import argparse
import random
import sys

from bench.servers import running_store
from tests.chaos.storm import Storm

SETTINGS = {
    "GEMGO_SETTLE_SECONDS": "6",
    "GEMGO_POLL_SECONDS": "0.5",
    "GEMGO_TIMEOUT_SECONDS": "3",
    "DIGIFLAZZ_RECHECK_SECONDS": "3",
    "DIGIFLAZZ_TIMEOUT_SECONDS": "3",
    "DEMO": "on",
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--orders", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--kill-every", type=float, default=3.0)
    parser.add_argument("--settle", type=float, default=240)
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    with running_store(**SETTINGS) as store:
        storm = Storm(store.url, store.world, store.pid, store.env, seed=options.seed)
        verdict = storm.run(options.orders, kill_every_s=options.kill_every, settle_s=options.settle)
    print(
        f"{verdict.orders} orders, {verdict.kills} kills, {verdict.seconds:.0f} s: {dict(verdict.statuses)}, "
        f"cases {dict(verdict.cases)}"
    )
    for line in verdict.wrong:
        print("WRONG", line)
    return 1 if verdict.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
