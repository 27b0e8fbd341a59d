"""The players a member has bought for, read from the member's own orders; only names and what is out of sight is stored
beside them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core.errors import invalid, not_found
from core.models import Region
from storefront.catalogue.models import Product
from storefront.orders.models import Order
from storefront.orders.services import clean_number
from storefront.players.models import PlayerMark

#: How far back players are looked for; whoever is further back than that is typed in again.
_LATEST = 200
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class SavedPlayer:
    """An account of a product, and the last order that arrived there."""

    product: Product
    values: Mapping[str, str]
    nickname: str
    number: str
    item: str
    at: datetime
    own_name: str = ""

    @property
    def name(self) -> str:
        return self.own_name or self.nickname or " · ".join(self.values.values())


def saved_players(user: User, region: Region, *, product: Product | None = None, most: int = 50) -> list[SavedPlayer]:
    """Each account once, by product and inputs, the last bought for first; of `product` alone where it is given.
    Those taken out of sight are left out until they are bought for again."""
    rows = Order.objects.filter(user=user, region=region, status=Order.Status.SUCCESS).select_related("product")
    if product is not None:
        rows = rows.filter(product=product)
    marks = {(mark.product_id, mark.key): mark for mark in PlayerMark.objects.filter(user=user)}
    found: dict[tuple[object, ...], SavedPlayer] = {}
    gone = set()
    for order in rows.order_by("-id")[:_LATEST]:
        values = _values(order)
        key = (order.product_id, _key(values))
        if key in found or key in gone:
            continue
        mark = marks.get(key)
        if mark is not None and mark.hidden_at is not None and order.created_at <= mark.hidden_at:
            gone.add(key)
            continue
        found[key] = SavedPlayer(
            product=order.product,
            values=values,
            nickname=order.nickname or "",
            number=order.number,
            item=order.sku_name,
            at=order.created_at,
            own_name=mark.name if mark is not None else "",
        )
        if len(found) == most:
            break
    return list(found.values())


def again(user: User, region: Region, slug: str, number: str) -> dict[str, str]:
    """What the order page of `slug` holds to buy the member's own order once more; {} for anybody else's."""
    order = Order.objects.filter(user=user, region=region, product__slug=slug, number=number).first()
    if order is None:
        return {}
    return {
        **_values(order),
        "skuCode": order.sku_code,
        "quantity": str(order.quantity),
        "paymentCode": order.channel_code,
    }


def rename(user: User, number: str, name: str) -> None:
    """The player of the member's own order `number` is called `name`; "" gives back the game's own name.

    Raises NOT_FOUND for anybody else's order, VALIDATION_ERROR for a name that is too long or cannot be shown.
    """
    clean = " ".join(name.split())
    if len(clean) > LONGEST_NAME or not clean.isprintable():
        raise invalid({"name": _("At most %(most)d characters, please.") % {"most": LONGEST_NAME}})
    PlayerMark.objects.update_or_create(**_place(user, number), defaults={"name": clean})


def take_out(user: User, number: str) -> None:
    """The player of the member's own order `number` is out of sight until the next order; a name given is forgotten.
    Raises NOT_FOUND for anybody else's."""
    PlayerMark.objects.update_or_create(**_place(user, number), defaults={"name": "", "hidden_at": timezone.now()})


def _place(user: User, number: str) -> dict[str, Any]:
    order = Order.objects.filter(user=user, number=clean_number(number)).first()
    if order is None:
        raise not_found()
    return {"user": user, "product_id": order.product_id, "key": _key(_values(order))}


def _values(order: Order) -> dict[str, str]:
    return {field["key"]: field["value"] for field in order.fields}


def _key(values: Mapping[str, str]) -> str:
    return hashlib.blake2s(json.dumps(values, sort_keys=True).encode(), digest_size=16).hexdigest()
