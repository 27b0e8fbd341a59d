"""Our purchases held against the suppliers' books, every few minutes, in bounded rounds.

Of a supplier that tells its history: its rows against our attempts, its counter against its rows, what was paid in. Of
one that knows our references: each ended purchase is asked for once more. Nothing moves by a comparison.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import CharField, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Abs, Cast, Coalesce, Concat
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, stopping
from core.errors import Refused
from core.money import Money
from core.reconciliation import services as reconciliation
from core.reconciliation.models import Discrepancy
from core.reconciliation.services import Finding, Kind, Subject, Thing
from core.wake import wake
from fulfilment import checking, evidence, finishing, history, profiles, resolving
from fulfilment.books import fundings, statements
from fulfilment.models import Attempt, HistoryPoll, HistoryRow, Statement, SupplierAccount
from fulfilment.suppliers import codes_by_reference, codes_with_history
from fulfilment.suppliers.base import Outcome, Placed
from payments.models import Account, Transfer
from payments.wallet import services as ledger
from storefront.orders import services as orders

# Purchases so fresh may still be on their way into the history.
SETTLED_AFTER = timedelta(minutes=10)
_PAUSE = timedelta(seconds=90)
# Of one account and one round.
MOST_FOUND, MOST_ROWS, MOST_CONFIRMED = 200, 20, 10
_LOST = (Attempt.State.SENDING, Attempt.State.UNKNOWN)


def reconcile_due(now: datetime | None = None) -> None:
    """Every account whose books were not compared for a while has had one bounded round, by one worker at a time."""
    moment = now or timezone.now()
    due = Q(reconciled_at=None) | Q(reconciled_at__lt=moment - _PAUSE)
    for account in profiles.outside().filter(due, is_active=True).exclude(paused_why=profiles.DENIED):
        # Pushed forward first: an account that breaks its worker does not stand before the others.
        if stopping.is_asked() or not SupplierAccount.objects.filter(due, pk=account.pk).update(reconciled_at=moment):
            continue
        with profiles.speaking_to(account):
            reconcile(account, moment)


def reconcile(account: SupplierAccount, now: datetime | None = None) -> None:
    """One round over the account: purchases, counter, fundings, statement. No transaction may be open. Raises
    SupplierUnavailable, SupplierDenied."""
    moment = now or timezone.now()
    if account.code in codes_with_history():
        history.look_back(account, moment)
        _compare_history(account, moment)
        fundings.read(account)
    if account.code in codes_by_reference():
        _confirm(account, moment)
    for row in reconciliation.claim_due(account.code, MOST_ROWS, moment):
        _compare_again(account, row, moment)
    statements.keep(account, moment)


# --- Purchases, by a history that is stored here anyway ---


def _compare_history(account: SupplierAccount, now: datetime) -> None:
    before = profiles.read(account)
    if not history.poll(account):
        return
    after = profiles.read(account)
    account.refresh_from_db()
    findings = [
        *_found(_foreign(account, now), now),
        *_found(_missing(account, now), now),
        *_found(_differing(account, now), now),
    ]
    reconciliation.compared(account.code, [(one.subject, one.reference) for one in findings], findings, now)
    if before is not None and after is not None and before.counters == after.counters:
        _compare_counter(account, after.counters.get("total_orders", ""), now)


def _foreign(account: SupplierAccount, now: datetime) -> Iterable[HistoryRow]:
    """Rows that no attempt explains, first seen since our baseline."""
    since = max(account.baseline_at or now, now - history.WATCHED)
    rows = HistoryRow.objects.filter(
        account=account, attempt=None, first_seen_at__gt=since, first_seen_at__lt=now - SETTLED_AFTER
    )
    return rows.select_related("account")[:MOST_FOUND]


def _missing(account: SupplierAccount, now: datetime) -> Iterable[Attempt]:
    """Purchases the supplier has taken, and its history does not show although it was read since."""
    if account.polled_at is None:
        return ()
    read = min(account.polled_at, now) - SETTLED_AFTER
    taken = _attempts(account).filter(state=Attempt.State.ACCEPTED, history_row=None, reference="")
    return taken.filter(answered_at__lt=read, answered_at__gt=now - history.WATCHED)[:MOST_FOUND]


def _differing(account: SupplierAccount, now: datetime) -> Iterable[Attempt]:
    """Candidates: purchases that have ended, and their row says another end or price than we booked or expected."""
    booked = Transfer.objects.filter(key=Concat(Value("cost:"), Cast(OuterRef("pk"), CharField())))
    ended = _attempts(account).exclude(ended_at=None).exclude(history_row=None)
    recent = ended.filter(history_row__changed_at__gt=now - history.WATCHED)
    is_ours = Q(state=Attempt.State.ACCEPTED)
    is_done, has_failed = Q(history_row__status=resolving.SUCCESS), Q(history_row__status=resolving.FAILED)
    price = F("history_row__cost_minor")
    return (
        recent.annotate(
            booked=Coalesce(Subquery(booked.values("amount_minor")[:1]), 0), off=Abs(price - F("cost_minor"))
        )
        .filter((is_ours & has_failed) | (~is_ours & is_done) | (is_ours & is_done & (~Q(booked=price) | Q(off__gt=1))))
        .order_by("-history_row")[:MOST_FOUND]
    )


def _attempts(account: SupplierAccount) -> QuerySet[Attempt]:
    return Attempt.objects.filter(account=account).select_related("topup__order", "account", "history_row", "product")


def _found(rows: Iterable[Attempt | HistoryRow], now: datetime) -> list[Finding]:
    return [
        finding for row in rows for finding in (_of_row(row) if isinstance(row, HistoryRow) else _of_attempt(row, now))
    ]


def _of_row(row: HistoryRow) -> list[Finding]:
    """Whether a row of the history is nobody's; while a purchase of its player is in the dark it may be that one's."""
    unresolved = Attempt.objects.filter(account_id=row.account_id, player_id=row.player_id, state__in=_LOST)
    if Attempt.objects.filter(history_row=row).exists() or unresolved.exists() or resolving.is_named(row):
        return []
    told = Money(charged(row), row.account.currency)
    return [
        Finding(
            Subject.PURCHASE, Kind.THEIRS_ONLY, f"{row.transaction_id}#{row.pk}", theirs=told, target=row.pk,
            evidence=evidence.shown(row),
        )
    ]  # fmt: skip


def _of_attempt(attempt: Attempt, now: datetime) -> list[Finding]:
    row, currency = attempt.history_row, attempt.account.currency
    cost, about = Money(attempt.cost_minor, currency), attempt.topup.order.number
    seen = evidence.of_attempt(attempt) | {"booked": str(Money(booked(attempt), currency))}
    reference = reference_of(attempt)
    if attempt.reference:
        return []  # compared when it is asked for
    if row is None:
        if attempt.state != Attempt.State.ACCEPTED:
            return []
        gaps = HistoryPoll.objects.filter(account=attempt.account, started_at__gt=attempt.sent_at, is_covered=False)
        seen["gaps_in_history_since"] = gaps.count()
        return [
            Finding(Subject.PURCHASE, Kind.OURS_ONLY, reference, cost, None, attempt.pk, about, seen)
        ]  # fmt: skip
    if attempt.ended_at is None:
        return []
    ours, theirs = booked(attempt), charged(row)
    if ours == theirs:
        if attempt.state != Attempt.State.ACCEPTED or resolving.is_near_cost(row.cost_minor, attempt.cost_minor):
            return []
        ours = attempt.cost_minor  # booked as they say, but not what their catalogue had said
    seen["row"] = evidence.shown(row)
    return [
        Finding(
            Subject.PURCHASE, Kind.DIFFERING, reference, Money(ours, currency), Money(theirs, currency), attempt.pk,
            about, seen,
        )
    ]  # fmt: skip


def reference_of(attempt: Attempt) -> str:
    """How a purchase of ours is called in rows: as the supplier calls it, or we, and by its number, since ids come
    again."""
    return f"{attempt.transaction_id or attempt.reference}#a{attempt.pk}"


def charged(row: HistoryRow) -> int:
    """What the supplier took for it, in minor units: nothing for what failed."""
    return 0 if row.status == resolving.FAILED else row.cost_minor


def booked(attempt: Attempt) -> int:
    """What our ledger says that the purchase cost, in minor units."""
    put_right = Q(key__startswith=f"{finishing.COST_SET}{attempt.pk}:")
    moved = Transfer.objects.filter(Q(key=f"cost:{attempt.pk}") | put_right)
    total = 0
    for kind, minor in moved.values_list("target__kind", "amount_minor"):
        total += minor if kind == Account.Kind.COSTS else -minor
    return total


def _compare_counter(account: SupplierAccount, told: str, now: datetime) -> None:
    """Whether the supplier counts more orders than its history shows, both since the running statement began.

    Fewer says nothing: a row may have come into the history late.
    """
    statement = Statement.objects.filter(account=account, closed_at=None).first()
    first = (statement.at_opening.get("counters") or {}).get("total_orders", "") if statement else ""
    if statement is None or not told.isdecimal() or not str(first).isdecimal():
        return
    theirs = int(told) - int(first)
    ours = HistoryRow.objects.filter(account=account).count() - statement.at_opening["rows"]
    reference = f"total_orders {statement.day}"
    seen = {"rows_of_history": ours, "orders_counted_there": theirs, "since": statement.opened_at.isoformat()}
    findings = [Finding(Subject.COUNTER, Kind.THEIRS_ONLY, reference, evidence=seen)] if theirs > ours else []
    reconciliation.compared(account.code, [(Subject.COUNTER, reference)], findings, now)


# --- Purchases, by our reference ---


def _confirm(account: SupplierAccount, now: datetime) -> None:
    """Ended purchases are asked for once more: still delivered, and at the price we booked?"""
    for attempt, placed in checking.confirm_due(account, MOST_CONFIRMED, now):
        reference = reference_of(attempt)
        findings = _of_answer(attempt, placed)
        reconciliation.compared(account.code, [(Subject.PURCHASE, reference)], findings, now)


def _of_answer(attempt: Attempt, placed: Placed) -> list[Finding]:
    currency = attempt.account.currency
    ours = Money(booked(attempt), currency)
    failed = placed.outcome == Outcome.REJECTED
    if not failed and (placed.outcome != Outcome.ACCEPTED or placed.cost is None or placed.cost == ours):
        return []
    theirs = Money(0, currency) if failed else placed.cost
    seen = evidence.of_attempt(attempt) | {"booked": str(ours), "answer_now": placed.raw[:4000]}
    return [
        Finding(
            Subject.PURCHASE, Kind.DIFFERING, reference_of(attempt), ours, theirs, attempt.pk,
            attempt.topup.order.number, seen,
        )
    ]  # fmt: skip


# --- What staff may do about a row ---


def look_again(row: Discrepancy) -> None:
    """The supplier's books were read and compared with ours once more; the row resolves itself if they agree. Raises
    SupplierUnavailable, SupplierDenied."""
    account = SupplierAccount.objects.get(code=row.party)
    if account.code in codes_with_history():
        _compare_history(account, timezone.now())
        if row.subject == Subject.FUNDING:
            fundings.read(account)
    _compare_again(account, row, timezone.now())
    row.refresh_from_db()


def _compare_again(account: SupplierAccount, row: Discrepancy, now: datetime) -> None:
    """By what is stored here: the round has just read the supplier's books."""
    if row.subject == Subject.COUNTER and not row.reference.endswith(str(_running_day(account))):
        reconciliation.vanished(row, now)  # its day is over: the statement tells the rest
    if row.subject != Subject.PURCHASE or row.target is None:
        return
    findings: list[Finding] = []
    if row.kind == Kind.THEIRS_ONLY:
        findings = _found(HistoryRow.objects.filter(pk=row.target).select_related("account"), now)
    elif (attempt := attempt_of(row)) is not None:
        if attempt.reference and row.theirs_minor == booked(attempt):
            findings = []  # booked as they say
        elif attempt.reference:
            return  # what the supplier said stands
        else:
            findings = _of_attempt(attempt, now)
    things: list[Thing] = [(row.subject, row.reference)]
    reconciliation.compared(account.code, things, findings, now)


