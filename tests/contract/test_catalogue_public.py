"""API §1 to §5 against the demo shop: every example's shape and meaning, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from storefront.content.models import Banner, Popup
from tests.demo.shop import _loaded, demo_shop  # noqa: F401

pytestmark = pytest.mark.usefixtures("demo_shop")


def read(client: Client, path: str, *, language: str = "id", status: int = 200, **query: str) -> Any:
    response = client.get(f"/v2/{path}", query, headers={"Accept-Language": language})
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/json"
    return response.json()["data" if status == 200 else "error"]


def test_regions_are_the_documents_five(client: Client) -> None:
    found = read(client, "regions")
    assert [(one["country"], one["code"], one["currency"], one["isDefault"]) for one in found] == [
        ("Indonesia", "ID", "IDR", True),
        ("Malaysia", "MY", "MYR", False),
        ("Philippines", "PH", "PHP", False),
        ("Singapore", "SG", "SGD", False),
        ("Thailand", "TH", "THB", False),
    ]
    for one in found:
        assert set(one) == {"country", "code", "currency", "image", "isDefault"}


def test_languages(client: Client) -> None:
    found = read(client, "languages")
    assert [(one["country"], one["code"], one["name"], one["isDefault"]) for one in found] == [
        ("Indonesia", "id", "Bahasa Indonesia", True),
        ("United States", "en", "English", False),
    ]
    assert all(set(one) == {"country", "code", "name", "image", "isDefault"} for one in found)


def test_contacts_are_the_documents(client: Client) -> None:
    assert read(client, "contacts") == {
        "email": "support@gate.co.id",
        "phone": "+6281234567890",
        "whatsapp": "https://wa.me/6281234567890",
        "instagram": "https://instagram.com/gate.official",
        "facebook": "https://facebook.com/gate.official",
        "x": "https://x.com/gate_official",
        "youtube": "https://youtube.com/@gateofficial",
        "telegram": "https://t.me/gate_official",
        "discord": "https://discord.gg/gate",
    }


def test_popup_leads_into_the_readers_own_shop(client: Client) -> None:
    indonesian = read(client, "popups", region="ID")
    assert set(indonesian) == {"title", "content", "image", "href", "isActive"}
    assert indonesian["href"] == "/id-id/delta-force"
    assert indonesian["isActive"] is True
    assert indonesian["content"].startswith("<p>")
    assert read(client, "popups", region="MY", language="en")["href"] == "/en-my/delta-force"


def test_a_region_without_a_popup_answers_null(client: Client) -> None:
    assert read(client, "popups", region="SG") is None


def test_a_popup_is_there_between_its_moments_only(client: Client) -> None:
    now = timezone.now()
    row = Popup.objects.create(title={"en": "Tomorrow"}, region_id="SG", starts_at=now + timedelta(hours=1))
    assert read(client, "popups", region="SG") is None
    Popup.objects.filter(pk=row.pk).update(starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
    assert read(client, "popups", region="TH") is None
    # "SG" was answered a moment ago from prebuilt bytes: another language asks anew.
    assert read(client, "popups", region="SG", language="en")["title"] == "Tomorrow"


def test_banners_in_order_and_by_region(client: Client) -> None:
    found = read(client, "banners", region="ID")
    assert [one["order"] for one in found] == list(range(1, len(found) + 1))
    assert all(set(one) == {"title", "description", "href", "image", "order"} for one in found)
    assert found[0]["href"] == "/id-id/mobile-legends"
    assert "/id-id/dana" in [one["href"] for one in found]
    assert "/id-sg/dana" not in [one["href"] for one in read(client, "banners", region="SG")]


def test_a_banner_may_lead_anywhere(client: Client) -> None:
    Banner.objects.all().delete()
    Banner.objects.create(title={"en": "Out"}, href="https://example.com/x", position=1)
    Banner.objects.create(title={"en": "In"}, href="/id-id/help", position=2)
    found = read(client, "banners", region="ID")
    assert [one["href"] for one in found] == ["https://example.com/x", "/id-id/help"]


@pytest.mark.parametrize("path", ["regions", "languages", "banners", "popups"])
def test_pictures_have_full_addresses_that_answer(client: Client, settings: Any, path: str) -> None:
    found = read(client, path, region="ID")
    for one in found if isinstance(found, list) else [found]:
        assert one["image"].startswith(settings.PUBLIC_BASE_URL + "/")
        picture = client.get(one["image"].removeprefix(settings.PUBLIC_BASE_URL))
        assert picture.status_code == 200
        assert picture["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize(
    "path", ["popups", "banners", "categories", "products", "populars", "fields", "sections", "skus", "sku/promos",
             "payment-channel/categories", "payment-channels"],
)  # fmt: skip
class TestRegion:
    """Every read that names a region treats it alike."""

    MORE = {"productCode": "MLBB", "paymentType": "purchase"}

    def test_missing(self, client: Client, path: str) -> None:
        error = read(client, path, status=422, **self.MORE)
        assert error["code"] == "VALIDATION_ERROR"
        assert set(error["fields"]) == {"region"}

    def test_empty_is_missing(self, client: Client, path: str) -> None:
        assert set(read(client, path, status=422, region=" ", **self.MORE)["fields"]) == {"region"}

    def test_unknown(self, client: Client, path: str) -> None:
        error = read(client, path, status=400, region="XX", **self.MORE)
        assert error["code"] == "INVALID_REGION"
        assert error["details"] == "Region code must be one of: ID, MY, PH, SG, TH"

    def test_small_letters_do(self, client: Client, path: str) -> None:
        assert read(client, path, region="id", **self.MORE) == read(client, path, region="ID", **self.MORE)

    def test_nul_is_not_text(self, client: Client, path: str) -> None:
        assert read(client, path, status=422, region="I\0D", **self.MORE)["code"] == "VALIDATION_ERROR"

    def test_a_bearer_changes_nothing(self, client: Client, path: str) -> None:
        response = client.get(f"/v2/{path}", {"region": "ID", **self.MORE}, headers={"Authorization": "Bearer x"})
        assert response.status_code == 200

    def test_other_methods_are_refused_in_the_envelope(self, client: Client, path: str) -> None:
        response = client.post(f"/v2/{path}?region=ID")
        assert response.status_code == 405
        assert response.json()["error"]["code"] == "METHOD_NOT_ALLOWED"


def test_a_warm_read_asks_the_database_nothing(client: Client, django_assert_num_queries: Any) -> None:
    first = client.get("/v2/skus?region=ID&productCode=MLBB")
    with django_assert_num_queries(0):
        again = client.get("/v2/skus?region=ID&productCode=MLBB")
        unchanged = client.get("/v2/skus?region=ID&productCode=MLBB", headers={"If-None-Match": first["ETag"]})
    assert again.content == first.content
    assert unchanged.status_code == 304
    assert unchanged.content == b""
