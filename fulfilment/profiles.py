"""Our accounts at suppliers: balance and counters as they tell them, pausing and going on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from core import audit, cases
from core.money import Money
from core.wake import wake
from fulfilment.models import STOCK, HistoryPoll, SupplierAccount, TopUp
from fulfilment.suppliers import for_code
from fulfilment.suppliers.base import Profile, SupplierDenied, SupplierUnavailable

logger = logging.getLogger(__name__)
BALANCE, DENIED = "balance", "denied"
_PROFILE = "supplier profile"  # who did it, by the audit trail, where nobody did
_POLLS_KEPT = timedelta(days=7)
_FRESH = timedelta(seconds=50)


@contextmanager
def speaking_to(account: SupplierAccount) -> Iterator[None]:
    """What goes wrong with one account leaves the others alone. A 401/403 pauses it; the next round tries the rest."""
    try:
        yield
    except SupplierDenied as problem:
        pause(account, DENIED, str(problem))
    except SupplierUnavailable as problem:
        logger.warning("%s is away: %s", account.code, problem)
    except Exception:  # of ours, or of what it said: told to whoever reads the errors
        logger.exception("speaking to %s", account.code)


def read(account: SupplierAccount) -> Profile | None:
    """The supplier's own figures, stored; None where they could not be read. A 401/403 pauses the account."""
    try:
        profile = for_code(account.code).profile()
    except SupplierUnavailable:
        return None
    except SupplierDenied as problem:
        pause(account, DENIED, str(problem))
        return None
    now = timezone.now()
    account.balance_minor, account.counters, account.profile_read_at = (profile.balance.minor, profile.counters, now)
    account.save(update_fields=["balance_minor", "counters", "profile_read_at"])
    if not profile.is_active:
        pause(account, DENIED, "the supplier says that our account is not active")
    return profile


@transaction.atomic
def pause(account: SupplierAccount, why: str, detail: str, needs: Money | None = None) -> None:
    """Nothing more is bought there, and staff know. For want of balance it goes on by itself once that reaches `needs`;
    a refused key stays shut until a person opens it, since knocking on may get us banned for good."""
    now = timezone.now()
    moved = SupplierAccount.objects.filter(pk=account.pk, paused_at=None).update(
        paused_at=now, paused_why=why, paused_needs_minor=needs.minor if needs else None
    )
    if not moved:
        return
    audit.record(_PROFILE, "supplier paused by itself", f"supplier:{account.code}", after=why, why=detail)
    title = f"{account.name}: our balance is too low" if why == BALANCE else f"{account.name} does not let us in"
    cases.open_case(
        f"supplier_{why}",
        f"supplier:{account.code}:{why}:{now:%Y%m%d%H%M%S%f}",
        title,
        evidence={
            "detail": detail,
            "balance": str(Money(account.balance_minor, account.currency)) if account.balance_minor is not None else "",
            "needs": str(needs) if needs else "",
        },
        actions=(
            "Add funds; buying goes on by itself within a minute."
            if why == BALANCE
            else "Check key, address list and account status with the supplier; then resume the account in the admin."
        ),
    )


def resume(account: SupplierAccount, *, by: str = "", why: str = "") -> bool:
    """Buying goes on, and whoever waited for it is due now; True if the account was paused, for want of balance or at a
    refused key. `by`: the login of who says so; nobody's where the balance came back."""
    with transaction.atomic():
        paused = SupplierAccount.objects.filter(pk=account.pk, paused_at__isnull=False)
        row = paused.select_for_update(no_key=True).first()
        if row is None:
            return False
        paused.update(paused_at=None, paused_why="", paused_needs_minor=None)
        did = "supplier resumed" if by else "supplier goes on by itself"
        audit.record(by or _PROFILE, did, f"supplier:{account.code}", before=row.paused_why, why=why)
        cases.close("supplier", f"{account.code}:{row.paused_why}", "buying goes on")
    waiting = TopUp.objects.filter(state=TopUp.State.QUEUED, waits_for=row.paused_why or "paused")
    waiting.update(not_before=timezone.now())
    wake("fulfilment.sweep", "topups")
    return True


def look_after(now: datetime | None = None) -> None:
    """Every account's figures are read (not where we were shown the door), and what waited for balance goes on."""
    moment = now or timezone.now()
    due = Q(profile_read_at=None) | Q(profile_read_at__lt=moment - _FRESH)
    for account in outside().filter(due, is_active=True).exclude(paused_why=DENIED):
        with speaking_to(account):
            profile = read(account)
            if profile is None or account.paused_why != BALANCE:
                continue
            if profile.balance.minor >= (account.paused_needs_minor or 0):
                resume(account, why=f"its balance is {profile.balance}")
    HistoryPoll.objects.filter(started_at__lt=moment - _POLLS_KEPT).delete()


def outside() -> QuerySet[SupplierAccount]:
    """The accounts at suppliers; our own stock is none."""
    return SupplierAccount.objects.exclude(code=STOCK)


def ensure(code: str) -> SupplierAccount:
    """Our account at that supplier, made when first needed. Raises KeyError for a supplier nobody speaks."""
    supplier = for_code(code)
    account, _ = SupplierAccount.objects.get_or_create(
        code=code, defaults={"name": supplier.name, "currency": supplier.currency}
    )
    return account


def callback_url(account: SupplierAccount, token: str) -> str:
    return f"{settings.PUBLIC_BASE_URL}/hooks/{account.code}/{token}"
