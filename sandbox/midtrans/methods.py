"""Midtrans' payment methods: how they are asked for, how long they live, what they can do. Rupiah, Indonesia."""

from dataclasses import dataclass
from typing import Any

from sandbox.midtrans.errors import Refused

_MINUTE, _HOUR = 60_000, 3_600_000


@dataclass(frozen=True)
class Method:
    code: str
    label: str
    life_ms: int
    refunds: bool = False
    reversible: bool = False  # a settlement may turn into a denial minutes later
    idempotent: bool = True  # whether the Idempotency-Key is honoured
    settable: bool = True
    prefix: str = ""  # of the number to pay to
    shouts: bool = False  # its pending status comes in capitals
    fraud: bool = True  # whether fraud_status is told


_METHODS = {
    method.code: method
    for method in (
        Method("qris", "QRIS", 15 * _MINUTE, refunds=True),
        Method("gopay", "GoPay", 15 * _MINUTE, refunds=True, fraud=False),
        Method("shopeepay", "ShopeePay", 15 * _MINUTE, refunds=True, shouts=True),
        Method("dana", "DANA", 15 * _MINUTE, refunds=True, shouts=True),
        Method("ovo", "OVO", _MINUTE, refunds=True, settable=False),
        Method("bca", "BCA Virtual Account", 24 * _HOUR, prefix="12790"),
        Method("bni", "BNI Virtual Account", 24 * _HOUR, prefix="98801"),
        Method("bri", "BRI Virtual Account", 24 * _HOUR, prefix="12861"),
        Method("cimb", "CIMB Virtual Account", 24 * _HOUR, prefix="8059"),
        Method("permata", "Permata Virtual Account", 24 * _HOUR, reversible=True, idempotent=False, prefix="8562"),
        Method("echannel", "Mandiri Bill", 24 * _HOUR, reversible=True),
        Method("alfamart", "Alfamart", 24 * _HOUR, prefix="45", fraud=False),
        Method("indomaret", "Indomaret", 24 * _HOUR, reversible=True, idempotent=False, prefix="25", fraud=False),
        Method("credit_card", "Card", 24 * _HOUR, refunds=True),
    )
}


def of(code: str) -> Method:
    """The method of a payable's channel code."""
    return _METHODS[code]


def asked(body: dict[str, Any]) -> Method:
    """The method that a charge asks for. Raises Refused, and then nothing was made."""
    kind = body.get("payment_type")
    given = body.get(str(kind))
    given = given if isinstance(given, dict) else {}
    code = str(kind)
    if kind == "bank_transfer":
        code = str(given.get("bank"))
        if code not in ("bca", "bni", "bri", "cimb", "permata"):
            raise Refused(400, "bank_transfer.bank is not supported")
    elif kind == "cstore":
        code = str(given.get("store")).lower()
        if code not in ("alfamart", "indomaret"):
            raise Refused(400, "cstore.store is required")
    elif kind == "echannel" and not (given.get("bill_info1") and given.get("bill_info2")):
        raise Refused(400, "echannel.bill_info1 and bill_info2 are required")
    elif kind == "shopeepay" and not given.get("callback_url"):
        raise Refused(400, "shopeepay.callback_url is required")
    elif kind == "ovo" and not str(given.get("payer_phone_number") or "").startswith("08"):
        raise Refused(400, "ovo.payer_phone_number is required")
    if code not in _METHODS or code == "credit_card":
        # a card token is made by scripts on the shop's own page, which this store does not have: cards go by Snap
        raise Refused(400, "payment_type is not supported")
    return _METHODS[code]
