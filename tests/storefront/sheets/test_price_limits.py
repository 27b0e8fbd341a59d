"""How many prices one person changes alone: beyond it a second one approves, whatever doors they came by."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.approvals import services as approvals
from core.errors import Refused
from core.models import Approval, ApprovalLimit, DoneAlone, SheetImport
from core.sheets import importing
from storefront.catalogue import mass_prices
from storefront.catalogue.models import SkuPrice
from storefront.sheets import asking, goods
from tests.fulfilment.pricing import shelf
from tests.storefront import factories
from tests.storefront.sheets.test_importing import BY, HEADS, many_prices, read, shop, staff

pytestmark = pytest.mark.django_db


def test_more_jumps_than_one_person_may_wait_for_a_second() -> None:
    factories.sku("MLBB_172", prices={"ID": (49450, 50000)})
    factories.sku("MLBB_86", prices={"ID": (24750, 25000)})
    ApprovalLimit.objects.create(kind=mass_prices.KIND, unit=mass_prices.JUMPS, most=1)
    text = f"{HEADS}\nMLBB_172,ID,20000,50000,yes\nMLBB_86,ID,10000,25000,yes\n"

    def ask(one: SheetImport, jumps: list[int] | None, why: str = "cheaper now") -> int | None:
        return asking.publish_or_ask(goods.PRICES, one, by=BY, why=why, only_good=True, jumps=jumps)

    first = read(text)
    with pytest.raises(Refused):
        ask(first, None, why=" ")
    assert ask(first, None) is None
    for again in (lambda: ask(first, None), lambda: ask(first, [2]), lambda: importing.discard(first, by=BY)):
        with pytest.raises(Refused):
            again()
    assert [row[2] for row in shop()] == [49450, 24750]
    approval = Approval.objects.get()
    asker, other = (
        User.objects.create_superuser(email=email, password="Secret pass 1") for email in (BY, "finance@example.com")
    )
    with pytest.raises(Refused):
        approvals.approve(approval.pk, asker, "mine")
    approvals.refuse(approval.pk, other, "look at line 3")
    first.refresh_from_db()
    assert (first.state, [row[2] for row in shop()]) == ("READ", [49450, 24750])

    assert ask(first, None) is None
    approvals.approve(Approval.objects.get(state="WAITING").pk, other, "right")
    with pytest.raises(Refused):
        approvals.approve(Approval.objects.get(state="DONE").pk, other, "twice")
    assert [row[2] for row in shop()] == [20000, 10000]
    first.refresh_from_db()
    assert (first.state, first.published_by) == ("PUBLISHED", BY)
    assert ask(read(f"{HEADS}\nMLBB_172,ID,40000,50000,yes\n"), [2]) == 1


def test_many_small_files_are_one_large_one(client: Client) -> None:
    """The limit is of a day and a person, by whatever doors: files, a draft, prices typed one by one."""
    shelf.shop("MLBB_172")
    many_prices(3)
    row = SkuPrice.objects.get(sku__code="MANY_2")
    ApprovalLimit.objects.create(kind=mass_prices.KIND, unit=mass_prices.PRICES, most=2)

    def publish(line: str, by: str = BY) -> int | None:
        one = read(f"{HEADS}\n{line}\n")
        return asking.publish_or_ask(goods.PRICES, one, by=by, why="cheaper now", only_good=False, jumps=None)

    assert publish("MANY_0,ID,10500,20000,yes") == 1
    assert publish("MANY_0,ID,10500,20000,no") == 1, "switched off: no price, and not counted"
    staff(client, "storefront.view_skuprice", "storefront.change_skuprice")
    page = reverse("admin:storefront_skuprice_change", args=[row.pk])
    typed = {"sku": row.sku_id, "region": "ID", "price_minor": "10600", "original_minor": "20000", "is_available": "on"}
    assert client.post(page, typed).status_code == 302
    third = client.post(page, typed | {"price_minor": "10700"})
    assert third.status_code == 200 and "10700" in third.content.decode(), "refused beside what was typed"
    assert third.context["errors"]
    assert publish("MANY_1,ID,10800,20000,yes") is None
    assert shelf.published(BY).state == "WAITING"
    told = {code: minor for code, _region, minor, _original in shop() if code != "MLBB_172"}
    assert told == {"MANY_0": 10_500, "MANY_1": 10_001, "MANY_2": 10_600}

    assert publish("MANY_1,ID,10900,20000,yes", "another@example.com") == 1
    DoneAlone.objects.update(at=timezone.now() - timedelta(hours=25))
    assert publish("MANY_2,ID,11000,20000,yes") == 1, "a day later"
    assert DoneAlone.objects.filter(person=BY).count() == 1
