"""By which supplier product a unit goes out next, or why it cannot now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from fulfilment import hours
from fulfilment.codes import shelf
from fulfilment.models import STOCK, Attempt, Route, SupplierAccount, SupplierProduct
from storefront.orders.models import Order

PAUSE = timedelta(seconds=30)
LATER = timedelta(minutes=5)  # before a product that said "not now" is asked again
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

    A product that refused or failed is not asked again for this unit; one that surely never saw the request is. A
    stock of ours that is empty is passed over; where nothing else is left, it may be filled until the promise is over.
    """
    if attempts and attempts[-1].verdict == Attempt.Verdict.PLAYER:
        return GiveUp("player")
    spent = {attempt.product_id for attempt in attempts if _is_spent(attempt)}
    resting = {
        attempt.product_id
        for attempt in attempts
        if attempt.verdict == Attempt.Verdict.LATER and attempt.ended_at and attempt.ended_at > now - LATER
    }
    unmade = sum(attempt.state == Attempt.State.NOT_CREATED for attempt in attempts)
    if unmade >= MOST_PROVED_UNMADE:
        return GiveUp("never_made")
    paused, closed = None, ""
    for route in routes(order.sku_id, order.region_id):
        product, account = route.product, route.product.account
        if product.pk in spent or not product.is_active or not account.is_active:
            continue
        if account.paused_at is not None:
            paused = paused or account
        elif why := "later" if product.pk in resting else _closed(product, account, order, now):
            closed = closed or why
        else:
            return Go(product, account)
    if paused is not None:
        return Wait(paused.paused_why[:40] or "paused", PAUSE)
    promised_until = (order.paid_at or now) + timedelta(seconds=order.product.promise_seconds)
    if closed and now < promised_until:
        return Wait(closed, PAUSE)
    if closed == STOCK:
        return GiveUp("out_of_stock")
    if spent:
        return GiveUp("refused" if all(a.state != Attempt.State.FAILED for a in attempts) else "failed")
    if now < promised_until:
        return Wait("route", PAUSE)
    return GiveUp("no_route")


def _is_spent(attempt: Attempt) -> bool:
    """Whether its product has had its chance at this unit."""
    if attempt.state == Attempt.State.FAILED:
        return attempt.verdict not in (Attempt.Verdict.LATER, Attempt.Verdict.BALANCE)
    return attempt.state == Attempt.State.REJECTED and attempt.verdict in (
        Attempt.Verdict.REFUSED,
        Attempt.Verdict.PRICE,
    )


def _closed(product: SupplierProduct, account: SupplierAccount, order: Order, now: datetime) -> str:
    """Why the supplier does not sell that product to this customer at the moment; empty if it does."""
    if account.is_stock:
        return "" if shelf.has_any(product) else STOCK
    start, end = product.cut_off_from, product.cut_off_until
    if start is not None and end is not None and hours.is_within(now, start, end, account.time_zone):
        return "cut_off"
    if product.is_multi:
        return ""
    today = Attempt.objects.filter(
        product=product,
        customer_no=product.customer_no(order.player_id.strip(), order.zone.strip()),
        created_at__gte=hours.day_begin(now, account.time_zone),
        state__in=(Attempt.State.SENDING, Attempt.State.UNKNOWN, Attempt.State.ACCEPTED),
    )
    return "once_a_day" if today.exclude(reference="").exists() else ""
