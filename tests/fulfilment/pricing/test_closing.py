"""A cost above the price closes the SKU by a real reading of the supplier's catalogue, says so, and opens it again."""

from __future__ import annotations

import pytest
from django.test import Client as Browser

from core.errors import Refused
from core.models import AuditEntry
from fulfilment import syncing
from fulfilment.models import CostSeen, PriceDraft, ProductTask, SupplierProduct
from fulfilment.pricing import arrivals, closing, drafts
from storefront.catalogue.models import Sku, SkuPrice
from tests.fulfilment import desk
from tests.fulfilment.pricing import shelf
from tests.storefront import factories

pytestmark = pytest.mark.django_db
REAL = "mlbb_id_172_diamonds"
PRODUCT = "/en-id/mobile-legends"


@pytest.fixture
def change(sandbox, django_capture_on_commit_callbacks):
    """The supplier's product becomes so, and its catalogue is read."""

    def changed(**values: object) -> None:
        sandbox._call("PUT", f"supplier/products/{REAL}", values)
        with django_capture_on_commit_callbacks(execute=True):
            syncing.sync("gemgo")

    return changed


def sold() -> tuple[bool, str]:
    """Whether the shop sells it, by the API, and what its page says."""
    api = Browser().get("/v2/skus", {"region": "ID", "productCode": "MLBB"}).json()["data"][0]
    return api["isAvailable"], Browser(headers={"accept-language": "en"}).get(PRODUCT).content.decode()


def test_a_cost_that_rises_above_the_price_closes_the_sku_until_it_pays_again(change) -> None:
    sku = shelf.shop()
    shelf.route(sku, code=REAL)
    SupplierProduct.objects.filter(code="g_mlbb_172").update(is_active=False)
    syncing.sync("gemgo")
    assert sold()[0] and not SkuPrice.objects.get().is_sold_out
    change(sell_price=3.02)  # Rp49.528 of Rp49.450
    is_sold, page = sold()
    assert not is_sold and "Price is being updated" in page and SkuPrice.objects.get().cost_closed_at
    asked = {"productCode": "MLBB", "skuCode": "MLBB_172", "region": "ID", "paymentCode": "QRIS", "quantity": 1}
    factories.channel()
    told = Browser(headers={"accept-language": "en"}).post(
        "/v2/orders/inquiries", asked | {"userId": "1", "zoneId": "1", "email": "a@b.example"}, "application/json"
    )
    assert told.json()["error"]["code"] == "SKU_UNAVAILABLE" and "supplier" in told.json()["error"]["details"]
    (case,) = desk.cases("cost-closed")
    assert case.evidence["MLBB_172"]["cost"] == "Rp49.528" and REAL in case.evidence["MLBB_172"]["supplier"]
    assert closing.review() == (0, 0), "once"
    drafts.publish(_ticked(), by="ani", why="their price rose")
    assert shelf.price() == 55_550 and SkuPrice.objects.get().cost_closed_at is None
    case.refresh_from_db()
    assert case.state == "RESOLVED"
    costs = CostSeen.objects.filter(product__code=REAL).order_by("id")
    assert [row.cost_minor for row in costs] == [264, 302]
    assert AuditEntry.objects.filter(action__in=["closed by its cost", "pays again"]).count() == 2


def _ticked() -> PriceDraft:
    draft = drafts.make("ani")
    drafts.choose([shelf.drafted().pk], "ALLOWED", by="ani")
    return draft


def test_F21_a_rate_of_1_or_none_closes_and_opens_nothing(settings) -> None:
    shelf.shop(price=40_000)
    shelf.rate("1", days_ago=0)
    assert closing.review() == (0, 0)
    shelf.rate("16400", days_ago=-0.0001)
    SkuPrice.objects.update(is_available=False)
    settings.MOST_COST_PERCENT = 0
    assert closing.review() == (0, 0), "the shop pays whatever it costs"


def test_what_staff_closed_stays_closed_by_them(settings) -> None:
    shelf.shop(price=40_000)
    SkuPrice.objects.update(is_available=False)
    assert closing.review() == (1, 0)
    SkuPrice.objects.update(price_minor=44_000, original_minor=44_000)
    assert closing.review() == (0, 1)
    assert SkuPrice.objects.get().is_sold_out


def test_nobody_is_asked_about_the_price_of_what_is_not_sold_any_more() -> None:
    sku = shelf.shop(price=40_000)
    assert closing.review() == (1, 0)
    (case,) = desk.cases("cost-closed")
    Sku.objects.filter(pk=sku.pk).update(is_active=False)
    assert closing.review() == (0, 0)
    case.refresh_from_db()
    assert case.state == "RESOLVED" and SkuPrice.objects.get().cost_closed_at, "on again, it is closed still"


def test_products_that_vanish_or_appear_are_tasks_with_three_ways_out(sandbox, change) -> None:
    sku = factories.sku()
    other = "mlbb_id_86_diamonds"
    sandbox._call("PUT", f"supplier/products/{other}", {"status": "unlisted"})
    shelf.route(sku, code=REAL)
    syncing.sync("gemgo")
    assert not ProductTask.objects.exists(), "at the first reading nothing is new"
    sandbox._call("PUT", f"supplier/products/{other}", {"status": "active"})
    change(status="unlisted")
    came, went = ProductTask.objects.get(kind="NEW"), ProductTask.objects.get(kind="GONE")
    assert (came.product.code, went.product.code) == (other, REAL)
    assert went.note == "MLBB_172 (nothing else delivers it)"
    assert set(desk.cases("supplier-products")[-1].evidence) == {str(came.product), str(went.product)}
    part = factories.sku("MLBB_86")
    route = arrivals.take(came, part, None, 3, by="ani", why="it is the 86")
    assert (route.product.code, route.priority) == (other, 3)
    with pytest.raises(Refused):
        arrivals.ignore(came, by="budi")
    assert arrivals.close(went, by="ani", why="nobody sells it") == ["MLBB_172"]
    assert not SkuPrice.objects.get(sku=sku).is_available
    assert desk.cases("supplier-products")[-1].state == "RESOLVED"
    change(status="active")
    change(status="inactive")
    again = ProductTask.objects.get(kind="GONE", state="OPEN")
    change(status="active")
    again.refresh_from_db()
    assert (again.state, again.note) == ("OVER", "it is back")
