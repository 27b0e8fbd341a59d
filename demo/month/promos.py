"""How often the month's orders used the promo."""

from __future__ import annotations

from collections.abc import Sequence

from demo.month.written import BATCH, Written
from storefront.promos import services as promos
from storefront.promos.models import Promo, PromoSlot


def write_slots(written: Sequence[Written], promo: Promo) -> None:
    """Each order with the promo has its slot, free again where nothing came of the order; the promo counts the rest."""
    slots = []
    for one in written:
        order = one.order
        if order.promo_id is None:
            continue
        is_free = order.status in ("FAILED", "EXPIRED")
        slots.append(
            PromoSlot(
                promo=promo, holder=order.number, day=promos.today(promo, order.created_at),
                target=promos.target_of(order.product_id, order.fields), device=order.device,
                address=order.address, taken_at=order.created_at, released_at=order.ended_at if is_free else None,
            )
        )  # fmt: skip
    PromoSlot.objects.bulk_create(slots, batch_size=BATCH)
    promo.used += sum(slot.released_at is None for slot in slots)
    promo.save(update_fields=["used"])
