"""What the stored history proves about attempts: which row is whose, what arrived, what was surely never made.

The argument, with its residual risks in numbers: docs/decisions/0010-exactly-once.md.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from core import poison
from core.cases import open_case, stands_under
from core.prepared import Select, Update, given
from core.wake import wake
from fulfilment import clocks, evidence, finishing
from fulfilment.models import Attempt, HistoryRow, SupplierAccount, SupplierProduct, TopUp

TOLERANCE_PERCENT = 2
SUCCESS, FAILED, PENDING = "success", "failed", "pending"
_SLOW = timedelta(minutes=30)
_FIRST_LOOK = timedelta(seconds=30)
_LONGEST_LOOK = timedelta(minutes=5)
_FOREIGN_AFTER = timedelta(minutes=10)
# What every purchase asks after its answer. Without an order: the first that is found will do.
_A_ROW = Select(
    lambda: HistoryRow.objects.filter(account_id=given("account"), transaction_id=given("transaction_id")).order_by(),
    "pk",
)
_SOMEBODY_WAITS = Select(
    lambda: TopUp.objects.filter(state=TopUp.State.QUEUED, waits_for="player").order_by()[:1], "pk"
)
_TIE = Update(
    lambda: Attempt.objects.filter(pk=given("attempt"), history_row=None), lambda: {"history_row": given("row")}
)


def plain(name: str) -> str:
    """A product's name without what suppliers vary: case, kinds of spaces, forms of the same letter."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def is_near_cost(seen_minor: int, expected_minor: int) -> bool:
    """Within 2 percent, and never further apart than one unit for cheap things."""
    return abs(seen_minor - expected_minor) * 100 <= max(expected_minor * TOLERANCE_PERCENT, 100)


def is_same(attempt: Attempt, row: HistoryRow) -> bool:
    """Whether a row is the one an answer named: id, player and about the time (ids come again, on other days)."""
    if row.transaction_id != attempt.transaction_id or row.player_id != attempt.player_id:
        return False
    made_at = attempt.made_at or attempt.answered_at or attempt.sent_at
    return abs(row.made_at - made_at) <= clocks.SAME_MOMENT


def is_in_accord(state: str, status: str) -> bool:
    """Whether an attempt that has ended, and its row, say the same."""
    if state == Attempt.State.REJECTED:
        return status != SUCCESS  # a row of it that is open still may become one of a delivery
    return status == {Attempt.State.ACCEPTED: SUCCESS, Attempt.State.FAILED: FAILED}.get(Attempt.State(state), status)


def apply_rows(rows: Iterable[HistoryRow]) -> None:
    """What these rows say about attempts whose transaction id is known has been done.

    One attempt that fails to be worked off leaves the others alone.
    """
    by_id: dict[str, list[HistoryRow]] = {}
    for row in rows:
        by_id.setdefault(row.transaction_id, []).append(row)
    if not by_id:
        return
    account_id = next(iter(by_id.values()))[0].account_id
    named = Attempt.objects.filter(account_id=account_id, transaction_id__in=list(by_id))
    named = named.exclude(pk__in=poison.resting(Attempt)).select_related("topup", "account", "product", "history_row")
    for attempt in named.order_by("id"):
        with poison.counted(Attempt, attempt.pk):
            _settle(attempt, by_id[attempt.transaction_id])


def settle_from_store(attempt: Attempt) -> bool:
    """An accepted attempt is settled by what the store already knows of its row; True if there was one."""
    # Few purchases are over before they are answered.
    if _A_ROW.row(account=attempt.account_id, transaction_id=attempt.transaction_id) is None:
        return False
    rows = list(HistoryRow.objects.filter(account_id=attempt.account_id, transaction_id=attempt.transaction_id))
    _settle(attempt, rows)
    return bool(rows)


def _settle(attempt: Attempt, rows: list[HistoryRow]) -> None:
    row = _row_of(attempt, rows)
    if row is None:
        return
    if attempt.ended_at is None and attempt.state == Attempt.State.ACCEPTED:
        _prove_name(attempt, row)
        _end(attempt, row)
    elif attempt.state == Attempt.State.REJECTED and row.status == SUCCESS:
        evidence.report(
            attempt,
            "refused_but_made",
            "A refused purchase stands in the history as delivered",
            row=evidence.shown(row),
        )
    elif attempt.ended_at is not None and not is_in_accord(attempt.state, row.status):
        evidence.report(
            attempt, "flip", "The supplier says something else now than when the top-up ended", row=evidence.shown(row)
        )


