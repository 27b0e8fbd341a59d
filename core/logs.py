"""One line of JSON per log record, with whatever could harm somebody blotted out."""

from __future__ import annotations

import json
import logging
import re
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

# Which request (or task) a line belongs to; X-Request-Id shows the same to the caller.
trace_id: ContextVar[str] = ContextVar("trace_id", default="")

_BLOTS = [
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), r"\1 ***"),
    (
        re.compile(
            r"(?i)([\"']?\b(?:[\w-]*(?:token|secret|password|passwd|api[_-]?key|signature|authorization|cookie)|key|sign|code)"
            r"[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;}]{4,}"
        ),
        r"\1***",
    ),
    (re.compile(r"\bxnd_\w{6,}"), "xnd_***"),
    (re.compile(r"\b([\w.+-])[\w.+-]*@([\w-]+\.[\w.-]+)"), r"\1***@\2"),
    (re.compile(r"(?<![\w-])(\+?(?:62|60|63|65|66)|0)(8\d|1\d|9\d|6\d)\d{4,8}(\d{2})(?![\w-])"), r"\1\2****\3"),
]
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "request", "server_time"}


def redact(text: str) -> str:
    """`text` without tokens, keys, passwords, whole mail addresses and whole phone numbers."""
    for pattern, blot in _BLOTS:
        text = pattern.sub(blot, text)
    return text


class JsonLine(logging.Formatter):
    """{"at", "level", "from", "id"?, "text", ...extra, "error"?}: values given as `extra=` stand beside the text."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "from": record.name,
        }
        if trace_id.get():
            line["id"] = trace_id.get()
        line["text"] = redact(record.getMessage())
        for name, value in vars(record).items():
            if name not in _STANDARD and not name.startswith("_"):
                line[name] = value if isinstance(value, int | float | bool | None) else redact(str(value))
        if record.exc_info:
            line["error"] = redact(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
