"""The status page says what works now and why not, without a supplier's name, and costs guests no SQL."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core.alerts import watching
from core.alerts.models import AlertRule, Incident, StatusNotice
from core.web import prebuilt
from fulfilment import circuit, standing, working
from fulfilment.models import SupplierAccount
from fulfilment.working import Works
from storefront.catalogue.models import ProductClosure
from tests.conftest import Sandbox
from tests.fulfilment import desk
from tests.storefront import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(services: None) -> None:
    factories.channel()
    desk.shop()


def page(client: Client, language: str = "en") -> str:
    answer = client.get(f"/{language}-id/status")
    assert answer.status_code == 200
    return answer.content.decode()


def products() -> dict[str, Works]:
    region = factories.region()
    return {one.name: one.works for one in working.products(region, "en", timezone.now())}


def test_guests_ask_for_ready_bytes(client: Client, place: None, django_assert_num_queries) -> None:
    assert "Everything works" in page(client) and "Semuanya berfungsi" in page(client, "id")
    with django_assert_num_queries(0):
        page(client)
    assert "/en-id/status" in client.get("/en-id/help").content.decode(), "it is linked from every footer"


def test_a_product_whose_only_source_is_dark_waits_and_one_with_another_works(place: None) -> None:
    assert list(products().values()) == [Works.YES]
    circuit.open_by_hand(desk.account(), "ops@example.com", "gone")
    assert list(products().values()) == [Works.WAITS]
    desk.second()
    assert list(products().values()) == [Works.YES]
    SupplierAccount.objects.filter(code="digiflazz").update(paused_at=timezone.now(), paused_why="balance")
    assert list(products().values()) == [Works.WAITS]


def test_it_tells_why_until_when_and_nothing_of_suppliers(client: Client, place: None) -> None:
    circuit.open_by_hand(desk.account(), "ops@example.com", "gone")
    text = page(client)
    assert "Orders are taken and wait" in text and "gemgo" not in text.lower() and "Everything works" not in text
    ends = timezone.now() + timedelta(hours=2)
    product = factories.product("MLBB")
    ProductClosure.objects.create(product=product, ends_at=ends, reason={"en": "The game is patched", "id": "Patch"})
    prebuilt._forget()
    text = page(client)
    assert "The game is patched" in text and "Again from" in text


def test_what_staff_write_and_what_alerts_open_stands_there(client: Client, place: None) -> None:
    now = timezone.now()
    StatusNotice.objects.create(title={"en": "Free Fire is slow", "id": "Free Fire lambat"}, text={"en": "We wait."})
    ended = {"began_at": now - timedelta(days=2), "ended_at": now - timedelta(days=1)}
    StatusNotice.objects.create(title={"en": "QRIS was away"}, **ended)
    StatusNotice.objects.create(title={"en": "Not for you"}, is_shown=False)
    StatusNotice.objects.create(title={"en": "Long ago"}, began_at=now - timedelta(days=40), ended_at=now)
    watching.ensure_rules()
    Incident.objects.create(
        rule=AlertRule.objects.get(name="GatewayFails"), kind="xendit", state="OPEN", value=0.1, worst=0.1
    )
    text = page(client)
    assert text.index("Free Fire is slow") < text.index("QRIS was away")
    assert "Not for you" not in text and "Long ago" not in text
    assert "It does not always answer" in text and "xendit" not in text.lower()


def test_a_stuck_invoice_leads_there(place: None, supplier: Sandbox) -> None:
    order = desk.paid()
    circuit.open_by_hand(desk.account(), "ops@example.com", "gone")
    desk.work()
    order.refresh_from_db()
    seen = standing.of(order)
    assert seen is not None and seen.is_stuck
