"""Giving money back on an order's page: for the order's admin, which stands with the last stage."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from core.admin.verbs import Asked, Told, verb, whoever_has
from payments.admin.order_amount import OrderAmountForm
from payments.money_back import giving_back
from storefront.orders.models import Order


class GiveBackForm(OrderAmountForm):
    """How much; `seen` carries how many refunds the giver saw, so that a second click gives nothing again."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    field_order = ["amount", "reason", "seen"]

    def __init__(self, request: HttpRequest, object_id: int | str | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        self.fields["seen"].initial = giving_back.seen(self.order)
        left = giving_back.remaining(self.order)
        self.fields["amount"].help_text = gettext("Paid and neither given back nor on its way: %(left)s") % {
            "left": left
        }


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
