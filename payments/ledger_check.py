"""Proofs of invariant 3: what the ledger, the captures and the cached balances must say together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db import connection
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Concat

from core.money import Money
from payments.models import Account, Capture, Deposit, Payment, Payout, Refund, Transfer
from payments.settling import BALANCE
from storefront.orders.models import Order


def funds_of(order: Order) -> dict[str, int]:
    """What stands in customer funds for the order, in minor units by currency; nothing but zero once it has ended."""
    moved = Case(When(target__kind=Account.Kind.FUNDS, then=F("amount_minor")), default=-F("amount_minor"))
    rows = (
        Transfer.objects.filter(order=order)
        .filter(Q(source__kind=Account.Kind.FUNDS) | Q(target__kind=Account.Kind.FUNDS))
        .values_list("currency")
        .annotate(left=Sum(moved))
        .order_by("currency")
    )
    return dict(rows)


def received(reference: str) -> Money | None:
    """What we counted as received for one reference that a gateway was given; None if it was never ours."""
    payment = Payment.objects.filter(reference=reference).first()
    return Money(payment.received_minor, payment.currency) if payment else None


def problems_of(order: Order) -> list[str]:
    """What is wrong with the order's money; empty when all is well."""
    found = []
    funds = funds_of(order)
    if order.has_ended and any(funds.values()):
        found.append(f"{order.number} has ended, and {funds} stands in customer funds")
    if (
        order.status in (Order.Status.PAID, Order.Status.PROCESSING)
        and funds.get(order.currency, 0) != order.total_minor
    ):
        found.append(f"{order.number} is paid, and {funds} stands in customer funds instead of {order.total_minor}")
    for payment in order.payments.all():
        captured = payment.captures.filter(currency=payment.currency).aggregate(sum=Sum("amount_minor"))["sum"] or 0
        if captured != payment.received_minor:
            found.append(f"{payment.reference} received {payment.received_minor}, its captures say {captured}")
    for capture in Capture.objects.filter(payment__order=order):
        booked = Transfer.objects.filter(key=f"capture:{capture.gateway}:{capture.gateway_ref}").first()
        if booked is None or booked.amount_minor != capture.amount_minor:
            found.append(f"capture {capture.gateway_ref} is not booked as it came in")
    return found + refund_problems(order)


def refund_problems(order: Order | None = None) -> list[str]:
    """What is wrong with what goes back, of one order or of all, in a few statements whatever their number.

    What stands in refunds payable under an order's name is what it still owes; what went back and is on its way is
    never more than came in; and each refund that is done, and each pay-out that is paid, has left the books there.
    """
    found = []
    orders = {} if order is None else {"order": order}
    standing: dict[tuple[str, str], int] = defaultdict(int)
    moved = Transfer.objects.filter(order__isnull=False, **orders).order_by()
    for number, currency, minor in _left(moved, "order__number", Account.Kind.REFUNDS):
        standing[number, currency] += minor
    owed = Refund.objects.filter(**orders).exclude(state__in=Refund.ENDED).order_by()
    for number, currency, minor in owed.values_list("order__number", "currency").annotate(sum=Sum("amount_minor")):
        standing[number, currency] -= minor
    for (number, currency), minor in standing.items():
        if minor:
            found.append(f"{number}: refunds payable differ by {minor} {currency} minor units from what is owed")
    came = (
        Capture.objects.filter(payment__order=OuterRef("order"), currency=OuterRef("currency"))
        .order_by()
        .values("payment__order")
        .annotate(sum=Sum("amount_minor"))
        .values("sum")[:1]
    )
    back = (
        Refund.objects.filter(**orders)
        .exclude(state=Refund.State.WITHDRAWN)
        .order_by()
        .values("order", "currency", "order__number")
        .annotate(back=Sum("amount_minor"), came=Coalesce(Subquery(came), 0))
        .filter(back__gt=F("came"))
    )
    for row in back:
        found.append(f"{row['order__number']}: {row['back']} goes back of {row['came']} {row['currency']} minor units")
    booked = Transfer.objects.filter(
        key=Concat(Value("refund:"), OuterRef("key")), amount_minor=OuterRef("amount_minor")
    )
    done = Refund.objects.filter(state=Refund.State.DONE, **orders)
    for reference in done.filter(~Exists(booked)).values_list("reference", flat=True):
        found.append(f"refund {reference} is done but not booked")
    paid = Payout.objects.filter(state=Payout.State.PAID, refund__in=Refund.objects.filter(**orders))
    for payout in paid.exclude(refund__state=Refund.State.DONE, refund__way=Refund.Way.PAYOUT):
        found.append(f"pay-out {payout.pk} is paid, but its refund is not done by it")
    return found


