"""Units sent in pieces: a SKU that is so many of other SKUs (514 diamonds are twice 257)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from django.db import transaction
from django.utils import timezone

from core.wake import wake
from fulfilment.models import TopUp
from storefront.orders import services as orders
from storefront.orders.models import Order


class Part(TypedDict):
    """How many pieces of one SKU arrived, were given up (and are paid back), and are still under way."""

    name: str
    delivered: int
    refunded: int
    pending: int


def of_order(order: Order) -> list[Part]:
    """The pieces that units of the order are sent in, by what they are; [] (and no statement) where none is."""
    if not order.is_split:
        return []
    pieces = order.topups.filter(piece__gte=1).order_by("unit", "piece").values_list("part__name", "state")
    counted: dict[str, Part] = {}
    for name, state in pieces:
        part = counted.setdefault(name, Part(name=name, delivered=0, refunded=0, pending=0))
        if state == TopUp.State.DELIVERED:
            part["delivered"] += 1
        elif state == TopUp.State.FAILED:
            part["refunded"] += 1
        else:
            part["pending"] += 1
    return list(counted.values())


def split(topup: TopUp, pieces: Sequence[tuple[int, int]]) -> bool:
    """The QUEUED unit is sent as these pieces, (SKU, weight) each: itself is the first of them, the others are due.

    False if it moved meanwhile. What was tried for the whole unit stays on its first piece.
    """
    now = timezone.now()
    (first, weight), *rest = pieces
    whole = sum(weight for _, weight in pieces)
    with transaction.atomic():
        order = orders.lock(topup.order_id)  # whoever gives up all that waits holds it too, and sees all pieces
        moved = TopUp.objects.filter(pk=topup.pk, state=TopUp.State.QUEUED, piece=0, chosen=None).update(
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
                corrections=topup.corrections,
                not_before=now,
                created_at=now,
            )
            for piece, (sku, weight) in enumerate(rest, start=2)
        )
        Order.objects.filter(pk=order.pk).update(is_split=True, updated_at=now)
        if made:
            wake("fulfilment.send", "topups", *[one.pk for one in made])
    return True
