"""Units sent in pieces: a SKU that is so many of other SKUs (514 diamonds are twice 257)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from core.wake import wake
from fulfilment.models import TopUp
from storefront.orders import services as orders
from storefront.orders.models import Order


def split(topup: TopUp, pieces: Sequence[tuple[int, int]]) -> bool:
    """The QUEUED unit is sent as these pieces, (SKU, weight) each: itself is the first of them, the others are due.

    False if it moved meanwhile. What was tried for the whole unit stays on its first piece.
    """
    now = timezone.now()
    (first, weight), *rest = pieces
    whole = sum(weight for _, weight in pieces)
    with transaction.atomic():
        order = orders.lock(topup.order_id)  # whoever gives up all that waits holds it too, and sees all pieces
        moved = TopUp.objects.filter(pk=topup.pk, state=TopUp.State.QUEUED, piece=0).update(
            piece=1, part_id=first, weight=weight, unit_weight=whole, waits_for=""
        )
        if not moved:
            return False
        made = TopUp.objects.bulk_create(
            TopUp(
                order=order,
                unit=topup.unit,
                piece=piece,
                part_id=sku,
                weight=weight,
                unit_weight=whole,
                not_before=now,
                created_at=now,
            )
            for piece, (sku, weight) in enumerate(rest, start=2)
        )
        Order.objects.filter(pk=order.pk).update(is_split=True, updated_at=now)
        if made:
            wake("fulfilment.send", "topups", *[one.pk for one in made])
    return True