def _row_of(attempt: Attempt, rows: list[HistoryRow]) -> HistoryRow | None:
    """The attempt's row, tied to it for good; None where none of `rows` is."""
    if attempt.history_row_id is not None:
        return next((row for row in rows if row.pk == attempt.history_row_id), None)
    if attempt.state not in (Attempt.State.ACCEPTED, Attempt.State.REJECTED, Attempt.State.FAILED):
        return None
    made_at = attempt.made_at or attempt.sent_at
    for row in sorted((row for row in rows if is_same(attempt, row)), key=lambda row: abs(row.made_at - made_at)):
        try:
            with transaction.atomic():
                if not _TIE.run(attempt=attempt.pk, row=row.pk):
                    return None
        except IntegrityError:
            continue  # it is another attempt's
        attempt.history_row = row
        return row
    return None


def _end(attempt: Attempt, row: HistoryRow) -> None:
    if row.status == SUCCESS:
        finishing.deliver(attempt)
    elif row.status == FAILED and finishing.fail_attempt(attempt):
        wake("fulfilment.send", "topups", attempt.topup_id)


def _prove_name(attempt: Attempt, row: HistoryRow) -> None:
    if (
        attempt.is_named_alike
        and attempt.product.name_proved_at is None
        and plain(row.product_name) == plain(attempt.product.name)
    ):
        SupplierProduct.objects.filter(pk=attempt.product_id, name_proved_at=None).update(name_proved_at=timezone.now())


def resolve_unknown(account: SupplierAccount, now: datetime | None = None) -> None:
    """Every unknown attempt of the account has been held against the evidence: adopted, proved not made, or a case."""
    moment = now or timezone.now()
    unknown = list(
        Attempt.objects.filter(account=account, state=Attempt.State.UNKNOWN, reference="")
        .exclude(pk__in=poison.resting(Attempt))
        .select_related("topup__order", "product", "account")
        .order_by("id")
    )
    if not unknown:
        return
    offsets = clocks.offsets(account, moment)
    is_behind = _history_is_behind(account, moment)
    for attempt in unknown:
        with poison.counted(Attempt, attempt.pk):
            _resolve(attempt, offsets, is_behind, moment)


def unexplained(attempt: Attempt) -> list[HistoryRow]:
    """Rows of the attempt's player first seen after it was sent, that belong to no attempt by id."""
    rows = HistoryRow.objects.filter(
        account_id=attempt.account_id, player_id=attempt.player_id, first_seen_at__gte=attempt.sent_at, attempt=None
    ).order_by("made_at", "id")
    return [row for row in rows if not is_named(row)]


def is_named(row: HistoryRow) -> bool:
    """Whether an attempt was answered with just this row, tied to it or not."""
    named = Attempt.objects.filter(
        account_id=row.account_id, transaction_id=row.transaction_id, player_id=row.player_id
    )
    return any(is_same(attempt, row) for attempt in named)


def fits(attempt: Attempt, row: HistoryRow, offsets: tuple[timedelta, timedelta]) -> bool:
    """Whether the row can be this attempt's: game, player, product name, price and time."""
    earliest, latest = clocks.window(attempt, offsets)
    return (
        row.game_code == attempt.game_code
        and row.player_id == attempt.player_id
        and plain(row.product_name) == plain(attempt.product_name)
        and is_near_cost(row.cost_minor, attempt.cost_minor)
        and earliest <= row.made_at <= latest
    )


