"""The daily statement of each supplier account: opening balance + funding − purchases = closing balance, or why not."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import audit
from core.cases import close as close_case
from core.cases import open_case
from core.money import Money
from core.regions import JAKARTA, jakarta_day
from fulfilment import profiles
from fulfilment.books.models import Statement
from fulfilment.models import Attempt, HistoryRow, SupplierAccount
from fulfilment.resolving import FAILED

logger = logging.getLogger(__name__)
CASE = "statement"
_READS = 3
# A day is closed as soon as the balance can be read while nothing is bought; after so long, read as it comes.
_PATIENCE = timedelta(hours=1)
_IN_THE_DARK = (Attempt.State.SENDING, Attempt.State.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Reading:
    """Both sides at one moment. `sums`: see `sums_of`; `is_exact`: nothing moved while the balance was read."""

    at: datetime
    balance: Money
    sums: dict[str, Any]
    is_exact: bool


def sums_of(account: SupplierAccount) -> dict[str, int]:
    """What our books say of the account since its beginning, in its minor units: `spent` by purchases that were made
    (as the history says, else as expected), `foreign` by rows of the history that no attempt explains, `dark` by
    purchases of which nobody knows, and the number of `rows` of the history."""
    mine = Attempt.objects.filter(account=account)
    told = mine.filter(history_row__isnull=False).exclude(history_row__status=FAILED)
    untold = mine.filter(history_row=None, state=Attempt.State.ACCEPTED)
    rows = HistoryRow.objects.filter(account=account)
    foreign = rows.filter(attempt=None).exclude(status=FAILED)
    return {
        "spent": (told.aggregate(sum=Sum("history_row__cost_minor"))["sum"] or 0)
        + (untold.aggregate(sum=Sum("cost_minor"))["sum"] or 0),
        "foreign": foreign.aggregate(sum=Sum("cost_minor"))["sum"] or 0,
        "dark": mine.filter(state__in=_IN_THE_DARK).aggregate(sum=Sum("cost_minor"))["sum"] or 0,
        "rows": rows.count(),
    }


def keep(account: SupplierAccount, now: datetime | None = None) -> None:
    """The account has an open statement of today, and those of days before are closed. The caller has just read history
    and fundings; no transaction may be open."""
    moment = now or timezone.now()
    today = jakarta_day(moment)
    running = Statement.objects.filter(account=account, closed_at=None).first()
    if running is not None and running.day >= today:
        return
    midnight = datetime(today.year, today.month, today.day, tzinfo=JAKARTA)
    reading = read(account, is_patient=running is not None and moment - midnight < _PATIENCE)
    if reading is None:
        return
    with transaction.atomic():
        if running is not None:
            if not _close(running, reading):
                return
        elif Statement.objects.filter(account=account, closed_at=None).exists():
            return
        Statement.objects.get_or_create(
            account=account,
            day=today,
            defaults={
                "currency": account.currency,
                "opened_at": reading.at,
                "opening_minor": reading.balance.minor,
                "at_opening": reading.sums,
            },
        )


def read(account: SupplierAccount, *, is_patient: bool) -> Reading | None:
    """Balance and sums of one moment; None where the balance cannot be read, or (if patient) not between purchases."""
    reading = None
    for _attempt in range(_READS):
        before = sums_of(account)
        profile = profiles.read(account)
        if profile is None:
            return None
        after = sums_of(account)
        is_exact = before == after and not after["dark"]
        reading = Reading(timezone.now(), profile.balance, after | {"counters": profile.counters}, is_exact)
        if is_exact:
            return reading
    return None if is_patient else reading


def _close(statement: Statement, reading: Reading) -> bool:
    closed = Statement.objects.filter(pk=statement.pk, closed_at=None).update(
        closed_at=reading.at, closing_minor=reading.balance.minor, at_closing=reading.sums, is_exact=reading.is_exact
    )
    if closed:
        reckon(statement.pk)
    return bool(closed)


@transaction.atomic
def reckon(statement_id: int) -> Statement:
    """What a closed statement's balance moved beyond funding and purchases is computed anew; beyond the account's
    tolerance staff have a case, which closes when it no longer is."""
    rows = Statement.objects.select_for_update(of=("self",), no_key=True).select_related("account")
    statement = rows.get(pk=statement_id)
    closing = statement.closing_minor or 0
    opened, closed = statement.at_opening, statement.at_closing
    statement.funding_minor = statement.fundings.aggregate(sum=Sum("amount_minor"))["sum"] or 0
    statement.spent_minor = closed["spent"] - opened["spent"]
    statement.foreign_minor = closed["foreign"] - opened["foreign"]
    expected = statement.opening_minor + statement.funding_minor - statement.spent_minor
    statement.difference_minor = closing - expected
    rest = statement.difference_minor + statement.foreign_minor
    # A purchase in the dark may have been paid for before the reading, or not.
    statement.rest_minor = min(rest + closed["dark"], 0) if rest < 0 else max(rest - opened["dark"], 0)
    statement.save(update_fields=["funding_minor", "spent_minor", "foreign_minor", "difference_minor", "rest_minor"])
    if abs(statement.rest_minor) > statement.account.tolerance_minor:
        _tell(statement)
    else:
        close_case(CASE, statement.pk, "The statement adds up.")
    return statement


def explain(statement_id: int, by: str, why: str) -> bool:
    """A person has said what the rest of a closed statement is; its case is closed. False if somebody had before."""
    with transaction.atomic():
        mine = Statement.objects.filter(~Q(closed_at=None), pk=statement_id, explained_at=None)
        if not mine.update(explained_at=timezone.now(), explained_by=by, explanation=why):
            return False
        audit.record(by, "statement explained", f"statement:{statement_id}", why=why)
        close_case(CASE, statement_id, f"{by}: {why}")
    return True


def standing(statement: Statement) -> tuple[str, str | Promise]:
    """How a day stands, as a code and for people."""
    if statement.closed_at is None:
        return "RUNNING", _("running")
    if statement.explained_at is not None:
        return "EXPLAINED", _("explained")
    is_even = abs(statement.rest_minor) <= statement.account.tolerance_minor
    return ("EVEN", _("adds up")) if is_even else ("OFF", _("does not add up"))


def _tell(statement: Statement) -> None:
    account, currency = statement.account, statement.currency
    amounts = ("opening", "funding", "spent", "foreign", "closing", "difference", "rest")
    open_case(
        CASE,
        f"{CASE}:{statement.pk}",
        f"{account.name}, {statement.day}: {Money(statement.rest_minor, currency)} that nothing explains",
        evidence={name: str(Money(getattr(statement, f"{name}_minor") or 0, currency)) for name in amounts}
        | {"at_opening": statement.at_opening, "at_closing": statement.at_closing, "is_exact": statement.is_exact},
        actions=(
            "Compare with the supplier's own list of that day. Book a funding that it does not tell of;"
            " else explain it on the statement's page."
        ),
    )