# Every row of a customer's account, by account, with what the row before it left.
_CHAIN = """
    WITH moves AS (
        SELECT t.id, a.key, a.balance_minor, -t.amount_minor AS delta,
               t.source_before_minor AS before, t.source_after_minor AS after
          FROM payments_transfer t JOIN payments_account a ON a.id = t.source_id WHERE a.kind IN ('WALLET', 'POINTS')
        UNION ALL
        SELECT t.id, a.key, a.balance_minor, t.amount_minor, t.target_before_minor, t.target_after_minor
          FROM payments_transfer t JOIN payments_account a ON a.id = t.target_id WHERE a.kind IN ('WALLET', 'POINTS')
    ), chained AS (
        SELECT *, COALESCE(LAG(after) OVER (PARTITION BY key ORDER BY id), 0) AS left_before FROM moves
    )
    SELECT key, balance_minor, SUM(delta),
           MIN(id) FILTER (WHERE before IS DISTINCT FROM left_before OR after IS DISTINCT FROM before + delta)
      FROM chained GROUP BY key, balance_minor
    HAVING SUM(delta) <> balance_minor
        OR COUNT(*) FILTER (WHERE before IS DISTINCT FROM left_before OR after IS DISTINCT FROM before + delta) > 0
"""


def wallet_problems() -> list[str]:
    """Wallets and points whose cached balance is not the sum of their rows, or whose chain of before and after is
    broken; two statements whatever their number."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(_CHAIN)
        for key, balance, moved, broken in cursor.fetchall():
            if balance != moved:
                found.append(f"{key} says {balance}, its rows say {moved}")
            if broken is not None:
                found.append(f"{key}: the chain is broken at transfer {broken}")
    any_row = Transfer.objects.filter(Q(source=OuterRef("pk")) | Q(target=OuterRef("pk")))
    idle = Account.objects.filter(kind__in=Account.OWNED).exclude(balance_minor=0).filter(~Exists(any_row))
    for key, balance in idle.values_list("key", "balance_minor"):
        found.append(f"{key} says {balance}, its rows say 0")
    return found


def deposit_problems() -> list[str]:
    """What is wrong with the money of all deposits: all that came in went on, and what a deposit says it credited is
    what its wallet got."""
    found = []
    deposits = Transfer.objects.filter(deposit__isnull=False).order_by()
    for number, currency, minor in _left(deposits, "deposit__number"):
        found.append(f"{number}: {minor} {currency} minor units stand in customer funds")
    credited = Subquery(
        Transfer.objects.filter(deposit=OuterRef("pk"), target__kind=Account.Kind.WALLET, currency=OuterRef("currency"))
        .values("deposit")
        .annotate(sum=Sum("amount_minor"))
        .values("sum")[:1]
    )
    differing = Deposit.objects.annotate(got=Coalesce(credited, 0)).exclude(got=F("credited_minor"))
    for number, says, got in differing.values_list("number", "credited_minor", "got"):
        found.append(f"{number} says {says} was credited, the wallet got {got}")
    nameless = Transfer.objects.filter(order=None, deposit=None).filter(
        Q(source__kind=Account.Kind.FUNDS) | Q(target__kind=Account.Kind.FUNDS)
    )
    for key in nameless.values_list("key", flat=True):
        found.append(f"{key} moved customer funds for nobody")
    return found


def problems() -> list[str]:
    """Everything that is wrong with the books by themselves; empty when invariant 3 holds."""
    return [*order_problems(), *deposit_problems(), *wallet_problems()]


def _left(
    rows: QuerySet[Transfer], whose: str, kind: Account.Kind = Account.Kind.FUNDS
) -> Iterable[tuple[str, str, int]]:
    """(`whose`, currency, what stands in the house's account of that kind), where that is not nothing."""
    moved = Case(When(target__kind=kind, then=F("amount_minor")), default=-F("amount_minor"))
    touching = rows.filter(Q(source__kind=kind) | Q(target__kind=kind))
    sums: Iterable[tuple[str, str, int]] = (
        touching.values_list(whose, "currency").annotate(left=Sum(moved)).exclude(left=0)
    )
    return sums


def differences(truth: Mapping[str, Money]) -> list[str]:
    """Where a gateway's truth (reference -> money received) and ours part; the rest is equal."""
    found = []
    for reference, amount in truth.items():
        ours = received(reference)
        if amount and ours != amount:
            found.append(f"{reference}: the gateway has {amount}, we counted {ours}")
    counted = Payment.objects.filter(received_minor__gt=0).exclude(gateway=BALANCE)
    for reference, minor, currency in counted.values_list("reference", "received_minor", "currency"):
        if reference not in truth or not truth[reference]:
            found.append(f"{reference}: we counted {Money(minor, currency)}, the gateway has nothing")
    return found


def order_problems() -> list[str]:
    """What is wrong with the money of all orders, in a few statements whatever their number; empty when all is well."""
    found = []
    under_way = (Order.Status.PAID, Order.Status.PROCESSING)
    rest = Transfer.objects.filter(order__isnull=False).exclude(order__status__in=under_way).order_by()
    for number, currency, minor in _left(rest, "order__number"):
        found.append(f"{number} is not under way, and {minor} {currency} minor units stand in customer funds")
    moved = Case(When(target__kind=Account.Kind.FUNDS, then=F("amount_minor")), default=-F("amount_minor"))
    held = Subquery(
        Transfer.objects.filter(order=OuterRef("pk"), currency=OuterRef("currency"))
        .filter(Q(source__kind=Account.Kind.FUNDS) | Q(target__kind=Account.Kind.FUNDS))
        .order_by()
        .values("order")
        .annotate(left=Sum(moved))
        .values("left")[:1]
    )
    short = Order.objects.filter(status__in=under_way).annotate(held=Coalesce(held, 0)).exclude(held=F("total_minor"))
    for number, total, minor in short.values_list("number", "total_minor", "held"):
        found.append(f"{number} is paid, and {minor} stands in customer funds instead of {total}")
    counted = (
        Payment.objects.values_list("reference", "received_minor")
        .annotate(captured=Coalesce(Sum("captures__amount_minor", filter=Q(captures__currency=F("currency"))), 0))
        .exclude(captured=F("received_minor"))
        .order_by()
    )
    for reference, minor, captured in counted:
        found.append(f"{reference} received {minor}, its captures say {captured}")
    booked = Transfer.objects.filter(
        key=Concat(Value("capture:"), OuterRef("gateway"), Value(":"), OuterRef("gateway_ref")),
        amount_minor=OuterRef("amount_minor"),
        currency=OuterRef("currency"),
    )
    for reference in Capture.objects.filter(~Exists(booked)).values_list("gateway_ref", flat=True):
        found.append(f"capture {reference} is not booked as it came in")
    return found + refund_problems()


def refund_differences(truth: Mapping[str, Money]) -> list[str]:
    """Where what a gateway says it paid back (reference of the payment -> money) and our books part."""
    found = []
    ours: dict[str, int] = defaultdict(int)
    done = Refund.objects.filter(state=Refund.State.DONE, way=Refund.Way.GATEWAY).order_by()
    for reference, minor in done.values_list("payment__reference").annotate(sum=Sum("amount_minor")):
        ours[reference] = minor
    for reference in ours.keys() | truth.keys():
        theirs = truth[reference].minor if reference in truth else 0
        if ours[reference] != theirs:
            found.append(f"{reference}: the gateway paid {theirs} back, we booked {ours[reference]} minor units")
    return found