def _resolve(attempt: Attempt, offsets: tuple[timedelta, timedelta], is_behind: bool, now: datetime) -> None:
    rows = unexplained(attempt)
    fitting = [row for row in rows if fits(attempt, row, offsets)]
    if len(fitting) == 1:
        adopt(attempt, fitting[0], by="the history")
        return
    if len(fitting) > 1:
        evidence.ask_staff(attempt, ["several rows fit"], rows, now)
        return
    assert attempt.answered_at is not None
    settled_at = attempt.answered_at + clocks.retry_after()
    if now < settled_at:
        return
    against = {
        "the history has a gap since": attempt.coverage_lost,
        "rows of this player that nothing explains": bool(rows),
        "the attempt's own callback address was called": attempt.callback_seen_at is not None,
        "the product's name was never seen equal in catalogue, answer and history": attempt.product.name_proved_at
        is None
        or plain(attempt.product.name) != plain(attempt.product_name),
    }
    still_out = {
        "too few gapless looks at the history": attempt.covered_polls < clocks.COVERED_POLLS,
        "the history lags behind the answers we hold": is_behind,
    }
    reasons = [reason for reason, holds in (against | still_out).items() if holds]
    if not reasons:
        not_created(attempt, by="the history")
    elif any(against.values()) or now > settled_at + clocks.patience():
        evidence.ask_staff(attempt, reasons, rows, now)


def _history_is_behind(account: SupplierAccount, now: datetime) -> bool:
    """Whether purchases that were answered before the last look are missing in it: then absence proves nothing."""
    if account.polled_at is None:
        return True
    return Attempt.objects.filter(
        account=account,
        state=Attempt.State.ACCEPTED,
        history_row=None,
        answered_at__lt=account.polled_at,
        answered_at__gt=now - timedelta(hours=1),
    ).exists()


def adopt(attempt: Attempt, row: HistoryRow, *, by: str) -> bool:
    """The row is the attempt's: it was made after all, and goes on like any accepted one. False if either was settled
    meanwhile."""
    try:
        with transaction.atomic():
            moved = Attempt.objects.filter(pk=attempt.pk, state=Attempt.State.UNKNOWN).update(
                state=Attempt.State.ACCEPTED,
                verdict=Attempt.Verdict.ADOPTED,
                transaction_id=row.transaction_id,
                made_at=row.made_at,
                history_row=row,
                resolution=f"adopted {row.transaction_id} of {row.made_at.isoformat()}, by {by}",
            )
            if not moved:
                return False
            TopUp.objects.filter(pk=attempt.topup_id, state=TopUp.State.UNKNOWN).update(
                state=TopUp.State.ACCEPTED, not_before=timezone.now() + _FIRST_LOOK
            )
    except IntegrityError:
        return False
    attempt.refresh_from_db()
    evidence.close_case(attempt, f"the order stands in the history as {row.transaction_id}")
    release_player(attempt)
    _end(attempt, row)
    return True


def not_created(attempt: Attempt, *, by: str) -> bool:
    """It is proved that the purchase was never made: the unit may be bought again, by a new attempt. False where it was
    settled meanwhile, or a call under its reference is on the wire, which might make it yet."""
    now = timezone.now()
    with transaction.atomic():
        unknown = Attempt.objects.filter(nothing_on_the_wire(attempt, now), pk=attempt.pk, state=Attempt.State.UNKNOWN)
        moved = unknown.update(
            state=Attempt.State.NOT_CREATED,
            ended_at=now,
            resolution=f"not made: {attempt.covered_polls} gapless looks without a row of this player, by {by}"
            if not attempt.reference
            else f"not made, by {by}",
            next_look_at=None,
        )
        if not moved:
            return False
        TopUp.objects.filter(pk=attempt.topup_id, state=TopUp.State.UNKNOWN).update(
            state=TopUp.State.QUEUED, not_before=now, waits_for=""
        )
    evidence.close_case(attempt, "proved not made; one more attempt follows")
    wake("fulfilment.send", "topups", attempt.topup_id)
    release_player(attempt)
    return True


def may_come_about_until(attempt: Attempt) -> datetime:
    """Until then a call that was lost may still be carried out, so that nobody, not even with the supplier's word, may
    call it not made. Where the supplier knows our reference, each look is such a call: it buys what never arrived."""
    if attempt.reference:
        return (attempt.asked_at or attempt.sent_at) + _on_the_wire(attempt)
    if attempt.answered_at is None:
        return attempt.sent_at
    return attempt.answered_at + clocks.retry_after()


