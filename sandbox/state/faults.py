"""What goes wrong, and how often. Keys and ranges are listed here and explained in sandbox/README.md."""

import json
import random
import threading
from collections.abc import Mapping
from typing import Any

from sandbox.state import database


class UnknownFault(Exception):
    """A key that does not exist, or a value out of its range; the text says which."""


class Number:
    """A number in a range, with the value it has when it is left out."""

    def __init__(self, low: float, high: float, default: float = 0) -> None:
        self.low, self.high, self.default = low, high, default

    def read(self, name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not self.low <= value <= self.high:
            raise UnknownFault(f"{name} must be a number from {self.low:g} to {self.high:g}")
        return value


class Switch(Number):
    """On or off."""

    def __init__(self) -> None:
        super().__init__(0, 1)

    def read(self, name: str, value: Any) -> float:
        if value not in (0, 1):
            raise UnknownFault(f"{name} must be true or false")
        return int(value)


CHANCE = Number(0, 1)
MS = Number(0, 86_400_000)
ON_OFF = Switch()

KEYS: Mapping[str, Mapping[str, Number]] = {
    "create_order": {
        "delay_ms": MS, "lose_reply": CHANCE, "lose_request": CHANCE, "error": CHANCE, "reject": CHANCE,
        "reject_status": Number(200, 499, 200), "http_401": CHANCE, "http_429": CHANCE, "garbled": CHANCE,
        "commit_then_502": CHANCE, "slow": CHANCE, "slow_ms": Number(0, 86_400_000, 35_000),
    },
    "order": {
        "finish_after_ms": Number(0, 86_400_000, 300), "fail": CHANCE, "never": CHANCE,
        "flip_to_failed": CHANCE, "flip_after_ms": Number(0, 86_400_000, 1_000),
    },
    "callback": {"drop": CHANCE, "duplicate": CHANCE, "delay_ms": MS, "forge": CHANCE, "early": CHANCE},
    "order_history": {
        "delay_ms": MS, "error": CHANCE, "garbled": CHANCE, "http_429": CHANCE, "lag_ms": MS,
        "cap": Number(0, 100_000), "oldest_first": ON_OFF, "skew_seconds": Number(-86_400, 86_400),
    },
    "digiflazz": {
        "rc": Number(-1, 99, -1), "race_ms": MS, "forget_after_ms": Number(0, 10**12, 90 * 86_400_000),
        "price_list_pause_ms": Number(0, 86_400_000, 300_000),
    },
    "message": {"delay_ms": MS, "error": CHANCE, "lose_reply": CHANCE, "http_429": CHANCE, "unreachable": CHANCE},
    "check_player": {
        "delay_ms": MS, "error": CHANCE, "garbled": CHANCE, "lose_reply": CHANCE, "unknown": CHANCE,
    },
    "gateway": {
        "delay_ms": MS, "error": CHANCE, "lose_reply": CHANCE, "lose_request": CHANCE, "garbled": CHANCE,
        "http_429": CHANCE, "unavailable": CHANCE,
    },
    "webhook": {
        "drop": CHANCE, "duplicate": CHANCE, "delay_ms": MS, "wrong_token": CHANCE, "omit_captures": CHANCE,
        "out_of_order": CHANCE,
    },
    "refund": {"finish_after_ms": Number(0, 86_400_000, 300), "fail": CHANCE, "never": CHANCE},
    "midtrans": {
        "reverse": CHANCE, "reverse_after_ms": Number(0, 86_400_000, 2_000),
        "settle_after_ms": Number(0, 86_400_000, 86_400_000), "early_notification": CHANCE,
    },
    "hitpay": {"qr_as_url": CHANCE, "bare_qr": CHANCE, "qrph_error": CHANCE, "no_refund_status": CHANCE},
    "sessions": {"cancel_refused": CHANCE, "omit_payment_id": CHANCE},
}  # fmt: skip
_FACT = "faults"
_BOOTS = "boots_since_faults"

_lock = threading.Lock()
_given: dict[str, Any] = {}
_values: dict[tuple[str, str], float] = {}
_streams: dict[tuple[str, str], random.Random] = {}
_boots = 0


def _read(body: Mapping[str, Any]) -> dict[tuple[str, str], float]:
    values = {(section, key): kind.default for section, keys in KEYS.items() for key, kind in keys.items()}
    for section, given in body.items():
        if section == "seed":
            if isinstance(given, bool) or not isinstance(given, int):
                raise UnknownFault("seed must be a whole number")
            continue
        keys = KEYS.get(section)
        if keys is None:
            raise UnknownFault(f"unknown key {section}")
        if not isinstance(given, dict):
            raise UnknownFault(f"{section} must be an object")
        for key, value in given.items():
            if key not in keys:
                raise UnknownFault(f"unknown key {section}.{key}")
            values[section, key] = keys[key].read(f"{section}.{key}", value)
    return values


def _install(body: dict[str, Any], values: dict[tuple[str, str], float], boots: int) -> None:
    global _given, _values, _boots
    with _lock:
        _given, _values, _boots = body, values, boots
        _streams.clear()


def load() -> None:
    """The faults of before the last stop are on again; their chances go on differently after each restart."""
    body = json.loads(database.fact(_FACT, "{}"))
    with database.transaction() as running:
        boots = database.count_up(running, _BOOTS)
    _install(body, _read(body), boots)


def replace(body: dict[str, Any]) -> None:
    """Exactly the faults of `body` are on. Raises UnknownFault, and then nothing has changed."""
    values = _read(body)
    with database.transaction() as running:
        database.remember(running, _FACT, json.dumps(body))
        database.remember(running, _BOOTS, 0)
    _install(body, values, 0)


def given() -> dict[str, Any]:
    """The body of the last `replace`."""
    return _given


def number(section: str, key: str) -> float:
    """The value of a fault that is not a chance."""
    return _values[section, key]


def happens(section: str, key: str) -> bool:
    """Draws once. Every key has a sequence of its own from the seed, so that calls of another kind do not shift it."""
    chance = _values[section, key]
    if chance <= 0:
        return False
    if chance >= 1:
        return True
    with _lock:
        stream = _streams.get((section, key))
        if stream is None:
            seed = _given.get("seed")
            stream = random.Random(None if seed is None else f"{seed}/{section}.{key}/{_boots}")
            _streams[section, key] = stream
        return stream.random() < chance
