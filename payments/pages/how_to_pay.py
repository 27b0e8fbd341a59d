"""How a bill is paid, for its page: amount, time left, and the QR code, number or address of its open payment."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from payments import instructions
from payments.models import Bill, Payment
from payments.qr import svg
from storefront.pages.shop import Shop
from storefront.pictures import picture


def how_to_pay(bill: Bill, payment: Payment | None, shop: Shop) -> dict[str, Any]:
    """The context `pay` of payments/partials/how_to_pay.html for an unpaid bill and its newest payment."""
    is_open = payment is not None and payment.state == Payment.State.OPEN
    how = instructions.of(payment, shop.language) if is_open else {}
    code = how.get("qrCode", "")
    return {
        **how,
        "number": bill.number,
        "total": str(bill.total),
        "channel": {
            "name": bill.channel_name,
            "kind": bill.channel.kind,
            "image": picture(bill.channel.image, "channel", bill.channel_code, bill.channel_name),
        },
        "qr_svg": svg(code) if code else "",
        # An app that was opened by its address would not come back here; the gateway's own page does.
        "address": how.get("redirectUrl") or how.get("deeplink", ""),
        "seconds_left": max(0, int((bill.expires_at - timezone.now()).total_seconds())),
        "until": shop.clock(bill.expires_at),
        "is_over": payment is None or payment.state not in Payment.LIVE,
    }
