"""A unit gets a code of our own stock: one transaction, nobody called, one code to one unit however many ask."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils import timezone

from fulfilment import finishing
from fulfilment.codes import shelf, stock
from fulfilment.models import Attempt, Code, CodeEvent, SupplierProduct, TopUp
from storefront.orders import services as orders


class _NoneLeft(Exception):
    """Undoes the claim: no code is in stock that nobody else has just taken."""


def hand_out(topup: TopUp, product: SupplierProduct, number: int) -> bool:
    """The QUEUED unit is DELIVERED with a code of `product`'s stock, its attempt and its cost booked, and the order
    ended if it was the last. False if no code is free, or somebody else has the unit: then nothing moved."""
    try:
        with transaction.atomic():
            order = orders.lock(topup.order_id)
            if not TopUp.objects.filter(pk=topup.pk, state=TopUp.State.QUEUED, chosen=topup.chosen_id).update(
                state=TopUp.State.ACCEPTED, waits_for=""
            ):
                return False
            code = take(product, topup)
            if code is None:
                raise _NoneLeft
            now = timezone.now()
            attempt = Attempt.objects.create(
                topup=topup,
                number=number,
                account=product.account,
                product=product,
                game_code=product.game_code,
                product_code=product.code,
                product_name=product.name,
                cost_minor=code.cost_minor,
                player_id=order.player_id.strip(),
                zone=order.zone.strip(),
                callback_token=secrets.token_urlsafe(32),
                state=Attempt.State.ACCEPTED,
                sent_at=now,
                answered_at=now,
                is_named_alike=True,
                made_at=now,
            )
            finishing.deliver(attempt)
    except _NoneLeft:
        return False
    stock.recount(product)
    return True


def take(product: SupplierProduct, topup: TopUp) -> Code | None:
    """The code that expires first is the unit's, in the caller's transaction; None where none is free.

    Rows that others hold are skipped, so that nobody waits for anybody and no code is looked at twice.
    """
    code = shelf.for_sale(product).select_for_update(skip_locked=True).first()
    if code is None:
        return None
    code.state, code.topup, code.sold_at = Code.State.SOLD, topup, timezone.now()
    # Conditional, so that even without the lock no code is sold a second time.
    if not Code.objects.filter(pk=code.pk, state=Code.State.FREE).update(
        state=code.state, topup=topup, sold_at=code.sold_at
    ):
        return None
    CodeEvent.objects.create(code=code, topup=topup, what=CodeEvent.What.SOLD, by="fulfilment")
    return code
