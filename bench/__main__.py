"""`.venv/bin/python -m bench` measures everything against its limit in one run and writes bench/results.md.

Needs `wrk` (Debian package). Figures are ratios of one run: absolute rates of two machines or days do not compare.
`python -m bench.members` measures a member's dashboard among a million orders, `python -m bench.backoffice` the back
office of a shop that has as many; they take ten minutes and more, and stand apart.
"""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench import guest_order, reads, starting
from bench.servers import running_bare, running_store

HERE = Path(__file__).resolve().parent


def main() -> int:
    if not shutil.which("wrk"):
        print("bench needs wrk: apt-get install -y wrk", file=sys.stderr)
        return 1
    lines = [
        "# Last results",
        "",
        f"Taken {datetime.now(UTC).date()} by `python -m bench`: client and all servers share the machine's cores;",
        "medians of repeats taken in turns. A ratio is ours ÷ limit of the same run.",
        "",
        "| what | ours | limit | ratio | aim |",
        "|---|---|---|---|---|",
    ]
    with running_store(DEMO="on") as store, running_bare(store) as bare:
        lines += reads.measure(store, bare)
        lines += guest_order.measure(store, bare)
    lines += starting.measure()
    text = "\n".join(lines) + "\n"
    (HERE / "results.md").write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
