"""API §38: a member's orders; shape and meaning of the example, filters, search, pages, days, and the file."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from storefront.orders.models import Order
from tests.payments.members import api, member
from tests.payments.past import order_of
from tests.storefront import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def me() -> Any:
    return member("me")


def listed(user: Any, **query: Any) -> dict[str, Any]:
    answer = api(user).get("/v2/transactions", query)
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def numbers(user: Any, **query: Any) -> list[str]:
    return [row["invoiceNumber"] for row in listed(user, **query)["transactions"]]


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def one_of_each(user: Any) -> None:
    for status in ("SUCCESS", "SUCCESS", "PAID", "PROCESSING", "PENDING", "FAILED", "EXPIRED"):
        order_of(user, status)


def test_the_example_of_section_38(me: Any) -> None:
    promo = factories.promo()
    goods = factories.sku(name="172 (156+16) Diamonds")
    order = order_of(me, sku=goods, promo=promo, discount_minor=4945)
    Order.objects.filter(pk=order.pk).update(number="GATE1A11BB97DF88D56530993")
    told = listed(me)
    assert set(told) == {"overview", "transactions", "pagination"}
    assert told["overview"] == {
        "totalTransaction": 1,
        "totalPurchase": 44851,
        "success": 1,
        "processing": 0,
        "pending": 0,
        "failed": 0,
    }
    assert told["transactions"] == [
        {
            "invoiceNumber": "GATE1A11BB97DF88D56530993",
            "status": "SUCCESS",
            "productCode": "MLBB",
            "productName": "Mobile Legends: Bang Bang",
            "skuCode": "MLBB_172",
            "skuName": "172 (156+16) Diamonds",
            "account": {"nickname": "り い こ ✧", "inputs": "656696292 - 8610"},
            "pricing": {
                "subtotal": 49450,
                "discount": 4945,
                "paymentFee": 346,
                "total": 44851,
                "currency": "IDR",
            },
            "payment": {"code": "QRIS", "name": "QRIS"},
            "createdAt": "2025-09-25T10:30:00+07:00",
        }
    ]
    assert told["pagination"] == {"limit": 10, "page": 1, "totalRows": 1, "totalPages": 1}


def test_the_overview_adds_up_whatever_page_status_or_search(me: Any) -> None:
    one_of_each(me)
    expected = {
        "totalTransaction": 7,
        "totalPurchase": 2 * 49796,
        "success": 2,
        "processing": 2,
        "pending": 1,
        "failed": 2,
    }
    for query in (
        {},
        {"status": "FAILED"},
        {"page": 5},
        {"search": "NOTHING"},
        {"limit": 1},
        {"paymentStatus": "PAID"},
    ):
        assert listed(me, **query)["overview"] == expected


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"status": "ALL"}, {"SUCCESS", "PROCESSING", "PENDING", "FAILED", "EXPIRED"}),
        ({"status": "SUCCESS"}, {"SUCCESS"}),
        ({"status": "PROCESSING"}, {"PROCESSING"}),
        ({"status": "PENDING"}, {"PENDING"}),
        ({"status": "FAILED"}, {"FAILED", "EXPIRED"}),
        ({"paymentStatus": "PAID"}, {"SUCCESS", "PROCESSING", "FAILED"}),
        ({"paymentStatus": "UNPAID"}, {"PENDING"}),
        ({"paymentStatus": "EXPIRED"}, {"EXPIRED"}),
        ({"status": "FAILED", "paymentStatus": "PAID"}, {"FAILED"}),
        ({"status": "SUCCESS", "paymentStatus": "UNPAID"}, set()),
    ],
)
def test_filters(me: Any, query: dict[str, str], shown: set[str]) -> None:
    one_of_each(me)
    told = listed(me, **query)
    assert {row["status"] for row in told["transactions"]} == shown
    assert told["pagination"]["totalRows"] == len(told["transactions"])


def test_pages_are_newest_first_and_end(me: Any) -> None:
    made = [order_of(me, at=f"2025-09-{day:02d} 10:00").number for day in range(1, 24)]
    newest = list(reversed(made))
    assert numbers(me) == newest[:10]
    assert numbers(me, page=3) == newest[20:]
    assert numbers(me, page=4) == []
    assert numbers(me, limit=100) == newest
    assert listed(me, limit=7, page=2)["pagination"] == {"limit": 7, "page": 2, "totalRows": 23, "totalPages": 4}


def test_days_are_jakartas_and_both_ends_count(me: Any) -> None:
    """F25: a quarter to midnight and a quarter past are two days in Jakarta, and one in Greenwich."""
    late, early = order_of(me, at="2025-09-24 23:45"), order_of(me, at="2025-09-25 00:15")
    assert numbers(me, startDate="2025-09-25") == [early.number]
    assert numbers(me, endDate="2025-09-24") == [late.number]
    assert numbers(me, startDate="2025-09-24", endDate="2025-09-25") == [early.number, late.number]
    assert listed(me, startDate="2025-09-25", endDate="2025-09-25")["overview"]["totalTransaction"] == 1


def test_search_finds_a_part_of_the_number_however_typed(me: Any) -> None:
    order = order_of(me)
    order_of(me)
    Order.objects.filter(pk=order.pk).update(number="GATE1A11BB97DF88D56530993")
    for typed in ("GATE1A11BB97DF88D56530993", "gate1a11", " #gate1a11bb ", "D56530993"):
        assert numbers(me, search=typed) == ["GATE1A11BB97DF88D56530993"]
    for typed in ("NOTTHERE", "%", "_", "' OR 1=1 --"):
        assert numbers(me, search=typed) == []


def test_a_member_reads_their_own_of_their_region(me: Any) -> None:
    mine = order_of(me)
    order_of(member("other"))
    order_of(None)
    factories.region("MY")
    assert numbers(me) == [mine.number] == numbers(me, region="ID")
    assert numbers(me, region="MY") == []
    me.current_region = factories.region("MY")
    assert numbers(me) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 101}, "limit"),
        ({"limit": -1}, "limit"),
        ({"limit": "1e1"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"page": 0}, "page"),
        ({"status": "PAID"}, "status"),
        ({"paymentStatus": "ALL"}, "paymentStatus"),
        ({"startDate": "25-09-2025"}, "startDate"),
        ({"endDate": "2025-02-30"}, "endDate"),
        ({"format": "xlsx"}, "format"),
    ],
)
def test_what_cannot_be_asked(me: Any, query: dict[str, Any], field: str) -> None:
    answer = api(me).get("/v2/transactions", query)
    assert code_of(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json()["error"]["fields"]) == [field]


def test_region_and_sign_in(me: Any) -> None:
    assert code_of(api(me).get("/v2/transactions", {"region": "XX"})) == (400, "INVALID_REGION")
    assert code_of(api(None).get("/v2/transactions")) == (401, "UNAUTHORIZED")
    assert code_of(api(None).get("/v2/transactions", {"format": "csv"})) == (401, "UNAUTHORIZED")


def test_the_file_holds_all_rows_that_the_filters_leave(me: Any) -> None:
    for day in range(1, 13):
        order_of(me, at=f"2025-09-{day:02d} 10:00")
    order_of(me, "PENDING")
    order_of(member("other"))
    answer = api(me).get("/v2/transactions", {"format": "csv", "status": "SUCCESS", "limit": 5})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="transactions.csv"'
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert len(rows) == 12
    assert rows[0]["createdAt"] == "2025-09-12T10:00:00+07:00"
    assert (rows[0]["total"], rows[0]["currency"], rows[0]["account"]) == ("49796", "IDR", "656696292 - 8610")


@pytest.mark.parametrize("name", ['=cmd|" /C calc"!A0', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", " =1"])
def test_nothing_in_the_file_is_a_formula(me: Any, name: str) -> None:
    order_of(me, nickname=name)
    answer = api(me).get("/v2/transactions", {"format": "csv"})
    text = b"".join(answer).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["nickname"] == f"'{name}"
