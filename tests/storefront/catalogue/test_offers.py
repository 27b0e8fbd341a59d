"""What can be bought where, and the one way in which a price changes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEntry, Region
from core.money import Money
from core.web import prebuilt
from storefront.catalogue.models import Product, ProductClosure, ProductRegion, Sku, SkuPrice
from storefront.catalogue.services import find_offer, set_available, set_price
from tests.demo.shop import _loaded, demo_shop  # noqa: F401

pytestmark = pytest.mark.usefixtures("demo_shop")


def refusal(product: str, sku: str, region: str) -> Refused:
    with pytest.raises(Refused) as caught:
        find_offer(product, sku, region, timezone.now())
    return caught.value


def test_an_offer_says_everything_that_is_bought(django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(2):
        offer = find_offer("MLBB", "MLBB_172", "ID", timezone.now())
        assert [field.key for field in offer.product.fields.all()] == ["userId", "zoneId"]
    assert offer.unit == Money(49450, "IDR")
    assert offer.list_price == Money(50000, "IDR")
    assert offer.check_game == "mlbb_id"
    assert offer.region.code == "ID"
    assert find_offer("MLBB", "MLBB_172", "SG", timezone.now()).check_game == "mlbb"


def test_what_does_not_exist_is_not_found() -> None:
    assert refusal("NOPE", "MLBB_86", "ID").code == "NOT_FOUND"
    assert refusal("MLBB", "NOPE", "ID").code == "NOT_FOUND"
    assert refusal("FF", "MLBB_86", "ID").code == "NOT_FOUND"


@pytest.mark.parametrize(("product", "sku"), [("DANA", "DANA_10000"), ("MLBB", "MLBB_5")])
def test_what_the_region_does_not_sell_is_unavailable(product: str, sku: str) -> None:
    assert refusal(product, sku, "SG").code == "SKU_UNAVAILABLE"


def test_what_is_sold_out_is_unavailable() -> None:
    assert refusal("MLBB", "MLBB_4830", "ID").code == "SKU_UNAVAILABLE"


@pytest.mark.parametrize("switch", ["sku", "price", "sale"])
def test_what_is_switched_off_is_unavailable(switch: str) -> None:
    {
        "sku": lambda: Sku.objects.filter(code="MLBB_86").update(is_active=False),
        "price": lambda: SkuPrice.objects.filter(sku__code="MLBB_86", region="ID").update(is_available=False),
        "sale": lambda: ProductRegion.objects.filter(product__code="MLBB", region="ID").update(is_available=False),
    }[switch]()
    assert refusal("MLBB", "MLBB_86", "ID").code == "SKU_UNAVAILABLE"


def test_a_closed_product_says_why() -> None:
    now = timezone.now()
    ProductClosure.objects.create(
        product=Product.objects.get(code="MLBB"), reason={"en": "New season"}, ends_at=now + timedelta(hours=1)
    )
    refused = refusal("MLBB", "MLBB_86", "ID")
    assert refused.code == "SKU_UNAVAILABLE"
    assert refused.details == "New season"
    assert find_offer("MLBB", "MLBB_86", "ID", now + timedelta(hours=1)).unit == Money(24750, "IDR")


def test_a_new_price_is_kept_and_pages_go_stale(django_capture_on_commit_callbacks: Any) -> None:
    sku, region = Sku.objects.get(code="MLBB_86"), Region.objects.get(code="ID")
    before = prebuilt.version()
    with django_capture_on_commit_callbacks(execute=True):
        set_price(sku, region, 24000, 25000, by="ops@example.com", why="rate")
    assert find_offer("MLBB", "MLBB_86", "ID", timezone.now()).unit == Money(24000, "IDR")
    entry = AuditEntry.objects.get(subject="MLBB_86 ID")
    assert (entry.actor, entry.why) == ("ops@example.com", "rate")
    assert entry.before == {"price": 24750, "original": 25000}
    assert entry.after == {"price": 24000, "original": 25000}
    assert prebuilt.version() != before


def test_the_same_price_again_is_no_change(django_capture_on_commit_callbacks: Any) -> None:
    sku, region = Sku.objects.get(code="MLBB_86"), Region.objects.get(code="ID")
    with django_capture_on_commit_callbacks() as callbacks:
        set_price(sku, region, 24750, 25000, by="ops@example.com")
    assert callbacks == []
    assert not AuditEntry.objects.filter(subject="MLBB_86 ID").exists()


@pytest.mark.parametrize(("price", "original"), [(0, 25000), (-1, None), (25001, 25000)])
def test_no_price_below_one_or_above_the_list_price(price: int, original: int | None) -> None:
    sku, region = Sku.objects.get(code="MLBB_86"), Region.objects.get(code="ID")
    with pytest.raises(ValueError, match="no price"):
        set_price(sku, region, price, original, by="ops@example.com")
    assert SkuPrice.objects.get(sku=sku, region=region).price_minor == 24750


def test_a_sku_is_taken_off_and_put_back() -> None:
    sku, region = Sku.objects.get(code="MLBB_86"), Region.objects.get(code="ID")
    assert set_available(sku, region, False, by="ops@example.com", why="supplier")
    assert not set_available(sku, region, False, by="ops@example.com", why="supplier")
    assert refusal("MLBB", "MLBB_86", "ID").code == "SKU_UNAVAILABLE"
    assert set_available(sku, region, True, by="ops@example.com")
    assert AuditEntry.objects.filter(action="availability").count() == 2
