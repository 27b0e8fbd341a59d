"""What can be sold of a stock of codes right now."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from fulfilment.models import Code, SupplierProduct


def free() -> QuerySet[Code]:
    """Codes in stock that can still be redeemed tomorrow (shop's date), of all products and in no order."""
    lasting = Q(expires_on=None) | Q(expires_on__gt=timezone.localdate())
    return Code.objects.filter(lasting, state=Code.State.FREE).order_by()


def for_sale(product: SupplierProduct) -> QuerySet[Code]:
    """Those of one product, the ones that expire first at the front."""
    return free().filter(product=product).order_by(F("expires_on").asc(nulls_last=True), "id")


def has_any(product: SupplierProduct) -> bool:
    """Whether a unit could be given a code at this moment."""
    return for_sale(product).exists()
