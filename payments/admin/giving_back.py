"""Giving money back on an order's page: for the order's admin, which stands with the last stage."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from core.admin.verbs import Asked, ReasonForm, Told, verb, whoever_has
from core.money import Money, NotAnAmount
from payments.money_back import giving_back
from storefront.orders.models import Order


class GiveBackForm(ReasonForm):
    """How much; `seen` carries how many refunds the giver saw, so that a second click gives nothing again."""

    amount = forms.DecimalField(
        label=_("Amount"), min_value=Decimal("0.01"), max_digits=15, widget=UnfoldAdminTextInputWidget
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    field_order = ["amount", "reason", "seen"]

    def __init__(self, request: HttpRequest, object_id: int | str | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        self.order = Order.objects.get(pk=int(object_id or 0))
        self.fields["seen"].initial = giving_back.seen(self.order)
        left = giving_back.remaining(self.order)
        self.fields["amount"].help_text = gettext("Paid and neither given back nor on its way: %(left)s") % {
            "left": left
        }

    def clean_amount(self) -> Money:
        try:
            return Money.of(self.cleaned_data["amount"], self.order.currency)
        except NotAnAmount as problem:
            raise forms.ValidationError(gettext("That is finer than the smallest coin.")) from problem


class GivesBack:
    """Mixin: gives back of an order what is left of it."""

    has_give_back_permission = whoever_has("payments.add_refund")

    @verb(
        _("Give money back"),
        icon="undo",
        may="give_back",
        title=_("Give money back to this customer?"),
        text=_("Of an order that has ended. Above the limit of one person it waits for a second one."),
        button=_("Give it back"),
        form=GiveBackForm,
        needs_confirmation=True,
    )
    def give_back(self, asked: Asked, order: Order) -> Told:
        refund, is_new = giving_back.give_back(
            order.pk, asked.said["amount"], seen=asked.said["seen"], by=asked.by, why=asked.why
        )
        if not is_new:
            return Told(_("This was given before; nothing more goes back."), messages.WARNING, at=refund)
        return Told(f"{refund.amount}: {refund.get_state_display()}", at=refund)
