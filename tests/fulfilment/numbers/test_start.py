"""The back office's first page: the figures that the rows say, for each role its own, at the same cost always."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from openpyxl import load_workbook

from accounts import roles
from accounts.models import User
from core.cases import open_case
from fulfilment.models import DayTotals
from fulfilment.numbers import days
from payments.models import Account
from tests.fulfilment import desk
from tests.fulfilment.numbers import cast
from tests.payments.cast import standing
from tests.staff import enter
from tests.storefront import factories

pytestmark = pytest.mark.django_db
EXPORT = "/admin/fulfilment/dayfigures/export/"


@pytest.fixture
def sold() -> None:
    """One order by Digiflazz that left Rp5.017, and one that failed, with a case."""
    cast.agreed()
    cast.end(desk.paid(), delivered=1, by="digiflazz")
    cast.end(desk.paid(), delivered=0)
    open_case("unresolved", "unresolved:1", "Somebody has to look")


def as_role(name: str) -> Client:
    roles.sync()
    user = User.objects.create(email=f"{name}@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name=name))
    client = Client(headers={"accept-language": "en"})
    enter(client, user)
    return client


def shown(client: Client, query: str = "") -> str:
    with translation.override("en"):
        page = client.get(f"/admin/{query}")
    assert page.status_code == 200
    return page.content.decode()


def figure(page: str, code: str) -> str:
    _before, found, after = page.partition(f'data-figure="{code}"')
    return after.partition("data-value>")[2].partition("<")[0] if found else ""


def test_the_owner_reads_the_profit_that_the_ledger_says(sold: None) -> None:
    page = shown(as_role("owner"))
    # 49,450 and the fee of 346 came; the goods cost 44,165; the gateway kept 614 of this one and 614 of the other.
    assert standing_profit() == 5_017 - 614
    assert figure(page, "profit") == "Rp4.403"
    assert (figure(page, "orders"), figure(page, "success"), figure(page, "sales")) == ("2", "50 %", "Rp49.450")
    assert "<svg" in page and "Digiflazz" in shown(as_role("finance"), "?by=supplier")


def standing_profit() -> int:
    """What the accounts of the house say is left of everything there was."""
    kind = Account.Kind
    earned = standing(kind.SALES) + standing(kind.FEES)
    return earned - standing(kind.COSTS) + standing(kind.CHARGES, "xendit") + standing(kind.GOODWILL)


def test_each_role_sees_its_own(sold: None) -> None:
    support, marketing, ops = (shown(as_role(name)) for name in ("support", "marketing", "ops"))
    for page in (support, marketing, ops):
        assert "True profit" not in page and "Supplier cost" not in page and figure(page, "orders") == "2"
    assert figure(marketing, "sales") == "Rp49.450" and not figure(support, "sales") and "Rp" not in support
    assert ">1</b>" in support and 'data-count="Cases"' not in marketing
    assert 'data-count="Purchases with an unknown outcome"' in ops
    assert 'data-count="Approvals"' in support and 'data-count="Approvals"' not in marketing
    nobody = Client(headers={"accept-language": "en"})
    enter(nobody, User.objects.create(email="new@example.com", is_staff=True))
    assert "data-figure" not in shown(nobody) and nobody.get(EXPORT).status_code == 403


def test_the_export_holds_what_its_reader_may_see_and_no_formula(sold: None) -> None:
    owner = as_role("owner")
    shown(owner)
    DayTotals.objects.filter(by="supplier", part="digiflazz").update(part="=1+1")
    rows = list(csv.DictReader(io.StringIO(owner.get(EXPORT + "?by=supplier").content.decode("utf-8-sig"))))
    by = {row["supplier"]: row for row in rows}
    assert by["'=1+1"]["profit"] == "5017" and by["'=1+1"]["cost"] == "44165" and by["'=1+1"]["currency"] == "IDR"
    assert "profit" not in as_role("marketing").get(EXPORT).content.decode()
    book = load_workbook(io.BytesIO(owner.get(EXPORT + "?by=supplier&as=xlsx").content))
    heads, *lines = ([cell.value for cell in line] for line in book.worksheets[0].iter_rows())
    written = {line[1]: dict(zip(heads, line, strict=True)) for line in lines}
    assert (written["'=1+1"]["profit"], written["'=1+1"]["cost"]) == (5017, 44165), "numbers, no texts"


def test_the_page_takes_as_many_statements_whatever_was_sold(sold: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "_LIVE_AFTER", timedelta(hours=1))  # however slow the machine, it is summed once
    owner = as_role("owner")
    shown(owner)

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            shown(owner, "?span=28&by=channel")
        return len(asked)

    few = statements()
    for number in range(4):
        factories.channel(f"VA{number}")
        row = DayTotals.objects.filter(by="channel").first()
        assert row
        row.pk, row.part, row.orders = None, f"VA{number}", 7
        row.save(force_insert=True)
    many = statements()
    assert many == few <= 40
