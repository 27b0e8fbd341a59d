"""A code's secret: sealed with the row it belongs to, opened for that row alone, found again without opening."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from core import sealing
from fulfilment.models import Code

_LONG_ENOUGH = 10
_BETWEEN = re.compile(r"[\s\-]+")


class Unreadable(Exception):
    """What is sealed in the row is not of this row, or of none of our keys."""


@dataclass(frozen=True, slots=True)
class Secret:
    """`serial` is the number some vouchers carry beside the code; by itself it redeems nothing."""

    code: str
    serial: str = ""


def put(row: Code, secret: Secret) -> None:
    """`row` (not saved here) holds the secret, sealed with the newest key."""
    told = {"row": row.public_id.hex, "code": secret.code, "serial": secret.serial}
    row.sealed = sealing.seal(json.dumps(told, ensure_ascii=False))
    row.key_mark = sealing.key_mark()
    row.digest = digests(secret.code)[0]
    row.tail = secret.code[-4:] if len(secret.code) >= _LONG_ENOUGH else ""


def get(row: Code) -> Secret:
    """The row's own secret. Raises Unreadable, so that a mix-up shows nobody another's code (F15)."""
    try:
        told = json.loads(sealing.unseal(row.sealed))
    except ValueError as problem:
        raise Unreadable("sealed by no key of ours") from problem
    if told.get("row") != row.public_id.hex:
        raise Unreadable("sealed for another row")
    return Secret(told["code"], told["serial"])


def digests(code: str) -> list[str]:
    """By which the same code is found again, however it is spaced or written; the newest key's first."""
    return sealing.digests(_BETWEEN.sub("", code).casefold())


def without(text: str, secret: Secret) -> str:
    """`text` (a supplier's answer) with dots where the secret stood, also where JSON escaped it."""
    for word in (secret.code, json.dumps(secret.code)[1:-1], secret.code.replace("/", "\\/")):
        if word:
            text = text.replace(word, "••••••••")
    return text
