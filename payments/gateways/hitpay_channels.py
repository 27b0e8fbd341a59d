"""What HitPay offers by country: its codes, the kind they are, whether money goes back. Which of them work depends on
the merchant's account; a code that is not enabled is refused there (422)."""

from __future__ import annotations

from payments.gateways.base import Offer

_CARD = Offer("card", "CARD", is_refundable=True)


def _qr(code: str, *, refunds: bool = False) -> Offer:
    return Offer(code, "QR", refunds)


def _redirect(code: str, *, refunds: bool = False) -> Offer:
    return Offer(code, "REDIRECT", refunds)


OFFERS: dict[str, tuple[Offer, ...]] = {
    "SG": (
        _qr("paynow_online", refunds=True),
        _redirect("grabpay_direct", refunds=True),
        _redirect("grabpay_paylater", refunds=True),
        _qr("shopee_pay", refunds=True),
        _redirect("atome", refunds=True),
        _redirect("shopback", refunds=True),
        _qr("wechat_pay"),
        _qr("upi_qr"),
        _CARD,
    ),
    "MY": (
        _qr("duitnow"),
        _redirect("touch_n_go"),
        _redirect("fpx"),
        _redirect("grabpay_direct", refunds=True),
        _redirect("razer_maybankqr", refunds=True),
        _qr("shopee_pay", refunds=True),
        _CARD,
    ),
    "PH": (
        _qr("qrph_netbank"),
        _qr("gcash_qr"),
        _redirect("gcash"),
        _qr("shopee_pay", refunds=True),
        *(_redirect(f"upay_{name}", refunds=True) for name in ("bayad", "ecpy", "plwn", "instapay")),
        _CARD,
    ),
    "TH": (_qr("opn_prompt_pay"), _qr("opn_true_money_qr"), _CARD),
    "ID": (_qr("doku_qris"), _qr("ifpay_qris"), _CARD),
}
_DIRECT = ("grabpay_direct", "grabpay_paylater", "touch_n_go", "gcash")


def has_direct_link(code: str) -> bool:
    """Whether the payer can be sent straight to the wallet instead of to HitPay's page."""
    return code in _DIRECT
