"""Looking at a supplier's order history: one call per account and round, whatever the number of open orders.

Rows seen are stored, and what is stored is the baseline. A page that reaches a row already known leaves no gap; a
history that has lost rows proves nothing about those who were out at that time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Min, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from fulfilment import clocks, profiles, resolving
from fulfilment.models import Attempt, HistoryPoll, HistoryRow, SupplierAccount
from fulfilment.suppliers import codes_with_history, with_history
from fulfilment.suppliers.base import History, HistoryEntry, SupplierDenied, SupplierUnavailable

logger = logging.getLogger(__name__)
LEAST_LIMIT = 50
MOST_LIMIT = 1600
DEEPEST = 12_800  # so far back orders that are still open are looked for, though not with every round
DOCUMENTED_DEFAULT = 20  # a page this full may have been cut, whatever limit was asked for
STALE_CLAIM = timedelta(seconds=20)
IDLE_PAUSE = timedelta(minutes=1)
_DEEP_EVERY_S = 30
# For so long a supplier may take back what it said of an end; and so often rows that old are looked at again.
WATCHED = timedelta(hours=72)
_BACK_EVERY = timedelta(minutes=10)
_LATEST_SHOWN = timedelta(days=3)  # what is unknown for longer is with a person, and no history shows it any more
_GAP_S = 1.0
_ROUNDS = 5

Key = tuple[str, datetime, str]


@dataclass(frozen=True, slots=True)
class Page:
    """What one round brought: the last page asked for, and how it joins what was known."""

    history: History
    seen_at: datetime
    known: dict[Key, HistoryRow]
    is_covered: bool
    note: str = ""


def poll_due(now: datetime | None = None) -> None:
    """Every account with something open (or not looked at for a minute) has been looked at, by one worker at a time."""
    moment = now or timezone.now()
    told = SupplierAccount.objects.filter(is_active=True, code__in=codes_with_history())
    for account in told.exclude(paused_why=profiles.DENIED):
        if (
            account.poll_wanted_at
            or account.polled_at is None
            or account.polled_at < moment - IDLE_PAUSE
            or has_open(account)
        ):
            with profiles.speaking_to(account):
                poll(account)


def has_open(account: SupplierAccount) -> bool:
    """Whether any attempt waits for what the history says."""
    out = (
        Q(state=Attempt.State.UNKNOWN) | Q(state=Attempt.State.SENDING) | Q(state=Attempt.State.ACCEPTED, ended_at=None)
    )
    return Attempt.objects.filter(out, account=account).exists()


def want(account_id: int) -> bool:
    """An early look is asked for; True for the first who asks since the last one, who then wakes the poller."""
    return bool(
        SupplierAccount.objects.filter(pk=account_id, poll_wanted_at=None).update(poll_wanted_at=timezone.now())
    )


def poll_wanted(sleep: Callable[[float], None] = time.sleep) -> None:
    """Accounts whose callbacks ask for a look get one, no sooner than a second (or the poll's pause) after the last:
    however many callbacks come in, they share it."""
    gap = min(_GAP_S, settings.GEMGO_POLL_SECONDS)
    for _ in range(_ROUNDS):
        wanted = (
            profiles.outside().filter(poll_wanted_at__isnull=False, is_active=True).exclude(paused_why=profiles.DENIED)
        )
        accounts = list(wanted)
        if not accounts:
            return
        for account in accounts:
            now = timezone.now()
            if account.poll_claimed_at and account.poll_claimed_at > now - STALE_CLAIM:
                sleep(gap)  # whoever is at it began before this callback came
            elif account.polled_at and (since := (now - account.polled_at).total_seconds()) < gap:
                sleep(gap - since)
            if not poll(account):
                return  # the history is away: the clock's next tick looks again


def look_back(account: SupplierAccount, now: datetime | None = None) -> None:
    """All purchases of the last three days have been seen within the last ten minutes, as far back as DEEPEST rows:
    one that has ended is told otherwise nowhere else, and other looks reach back to what is open only.

    A call of its own: where the supplier cannot answer so long a page, the other looks go on.
    """
    moment = now or timezone.now()
    watched = HistoryRow.objects.filter(account=account, made_at__gte=moment - WATCHED)[:DEEPEST].count()
    lately = HistoryPoll.objects.filter(account=account, started_at__gt=moment - _BACK_EVERY)
    if watched and not lately.filter(limit__gte=watched).exists():
        poll(account, min(watched + LEAST_LIMIT, DEEPEST))


def poll(account: SupplierAccount, least: int = 0) -> bool:
    """One look at the history, at `least` so many rows of it, has been taken and everything that follows from it done;
    False if another worker is at it or no page could be read. Afterwards `account` shows its baseline."""
    claimed_at = timezone.now()
    free = Q(poll_claimed_at=None) | Q(poll_claimed_at__lt=claimed_at - STALE_CLAIM)
    if not SupplierAccount.objects.filter(free, pk=account.pk).update(poll_claimed_at=claimed_at, poll_wanted_at=None):
        account.refresh_from_db(fields=["baseline_at"])
        return account.baseline_at is not None
    try:
        page = _look(account, least)
    except SupplierDenied as problem:
        profiles.pause(account, profiles.DENIED, str(problem))
        page = None
    except SupplierUnavailable as problem:
        logger.warning("history of %s: %s", account.code, problem)
        page = None
    if page is None:
        SupplierAccount.objects.filter(pk=account.pk, poll_claimed_at=claimed_at).update(poll_claimed_at=None)
        return False
    with transaction.atomic():
        # Together: rows of a page with a gap must never be known without the gap being known too.
        _store(account, page, claimed_at)
        _count(account, page, claimed_at)
    resolving.apply_rows(_unsettled(account, page))
    resolving.resolve_unknown(account)
    return True


def _look(account: SupplierAccount, least: int) -> Page:
    """A page that reaches what is known, asked for with doubled limits until it does or there is no more."""
    supplier, limit = with_history(account.code), max(account.poll_limit, LEAST_LIMIT, least, _reach(account))
    if account.baseline_at is None:
        limit = MOST_LIMIT  # as deep as it goes, once: what is older must not look new when a limit is doubled
    total: int | None = None
    while True:
        history = supplier.history(limit)
        seen_at = timezone.now()
        known = _known(account, history.rows)
        covered, note = _joins(account, history, known, total)
        if covered or history.unreadable or (total is not None and len(history.rows) < limit):
            return Page(history, seen_at, known, covered, note)
        if len(history.rows) < limit:
            # All there is, or all the supplier is willing to show? Its own count of orders tells, read before the rows.
            total = _orders_counted(account)
            if total is None:
                return Page(history, seen_at, known, covered, note)
        elif limit >= MOST_LIMIT:
            return Page(history, seen_at, known, covered, note)
        else:
            limit = min(limit * 2, MOST_LIMIT)


def _reach(account: SupplierAccount) -> int:
    """So many of the newest rows hold the oldest purchase that is still open: its end is told nowhere else, however
    many were made since. Very deep pages, and those that show an unknown purchase which the supplier shows late, behind
    newer ones, are asked for once in half a minute."""
    now = timezone.now()
    turn = now.timestamp() // _DEEP_EVERY_S
    is_turn = account.polled_at is None or turn != account.polled_at.timestamp() // _DEEP_EVERY_S
    attempts = Attempt.objects.filter(account=account, reference="")
    out = attempts.filter(state=Attempt.State.ACCEPTED, ended_at=None)
    since = out.aggregate(made_at=Min(Coalesce("made_at", "sent_at")))["made_at"]
    if is_turn:
        unknown = attempts.filter(state=Attempt.State.UNKNOWN, sent_at__gt=now - _LATEST_SHOWN)
        sent_at = unknown.aggregate(sent_at=Min("sent_at"))["sent_at"]
        since = min((moment for moment in (since, sent_at and sent_at - clocks.skew()) if moment), default=None)
    if since is None:
        return 0
    newer = HistoryRow.objects.filter(account=account, made_at__gte=since)[:DEEPEST].count()
    return min(newer + LEAST_LIMIT, DEEPEST if is_turn else MOST_LIMIT)


def _orders_counted(account: SupplierAccount) -> int | None:
    profile = profiles.read(account)
    count = profile.counters.get("total_orders", "") if profile else ""
    return int(count) if count.isdecimal() else None


def _joins(
    account: SupplierAccount, history: History, known: dict[Key, HistoryRow], total: int | None
) -> tuple[bool, str]:
    """Whether nothing can have slipped between what was known and this page, and what to say of it."""
    if history.unreadable:
        return False, f"{history.unreadable} rows could not be read"
    if len({_key(entry) for entry in history.rows}) < len(history.rows):
        return False, "two rows that cannot be told apart"
    if account.baseline_at is None:
        return True, "baseline"
    newest = HistoryRow.objects.filter(account=account).order_by("-made_at", "-id").first()
    if newest is not None and _row_key(newest) in known:
        return True, ""  # the newest row known is on the page, and so is all that came after it
    if total is not None and len(history.rows) >= total:
        return True, "whole by the supplier's own count"
    if newest is None and len(history.rows) < min(history.limit, DOCUMENTED_DEFAULT):
        return True, "whole"
    return False, "no row known is on the page" if not known else "the newest row known is missing"


def _known(account: SupplierAccount, entries: tuple[HistoryEntry, ...]) -> dict[Key, HistoryRow]:
    ids = {entry.transaction_id for entry in entries}
    stored = {_row_key(row): row for row in HistoryRow.objects.filter(account=account, transaction_id__in=ids)}
    on_page = {_key(entry) for entry in entries}
    return {key: row for key, row in stored.items() if key in on_page}


def _key(entry: HistoryEntry) -> Key:
    return entry.transaction_id, entry.made_at, entry.player_id


def _row_key(row: HistoryRow) -> Key:
    return row.transaction_id, row.made_at, row.player_id


def _store(account: SupplierAccount, page: Page, started_at: datetime) -> None:
    HistoryRow.objects.bulk_create(
        [
            HistoryRow(
                account=account,
                transaction_id=entry.transaction_id,
                made_at=entry.made_at,
                player_id=entry.player_id,
                game_code=entry.game_code,
                product_name=entry.product_name,
                cost_minor=entry.cost.minor,
                status=entry.status,
                first_seen_at=page.seen_at,
                changed_at=started_at,
            )
            for entry in page.history.rows
            if _key(entry) not in page.known
        ],
        ignore_conflicts=True,
    )
    for entry in page.history.rows:
        row = page.known.get(_key(entry))
        # A page that was asked for before the row last changed is old news.
        if row is not None and row.status != entry.status and row.changed_at <= started_at:
            row.status, row.changed_at = entry.status, started_at
            row.save(update_fields=["status", "changed_at"])


def _unsettled(account: SupplierAccount, page: Page) -> list[HistoryRow]:
    """The page's rows but for those whose attempt has ended just as they say, or is open as they are."""
    fresh = tuple(entry for entry in page.history.rows if _key(entry) not in page.known)
    rows = page.known | _known(account, fresh)
    theirs = Attempt.objects.filter(account=account, history_row__in=[row.pk for row in rows.values()])
    as_they_say = {
        row_id
        for row_id, state, ended_at, status in theirs.values_list(
            "history_row_id", "state", "ended_at", "history_row__status"
        )
        if (resolving.is_in_accord(state, status) if ended_at else status == resolving.PENDING)
    }
    return [row for row in rows.values() if row.pk not in as_they_say]


def _count(account: SupplierAccount, page: Page, started_at: datetime) -> None:
    """The look is on record, the claim is free, and attempts that were out have it counted for or against them."""
    fresh = len(page.history.rows) - len(page.known)
    HistoryPoll.objects.create(
        account=account,
        started_at=started_at,
        rows=len(page.history.rows),
        fresh=fresh,
        limit=page.history.limit,
        is_covered=page.is_covered,
        note=page.note[:200],
    )
    limit = min(max(LEAST_LIMIT, 2 * fresh), MOST_LIMIT) if account.baseline_at else LEAST_LIMIT
    baseline_at = account.baseline_at or page.seen_at
    SupplierAccount.objects.filter(pk=account.pk).update(
        polled_at=started_at, poll_limit=limit, baseline_at=baseline_at
    )
    SupplierAccount.objects.filter(pk=account.pk, poll_claimed_at=started_at).update(poll_claimed_at=None)
    out = Attempt.objects.filter(account=account)
    if page.is_covered:
        out.filter(state=Attempt.State.UNKNOWN, answered_at__lt=started_at).update(covered_polls=F("covered_polls") + 1)
    elif not page.history.unreadable:
        out.filter(state__in=(Attempt.State.UNKNOWN, Attempt.State.SENDING), sent_at__lt=page.seen_at).update(
            coverage_lost=True
        )
    account.polled_at, account.poll_limit, account.baseline_at = started_at, limit, baseline_at
