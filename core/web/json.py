"""JSON as the API speaks it: amounts are numbers in both directions, and no float ever stands for money."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.functional import Promise

from core.money import Money

_ZONE = ZoneInfo("Asia/Jakarta")
MAX_BODY_BYTES = 64 * 1024


class Malformed(ValueError):
    """The text is no JSON that the shop reads; the message says why."""


def moment(value: datetime) -> str:
    """An instant as the API writes it: Jakarta time, whole seconds, e.g. 2025-12-31T23:59:59+07:00."""
    return value.astimezone(_ZONE).isoformat(timespec="seconds")


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return value.number
    if isinstance(value, Decimal):
        # The shortest float that reads back as the same number: exact for every amount a column can hold.
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Promise | UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def dumps(value: Any) -> bytes:
    """Compact UTF-8 JSON. Money and Decimal become numbers (whole ones without a point), instants Jakarta time."""
    text = json.dumps(value, default=_plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode()


def loads(raw: bytes) -> Any:
    """What `raw` says, with fractions as Decimal. Raises Malformed for anything the database could not hold either."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_float=Decimal, parse_constant=_refuse_constant)
    except json.JSONDecodeError as problem:
        raise Malformed(str(problem)) from problem
    except UnicodeDecodeError as problem:
        raise Malformed("the text is not UTF-8") from problem
    except RecursionError as problem:
        raise Malformed("nested too deeply") from problem
    except Malformed:
        raise
    except ValueError as problem:  # more digits than Python reads as an integer
        raise Malformed("a number has too many digits") from problem
    if b"\\u" in raw:
        for text in _texts(value):
            # PostgreSQL knows neither: better a refusal here than an error there.
            if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
                raise Malformed("NUL and lone surrogates are not text")
    return value


def _refuse_constant(name: str) -> None:
    raise Malformed(f"{name} is not a number")


def _texts(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            waiting.extend(one)
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
