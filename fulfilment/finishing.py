"""How a unit ends, and with the last of them the order: delivered or failed, money booked, customer told.

Rows are locked in the order: promo → order → attempt → top-up → wallets.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from core import poison, rates
from core.cases import open_case
from core.money import Money
from fulfilment.models import Attempt, Code, TopUp
from payments import mails, sales
from payments.models import Account, Transfer
from payments.points import services as points
from payments.wallet import services as ledger
from storefront.orders import services as orders
from storefront.orders import volume
from storefront.orders.models import Order
from storefront.promos import services as promos

_BY = "fulfilment"
COST_SET = "cost-set:"  # begins the keys of transfers that put a purchase's cost right
_ENDED = (TopUp.State.DELIVERED, TopUp.State.FAILED)
# Reasons of a unit's failure that the order's timeline has words of its own for.
_TOLD = ("wrong_account", "cancelled", "cancelled_by_shop", "out_of_stock")


def deliver(attempt: Attempt) -> bool:
    """The attempt's unit is DELIVERED, its cost booked, and the order ended if it was the last; False if it was before.

    DELIVERED never moves again: what the supplier says later is a case.
    """
    now = timezone.now()
    with transaction.atomic():
        order = orders.lock(attempt.topup.order_id)
        moved = Attempt.objects.filter(pk=attempt.pk, state=Attempt.State.ACCEPTED, ended_at=None).update(
            ended_at=now, next_look_at=None
        )
        if not moved:
            return False
        cost = _sale_cost(attempt, order)
        TopUp.objects.filter(pk=attempt.topup_id, state=TopUp.State.ACCEPTED).update(
            state=TopUp.State.DELIVERED, ended_at=now, cost_minor=cost
        )
        _book_cost(attempt, order)
        if order.sku.gives_code and not Code.objects.filter(topup=attempt.topup_id).exists():
            _ask_for_code(attempt, order)
        _count(attempt.topup, TopUp.State.DELIVERED, order, cost)
    attempt.ended_at, attempt.next_look_at = now, None
    return True


def _ask_for_code(attempt: Attempt, order: Order) -> None:
    open_case(
        "code-missing",
        f"code-missing:{attempt.topup_id}",
        "What arrives is a code, and the supplier delivered none",
        about=order.number,
        evidence={"attempt": attempt.pk, "supplier": attempt.account.code, "product": attempt.product_code},
        actions=(
            "Ask the supplier for the code and give it to the customer, or refund. If this product never comes with"
            " one, switch off 'gives code' on the SKU, or its route to this supplier."
        ),
    )


def fail_attempt(attempt: Attempt, verdict: Attempt.Verdict = Attempt.Verdict.NONE) -> bool:
    """The supplier took the purchase and then failed it (`verdict`: what it said why): the unit is due again and looks
    for another way; False if the attempt had ended before."""
    now = timezone.now()
    with transaction.atomic():
        moved = Attempt.objects.filter(pk=attempt.pk, state=Attempt.State.ACCEPTED, ended_at=None).update(
            state=Attempt.State.FAILED, ended_at=now, verdict=verdict or F("verdict"), next_look_at=None
        )
        if not moved:
            return False
        TopUp.objects.filter(pk=attempt.topup_id, state=TopUp.State.ACCEPTED).update(
            state=TopUp.State.QUEUED, not_before=now, waits_for=""
        )
    attempt.state, attempt.ended_at, attempt.next_look_at = Attempt.State.FAILED, now, None
    attempt.verdict = verdict or attempt.verdict
    return True


def fail_unit(topup: TopUp, why: str) -> bool:
    """A QUEUED unit with nothing out has FAILED for good, and the order ended if it was the last; False if it moved."""
    now = timezone.now()
    with transaction.atomic():
        order = orders.lock(topup.order_id, with_promo=True)
        moved = TopUp.objects.filter(pk=topup.pk, state=TopUp.State.QUEUED).update(
            state=TopUp.State.FAILED, why=why, ended_at=now, waits_for=""
        )
        if not moved:
            return False
        _count(topup, TopUp.State.FAILED, order, why=why)
    return True


def fail_waiting(order_id: int, why: str, by: str) -> bool:
    """Every unit that was not delivered has FAILED for good and the order ended; False, and nothing moved, where the
    order has ended or any of its units is, or may be, with a supplier.

    A sender and this one meet at the units' rows: whoever comes first has them.
    """
    now = timezone.now()
    with transaction.atomic():
        order = orders.lock(order_id, with_promo=True)
        units = list(order.topups.select_for_update(no_key=True).order_by("id"))
        waiting = [unit.pk for unit in units if unit.state not in _ENDED]
        if order.status != Order.Status.PROCESSING or not waiting:
            return False
        if any(unit.state not in (TopUp.State.QUEUED, *_ENDED) for unit in units):
            return False
        TopUp.objects.filter(pk__in=waiting).update(state=TopUp.State.FAILED, why=why, ended_at=now, waits_for="")
        for unit in sorted({one.unit for one in units if one.pk in waiting}):
            _count_unit(unit, order)
        _end_if_complete(order, why=why, by=by)
    return True


def _count(topup: TopUp, ended: TopUp.State, order: Order, cost: int | None = 0, why: str = "") -> None:
    """The unit that the top-up is, or is the last piece of, is counted, and the order ended if it was the last. The
    caller holds the order's lock."""
    if topup.piece == 0:
        is_delivered = ended == TopUp.State.DELIVERED
        orders.count_unit(order, delivered=int(is_delivered), failed=int(not is_delivered), cost=cost)
    else:
        _count_unit(topup.unit, order, cost)
    _end_if_complete(order, why=why)


