"""Giving money back on an order's page: for the order's admin, which stands with the last stage."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextInputWidget

from core.admin.bases import ReasonForm, back_to
from core.errors import Refused
from core.money import Money, NotAnAmount
from payments.money_back import giving_back
from storefront.orders.models import Order


class GiveBackForm(ReasonForm):
    """How much; `seen` carries how many refunds the giver saw, so that a second click gives nothing again."""

    amount = forms.DecimalField(label=_("Amount"), min_value=Decimal("0.01"), widget=UnfoldAdminTextInputWidget)
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    field_order = ["amount", "reason", "seen"]

    def __init__(self, request: HttpRequest, object_id: int | str | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        self.order = Order.objects.get(pk=int(object_id or 0))
        self.fields["seen"].initial = giving_back.seen(self.order)
        left = giving_back.remaining(self.order)
        self.fields["amount"].help_text = _now("Paid and neither given back nor on its way: %(left)s") % {"left": left}

    def clean_amount(self) -> Money:
        try:
            return Money.of(self.cleaned_data["amount"], self.order.currency)
        except NotAnAmount as problem:
            raise forms.ValidationError(_now("That is finer than the smallest coin.")) from problem


class GivesBack:
    """Mixin: shows what is left to give back of an order, and gives it."""

    @display(description=_("left to give back"))
    def left_to_give_back(self, order: Order) -> str:
        return str(giving_back.remaining(order))

    def has_give_back_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("payments.add_refund"))

    @action(
        description=_("Give money back"),
        icon="undo",
        permissions=["give_back"],
        dialog={
            "title": _("Give money back to this customer?"),
            "description": _("Of an order that has ended. Above the limit of one person it waits for a second one."),
            "form_class": GiveBackForm,
            "form_submit_text": _("Give it back"),
        },
    )
    def give_back(self, request: HttpRequest, form: GiveBackForm, object_id: str) -> HttpResponse:
        said = form.cleaned_data
        try:
            refund, is_new = giving_back.give_back(
                int(object_id), said["amount"], seen=said["seen"], by=request.user.get_username(), why=said["reason"]
            )
        except Refused as refusal:
            messages.error(request, str(refusal.message))
            return back_to(request, reverse("admin:storefront_order_change", args=[object_id]))
        if is_new:
            messages.success(request, f"{refund.amount}: {refund.get_state_display()}")
        else:
            messages.warning(request, _("This was given before; nothing more goes back."))
        return back_to(request, reverse("admin:payments_refund_change", args=[refund.pk]))
