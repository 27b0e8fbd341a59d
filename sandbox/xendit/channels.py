"""Xendit's payment channels as of April 2026: where they work, limits, life, what the customer is shown, refunds."""

from dataclasses import dataclass

QR, VA, OTC, REDIRECT, BANK, PUSH, CARD = "qr", "va", "otc", "redirect", "bank", "push", "card"
_MINUTE, _HOUR = 60_000, 3_600_000


@dataclass(frozen=True)
class Channel:
    code: str
    country: str
    currency: str
    kind: str
    label: str
    min_cents: int
    max_cents: int
    life_ms: int
    settable: bool  # whether `channel_properties.expires_at` is honoured
    refunds: bool
    prefix: str = ""  # of the virtual account number or payment code


def _channel(
    code: str, country: str, kind: str, label: str, low: float, high: float,
    *, life: int = 24 * _HOUR, settable: bool = False, refunds: bool = False, prefix: str = "",
) -> Channel:  # fmt: skip
    currency = {"ID": "IDR", "MY": "MYR", "PH": "PHP", "SG": "SGD", "TH": "THB"}[country]
    return Channel(
        code, country, currency, kind, label, round(low * 100), round(high * 100), life, settable, refunds, prefix
    )


def _va(bank: str, label: str, low: int, high: int, prefix: str) -> Channel:
    code = f"{bank}_VIRTUAL_ACCOUNT"
    return _channel(code, "ID", VA, f"{label} Virtual Account", low, high, settable=True, prefix=prefix)


def _otc(code: str, country: str, label: str, low: int, high: int, prefix: str) -> Channel:
    return _channel(code, country, OTC, label, low, high, life=48 * _HOUR, settable=True, prefix=prefix)


def _wallet(code: str, country: str, label: str, low: int, high: int, minutes: int, *, refunds: bool = True) -> Channel:
    return _channel(code, country, REDIRECT, label, low, high, life=minutes * _MINUTE, refunds=refunds)


_FPX_BANKS = {
    "MAYB2U": "Maybank2u", "CIMB": "CIMB Clicks", "PUBLIC": "Public Bank", "RHB": "RHB Now", "HLB": "Hong Leong",
    "AMBANK": "AmBank", "BSN": "BSN", "OCBC": "OCBC", "UOB": "UOB", "AFFIN": "Affin Bank", "ALLIANCE": "Alliance",
    "BIMB": "Bank Islam",
}  # fmt: skip

_ALL = [
    _channel("QRIS", "ID", QR, "QRIS", 1, 10_000_000, life=48 * _HOUR, refunds=True),
    _va("BCA", "BCA", 10_000, 50_000_000, "10766"),
    _va("BNI", "BNI", 1, 50_000_000, "8808"),
    _va("BRI", "BRI", 1, 50_000_000_000, "13282"),
    _va("MANDIRI", "Mandiri", 1, 50_000_000_000, "88608"),
    _va("PERMATA", "Permata", 1, 9_999_999_999, "8214"),
    _va("BSI", "BSI", 1, 50_000_000_000, "9347"),
    _va("CIMB", "CIMB Niaga", 1, 50_000_000_000, "9345"),
    _wallet("DANA", "ID", "DANA", 100, 20_000_000, 24 * 60),
    _wallet("SHOPEEPAY", "ID", "ShopeePay", 1, 20_000_000, 30),
    _wallet("LINKAJA", "ID", "LinkAja", 100, 20_000_000, 5),
    _wallet("ASTRAPAY", "ID", "AstraPay", 100, 20_000_000, 15),
    _wallet("GOPAY", "ID", "GoPay", 1, 50_000_000, 30),
    _channel("OVO", "ID", PUSH, "OVO", 100, 20_000_000, life=54_000),
    _otc("ALFAMART", "ID", "Alfamart", 10_000, 5_000_000, "76"),
    _otc("INDOMARET", "ID", "Indomaret", 10_000, 5_000_000, "77"),
    _channel("QRPH", "PH", QR, "QR Ph", 1, 50_000, life=48 * _HOUR),
    _wallet("GCASH", "PH", "GCash", 1, 100_000, 15),
    _wallet("PAYMAYA", "PH", "Maya", 1, 100_000, 15),
    _wallet("GRABPAY", "PH", "GrabPay", 1, 100_000, 15),
    _wallet("SHOPEEPAY", "PH", "ShopeePay", 1, 100_000, 15),
    _otc("7ELEVEN", "PH", "7-Eleven", 50, 50_000, "91"),
    _wallet("GRABPAY", "MY", "GrabPay", 1, 1_500, 15),
    _wallet("TOUCHNGO", "MY", "Touch 'n Go", 1, 20_000, 30),
    _wallet("SHOPEEPAY", "MY", "ShopeePay", 1, 4_999, 20),
    _channel("DUITNOW", "MY", QR, "DuitNow QR", 1, 30_000, life=24 * _HOUR),
    *(_channel(f"{bank}_FPX", "MY", BANK, name, 1, 30_000, life=30 * _MINUTE) for bank, name in _FPX_BANKS.items()),
    _channel("SGQR", "SG", QR, "PayNow", 0.01, 200_000, settable=True),
    _wallet("GRABPAY", "SG", "GrabPay", 1, 5_000, 15),
    _wallet("SHOPEEPAY", "SG", "ShopeePay", 1, 5_000, 15),
    _channel("PROMPTPAY", "TH", QR, "PromptPay", 1, 700_000, settable=True),
    _channel("QRPROMPTPAY", "TH", QR, "PromptPay", 1, 700_000, settable=True),
    _wallet("TRUEMONEY", "TH", "TrueMoney", 1, 50_000, 120, refunds=False),
    _wallet("LINEPAY", "TH", "Rabbit LINE Pay", 1, 50_000, 20, refunds=False),
    _wallet("SHOPEEPAY", "TH", "ShopeePay", 1, 200_000, 120, refunds=False),
    *(
        _channel("CARDS", country, CARD, "Card", low, high, life=30 * _MINUTE, refunds=True)
        for country, low, high in (
            ("ID", 5_000, 200_000_000), ("MY", 1, 5_000), ("PH", 20, 700_000), ("SG", 0.5, 50_000), ("TH", 1, 700_000)
        )
    ),
]  # fmt: skip
_BY_KEY = {(channel.code, channel.country): channel for channel in _ALL}


def find(code: str, country: str) -> Channel | None:
    """The channel of that code in that country."""
    return _BY_KEY.get((code, country))


def exists(code: str) -> bool:
    """Whether some country has a channel of that code."""
    return any(channel.code == code for channel in _ALL)
