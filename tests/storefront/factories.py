"""Small rows for tests that need no whole demo shop. Amounts in minor units; everything has a sensible default.

Every function is idempotent where a code names the row, so that tests may ask for the same region or product twice.
"""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any, TypeVar

from django.db.models import Model
from django.utils import timezone

from core.models import Region
from core.web.client import Client, digest
from storefront.catalogue.models import Category, Product, ProductField, ProductRegion, Section, Sku, SkuPrice
from storefront.channels.models import Channel, ChannelCategory
from storefront.inquiries.models import Inquiry
from storefront.orders import services as orders
from storefront.orders.models import Order
from storefront.players.models import OperatorPrefix
from storefront.promos.models import Promo

_REGIONS = {
    "ID": ("Indonesia", "IDR", "+62", "Asia/Jakarta", "id"),
    "MY": ("Malaysia", "MYR", "+60", "Asia/Kuala_Lumpur", "en"),
    "PH": ("Philippines", "PHP", "+63", "Asia/Manila", "en"),
    "SG": ("Singapore", "SGD", "+65", "Asia/Singapore", "en"),
    "TH": ("Thailand", "THB", "+66", "Asia/Bangkok", "en"),
}
_numbers = itertools.count(1)
Row = TypeVar("Row", bound=Model)

GAME_FIELDS: list[dict[str, Any]] = [
    {"key": "userId", "name": {"en": "User ID"}, "type": "number", "min_length": 1, "max_length": 12},
    {"key": "zoneId", "name": {"en": "Zone ID"}, "type": "number", "min_length": 1, "max_length": 8},
]
PHONE_FIELDS: list[dict[str, Any]] = [
    {
        "key": "phoneNumber",
        "name": {"en": "Phone number", "id": "Nomor Telepon"},
        "type": "number",
        "min_length": 10,
        "max_length": 13,
        "pattern": "^08[0-9]{8,11}$",
        "placeholder": "08xxxxxxxxxx",
    }
]


def _row(model: type[Row], given: dict[str, Any], **key: Any) -> Row:
    """The row of that key, made with what is `given`. As get_or_create, without its two statements around an insert."""
    objects = model._default_manager
    return objects.filter(**key).first() or objects.create(**(given | key))


def region(code: str = "ID") -> Region:
    country, currency, dial, zone, language = _REGIONS[code]
    given = {
        "country": country,
        "currency": currency,
        "dial_code": dial,
        "time_zone": zone,
        "language": language,
        "is_default": code == "ID",
        "position": list(_REGIONS).index(code),
    }
    return _row(Region, given, code=code)


def product(
    code: str = "MLBB", *, regions: str = "ID", fields: list[dict[str, Any]] | None = None, **more: Any
) -> Product:
    """A game with user id and zone, checked nowhere unless `check_supplier` says so; sold in `regions` ("ID MY")."""
    category = _row(Category, {"title": {"en": "Games"}}, code="top-up-game")
    defaults = {
        "slug": code.lower().replace("_", "-"),
        "category": category,
        "name": code.title(),
        "title": code.title(),
        "player_field": "userId",
        "zone_field": "zoneId",
    }
    check_game = more.pop("check_game", "mlbb_id" if more.get("check_supplier") else "")
    known = Product.objects.filter(code=code).first()
    row = known or Product.objects.create(code=code, **(defaults | more))
    for sold_in in regions.split():
        _row(ProductRegion, {"check_game": check_game}, product=row, region=region(sold_in))
    if not known:
        for position, field in enumerate(GAME_FIELDS if fields is None else fields):
            ProductField.objects.create(product=row, position=position, **field)
    return row


def mlbb(**more: Any) -> Product:
    """Mobile Legends as the API document names it; its accounts are checked at GemGo."""
    defaults: dict[str, Any] = {
        "slug": "mobile-legends",
        "name": "Mobile Legends",
        "title": "Mobile Legends: Bang Bang",
        "check_supplier": "gemgo",
    }
    return product("MLBB", **(defaults | more))


def phone_product(code: str = "TELKOMSEL", **more: Any) -> Product:
    """A telephone operator's product, with one phone number as input."""
    defaults: dict[str, Any] = {
        "player_field": "phoneNumber",
        "zone_field": "",
        "is_operator_bound": True,
        "fields": PHONE_FIELDS,
    }
    return product(code, **(defaults | more))


