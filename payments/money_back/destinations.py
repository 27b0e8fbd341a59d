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


# A phone number as it is dialled at home.
_PHONES = {
    "ID": r"08[1-9][0-9]{7,10}",
    "MY": r"01[0-9]{8,9}",
    "PH": r"09[0-9]{9}",
    "SG": r"[89][0-9]{7}",
    "TH": r"0[689][0-9]{8}",
}

# Region, code, how many digits an account has (an e-wallet's is a phone number), name; in the order they are offered.
_TABLE = """
ID BCA        10     BCA
ID MANDIRI    13     Mandiri
ID BRI        15     BRI
ID BNI        10     BNI
ID BSI        10     BSI
ID CIMB       12-14  CIMB Niaga
ID PERMATA    10-16  PermataBank
ID DANAMON    10-13  Danamon
ID JAGO       12     Bank Jago
ID SEABANK    12     SeaBank
ID GOPAY      phone  GoPay
ID OVO        phone  OVO
ID DANA       phone  DANA
ID SHOPEEPAY  phone  ShopeePay
MY MAYBANK    12     Maybank
MY CIMB_MY    10-14  CIMB
MY PUBLIC     10     Public Bank
MY RHB        14     RHB
MY HONGLEONG  11-13  Hong Leong
MY AMBANK     13     AmBank
MY TNG        phone  Touch 'n Go eWallet
MY GRABPAY_MY phone  GrabPay
PH BDO        10-12  BDO
PH BPI        10     BPI
PH METROBANK  13     Metrobank
PH UNIONBANK  12     UnionBank
PH LANDBANK   10     Landbank
PH GCASH      phone  GCash
PH MAYA       phone  Maya
SG DBS        9-10   DBS / POSB
SG OCBC       10-12  OCBC
SG UOB        10     UOB
SG SC_SG      10     Standard Chartered
SG PAYNOW     phone  PayNow
TH KBANK      10     Kasikornbank
TH SCB        10     SCB
TH BBL        10     Bangkok Bank
TH KTB        10     Krungthai
TH BAY        10     Krungsri
TH PROMPTPAY  phone  PromptPay
TH TRUEMONEY  phone  TrueMoney
"""


def _read(table: str) -> Mapping[str, tuple[Method, ...]]:
    made: dict[str, tuple[Method, ...]] = {}
    for line in table.strip().splitlines():
        region, code, digits, name = line.split(maxsplit=3)
        is_wallet = digits == "phone"
        pattern = _PHONES[region] if is_wallet else f"[0-9]{{{digits.replace('-', ',')}}}"
        made[region] = (*made.get(region, ()), Method(code, name, pattern, is_wallet))
    return made


METHODS = _read(_TABLE)


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
