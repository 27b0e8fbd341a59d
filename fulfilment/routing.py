"""By which supplier product a unit goes out next, or why it cannot now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from fulfilment.models import Attempt, Route, SupplierAccount, SupplierProduct
from storefront.orders.models import Order

PAUSE = timedelta(seconds=30)
MOST_PROVED_UNMADE = 5  # so many requests of one unit that vanished: the money goes back instead


@dataclass(frozen=True, slots=True)
class Go:
    product: SupplierProduct
    account: SupplierAccount


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now; `why` is written to the top-up, which is looked at again after `pause`."""

    why: str
    pause: timedelta


@dataclass(frozen=True, slots=True)
class GiveUp:
    """No way is left, and nothing is out: the unit's money goes back."""

    why: str


def routes(sku_id: int, region_code: str) -> list[Route]:
    """The SKU's routes in that region, best first; those of the region before those of everywhere."""
    found = list(
        Route.objects.filter(Q(region=None) | Q(region_id=region_code), sku_id=sku_id, is_active=True)
        .select_related("product__account")
        .order_by("priority", "id")
    )
    closer = [route for route in found if route.region_id is not None]
    return closer or found


def choose(order: Order, attempts: list[Attempt], now: datetime) -> Go | Wait | GiveUp:
    """The next step of a unit of `order` whose `attempts` (all of them) have left nothing open.

    A product that refused or failed is not asked again for this unit; one that surely never saw the request is.
    """
    spent = {
        attempt.product_id
        for attempt in attempts
        if attempt.state == Attempt.State.FAILED
        or (attempt.state == Attempt.State.REJECTED and attempt.verdict == Attempt.Verdict.REFUSED)
    }
    unmade = sum(attempt.state == Attempt.State.NOT_CREATED for attempt in attempts)
    if unmade >= MOST_PROVED_UNMADE:
        return GiveUp("never_made")
    paused = None
    for route in routes(order.sku_id, order.region_id):
        product, account = route.product, route.product.account
        if product.pk in spent or not product.is_active or not account.is_active:
            continue
        if account.paused_at is None:
            return Go(product, account)
        paused = paused or account
    if paused is not None:
        return Wait(paused.paused_why[:40] or "paused", PAUSE)
    if spent:
        return GiveUp("refused" if all(a.state != Attempt.State.FAILED for a in attempts) else "failed")
    promised = timedelta(seconds=order.product.promise_seconds)
    if order.paid_at is not None and now < order.paid_at + promised:
        return Wait("route", PAUSE)
    return GiveUp("no_route")