def _running_day(account: SupplierAccount) -> object:
    return Statement.objects.filter(account=account, closed_at=None).values_list("day", flat=True).first()


def attempt_of(row: Discrepancy) -> Attempt | None:
    """The purchase of ours that a supplier's row speaks of."""
    if row.subject != Subject.PURCHASE or row.kind == Kind.THEIRS_ONLY or row.target is None:
        return None
    found = Attempt.objects.filter(pk=row.target, account__code=row.party)
    return found.select_related("topup__order", "account", "history_row", "product").first()


def adopt(row: Discrepancy, attempt_id: int, by: str, why: str) -> None:
    """A purchase in the supplier's history that was nobody's is that attempt's, whose outcome was unknown. Raises
    Refused."""
    attempt = _known(attempt_id, row.party)
    theirs = HistoryRow.objects.filter(pk=row.target or 0, account__code=row.party, attempt=None).first()
    fits = attempt is not None and theirs is not None and attempt.player_id == theirs.player_id
    if row.kind != Kind.THEIRS_ONLY or row.subject != Subject.PURCHASE or not fits:
        raise Refused("VALIDATION_ERROR", _("That purchase is not this player's, or is not in the dark."))
    assert attempt is not None and theirs is not None
    with transaction.atomic():
        orders.lock(attempt.topup.order_id)
        if not resolving.adopt(attempt, theirs, by=by):
            raise Refused("VALIDATION_ERROR", _("That purchase is not this player's, or is not in the dark."))
        audit.record(by, "discrepancy adopted", f"discrepancy:{row.pk}", after=attempt.pk, why=why)
    _compare_again(attempt.account, row, timezone.now())
    row.refresh_from_db()