def sku(
    code: str = "MLBB_172", *, of: Product | None = None, prices: dict[str, tuple[int, int]] | None = None, **more: Any
) -> Sku:
    """A SKU of `of` (Mobile Legends) with `prices` {region: (price, list price)}; by default 49450 of 50000 in ID."""
    of = of or mlbb()
    section = _row(Section, {"title": {"en": "Instant"}}, product=of, code="topup-instant")
    defaults = {"product": of, "section": section, "name": "172 Diamonds"}
    row = _row(Sku, defaults | more, code=code)
    for where, (price, original) in (prices or {"ID": (49450, 50000)}).items():
        _row(SkuPrice, {"price_minor": price, "original_minor": original}, sku=row, region=region(where))
    return row


def channel(code: str = "QRIS", *, where: str = "ID", **more: Any) -> Channel:
    """A way to pay; QRIS with 0.7 % by default."""
    category = _row(ChannelCategory, {"title": {"en": "QRIS"}}, code="QRIS")
    defaults = {
        "category": category,
        "kind": Channel.Kind.QR,
        "name": code,
        "fee_percent": "0.7",
        "min_minor": 1000,
        "max_minor": 10_000_000,
        "gateway": "xendit",
        "gateway_channel": code,
    }
    return _row(Channel, defaults | more, code=code, region=region(where))


def promo(code: str = "WELCOME10", *, where: str = "ID", **more: Any) -> Promo:
    """10 % off up to Rp10.000 from Rp50.000 on, without any limit on its use."""
    defaults: dict[str, Any] = {
        "region": region(where),
        "title": {"id": "Diskon 10% Pengguna Baru", "en": "10% off for new customers"},
        "percent": "10",
        "min_minor": 50000,
        "max_discount_minor": 10000,
    }
    row = _row(Promo, defaults | more, code=code)
    row.refresh_from_db()
    return row


def prefixes() -> None:
    """The operator prefixes of reference/facts/accounts-validation.md §4."""
    home = region("ID")
    for code, operator, numbers in (
        ("TELKOMSEL", "Telkomsel", "0811 0812 0813 0821 0822 0823 0851 0852 0853"),
        ("BYU", "By.U", "085155 085156 085157 085158"),
        ("INDOSAT", "Indosat", "0814 0815 0816 0855 0856 0857 0858"),
        ("XL", "XL", "0817 0818 0819 0859 0877 0878 0879"),
        ("AXIS", "AXIS", "0831 0832 0833 0838"),
        ("TRI", "Tri", "0895 0896 0897 0898 0899"),
        ("SMARTFREN", "Smartfren", "0881 0882 0883 0884 0885 0886 0887 0888 0889"),
    ):
        for prefix in numbers.split():
            _row(OperatorPrefix, {"operator": operator, "product_code": code}, region=home, prefix=prefix)


def client(name: str = "somebody") -> Client:
    """Who asks: each name is another device, browser and address."""
    return Client(
        address="203.0.113.7",
        address_key=digest("address", name),
        device_key=digest("device", name),
        owner_key=digest("owner", name),
    )


def inquiry(**more: Any) -> Inquiry:
    """A quote for 172 diamonds by QRIS, 49450 + 346; `promo` and amounts as given."""
    goods = more.pop("sku", None) or sku(of=more.pop("product", None))
    fields = [
        {"key": "userId", "name": "User ID", "value": "656696292"},
        {"key": "zoneId", "name": "Zone ID", "value": "8610"},
    ]
    defaults: dict[str, Any] = {
        "region": region("ID"),
        "product": goods.product,
        "sku": goods,
        "channel": more.pop("channel", None) or channel(),
        "fields": fields,
        "nickname": "り い こ ✧",
        "account_region": "ID",
        "quantity": 1,
        "currency": "IDR",
        "unit_price_minor": 49450,
        "list_price_minor": 50000,
        "discount_minor": 0,
        "fee_minor": 346,
        "email": "user@example.com",
        "phone": "+6281234567890",
        "language": "id",
        "expires_at": timezone.now() + timedelta(minutes=15),
    }
    values = defaults | more
    values.setdefault("subtotal_minor", values["unit_price_minor"] * values["quantity"])
    values.setdefault("total_minor", values["subtotal_minor"] - values["discount_minor"] + values["fee_minor"])
    return Inquiry.objects.create(**values)


def order(*, owner: str = "", number: str = "", **more: Any) -> Order:
    """A PENDING order of a fresh quote; further arguments are the quote's."""
    return orders.create_from(
        inquiry(**more), number=number or f"GATE{next(_numbers):021d}", owner=owner, now=timezone.now()
    )
