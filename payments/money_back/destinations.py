"""Accounts that a refund can be paid to, by region: which banks and e-wallets, and what their numbers look like.

Lengths are those the banks themselves print; where one has several kinds of account, the widest range counts. A number
that passes may still be nobody's: then the bank returns the money, and the customer is asked again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.errors import invalid
from core.sealing import seal, unseal

#: Paid another way that staff describe in words.
BY_HAND = "HAND"
_HOLDER = re.compile(r"[^\W\d_](?:[^\W\d_]|[ .,'’/()-]){1,79}")


@dataclass(frozen=True, slots=True)
class Method:
    """A bank or e-wallet; `pattern` fits the number without spaces and hyphens."""

    code: str
    name: str
    pattern: str
    is_wallet: bool = False


@dataclass(frozen=True, slots=True)
class Destination:
    """Where money goes; `number` and `holder` are never stored or logged in clear."""

    method: str
    number: str
    holder: str


def _bank(code: str, name: str, least: int, most: int) -> Method:
    return Method(code, name, rf"[0-9]{{{least},{most}}}")


def _wallet(code: str, name: str, pattern: str) -> Method:
    return Method(code, name, pattern, is_wallet=True)


_ID_PHONE, _MY_PHONE, _PH_PHONE = r"08[1-9][0-9]{7,10}", r"01[0-9]{8,9}", r"09[0-9]{9}"
_SG_PHONE, _TH_PHONE = r"[89][0-9]{7}", r"0[689][0-9]{8}"

METHODS: Mapping[str, tuple[Method, ...]] = {
    "ID": (
        _bank("BCA", "BCA", 10, 10),
        _bank("MANDIRI", "Mandiri", 13, 13),
        _bank("BRI", "BRI", 15, 15),
        _bank("BNI", "BNI", 10, 10),
        _bank("BSI", "BSI", 10, 10),
        _bank("CIMB", "CIMB Niaga", 12, 14),
        _bank("PERMATA", "PermataBank", 10, 16),
        _bank("DANAMON", "Danamon", 10, 13),
        _bank("JAGO", "Bank Jago", 12, 12),
        _bank("SEABANK", "SeaBank", 12, 12),
        _wallet("GOPAY", "GoPay", _ID_PHONE),
        _wallet("OVO", "OVO", _ID_PHONE),
        _wallet("DANA", "DANA", _ID_PHONE),
        _wallet("SHOPEEPAY", "ShopeePay", _ID_PHONE),
    ),
    "MY": (
        _bank("MAYBANK", "Maybank", 12, 12),
        _bank("CIMB_MY", "CIMB", 10, 14),
        _bank("PUBLIC", "Public Bank", 10, 10),
        _bank("RHB", "RHB", 14, 14),
        _bank("HONGLEONG", "Hong Leong", 11, 13),
        _bank("AMBANK", "AmBank", 13, 13),
        _wallet("TNG", "Touch 'n Go eWallet", _MY_PHONE),
        _wallet("GRABPAY_MY", "GrabPay", _MY_PHONE),
    ),
    "PH": (
        _bank("BDO", "BDO", 10, 12),
        _bank("BPI", "BPI", 10, 10),
        _bank("METROBANK", "Metrobank", 13, 13),
        _bank("UNIONBANK", "UnionBank", 12, 12),
        _bank("LANDBANK", "Landbank", 10, 10),
        _wallet("GCASH", "GCash", _PH_PHONE),
        _wallet("MAYA", "Maya", _PH_PHONE),
    ),
    "SG": (
        _bank("DBS", "DBS / POSB", 9, 10),
        _bank("OCBC", "OCBC", 10, 12),
        _bank("UOB", "UOB", 10, 10),
        _bank("SC_SG", "Standard Chartered", 10, 10),
        _wallet("PAYNOW", "PayNow", _SG_PHONE),
    ),
    "TH": (
        _bank("KBANK", "Kasikornbank", 10, 10),
        _bank("SCB", "SCB", 10, 10),
        _bank("BBL", "Bangkok Bank", 10, 10),
        _bank("KTB", "Krungthai", 10, 10),
        _bank("BAY", "Krungsri", 10, 10),
        _wallet("PROMPTPAY", "PromptPay", _TH_PHONE),
        _wallet("TRUEMONEY", "TrueMoney", _TH_PHONE),
    ),
}


def methods(region: str) -> tuple[Method, ...]:
    return METHODS.get(region, ())


def name_of(code: str) -> str:
    """The bank's or e-wallet's name as people know it."""
    found = (method.name for several in METHODS.values() for method in several if method.code == code)
    return next(found, code)


def checked(region: str, method: str, number: str, holder: str) -> Destination:
    """The account as typed, without spaces and hyphens. Raises VALIDATION_ERROR naming `method`, `number`, `holder`."""
    wrong = {}
    chosen = next((one for one in methods(region) if one.code == method), None)
    digits = re.sub(r"[\s.-]", "", number)[:40]
    name = " ".join(holder.split())
    if chosen is None:
        wrong["method"] = _("Choose a bank or an e-wallet.")
    elif not re.fullmatch(chosen.pattern, digits, re.ASCII):
        wrong["number"] = (
            _("That is no phone number of %(name)s. Type it as you dial it at home.") % {"name": chosen.name}
            if chosen.is_wallet
            else _("That is no account number of %(name)s. Compare the digits with your banking app.")
            % {"name": chosen.name}
        )
    if not _HOLDER.fullmatch(name):
        wrong["holder"] = _("Type the name as the bank or e-wallet writes it.")
    if wrong:
        raise invalid(wrong)
    return Destination(method, digits, name)


def masked(destination: Destination) -> str:
    """The account as lists show it: "BCA ••••1234 · A•• S•••"."""
    initials = " ".join(word[0] + "•" * min(len(word) - 1, 4) for word in destination.holder.split()[:4])
    return f"{name_of(destination.method)} ••••{destination.number[-4:]} · {initials}"[:120]


def sealed(destination: Destination) -> str:
    return seal(json.dumps({"number": destination.number, "holder": destination.holder}))


def unsealed(method: str, text: str) -> Destination:
    """The account in clear, for the person who pays it out. Raises ValueError if another shop's key sealed it."""
    read = json.loads(unseal(text))
    return Destination(method, read["number"], read["holder"])