def _known(attempt_id: int, party: str) -> Attempt | None:
    unknown = Attempt.objects.filter(pk=attempt_id, account__code=party, state=Attempt.State.UNKNOWN, reference="")
    return unknown.select_related("topup__order", "account", "product").first()


def settle(row: Discrepancy, *, arrived: bool, by: str, why: str) -> None:
    """A purchase that the supplier took and its history does not show has arrived, or failed, by the supplier's word:
    its unit goes on accordingly. Raises Refused where it has ended."""
    attempt = attempt_of(row)
    if attempt is None or row.kind != Kind.OURS_ONLY:
        raise Refused("VALIDATION_ERROR", _("This row speaks of no purchase of ours."))
    with transaction.atomic():
        if arrived:
            moved = finishing.deliver(attempt)
        else:
            moved = finishing.fail_attempt(attempt, Attempt.Verdict.STAFF)
        if not moved:
            raise Refused("VALIDATION_ERROR", _("This purchase has ended. What it cost is all that can be put right."))
        said = f"{'arrived' if arrived else 'failed'}, by {by}"
        Attempt.objects.filter(pk=attempt.pk).update(resolution=said)
        audit.record(by, "discrepancy settled", f"discrepancy:{row.pk}", after=said, why=why)
    if not arrived:
        wake("fulfilment.send", "topups", attempt.topup_id)
    reconciliation.explain(row, by, why)
    row.refresh_from_db()