def _count_unit(unit: int, order: Order, cost: int | None = 0) -> None:
    """The unit is counted if all its pieces have ended; else nothing but the time moves, by which the customer's page
    sees that something did."""
    arrived = Fraction(0)
    for state, weight, unit_weight in order.topups.filter(unit=unit).values_list("state", "weight", "unit_weight"):
        if state not in _ENDED:
            orders.count_unit(order, cost=cost)
            return
        arrived += Fraction(weight, unit_weight) if state == TopUp.State.DELIVERED else 0
    if 0 < arrived < 1:
        orders.count_unit(order, part=arrived, cost=cost)
    else:
        orders.count_unit(order, delivered=int(arrived), failed=1 - int(arrived), cost=cost)


def _end_if_complete(order: Order, *, why: str = "", by: str = _BY) -> None:
    """With its last unit the order ends: SUCCESS if anything arrived, FAILED if nothing. The caller holds its lock."""
    if order.delivered + order.failed + order.partly < order.quantity:
        return
    has_arrived = order.arrived > 0
    if has_arrived:
        whole = "codes_ready" if order.sku.gives_code else "delivered"
        reason = "in_part" if order.partly else "partly" if order.failed else whole
        orders.advance(order, Order.Status.SUCCESS, by=by, reason=reason)
    else:
        told = why if why in _TOLD else "undelivered"
        orders.advance(order, Order.Status.FAILED, by=by, reason=told)
        if order.promo_id is not None:
            promos.release(order.number, timezone.now())
    refund = sales.book(order)
    if order.user_id is not None and has_arrived:
        # Points by the level before; what this order adds to the volume counts from the next one on.
        points.earn(order)
        volume.raise_level(order.user_id)
    owed = Money(refund.amount_minor, refund.currency) if refund else None
    tell = mails.order_done if has_arrived else mails.order_failed
    tell(order, owed)


def _cost(attempt: Attempt) -> int:
    """What the supplier took, in its minor units: by its history where that has the purchase, else as expected."""
    return attempt.history_row.cost_minor if attempt.history_row else attempt.cost_minor


def _sale_cost(attempt: Attempt, order: Order) -> int | None:
    """What it took, in minor units of the order's currency at the rate of the moment it was sent; None where nobody has
    entered one."""
    try:
        cost = Money(_cost(attempt), attempt.account.currency)
        return rates.convert(cost, order.currency, attempt.sent_at, round_up=True).minor
    except rates.NoRate:
        return None


def _book_cost(attempt: Attempt, order: Order) -> None:
    cost = Money(_cost(attempt), attempt.account.currency)
    if not cost:
        return
    ledger.transfer(
        f"cost:{attempt.pk}",
        ledger.house(Account.Kind.PREPAID, cost.currency, attempt.account.code),
        ledger.house(Account.Kind.COSTS, cost.currency),
        cost,
        "cost of goods",
        order,
        note=attempt.transaction_id,
    )


def cost_of(order: Order) -> int | None:
    """What the order's delivered units cost us, in minor units of its currency: each as it was fixed when it was
    delivered, and what was put right in the ledger since, at the rate of its purchase, as the figures add it up. None
    where a rate is missing."""
    costs = list(order.topups.filter(state=TopUp.State.DELIVERED).values_list("cost_minor", flat=True))
    if None in costs:
        return None
    told = Transfer.objects.filter(order=order, key__startswith=COST_SET)
    moved = list(told.values_list("key", "target__kind", "amount_minor", "currency"))
    sent_at = dict(Attempt.objects.filter(topup__order=order).values_list("pk", "sent_at")) if moved else {}
    total = sum(cost or 0 for cost in costs)
    for key, target, minor, currency in moved:
        try:
            at = sent_at[int(key.split(":")[1])]
            worth = rates.convert(Money(minor, currency), order.currency, at, round_up=True).minor
        except rates.NoRate:
            return None
        total += worth if target == Account.Kind.COSTS else -worth
    return total


def end_forgotten(limit: int = 100) -> int:
    """Orders still PROCESSING though all their units ended are ended (F6). None should exist: unit and order end in one
    transaction; a row mended by hand may make one."""
    open_units = TopUp.objects.filter(order=OuterRef("pk")).exclude(state__in=_ENDED)
    any_unit = TopUp.objects.filter(order=OuterRef("pk"))
    some_time_ago = timezone.now() - timedelta(minutes=1)
    forgotten = Order.objects.filter(
        Exists(any_unit), ~Exists(open_units), status=Order.Status.PROCESSING, updated_at__lt=some_time_ago
    )
    ids = list(forgotten.exclude(pk__in=poison.resting(Order)).values_list("pk", flat=True)[:limit])
    for order_id in ids:
        with poison.counted(Order, order_id), transaction.atomic():
            order = orders.lock(order_id, with_promo=True)
            if order.status != Order.Status.PROCESSING:
                continue
            _recount(order)
            _end_if_complete(order)
    return len(ids)


def _recount(order: Order) -> None:
    order.delivered = order.failed = order.partly = order.part_shares = 0
    order.shares = 1
    order.cost_minor = cost_of(order)
    for unit in sorted(set(order.topups.values_list("unit", flat=True))):
        _count_unit(unit, order)
