"""What Xendit offers by country: channel codes, the kind they are, and whether money goes back (April 2026)."""

from __future__ import annotations

from payments.gateways.base import Offer


def _qr(code: str, *, refunds: bool = False) -> Offer:
    return Offer(code, "QR", refunds)


def _wallet(code: str, *, refunds: bool = True) -> Offer:
    return Offer(code, "REDIRECT", refunds)


def _bank(code: str) -> Offer:
    return Offer(f"{code}_VIRTUAL_ACCOUNT", "VA")


def _page(code: str) -> Offer:
    return Offer(f"{code}_FPX", "REDIRECT")


_CARD = Offer("CARDS", "CARD", is_refundable=True)
_BANKS = ("BCA", "BNI", "BRI", "MANDIRI", "PERMATA", "BSI", "CIMB")
_FPX_BANKS = (
    "MAYB2U", "CIMB", "PUBLIC", "RHB", "HLB", "AMBANK", "BSN", "OCBC", "UOB", "AFFIN", "ALLIANCE", "BIMB",
)  # fmt: skip

OFFERS: dict[str, tuple[Offer, ...]] = {
    "ID": (
        _qr("QRIS", refunds=True),
        *(_bank(code) for code in _BANKS),
        *(_wallet(code) for code in ("DANA", "SHOPEEPAY", "LINKAJA", "ASTRAPAY", "GOPAY")),
        Offer("OVO", "REDIRECT", needs_phone=True),
        Offer("ALFAMART", "CODE"),
        Offer("INDOMARET", "CODE"),
        _CARD,
    ),
    "MY": (
        _qr("DUITNOW"),
        *(_wallet(code) for code in ("GRABPAY", "TOUCHNGO", "SHOPEEPAY")),
        *(_page(code) for code in _FPX_BANKS),
        _CARD,
    ),
    "PH": (
        _qr("QRPH"),
        *(_wallet(code) for code in ("GCASH", "PAYMAYA", "GRABPAY", "SHOPEEPAY")),
        Offer("7ELEVEN", "CODE"),
        _CARD,
    ),
    "SG": (_qr("SGQR"), _wallet("GRABPAY"), _wallet("SHOPEEPAY"), _CARD),
    "TH": (
        _qr("PROMPTPAY"),
        _qr("QRPROMPTPAY"),
        *(_wallet(code, refunds=False) for code in ("TRUEMONEY", "LINEPAY", "SHOPEEPAY")),
        _CARD,
    ),
}