def book_cost(row: Discrepancy, by: str, why: str) -> None:
    """The ledger says of the purchase's cost what the supplier says: the difference has moved, once, and the order says
    so too. Raises Refused where it says so already."""
    attempt = attempt_of(row)
    if attempt is None or row.kind != Kind.DIFFERING or row.theirs_minor is None:
        raise Refused("VALIDATION_ERROR", _("This row speaks of no purchase of ours."))
    with transaction.atomic():
        order = orders.lock(attempt.topup.order_id)
        Attempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
        theirs = row.theirs_minor if attempt.reference or attempt.history_row is None else charged(attempt.history_row)
        more = theirs - booked(attempt)
        if not more:
            raise Refused("VALIDATION_ERROR", _("The ledger says the same already. Explain what is left."))
        currency = attempt.account.currency
        prepaid = ledger.house(Account.Kind.PREPAID, currency, attempt.account.code)
        costs = ledger.house(Account.Kind.COSTS, currency)
        times = Transfer.objects.filter(key__startswith=f"{finishing.COST_SET}{attempt.pk}:").count() + 1
        source, target = (prepaid, costs) if more > 0 else (costs, prepaid)
        ledger.transfer(
            f"{finishing.COST_SET}{attempt.pk}:{times}", source, target, Money(abs(more), currency), "cost put right",
            order, note=attempt.transaction_id,
        )  # fmt: skip
        order.cost_minor = finishing.cost_of(order)
        order.save(update_fields=["cost_minor"])
        audit.record(
            by, "cost put right", f"attempt:{attempt.pk}", before=theirs - more, after=theirs, why=why
        )  # fmt: skip
    _compare_again(attempt.account, row, timezone.now())
    row.refresh_from_db()
