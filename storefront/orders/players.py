"""The players a member has bought for, read from the member's own orders: nothing of them is stored a second time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from core.models import Region
from storefront.catalogue.models import Product
from storefront.orders.models import Order

#: How far back players are looked for; whoever is further back than that is typed in again.
_LATEST = 200


@dataclass(frozen=True, slots=True)
class SavedPlayer:
    """An account of a product, and the last order that arrived there."""

    product: Product
    values: Mapping[str, str]
    nickname: str
    number: str
    item: str
    at: datetime

    @property
    def name(self) -> str:
        return self.nickname or " · ".join(self.values.values())


def saved_players(user: User, region: Region, *, product: Product | None = None, most: int = 50) -> list[SavedPlayer]:
    """Each account once, by product and inputs, the last bought for first; of `product` alone where it is given."""
    rows = Order.objects.filter(user=user, region=region, status=Order.Status.SUCCESS).select_related("product")
    if product is not None:
        rows = rows.filter(product=product)
    found: dict[tuple[object, ...], SavedPlayer] = {}
    for order in rows.order_by("-id")[:_LATEST]:
        values = {field["key"]: field["value"] for field in order.fields}
        key = (order.product_id, *sorted(values.items()))
        if key not in found:
            nickname = order.nickname or ""
            found[key] = SavedPlayer(order.product, values, nickname, order.number, order.sku_name, order.created_at)
        if len(found) == most:
            break
    return list(found.values())


def again(user: User, region: Region, slug: str, number: str) -> dict[str, str]:
    """What the order page of `slug` holds to buy the member's own order once more; {} for anybody else's."""
    order = Order.objects.filter(user=user, region=region, product__slug=slug, number=number).first()
    if order is None:
        return {}
    return {
        **{field["key"]: field["value"] for field in order.fields},
        "skuCode": order.sku_code,
        "quantity": str(order.quantity),
        "paymentCode": order.channel_code,
    }
