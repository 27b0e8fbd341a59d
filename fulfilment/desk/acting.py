"""What staff may do about an order that is under way: look again, send again, by another supplier, or pay it back.

Each verb says beforehand what it would do (`foresee_…`), looks again under its locks, and raises Refused with the
evidence where it is unsafe; then nothing has moved. Done twice it does the second time nothing. Locks: promo → order →
units.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.errors import Refused
from core.models import PoisonRow
from core.wake import wake
from fulfilment import clocks, finishing, history, holding, routing, taking
from fulfilment.desk.weighing import ENDED, Foresight, contradictions, out, units_of
from fulfilment.models import Attempt, SupplierProduct, TopUp
from payments.models import Payment
from storefront.orders import services as orders
from storefront.orders.models import Order

CANCELLED_BY_SHOP = "cancelled_by_shop"
_RUNNING = (Order.Status.PAID, Order.Status.PROCESSING)
# What no try mends: its customer, or staff, put the account right first.
_NEEDS_ANOTHER_ACCOUNT = holding.ACCOUNT


def foresee_check(order: Order) -> Foresight:
    """What `check_again` would do."""
    return Foresight(
        _("Gateway and supplier are asked how it stands, as soon as each may be asked. Nothing is sent or paid.")
    )


@transaction.atomic
def check_again(order_id: int, by: str, why: str) -> int:
    """Whatever is open of the order is due to be asked about: payments at the gateway, purchases at the supplier (none
    sooner than its pause); how many. Moves nothing by itself; done twice it asks no more often."""
    order, now = Order.objects.get(pk=order_id), timezone.now()
    asked = Payment.objects.filter(order=order, not_before__gt=now).exclude(gateway_id="").update(not_before=now)
    open_ones = Attempt.objects.filter(Q(state=Attempt.State.UNKNOWN) | Q(state=Attempt.State.ACCEPTED, ended_at=None))
    accounts = set()
    for attempt in open_ones.filter(topup__order=order).select_related("account"):
        asked += 1
        if not attempt.reference:
            accounts.add(attempt.account_id)
            continue
        # Sooner than its pause, the same call might be taken for a second order (decision 0013).
        called_at = attempt.asked_at or attempt.sent_at
        soonest = called_at + clocks.call_length(attempt.account.code) + clocks.recheck_pause()
        later = Attempt.objects.filter(pk=attempt.pk, next_look_at__gt=max(soonest, now))
        later.update(next_look_at=max(soonest, now))
    TopUp.objects.filter(order=order, state=TopUp.State.ACCEPTED).update(not_before=now)
    audit.record(by, "order checked again", f"order:{order.number}", why=why)
    for account_id in accounts:
        if history.want(account_id):
            wake("fulfilment.poll_wanted", "polls")
    wake("fulfilment.check", "polls")
    wake("payments.poll", "polls")
    return asked


def foresee_send(order: Order, units: list[TopUp] | None = None) -> Foresight:
    """What `send_again` would do."""
    says = _("What waits of it is tried at once. What is, or may be, with a supplier is left alone.")
    if order.status == Order.Status.PAID:
        return Foresight(says)
    if order.status != Order.Status.PROCESSING:
        return Foresight(says, (_("The order is %(status)s.") % {"status": order.get_status_display()},))
    units = units_of(order) if units is None else units
    waiting = [unit for unit in units if unit.state == TopUp.State.QUEUED]
    if not waiting:
        return Foresight(says, tuple(out(units)) or (_("Nothing of it waits."),))
    if all(unit.waits_for == _NEEDS_ANOTHER_ACCOUNT for unit in waiting):
        return Foresight(says, (_("The game knows no such account: change the player id."),))
    return Foresight(says, tuple(contradictions(order, units)))


def send_again(order_id: int, by: str, why: str) -> int:
    """What waits of the order is due now, whatever it waited for; how many units were not due before.

    Nothing that is, or may be, with a supplier is sent: an unknown outcome is resolved by evidence alone. Raises
    Refused with that evidence.
    """
    if Order.objects.filter(pk=order_id, status=Order.Status.PAID).exists():
        taking.take_one(order_id)
    with transaction.atomic():
        order, now = orders.lock(order_id), timezone.now()
        units = units_of(order, lock=True)
        foresee_send(order, units).ensure()
        ids = [
            unit.pk for unit in units if unit.state == TopUp.State.QUEUED and unit.waits_for != _NEEDS_ANOTHER_ACCOUNT
        ]
        rested = PoisonRow.objects.filter(model=TopUp._meta.label_lower, row_id__in=ids).exclude(again_at__lte=now)
        set_free = list(rested.values_list("row_id", flat=True))
        rested.update(failures=0, again_at=now)
        due = TopUp.objects.filter(pk__in=ids, state=TopUp.State.QUEUED)
        moved = due.filter(Q(not_before__gt=now) | Q(pk__in=set_free)).update(not_before=now)
        if moved:
            audit.record(by, "order sent again", f"order:{order.number}", after={"units": ids}, why=why)
        wake("fulfilment.send", "topups", *ids)
    return moved


def ways_of(unit: TopUp) -> list[tuple[SupplierProduct, routing.Way]]:
    """By which products the unit may go out and how each stands now; those that had their chance are left out."""
    now = timezone.now()
    attempts = list(unit.attempts.select_related("account").order_by("number"))
    found = routing.routes(unit.sku_id, unit.order.region_id)
    past = routing.past_of([one for one in attempts if holding.is_for(one, unit.order)], now)
    products = {route.pk: route.product for route in found}
    ways = [way for way in routing.ways(found, unit.order, now, past) if way.product not in past.spent]
    return [(products[way.route], way) for way in ways]


def foresee_switch(order: Order, units: list[TopUp] | None = None) -> Foresight:
    """What `switch_supplier` would do, whatever product is chosen."""
    says = _("What waits of it goes out by the product you choose, and by no other while that one may still do it.")
    if order.status != Order.Status.PROCESSING:
        return Foresight(says, (_("The order is %(status)s.") % {"status": order.get_status_display()},))
    units = units_of(order) if units is None else units
    against = out(units) + contradictions(order, units)
    if not against and not any(unit.state == TopUp.State.QUEUED for unit in units):
        against = [_("Nothing of it waits.")]
    return Foresight(says, tuple(against))


def switch_supplier(order_id: int, product_id: int, by: str, why: str) -> int:
    """Units that wait go out by that product from now on; how many changed.

    Only where surely nothing is out and nothing speaks of a purchase that was made after all. A sender that chose
    before finds the choice changed and begins anew. Raises Refused with the evidence, and for a product that is no
    route of theirs or had its chance.
    """
    with transaction.atomic():
        order, now = orders.lock(order_id), timezone.now()
        units = units_of(order, lock=True)
        foresee_switch(order, units).ensure()
        waiting = [unit for unit in units if unit.state == TopUp.State.QUEUED]
        chosen = []
        for unit in waiting:
            unit.order = order
            if any(product.pk == product_id for product, _way in ways_of(unit)):
                chosen.append(unit.pk)
        if not chosen:
            raise Refused(
                "VALIDATION_ERROR", _("By that product nothing of it can go out: no route, or it refused before.")
            )
        other = ~Q(chosen=product_id) | Q(chosen=None)
        moved = TopUp.objects.filter(other, pk__in=chosen, state=TopUp.State.QUEUED).update(
            chosen=product_id, not_before=now, waits_for=""
        )
        if moved:
            name = SupplierProduct.objects.select_related("account").get(pk=product_id)
            after = {"units": chosen, "product": f"{name.account.code}: {name.code}"}
            audit.record(by, "supplier switched", f"order:{order.number}", after=after, why=why)
            wake("fulfilment.send", "topups", *chosen)
    return moved


def foresee_cancel(order: Order, units: list[TopUp] | None = None) -> Foresight:
    """What `cancel` would do."""
    says = _("What was not delivered is given up. Its money goes back: to a member's wallet, or the way it came.")
    if order.status == Order.Status.PAID:
        return Foresight(says)
    if order.status != Order.Status.PROCESSING:
        return Foresight(says, (_("The order is %(status)s.") % {"status": order.get_status_display()},))
    units = units_of(order) if units is None else units
    return Foresight(says, tuple(out(units) + contradictions(order, units)))


def cancel(order_id: int, by: str, why: str) -> bool:
    """What of the order was not delivered is given up and owed back, its promise over or not; False where it was done
    before. Surely nothing of it was or will be sent: raises Refused with the evidence where that is not sure."""
    if Order.objects.filter(pk=order_id, status=Order.Status.PAID).exists():
        taking.take_one(order_id)
    with transaction.atomic():
        order = orders.lock(order_id, with_promo=True)
        if order.has_ended:
            return False
        units = units_of(order, lock=True)
        foresee_cancel(order, units).ensure()
        if not finishing.fail_waiting(order_id, CANCELLED_BY_SHOP, by):
            raise Refused("VALIDATION_ERROR", _("Not now: nothing has moved."))
        waited = [unit.pk for unit in units if unit.state not in ENDED]
        audit.record(by, "order cancelled", f"order:{order.number}", after={"units": waited}, why=why)
    return True
