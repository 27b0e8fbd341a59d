"""A sold code comes back: unseen into the stock with the money to the customer, or, bad, replaced by another."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, rates
from core.errors import Refused
from core.money import Money
from fulfilment.codes import handing, stock
from fulfilment.models import Attempt, Code, CodeEvent, TopUp
from payments import own_account, sales
from payments.models import Account, Refund
from payments.wallet import services as ledger
from storefront.orders import services as orders
from storefront.orders.models import Order


@transaction.atomic
def take_back(code: Code, *, by: str, why: str) -> Refund | None:
    """Nobody has seen the code: it is for sale again (a supplier's is taken out), its unit has failed after all, and
    the unit's money is on its way back to the customer.

    The refund, if any money is owed now: while other units of the order are under way it is owed when the order ends.
    Raises Refused, with nothing moved, for a code that has been seen, is not sold, or came back before, and for one of
    one's own.
    """
    order, row, topup = _lock(code, by)
    if row.seen_at is not None:
        raise Refused(
            "VALIDATION_ERROR",
            _("This code has been shown; whoever saw it can use it. It cannot be taken back, only replaced."),
        )
    attempt = _attempt(topup)
    is_ours = row.batch_id is not None
    _part(row, Code.State.FREE if is_ours else Code.State.VOID)
    CodeEvent.objects.create(code=row, topup=topup, what=CodeEvent.What.TAKEN_BACK, by=by, why=why)
    TopUp.objects.filter(pk=topup.pk, state=TopUp.State.DELIVERED).update(
        state=TopUp.State.FAILED, why="returned", ended_at=timezone.now()
    )
    Attempt.objects.filter(pk=attempt.pk).update(
        verdict=Attempt.Verdict.STAFF, resolution=f"the code was taken back unseen by {by}: {why}"
    )
    refund = None
    if order.status == Order.Status.SUCCESS:
        refund = sales.unsell(order, f"{order.number}:{topup.unit}", topup.cost_minor)
    else:
        cost = topup.cost_minor
        orders.count_unit(order, delivered=-1, failed=1, cost=None if cost is None else -cost)
    if is_ours:
        _book(f"cost-back:{attempt.pk}", row, order, back=True)
    audit.record(by, "code taken back", f"code:{row.pk}", before=order.number, after=row.state, why=why)
    if is_ours:
        transaction.on_commit(lambda: stock.filled(row.product), robust=True)
    return refund


@transaction.atomic
def replace(code: Code, *, by: str, why: str) -> Code:
    """The code turned out bad: it is taken out for good, and its unit has another one of the same stock, unseen.

    Raises Refused, with nothing moved, where there is none in stock or the code is not sold, and for one of one's own.
    """
    order, row, topup = _lock(code, by)
    _part(row, Code.State.VOID)
    CodeEvent.objects.create(code=row, topup=topup, what=CodeEvent.What.TAKEN_OUT, by=by, why=why)
    fresh = handing.take(row.product, topup)
    if fresh is None:
        raise Refused("VALIDATION_ERROR", _("There is no other code in stock to give instead."))
    _book(f"cost-code:{fresh.pk}:{row.pk}", fresh, order)
    orders.count_unit(order, cost=_in_its_currency(fresh, order))
    audit.record(by, "code replaced", f"code:{row.pk}", before=order.number, after=f"code:{fresh.pk}", why=why)
    transaction.on_commit(lambda: stock.recount(row.product) and None, robust=True)
    return fresh


def _lock(code: Code, by: str) -> tuple[Order, Code, TopUp]:
    """Order, then code, locked, with the unit it is sold for. Raises Refused if it is not, or `by` bought it."""
    order_id = Code.objects.filter(pk=code.pk).values_list("topup__order", flat=True).get()
    if order_id is None:
        raise _not_sold()
    order = orders.lock(order_id)
    own_account.ensure_not_their_order(order, by)
    row = (
        Code.objects.select_for_update(of=("self",))
        .select_related("topup", "product__account")
        .filter(pk=code.pk, state=Code.State.SOLD, topup__order=order)
        .first()
    )
    if row is None or row.topup is None:
        raise _not_sold()
    return order, row, row.topup


def _not_sold() -> Refused:
    return Refused("VALIDATION_ERROR", _("This code is not sold, or came back before."))


def _part(row: Code, to: Code.State) -> None:
    row.state, row.topup, row.sold_at = to, None, None
    row.save(update_fields=["state", "topup", "sold_at"])


def _attempt(topup: TopUp) -> Attempt:
    return Attempt.objects.get(topup=topup, state=Attempt.State.ACCEPTED)


def _in_its_currency(row: Code, order: Order) -> int | None:
    """The code's cost in minor units of the order's currency; None where nobody has entered a rate."""
    try:
        cost = Money(row.cost_minor, row.product.account.currency)
        return rates.convert(cost, order.currency, timezone.now(), round_up=True).minor
    except rates.NoRate:
        return None


def _book(key: str, row: Code, order: Order, *, back: bool = False) -> None:
    """The code's cost has left the stock's worth, or has come `back` into it."""
    cost = Money(row.cost_minor, row.product.account.currency)
    if not cost:
        return
    worth = ledger.house(Account.Kind.PREPAID, cost.currency, row.product.account.code)
    costs = ledger.house(Account.Kind.COSTS, cost.currency)
    source, target = (costs, worth) if back else (worth, costs)
    ledger.transfer(key, source, target, cost, "cost of goods back" if back else "cost of goods", order)
