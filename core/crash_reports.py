"""Crashes told to Sentry, where SENTRY_DSN names one: the trace and the request's id, and nothing of a customer's.

Only config.settings loads this module, and only with a DSN: without one nothing of Sentry is in the process.
"""

from __future__ import annotations

import re
from typing import Any

import sentry_sdk
from sentry_sdk.integrations.celery import CeleryIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Breadcrumb, BreadcrumbHint, Event, Hint

from core.logs import redact, trace_id

# Player ids, phone numbers, card and account numbers. Our invoice numbers have letters in them and stay.
_LONG_NUMBER = re.compile(r"(?<![\w.-])\+?\d{5,}(?![\w-])")
# What an event may hold at its top; whatever a later version of the library adds is left out until somebody looks.
_KEPT = {
    *("event_id", "timestamp", "level", "logger", "platform", "transaction", "environment", "release", "sdk"),
    *("exception", "logentry", "message", "fingerprint", "tags", "modules", "type", "errors", "breadcrumbs"),
}
_KEPT_OF_REQUEST = ("method",)
_NEVER_TEXT = {"event_id", "timestamp", "platform", "sdk", "modules", "release", "environment"}


def start(dsn: str, environment: str) -> None:
    """Errors of this process are told from now on, scrubbed; no traces of performance, no sessions, no local variables.

    A Sentry that is away costs nobody anything: a thread of the library's sends, and drops what it cannot.
    """
    sentry_sdk.init(
        dsn=dsn,
        environment=environment,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            DjangoIntegration(middleware_spans=False, signals_spans=False, cache_spans=False),
            CeleryIntegration(propagate_traces=False),
            LoggingIntegration(level=None),
        ],
        send_default_pii=False,
        include_local_variables=False,
        include_source_context=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_session_tracking=False,
        send_client_reports=False,
        server_name="",
        before_send=scrubbed,
        before_breadcrumb=_no_breadcrumb,
    )


def scrubbed(event: Event, hint: Hint) -> Event | None:
    """`event` without secrets, customers and players: texts are redacted, of a request only its method is kept."""
    request: dict[str, Any] = event.get("request") or {}
    kept: dict[str, Any] = {
        name: value if name in _NEVER_TEXT else _clean(value) for name, value in event.items() if name in _KEPT
    }
    kept["request"] = {name: request[name] for name in _KEPT_OF_REQUEST if name in request}
    tags = kept.get("tags")
    kept["tags"] = (tags if isinstance(tags, dict) else {}) | ({"request_id": trace_id.get()} if trace_id.get() else {})
    return kept  # type: ignore[return-value]


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _LONG_NUMBER.sub("<number>", redact(value))
    if isinstance(value, dict):
        return {name: _clean(inner) for name, inner in value.items() if name not in ("vars", "data")}
    if isinstance(value, list | tuple):
        return [_clean(inner) for inner in value]
    return value


def _no_breadcrumb(crumb: Breadcrumb, hint: BreadcrumbHint) -> Breadcrumb | None:
    return None  # they hold SQL and addresses of requests
