"""Everything that happened to one order, for the page on which staff read it: one statement a section, asked once and
only where the section is shown."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from core import notes
from core.approvals.models import Approval
from core.models import AuditEntry, ChatMessage, InboxMessage, MailMessage, Note, StaffCase
from core.money import Money
from fulfilment.models import Attempt, Code, Correction, Delay, ProblemReport, TopUp
from payments.models import Capture, Payment, Refund, Transfer
from storefront.orders.models import Order, OrderEvent

#: Rows of one section. An order has a handful; one that has more is read in the lists.
MOST = 100
_WITH = ("user", "region", "product", "sku", "channel", "inquiry", "delay", "correction")


def find(order_id: Any) -> Order | None:
    """The order with what its page names of it; None where there is none. One statement."""
    try:
        return Order.objects.select_related(*_WITH).filter(pk=order_id).first()
    except (ValueError, OverflowError):
        return None


class Dossier:
    """The sections of an order's page. An order that `find` found needs one statement for each that is read."""

    def __init__(self, order: Order) -> None:
        self.order = order

    @cached_property
    def events(self) -> Sequence[OrderEvent]:
        return list(self.order.events.order_by("id")[:MOST])

    @cached_property
    def payments(self) -> Sequence[Payment]:
        return list(self.order.payments.order_by("attempt")[:MOST])

    @cached_property
    def captures(self) -> Sequence[Capture]:
        return list(Capture.objects.filter(payment__order=self.order).select_related("payment").order_by("id")[:MOST])

    @cached_property
    def refunds(self) -> Sequence[Refund]:
        return list(self.order.refunds.select_related("payment").order_by("id")[:MOST])

    @property
    def left_to_give_back(self) -> Money:
        """What came in, less what went back or is on its way; as `money_back.giving_back.remaining` says it."""
        currency = self.order.currency
        came = sum(one.amount_minor for one in self.captures if one.currency == currency)
        gone = sum(
            one.amount_minor for one in self.refunds if one.currency == currency and one.state != Refund.State.WITHDRAWN
        )
        return Money(came - gone, currency)

    @cached_property
    def units(self) -> Sequence[TopUp]:
        return list(self.order.topups.select_related("part").order_by("unit", "piece")[:MOST])

    @cached_property
    def attempts(self) -> Sequence[Attempt]:
        rows = Attempt.objects.filter(topup__order=self.order).select_related("topup", "account", "history_row")
        return list(rows.order_by("id")[:MOST])

    @cached_property
    def codes(self) -> Sequence[Code]:
        if not self.order.sku.gives_code:
            return []
        return list(Code.objects.filter(topup__order=self.order).select_related("topup").order_by("topup__unit")[:MOST])

    @cached_property
    def transfers(self) -> Sequence[Transfer]:
        return list(self.order.transfers.select_related("source", "target").order_by("id")[:MOST])

    @cached_property
    def mails(self) -> Sequence[MailMessage]:
        return list(MailMessage.objects.filter(about=self.order.number).order_by("id")[:MOST])

    @cached_property
    def chats(self) -> Sequence[ChatMessage]:
        return list(ChatMessage.objects.filter(about=self.order.number).select_related("link").order_by("id")[:MOST])

    @cached_property
    def cases(self) -> Sequence[StaffCase]:
        rows = StaffCase.objects.filter(about=self.order.number).select_related("resolved_by", "assigned_to")
        return list(rows.order_by("id")[:MOST])

    @cached_property
    def problems(self) -> Sequence[ProblemReport]:
        return list(self.order.problems.order_by("id")[:MOST])

    @cached_property
    def messages_in(self) -> Sequence[InboxMessage]:
        return list(InboxMessage.objects.filter(about=self.order.number).order_by("id")[:MOST])

    @cached_property
    def notes(self) -> Sequence[Note]:
        return notes.of(notes.about_order(self.order.number))

    @cached_property
    def approvals(self) -> Sequence[Approval]:
        return list(Approval.objects.filter(about=self.order.number).order_by("id")[:MOST])

    @cached_property
    def acts(self) -> Sequence[AuditEntry]:
        """What staff did about the order, its purchases, refunds and cases."""
        about = [f"order:{self.order.number}", *(f"attempt:{one.pk}" for one in self.attempts)]
        about += [one.reference for one in self.refunds] + [f"case:{one.key}" for one in self.cases]
        return list(AuditEntry.objects.filter(subject__in=about).order_by("id")[:MOST])

    @property
    def correction(self) -> Correction | None:
        return getattr(self.order, "correction", None)

    @property
    def delay(self) -> Delay | None:
        return getattr(self.order, "delay", None)
