"""API §6 to §12 against the demo shop: every example's shape and meaning."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from storefront.catalogue.models import Product, ProductRegion, Sku, SkuPrice
from tests.contract.test_catalogue_public import read
from tests.demo.shop import _loaded, demo_shop  # noqa: F401

pytestmark = pytest.mark.usefixtures("demo_shop")

PRODUCT = {
    "code", "slug", "title", "subtitle", "description", "publisher", "thumbnail", "banner", "isPopular", "isAvailable",
    "tags", "category",
}  # fmt: skip
SKU = {
    "code", "name", "description", "currency", "price", "originalPrice", "discount", "image", "info", "processTime",
    "isAvailable", "isFeatured", "section",
}  # fmt: skip


def by_code(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["code"]: row for row in rows}


def test_categories_are_the_documents_four(client: Client) -> None:
    found = read(client, "categories", region="ID")
    assert [(one["title"], one["code"], one["description"], one["order"]) for one in found] == [
        ("Top Up Game", "top-up-game", "Top up diamond, UC, dan in-game currency lainnya", 1),
        ("Voucher", "voucher", "Voucher game dan digital content", 2),
        ("E-Money", "e-money", "Top up saldo e-wallet dan e-money", 3),
        ("Streaming", "streaming", "Langganan Netflix, Spotify, Disney+ dan lainnya", 4),
    ]
    assert all(set(one) == {"title", "code", "description", "icon", "order"} for one in found)


def test_a_category_with_nothing_to_sell_is_not_offered(client: Client) -> None:
    assert "e-money" not in by_code(read(client, "categories", region="SG"))


def test_products(client: Client) -> None:
    found = by_code(read(client, "products", region="ID"))
    assert len(found) >= 30
    assert all(set(one) == PRODUCT for one in found.values())
    mlbb = found["MLBB"]
    assert mlbb | {"description": "", "thumbnail": "", "banner": ""} == {
        "code": "MLBB",
        "slug": "mobile-legends",
        "title": "Mobile Legends: Bang Bang",
        "subtitle": "Moonton",
        "description": "",
        "publisher": "Moonton",
        "thumbnail": "",
        "banner": "",
        "isPopular": True,
        "isAvailable": True,
        "tags": ["MOBA", "Multiplayer", "Strategy"],
        "category": {"title": "Top Up Game", "code": "top-up-game"},
    }
    assert (found["FF"]["slug"], found["FF"]["publisher"]) == ("free-fire", "Garena International")
    assert found["BYU"]["slug"] == "byu"


def test_products_keep_the_shops_order(client: Client) -> None:
    Product.objects.filter(code="XBOX").update(position=0)
    assert [one["code"] for one in read(client, "products", region="ID")][:2] == ["XBOX", "MLBB"]


def test_products_of_a_category(client: Client) -> None:
    found = read(client, "products", region="ID", categoryCode="voucher")
    assert found
    assert {one["category"]["code"] for one in found} == {"voucher"}
    assert read(client, "products", region="ID", categoryCode="nothing") == []


def test_one_product_in_full(client: Client) -> None:
    found = read(client, "products", region="ID", productCode="MLBB")
    assert set(found) == PRODUCT | {"features", "howToOrder"}
    assert found["howToOrder"] == [
        "Masukkan User ID dan Zone ID",
        "Pilih nominal diamond yang diinginkan",
        "Pilih metode pembayaran",
        "Selesaikan pembayaran",
        "Diamond akan masuk otomatis",
    ]
    assert all(isinstance(line, str) for line in found["features"])
    english = read(client, "products", region="ID", productCode="MLBB", language="en")
    assert english["howToOrder"][0] == "Enter your User ID and Zone ID"


@pytest.mark.parametrize("path", ["products", "fields", "sections", "skus"])
def test_an_unknown_product_is_not_found(client: Client, path: str) -> None:
    assert read(client, path, status=404, region="ID", productCode="NOPE")["code"] == "NOT_FOUND"


@pytest.mark.parametrize("path", ["products", "fields", "sections", "skus"])
def test_a_product_that_the_region_does_not_sell_is_not_found(client: Client, path: str) -> None:
    assert read(client, path, status=404, region="SG", productCode="DANA")["code"] == "NOT_FOUND"


@pytest.mark.parametrize("path", ["fields", "sections", "skus"])
def test_the_product_has_to_be_named(client: Client, path: str) -> None:
    assert set(read(client, path, status=422)["fields"]) == {"region", "productCode"}


def test_populars_are_popular(client: Client) -> None:
    found = read(client, "populars", region="ID")
    assert found
    assert all(one["isPopular"] and set(one) == PRODUCT for one in found)
    assert {one["code"] for one in found} < {one["code"] for one in read(client, "products", region="ID")}


class TestAvailability:
    """`isAvailable` says whether it can be bought now."""

    def product(self, client: Client, code: str = "MLBB") -> bool:
        return bool(by_code(read(client, "products", region="ID"))[code]["isAvailable"])

    def test_a_product_under_maintenance_is_not(self, client: Client) -> None:
        assert not self.product(client, "POINTBLANK")
        skus = read(client, "skus", region="ID", productCode="POINTBLANK")
        assert skus
        assert not any(one["isAvailable"] for one in skus)

    def test_switched_off_in_the_region_is_not(self, client: Client) -> None:
        ProductRegion.objects.filter(product__code="MLBB", region="ID").update(is_available=False)
        assert not self.product(client)
        assert by_code(read(client, "products", region="MY"))["MLBB"]["isAvailable"]

    def test_with_every_sku_sold_out_is_not(self, client: Client) -> None:
        SkuPrice.objects.filter(sku__product__code="MLBB", region="ID").update(is_available=False)
        assert not self.product(client)

    def test_a_sold_out_sku_is_shown_so(self, client: Client) -> None:
        found = by_code(read(client, "skus", region="ID", productCode="MLBB"))
        assert not found["MLBB_4830"]["isAvailable"]
        assert found["MLBB_86"]["isAvailable"]

    def test_a_switched_off_sku_is_gone(self, client: Client) -> None:
        Sku.objects.filter(code="MLBB_86").update(is_active=False)
        assert "MLBB_86" not in by_code(read(client, "skus", region="ID", productCode="MLBB"))


def test_fields_of_mobile_legends(client: Client) -> None:
    assert read(client, "fields", region="ID", productCode="MLBB") == [
        {
            "name": "User ID",
            "key": "userId",
            "type": "number",
            "label": "Masukkan User ID",
            "required": True,
            "minLength": 1,
            "maxLength": 12,
            "placeholder": "123456789",
            "hint": "Cek di profil game, menu bagian kanan atas",
        },
        {
            "name": "Zone ID",
            "key": "zoneId",
            "type": "number",
            "label": "Masukkan Zone ID",
            "required": True,
            "minLength": 1,
            "maxLength": 8,
            "placeholder": "1234",
            "hint": "Zone ID berada di samping User ID",
        },
    ]


def test_fields_of_dana(client: Client) -> None:
    assert read(client, "fields", region="ID", productCode="DANA") == [
        {
            "name": "Nomor Telepon",
            "key": "phoneNumber",
            "type": "number",
            "label": "Masukkan Nomor Dana",
            "required": True,
            "minLength": 10,
            "maxLength": 13,
            "placeholder": "08xxxxxxxxxx",
            "pattern": "^08[0-9]{8,11}$",
            "hint": "Nomor telepon yang terdaftar di DANA",
        }
    ]


def test_a_select_has_options(client: Client) -> None:
    server = by_key(read(client, "fields", region="SG", productCode="GENSHIN"))["server"]
    assert server["type"] == "select"
    assert {"value": "os_asia", "label": "Asia"} in server["options"]
    assert "pattern" not in server


def by_key(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in rows}


def test_sections(client: Client) -> None:
    assert read(client, "sections", region="ID", productCode="MLBB") == [
        {"title": "Spesial Item", "code": "special-item", "icon": "⭐", "order": 1},
        {"title": "Topup Instan", "code": "topup-instant", "icon": "⚡", "order": 2},
        {"title": "Semua Item", "code": "all-items", "icon": "", "order": 3},
    ]


def test_skus_as_the_document_has_them(client: Client) -> None:
    found = by_code(read(client, "skus", region="ID", productCode="MLBB"))
    smaller, bigger = dict(found["MLBB_86"]), dict(found["MLBB_172"])
    assert smaller.pop("image")
    assert bigger.pop("image")
    badge = bigger.pop("badge")
    assert smaller == {
        "code": "MLBB_86",
        "name": "86 Diamonds",
        "description": "86 (78+8) Diamonds",
        "currency": "IDR",
        "price": 24750,
        "originalPrice": 25000,
        "discount": 1.0,
        "info": "Bonus +8 Diamonds",
        "processTime": 0,
        "isAvailable": True,
        "isFeatured": False,
        "section": {"title": "Topup Instan", "code": "topup-instant"},
    }
    assert bigger == {
        "code": "MLBB_172",
        "name": "172 Diamonds",
        "description": "172 (156+16) Diamonds",
        "currency": "IDR",
        "price": 49450,
        "originalPrice": 50000,
        "discount": 1.1,
        "info": "Bonus +16 Diamonds",
        "processTime": 0,
        "isAvailable": True,
        "isFeatured": True,
        "section": {"title": "Spesial Item", "code": "special-item"},
    }
    assert set(badge) == {"text", "color"}
    assert badge["text"]
    assert badge["color"] == "#FF6B6B"
    for sku in found.values():
        assert set(sku) - {"badge"} == SKU
        assert isinstance(sku["discount"], float)


def test_prices_are_numbers_of_the_currency(client: Client) -> None:
    raw = client.get("/v2/skus?region=ID&productCode=MLBB").content
    assert b'"price":24750,' in raw
    abroad = by_code(read(client, "skus", region="SG", productCode="MLBB"))
    assert {one["currency"] for one in abroad.values()} == {"SGD"}
    assert all(0 < one["price"] <= one["originalPrice"] < 100 for one in abroad.values())


def test_skus_by_section(client: Client) -> None:
    everything = read(client, "skus", region="ID", productCode="MLBB")
    special = read(client, "skus", region="ID", productCode="MLBB", sectionCode="special-item")
    assert "MLBB_172" in by_code(special)
    assert {one["section"]["code"] for one in special} == {"special-item"}
    assert read(client, "skus", region="ID", productCode="MLBB", sectionCode="all-items") == everything
    assert read(client, "skus", region="ID", productCode="MLBB", sectionCode="nothing") == []
    assert read(client, "skus", region="ID", productCode="DANA", sectionCode="all-items") == []


def test_promos_are_what_costs_less_than_its_list_price(client: Client) -> None:
    found = by_code(read(client, "sku/promos", region="ID"))
    assert found["MLBB_86"]["discount"] == 1.0
    assert (found["PUBGM_1800"]["price"], found["PUBGM_1800"]["originalPrice"]) == (400000, 425000)
    assert found["PUBGM_1800"]["discount"] == 5.88
    assert found["PUBGM_1800"]["name"] == "1800 UC"
    assert found["PUBGM_1800"]["description"] == "1800 Unknown Cash"
    assert found["PUBGM_1800"]["info"] == ""
    assert all(one["discount"] > 0 and one["price"] < one["originalPrice"] for one in found.values())
    assert all(set(one) - {"badge"} == SKU for one in found.values())
    of_mlbb = by_code(read(client, "skus", region="ID", productCode="MLBB"))
    assert {code for code in found if code in of_mlbb} == {c for c, one in of_mlbb.items() if one["discount"] > 0}
    assert found["MLBB_172"] == of_mlbb["MLBB_172"]
