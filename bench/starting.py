"""How long `./run` takes to be ready on data it has seen before, and what memory the whole tree holds then."""

from __future__ import annotations

import os
import tempfile

from bench.servers import _start, free_port, pss_mb, tree


def measure() -> list[str]:
    rows = []
    with tempfile.TemporaryDirectory(prefix="gerbang-bench-") as data:
        for name, aim in (("first start to ready (environment installed)", ""), ("second start to ready", "≤ 8 s")):
            port = free_port()
            starts = _start({**os.environ, "PORT": str(port), "STORE_DATA": data}, port)
            store = next(starts)
            memory = pss_mb(tree(store.pid))
            rows.append(f"| {name} | {store.ready_s:.1f} s | | | {aim} |")
            starts.close()
    return [*rows, f"| memory of the whole tree (PSS, outside world included) | {memory:.0f} MB | | | |"]