def nothing_on_the_wire(attempt: Attempt, now: datetime) -> Q:
    """The condition under which `may_come_about_until` has passed, for the statement that decides by it."""
    if not attempt.reference or attempt.state != Attempt.State.UNKNOWN:
        return Q()
    return Q(asked_at=None) | Q(asked_at__lt=now - _on_the_wire(attempt))


def _on_the_wire(attempt: Attempt) -> timedelta:
    return clocks.call_length(attempt.account.code) + clocks.WIRE_MARGIN


def release_player(attempt: Attempt) -> None:
    """Units that waited for this attempt of the same player to become known are due now."""
    # Hardly ever does anybody wait, and then it is cheap to know.
    if _SOMEBODY_WAITS.row() is None:
        return
    waiting = TopUp.objects.filter(state=TopUp.State.QUEUED, waits_for="player", order__player_id=attempt.player_id)
    if waiting.update(not_before=timezone.now()):
        wake("fulfilment.sweep", "topups")


def look_after_accepted(limit: int = 200, now: datetime | None = None) -> None:
    """Accepted units that are due have been held against the stored history; one open for long is a case."""
    moment = now or timezone.now()
    with transaction.atomic():
        due = list(
            TopUp.objects.select_for_update(skip_locked=True, no_key=True)
            .filter(state=TopUp.State.ACCEPTED, not_before__lte=moment)
            .order_by("not_before")
            .values_list("pk", flat=True)[:limit]
        )
        TopUp.objects.filter(pk__in=due).update(not_before=moment + _LONGEST_LOOK)
    accepted = Attempt.objects.filter(topup__in=due, state=Attempt.State.ACCEPTED, ended_at=None)
    accepted = accepted.exclude(pk__in=poison.resting(Attempt))
    for attempt in accepted.select_related("topup__order", "account", "product", "history_row"):
        with poison.counted(Attempt, attempt.pk):
            settle_from_store(attempt)
            if attempt.sent_at < moment - _SLOW:
                evidence.report(attempt, "slow", "The supplier has not finished a top-up for half an hour")


def ask_overdue(limit: int = 200, now: datetime | None = None) -> None:
    """The oldest unknown attempts that no look at the history has settled in time are cases, also while the history is
    away. Those that are cases already make room for the rest."""
    moment = now or timezone.now()
    overdue = moment - clocks.retry_after() - clocks.patience()
    unknown = Attempt.objects.filter(state=Attempt.State.UNKNOWN, reference="", answered_at__lt=overdue)
    unknown = unknown.filter(evidence.not_asked_about()).exclude(pk__in=poison.resting(Attempt))
    for attempt in unknown.select_related("topup__order", "account", "product").order_by("answered_at")[:limit]:
        with poison.counted(Attempt, attempt.pk):
            evidence.ask_staff(attempt, ["nothing settled it in time"], unexplained(attempt), moment)


def report_foreign(limit: int = 100, now: datetime | None = None) -> None:
    """Rows that no attempt explains are cases: somebody buys on our account, or we lost sight of a purchase."""
    moment = now or timezone.now()
    in_the_dark = Attempt.objects.filter(
        account_id=OuterRef("account_id"), player_id=OuterRef("player_id"), state__in=("SENDING", "UNKNOWN")
    )
    # One statement: a row that is adopted between two is nobody's by the first, and awaited by nobody by the next.
    rows = HistoryRow.objects.filter(
        ~Exists(in_the_dark),
        ~stands_under("foreign_row:", OuterRef("pk")),
        attempt=None,
        first_seen_at__gt=moment - 12 * _FOREIGN_AFTER,
        first_seen_at__lt=moment - _FOREIGN_AFTER,
    ).filter(first_seen_at__gt=F("account__baseline_at"))
    for row in rows.select_related("account").order_by("first_seen_at")[:limit]:
        if is_named(row):
            continue
        open_case(
            "foreign_row",
            f"foreign_row:{row.pk}",
            f"{row.account.name}: {row.transaction_id} belongs to no attempt of ours",
            evidence={"row": evidence.shown(row)},
            actions="Find out who bought it. Whoever orders by hand on this account must stop, or tell the shop first.",
        )
