"""How much of an order's money a dialog is about."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from core.admin.verbs import ReasonForm
from core.money import Money, NotAnAmount
from storefront.orders.models import Order


class OrderAmountForm(ReasonForm):
    """An amount above nothing, in the currency of the order on whose page the dialog stands: `order`."""

    amount = forms.DecimalField(
        label=_("Amount"), min_value=Decimal("0.01"), max_digits=15, widget=UnfoldAdminTextInputWidget
    )

    def __init__(self, request: HttpRequest, object_id: int | str | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        self.order = Order.objects.get(pk=int(object_id or 0))

    def clean_amount(self) -> Money:
        try:
            return Money.of(self.cleaned_data["amount"], self.order.currency)
        except NotAnAmount as problem:
            raise forms.ValidationError(gettext("That is finer than the smallest coin.")) from problem
