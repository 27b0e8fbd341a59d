"""HTML that staff write, and when banners appear."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from core.models import Region
from storefront.content import shop
from storefront.content.models import Banner, Popup, Question
from tests.demo.shop import _loaded, demo_shop  # noqa: F401

pytestmark = pytest.mark.usefixtures("demo_shop")
DIRTY = '<p onclick="x()">Hello <strong>you</strong><script>alert(1)</script></p>'
CLEAN = "<p>Hello <strong>you</strong></p>"


def test_html_is_cleaned_however_it_is_saved() -> None:
    one = Popup.objects.create(title={"en": "x"}, content={"en": DIRTY, "id": DIRTY})
    many = Question.objects.bulk_create([Question(question={"en": "x"}, answer={"en": DIRTY})])
    one.refresh_from_db()
    assert one.content == {"en": CLEAN, "id": CLEAN}
    assert Question.objects.get(pk=many[0].pk).answer == {"en": CLEAN}


def test_edges_are_the_moments_at_which_banners_come_and_go() -> None:
    now = timezone.now()
    region = Region.objects.get(code="ID")
    Banner.objects.create(starts_at=now - timedelta(days=1), ends_at=now + timedelta(hours=2))
    Popup.objects.create(starts_at=now + timedelta(hours=1), region=region)
    Banner.objects.create(starts_at=now + timedelta(minutes=1), region_id="SG")
    Banner.objects.create(starts_at=now + timedelta(minutes=2), is_active=False)
    assert sorted(shop.edges(region, now)) == [now + timedelta(hours=1), now + timedelta(hours=2)]


def test_texts_fall_back_to_a_language_that_is_there() -> None:
    Banner.objects.all().delete()
    Banner.objects.create(title={"id": "Halo"})
    region = Region.objects.get(code="SG")
    assert shop.banners(region, "en", timezone.now())[0].title == "Halo"
