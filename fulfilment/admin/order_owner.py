"""What staff do for whoever placed an order: a gift to a member's wallet, two addresses of a guest made one."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminEmailInputWidget

from accounts.admin.account_verbs import CheckedForm
from core.admin.verbs import Asked, Told, verb, whoever_has
from fulfilment.desk import guests
from payments.admin.order_amount import OrderAmountForm
from payments.wallet import adjusting
from storefront.orders.models import Order


class CreditForm(OrderAmountForm):
    """How much; `wish` makes one wish of two clicks."""

    wish = forms.CharField(widget=forms.HiddenInput, max_length=32)
    field_order = ["amount", "reason", "wish"]

    def __init__(self, request: HttpRequest, object_id: int | str | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        self.fields["wish"].initial = secrets.token_hex(8)
        self.fields["amount"].help_text = self.order.currency


class MergeForm(CheckedForm):
    """To which address the guest's orders go, and how it is known that both are one person's."""

    address = forms.EmailField(label=_("The other address of this person"), widget=UnfoldAdminEmailInputWidget)
    field_order = ["address", "check", "reason"]


class OwnerVerbs:
    """Mixin: verbs for the order's customer."""

    has_credit_permission = whoever_has("payments.adjust_balance")
    has_merge_permission = whoever_has("fulfilment.merge_guests")

    @verb(
        _("Credit the wallet"),
        icon="redeem",
        may="credit",
        title=_("Give this member something?"),
        text=_("A gift of the shop's into the wallet. Another person approves it before anything moves."),
        button=_("Ask for it"),
        form=CreditForm,
        needs_confirmation=True,
    )
    def credit_wallet(self, asked: Asked, order: Order) -> Told:
        if order.user is None:
            return Told.refused(_("A guest has no wallet: give money back instead."))
        why = f"{order.number}: {asked.why}"
        waits = adjusting.adjust(order.user, asked.said["amount"], key=asked.said["wish"], by=asked.by, why=why)
        if waits is None:
            return Told(_("The balance is adjusted."))
        return Told(_("It waits for a second person."), messages.INFO)

    @verb(
        _("Merge the guest"),
        icon="merge",
        may="merge",
        title=_("Are two addresses one person's?"),
        text=_("All guest orders of this address become the other's: a member's who proved it, or another guest's."),
        form=MergeForm,
        needs_confirmation=True,
    )
    def merge_guest(self, asked: Asked, order: Order) -> Told:
        if order.user_id is not None:
            return Told.refused(_("This order is a member's."))
        why = f"{asked.said['check']}: {asked.why}"
        moved = guests.merge(order.email, asked.said["address"], asked.by, why)
        if not moved:
            return Told.nothing_done(_("That was done before."))
        return Told(gettext("%(count)d orders moved.") % {"count": moved})
