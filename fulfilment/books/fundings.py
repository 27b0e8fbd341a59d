"""What was paid into our accounts at suppliers: told by them where they tell it, else by staff; booked once."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.errors import Refused
from core.money import Money
from core.reconciliation import services as reconciliation
from core.reconciliation.models import Discrepancy
from core.reconciliation.services import Finding, Kind, Subject, Thing
from fulfilment.books import statements
from fulfilment.books.models import Funding, Statement
from fulfilment.models import SupplierAccount
from fulfilment.suppliers import codes_with_history, with_history
from fulfilment.suppliers.base import FundingEntry
from payments.models import Account
from payments.wallet import services as ledger

COMPLETED = "completed"
_LIMIT, _MOST = 50, 400


def read(account: SupplierAccount) -> None:
    """Every funding that the supplier tells of is known, and booked once it is completed; what it tells otherwise than
    before is a difference (core.reconciliation). Raises SupplierUnavailable, SupplierDenied."""
    if account.code not in codes_with_history():
        return
    told = with_history(account.code).fundings(_LIMIT)
    known = {one.reference: one for one in Funding.objects.filter(account=account)}
    if len(told) >= _LIMIT and not any(entry.reference in known for entry in told):
        told = with_history(account.code).fundings(_MOST)
    findings: list[Finding] = []
    for entry in told:
        findings += _keep(account, entry, known.get(entry.reference))
    on_list = {entry.reference for entry in told}
    if len(told) < _LIMIT:  # all there is: what is missing is gone
        findings += [
            _finding(one, Kind.OURS_ONLY, None)
            for one in known.values()
            if one.reference not in on_list and not one.by and one.booked_at
        ]
    things: list[Thing] = [(Subject.FUNDING, reference) for reference in on_list | set(known)]
    reconciliation.compared(account.code, things, findings)


def _keep(account: SupplierAccount, entry: FundingEntry, known: Funding | None) -> list[Finding]:
    if known is None:
        known, _is_new = Funding.objects.get_or_create(
            account=account,
            reference=entry.reference,
            defaults={
                "amount_minor": entry.amount.minor,
                "currency": entry.amount.currency,
                "method": entry.method,
                "status": entry.status,
                "made_at": entry.made_at,
            },
        )
    if known.booked_at is None:
        Funding.objects.filter(pk=known.pk, booked_at=None).update(
            status=entry.status, amount_minor=entry.amount.minor, made_at=entry.made_at
        )
        if entry.status == COMPLETED:
            book(known.pk)
        return []
    if entry.amount.minor != known.amount_minor or entry.status != COMPLETED:
        return [_finding(known, Kind.DIFFERING, entry)]
    return []


def _finding(funding: Funding, kind: Discrepancy.Kind, entry: FundingEntry | None) -> Finding:
    return Finding(
        Subject.FUNDING,
        kind,
        funding.reference,
        ours=Money(funding.amount_minor, funding.currency),
        theirs=entry.amount if entry else None,
        target=funding.pk,
        evidence={
            "method": funding.method,
            "made_at": funding.made_at.isoformat(),
            "status": entry.status if entry else "",
        },
    )


def is_by_hand(account: SupplierAccount) -> bool:
    """Whether only staff can tell what was paid in there."""
    return account.code not in codes_with_history() and not account.is_stock


@transaction.atomic
def book(funding_id: int) -> bool:
    """The funding stands in the ledger and in the statement that it belongs to; False if it did before."""
    now = timezone.now()
    funding = Funding.objects.select_related("account").select_for_update(of=("self",), no_key=True).get(pk=funding_id)
    if funding.booked_at is not None:
        return False
    statement = _statement_of(funding)
    Funding.objects.filter(pk=funding.pk).update(booked_at=now, statement=statement)
    amount = Money(funding.amount_minor, funding.currency)
    ledger.transfer(
        f"funding:{funding.account.code}:{funding.reference}"[:100],
        ledger.house(Account.Kind.EXTERNAL, amount.currency),
        ledger.house(Account.Kind.PREPAID, amount.currency, funding.account.code),
        amount,
        "supplier funded",
        note=f"{funding.method} {funding.by}".strip(),
    )
    if statement is not None and statement.closed_at is not None:
        statements.reckon(statement.pk)
    return True


def by_hand(
    account: SupplierAccount, reference: str, amount: Money, made_at: datetime, *, by: str, why: str
) -> Funding:
    """A funding that the supplier does not tell of is booked. Raises Refused where it tells of its own, and for a
    reference that was used before."""
    if not is_by_hand(account):
        raise Refused("VALIDATION_ERROR", _("This supplier tells of its fundings itself."))
    if amount.minor <= 0 or amount.currency != account.currency or not reference.strip():
        raise Refused("VALIDATION_ERROR", _("Enter an amount above zero and its reference."))
    try:
        with transaction.atomic():
            funding = Funding.objects.create(
                account=account, reference=reference.strip(), amount_minor=amount.minor, currency=amount.currency,
                method="by hand", status=COMPLETED, made_at=made_at, by=by,
            )  # fmt: skip
            book(funding.pk)
            audit.record(by, "supplier funded", f"funding:{funding.pk}", after=str(amount), why=why)
    except IntegrityError as problem:
        raise Refused("VALIDATION_ERROR", _("A funding of that reference is booked already.")) from problem
    return funding


def _statement_of(funding: Funding) -> Statement | None:
    """The one whose balance it moved: the last closed one if it was made by then and just such a sum is unexplained in
    it, else the one that is open; None before the first."""
    mine = Statement.objects.filter(account=funding.account)
    last = mine.filter(closed_at__isnull=False, closed_at__gte=funding.made_at).order_by("closed_at").first()
    if last is not None and last.rest_minor >= funding.amount_minor:
        return last
    return mine.filter(closed_at=None).first()
