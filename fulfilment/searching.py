"""An order found from one box, by whatever its customer, a gateway or a supplier calls it."""

from __future__ import annotations

from fulfilment.models import Attempt
from payments.gateways import CODES
from payments.models import Capture, Payment, Refund
from storefront.orders import search_words
from storefront.orders.search_words import Found

_MOST_OF_ONE_ID = 50


def find(typed: str) -> Found:
    """Orders by invoice number, a part of player id or phone, nickname, e-mail address; by a supplier's transaction
    or our reference there; by a gateway's id of payment, capture or refund. Newest first; each by an index.
    """
    found = search_words.find(typed)
    name = typed.replace("\0", "").strip()
    if not name or len(name) > 120:
        return found
    sources = (
        Attempt.objects.filter(transaction_id=name).values_list("topup__order_id", flat=True),
        Attempt.objects.exclude(reference="").filter(reference=name.upper()).values_list("topup__order_id", flat=True),
        Payment.objects.filter(gateway_id=name).values_list("order_id", flat=True),
        Payment.objects.filter(reference=name.upper()).values_list("order_id", flat=True),
        Capture.objects.filter(gateway__in=CODES, gateway_ref=name).values_list("payment__order_id", flat=True),
        Refund.objects.filter(gateway_id=name).values_list("order_id", flat=True),
    )
    ids = {order_id for source in sources for order_id in source[:_MOST_OF_ONE_ID] if order_id is not None}
    return Found(sorted({*found.ids, *ids}, reverse=True), found.is_cut)
