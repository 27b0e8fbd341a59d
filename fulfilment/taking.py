"""Taking paid orders up: one top-up per unit, in the transaction that moves the order on. Nobody starts it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from core import poison
from core.cases import open_case
from fulfilment.models import TopUp
from storefront.orders import services as orders
from storefront.orders.models import Order

logger = logging.getLogger(__name__)
# Whoever takes an order also sends it; the sweep comes only where that did not happen.
HEAD_START = timedelta(seconds=5)
MOST_AT_ONCE = 50


def take(limit: int = MOST_AT_ONCE, now: datetime | None = None, *, level: str = "") -> list[list[int]]:
    """Up to `limit` PAID orders are PROCESSING with their top-ups; returns those' ids by order, oldest payment first.

    With `level`, only orders of members of that level. They are taken together, by a handful of statements; where that
    fails, one by one, so that an order that cannot be taken is passed over, told to staff once, and does not stand
    before the others.
    """
    moment = now or timezone.now()
    whose = {"user__level": level} if level else {}
    paid = Order.objects.filter(status=Order.Status.PAID, **whose).exclude(pk__in=poison.resting(Order))
    try:
        return _take_together(paid.order_by("paid_at", "id"), limit, moment)
    except Exception:  # one of them cannot be taken: by itself it is told apart from the others
        logger.exception("paid orders could not be taken together")
    return _take_singly(paid.order_by("paid_at", "id"), limit, moment)


@transaction.atomic
def _take_together(paid: QuerySet[Order], limit: int, moment: datetime) -> list[list[int]]:
    found = list(
        paid.select_for_update(of=("self",), no_key=True, skip_locked=True).only("number", "status", "quantity")[:limit]
    )
    if not found:
        return []
    orders.advance_all(found, Order.Status.PAID, Order.Status.PROCESSING, by="fulfilment", reason="taken", now=moment)
    units = iter(TopUp.objects.bulk_create(unit for order in found for unit in _units(order, moment)))
    return [[next(units).pk for _ in range(order.quantity)] for order in found]


def _take_singly(paid: QuerySet[Order], limit: int, moment: datetime) -> list[list[int]]:
    made: list[list[int]] = []
    after = Q()
    while True:
        page = list(paid.filter(after).values_list("pk", "paid_at")[:limit])
        for order_id, _ in page:
            ids = take_one(order_id, moment)
            if ids:
                made.append(ids)
            if len(made) >= limit:
                return made
        if len(page) < limit:
            return made
        last_id, last_paid_at = page[-1]
        after = Q(paid_at__gt=last_paid_at) | Q(paid_at=last_paid_at, id__gt=last_id)


def _units(order: Order, moment: datetime) -> Iterator[TopUp]:
    for unit in range(1, order.quantity + 1):
        yield TopUp(order=order, unit=unit, not_before=moment + HEAD_START, created_at=moment)


def take_one(order_id: int, now: datetime | None = None) -> list[int]:
    """The PAID order is PROCESSING with its top-ups, whose ids are returned; none where somebody else has it."""
    moment = now or timezone.now()
    try:
        with transaction.atomic():
            order = (
                Order.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
                .filter(pk=order_id, status=Order.Status.PAID)
                .first()
            )
            if order is None:
                return []  # another worker has it
            orders.advance(order, Order.Status.PROCESSING, by="fulfilment", reason="taken", now=moment)
            return [unit.pk for unit in TopUp.objects.bulk_create(_units(order, moment))]
    except Exception as problem:
        logger.exception("order %s could not be taken", order_id)
        number = Order.objects.filter(pk=order_id).values_list("number", flat=True).first() or ""
        open_case(
            "order_not_taken",
            f"order:{order_id}:not_taken",
            "A paid order cannot be taken up",
            about=number,
            evidence={"error": f"{type(problem).__name__}: {problem}"[:1000]},
            actions="Mend what the error names: the order is tried again by itself, ever later, and then set aside.",
        )
        poison.failed(Order, order_id, problem, about=number)
        return []


def of_level(topups: Collection[int], level: str) -> set[int]:
    """Those of the top-ups that are for members of `level`. One SELECT."""
    return set(TopUp.objects.filter(pk__in=topups, order__user__level=level).values_list("pk", flat=True))
