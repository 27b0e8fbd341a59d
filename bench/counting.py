"""The store's own application for the bench: each answer says in X-Statements how many SQL statements it took, and
`/bench/lists` names every list of the back office. With BENCH_SHOW_SQL=<ms> slower statements go to the log."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

_store = get_wsgi_application()

# The applications are set up.
from django.contrib import admin  # noqa: E402
from django.db import connection  # noqa: E402
from django.urls import reverse  # noqa: E402

_SLOW_MS = float(os.environ.get("BENCH_SHOW_SQL") or "inf")


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    if environ["PATH_INFO"] == "/bench/lists":
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(_lists()).encode()]
    seen = 0

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal seen
        seen += 1
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            took = (time.perf_counter() - began) * 1000
            if took > _SLOW_MS:
                print(f"{took:.0f} ms {environ['PATH_INFO']}: {sql % params if params else sql}", file=sys.stderr)

    def started(status: str, headers: list[tuple[str, str]], problem: Any = None) -> Any:
        return start_response(status, [*headers, ("X-Statements", str(seen))], problem)

    with connection.execute_wrapper(count):
        return _store(environ, started)


def _lists() -> dict[str, str]:
    """What a list is called, and its address."""
    found = {}
    for model in admin.site._registry:
        meta = model._meta
        found[meta.label] = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return found
