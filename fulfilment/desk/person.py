"""Everything about one customer, for the page on which staff read it: a bounded statement a section, of the mutations
two an account."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from django.utils import timezone

from accounts.models import Session, User
from core import notes
from core.approvals.models import Approval
from core.models import AuditEntry, MailMessage, Note
from core.money import Money
from fulfilment.models import ProblemReport
from payments.models import Account, Deposit, Refund, Transfer
from storefront.orders import volume
from storefront.orders.models import Order

MOST = 25


class Person:
    """The sections of a customer's page."""

    def __init__(self, user: User) -> None:
        self.user = user

    @cached_property
    def orders(self) -> Sequence[Order]:
        return list(Order.objects.filter(user=self.user).order_by("-id")[:MOST])

    @cached_property
    def accounts(self) -> Sequence[Account]:
        """Wallets and points."""
        return list(Account.objects.filter(user=self.user).order_by("kind", "currency"))

    @cached_property
    def mutations(self) -> Sequence[tuple[Transfer, int]]:
        """The newest rows of their accounts, each with its sign: 1 came, -1 went."""
        mine = {account.pk for account in self.accounts}
        found: dict[int, Transfer] = {}
        for side in ("source", "target"):
            for account_id in mine:
                rows = Transfer.objects.filter(**{side: account_id}).select_related("order").order_by("-id")[:MOST]
                found |= {row.pk: row for row in rows}
        newest = sorted(found.values(), key=lambda row: row.pk, reverse=True)[:MOST]
        return [(row, 1 if row.target_id in mine else -1) for row in newest]

    @cached_property
    def paid_volume(self) -> Money:
        return volume.paid_volume(self.user, timezone.now())

    @cached_property
    def sessions(self) -> Sequence[Session]:
        """Sign-ins of apps and browsers, those that ended too; the devices they came from."""
        return list(Session.objects.filter(user=self.user).order_by("-seen_at")[:MOST])

    @cached_property
    def refunds(self) -> Sequence[Refund]:
        return list(Refund.objects.filter(order__user=self.user).select_related("order").order_by("-id")[:MOST])

    @cached_property
    def deposits(self) -> Sequence[Deposit]:
        return list(Deposit.objects.filter(user=self.user).order_by("-created_at")[:MOST])

    @cached_property
    def problems(self) -> Sequence[ProblemReport]:
        rows = ProblemReport.objects.filter(order__user=self.user).select_related("order")
        return list(rows.order_by("-id")[:MOST])

    @cached_property
    def mails(self) -> Sequence[MailMessage]:
        return list(MailMessage.objects.filter(to=self.user.email).order_by("-id")[:MOST])

    @cached_property
    def approvals(self) -> Sequence[Approval]:
        return list(Approval.objects.filter(about=self.user.public_id).order_by("-id")[:MOST])

    @cached_property
    def notes(self) -> Sequence[Note]:
        return notes.of(notes.about_user(self.user.public_id))

    @cached_property
    def acts(self) -> Sequence[AuditEntry]:
        """What staff and jobs did to the account."""
        return list(AuditEntry.objects.filter(subject=f"user:{self.user.public_id}").order_by("-id")[:MOST])
