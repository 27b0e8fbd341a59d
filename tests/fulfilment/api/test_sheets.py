"""Prices read in by a script: previewed, published whole by the rules of the back office, undone; figures read out."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.models import User
from core.approvals import services as approvals
from core.errors import Refused
from core.models import Approval, ApprovalLimit, AuditEntry, SheetImport
from core.regions import default, local_day
from fulfilment.models import DayTotals
from storefront.catalogue.models import SkuPrice
from tests.staff_tokens import REASON, Script, maker, told
from tests.storefront import factories

pytestmark = pytest.mark.django_db
PRICES = ("storefront.view_skuprice", "storefront.change_skuprice", "core.publish_sheet", "core.undo_sheet")


def send(script: Script, lines: str) -> Any:
    raw = f"sku,region,price,list_price,available\n{lines}\n"
    headers = script._headers()
    return script.client.post("/admin/v2/sheets/prices/imports", raw, content_type="text/csv", headers=headers)


def price() -> int:
    return SkuPrice.objects.get().price_minor


def test_a_file_is_previewed_published_and_undone() -> None:
    row = factories.sku().prices.get()
    script, before = Script("pricing", *PRICES), row.price_minor
    shown = script.get("sheets/prices").json()["data"]["rows"][0]
    assert (shown["sku"], shown["price"]) == (row.sku.code, str(before))
    new = before + 100
    read = send(script, f"{row.sku.code},ID,{new},{row.original_minor + 100},yes\nNOBODY,ID,1,1,yes")
    made = read.json()["data"]
    assert (read.status_code, made["changed"], made["wrong"], made["addedBy"]) == (201, 1, 1, "token:pricing")
    wrong = script.get(f"imports/{made['id']}", kind="WRONG").json()["data"]["lines"]
    assert [line["key"].split()[0] for line in wrong] == ["NOBODY"] and wrong[0]["problems"]
    path = f"imports/{made['id']}/publish"
    assert told(script.post(path, REASON | {"onlyGood": True})) == (422, "VALIDATION_ERROR"), "prices need a key"
    assert told(script.post(path, key="a")) == (422, "VALIDATION_ERROR") and price() == before, "one line is wrong"
    assert told(Script("reads", PRICES[0]).post(path)) == (403, "FORBIDDEN")
    done = script.post(path, REASON | {"onlyGood": True}, key="b")
    assert (done.json()["data"]["status"], price()) == ("PUBLISHED", new)
    assert told(script.post(path, REASON | {"onlyGood": True}, key="c")) == (422, "VALIDATION_ERROR"), "once"
    assert {entry.actor for entry in AuditEntry.objects.filter(action="imported")} == {"token:pricing"}
    assert script.post(f"imports/{made['id']}/undo", key="d").json()["data"]["status"] == "UNDONE"
    assert price() == before


def test_what_is_no_such_file_is_refused_and_nothing_is_kept() -> None:
    factories.sku()
    script = Script("pricing", *PRICES)
    assert [send(script, lines).status_code for lines in ("", "\0,ID,1,1,yes")] == [422, 422]
    assert told(script.post("sheets/prices/imports", {"rows": []})) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert told(script.get("sheets/nothing")) == (404, "NOT_FOUND")
    assert told(script.get("sheets/promos")) == (403, "FORBIDDEN")
    assert {one["code"] for one in script.get("sheets").json()["data"]["sheets"]} == {"prices"}
    assert not SheetImport.objects.exists()


def test_figures_say_amounts_to_whoever_may_see_them() -> None:
    factories.region()
    day = local_day(default(), timezone.now())
    DayTotals.objects.create(
        day=day, region_id="ID", by="product", part="MLBB", currency="IDR", orders=3, delivered=2,
        sales_minor=90_000, fees_minor=600, cost_minor=70_000, seconds={},
    )  # fmt: skip
    counts, sales, profit = ("fulfilment.view_figures", "fulfilment.view_sales", "fulfilment.view_profit")
    rows = [
        Script(name, *scopes).get("reports/figures", by="product").json()["data"]["rows"][0]
        for name, scopes in (("a", [counts]), ("b", [counts, sales]), ("c", [counts, sales, profit]))
    ]
    assert [(row["orders"], row.get("sales"), row.get("profit")) for row in rows] == [
        (3, None, None), (3, 90_000, None), (3, 90_000, 20_600),
    ]  # fmt: skip
    script = Script("d", counts)
    for query in ({"startDate": "2020-01-01"}, {"by": "x"}, {"startDate": "2999-01-01", "endDate": "2000-01-01"}):
        assert told(script.get("reports/figures", **query)) == (422, "VALIDATION_ERROR"), query


def test_many_prices_wait_for_a_second_person_who_is_no_token_of_the_first() -> None:
    row = factories.sku().prices.get()
    ApprovalLimit.objects.create(kind="prices", unit="PRICES", most=0)
    script, before = Script("pricing", *PRICES), row.price_minor
    made = send(script, f"{row.sku.code},ID,{before + 100},{row.original_minor + 100},yes").json()["data"]
    asked = script.post(f"imports/{made['id']}/publish", key="k")
    assert (asked.json()["data"]["status"], price()) == ("ASKED", before)
    approval = Approval.objects.get()
    script.by.user_permissions.add(Permission.objects.get(codename="approve_sheet"))
    for person in (User.objects.get(pk=script.by.pk), Script("other-of-hers", *PRICES, by=script.by).token):
        with pytest.raises(Refused, match="another person"):
            approvals.approve(approval.pk, person, "looks right")
    assert price() == before
    approvals.approve(approval.pk, maker("second", "core.approve_sheet"), "looks right")
    assert price() == before + 100
