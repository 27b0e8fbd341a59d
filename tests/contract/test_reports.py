"""API §40: successful orders by day; Jakarta's days, and only those on which something was bought."""

from __future__ import annotations

from typing import Any

import pytest

from tests.payments.members import api, member
from tests.payments.past import order_of
from tests.storefront import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def me() -> Any:
    return member("me")


def listed(user: Any, **query: Any) -> dict[str, Any]:
    answer = api(user).get("/v2/reports", query)
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def some_days(user: Any) -> None:
    for day, prices in (("05", [15_000]), ("24", [60_000, 60_000]), ("25", [100_000, 50_000, 1])):
        for price in prices:
            order_of(user, at=f"2025-09-{day} 12:00", unit_price_minor=price, list_price_minor=price, fee_minor=0)
    for status in ("FAILED", "EXPIRED", "PENDING", "PAID", "PROCESSING"):
        order_of(user, status, at="2025-09-26 12:00")


def test_the_example_of_section_40(me: Any) -> None:
    some_days(me)
    told = listed(me)
    assert set(told) == {"overview", "reports", "pagination"}
    assert told["overview"] == {
        "totalDays": 3,
        "totalTransactions": 6,
        "totalAmount": 285_001,
        "averagePerDay": 95000.33,
        "highestDay": {"date": "2025-09-25", "amount": 150_001},
        "lowestDay": {"date": "2025-09-05", "amount": 15_000},
    }
    assert told["reports"] == [
        {"date": "2025-09-25", "totalTransactions": 3, "totalAmount": 150_001, "currency": "IDR"},
        {"date": "2025-09-24", "totalTransactions": 2, "totalAmount": 120_000, "currency": "IDR"},
        {"date": "2025-09-05", "totalTransactions": 1, "totalAmount": 15_000, "currency": "IDR"},
    ]
    assert told["pagination"] == {"limit": 10, "page": 1, "totalRows": 3, "totalPages": 1}


def test_f25_a_day_turns_at_midnight_in_jakarta(me: Any) -> None:
    order_of(me, at="2025-09-24 23:59")
    order_of(me, at="2025-09-25 00:00")
    assert [row["date"] for row in listed(me)["reports"]] == ["2025-09-25", "2025-09-24"]
    assert [row["date"] for row in listed(me, startDate="2025-09-25")["reports"]] == ["2025-09-25"]


def test_pages_do_not_change_the_overview(me: Any) -> None:
    some_days(me)
    whole = listed(me)
    second = listed(me, limit=2, page=2)
    assert second["overview"] == whole["overview"]
    assert [row["date"] for row in second["reports"]] == ["2025-09-05"]
    assert second["pagination"] == {"limit": 2, "page": 2, "totalRows": 3, "totalPages": 2}


def test_the_period_bounds_overview_and_rows(me: Any) -> None:
    some_days(me)
    told = listed(me, startDate="2025-09-06", endDate="2025-09-24")
    assert told["overview"]["totalAmount"] == 120_000
    assert told["overview"]["highestDay"] == told["overview"]["lowestDay"] == {"date": "2025-09-24", "amount": 120_000}


def test_no_orders_no_days(me: Any) -> None:
    order_of(member("other"))
    told = listed(me)
    assert told["reports"] == []
    assert told["overview"] == {
        "totalDays": 0,
        "totalTransactions": 0,
        "totalAmount": 0,
        "averagePerDay": 0,
        "highestDay": None,
        "lowestDay": None,
    }


def test_other_regions_are_reports_of_their_own(me: Any) -> None:
    factories.region("MY")
    order_of(me)
    assert listed(me, region="MY")["reports"] == []
    assert code_of(api(me).get("/v2/reports", {"region": "XX"})) == (400, "INVALID_REGION")


@pytest.mark.parametrize(("query", "field"), [({"limit": 101}, "limit"), ({"endDate": "soon"}, "endDate")])
def test_what_cannot_be_asked(me: Any, query: dict[str, Any], field: str) -> None:
    answer = api(me).get("/v2/reports", query)
    assert code_of(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json()["error"]["fields"]) == [field]


def test_only_members() -> None:
    assert code_of(api(None).get("/v2/reports")) == (401, "UNAUTHORIZED")
