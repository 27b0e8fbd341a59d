"""What the dashboard's pages say: what the API says, in words."""

from __future__ import annotations

import pytest

from core.money import Money
from payments.points import services as points
from payments.wallet import services as ledger
from payments.wallet.models import Account
from tests.accounts.cast import member
from tests.conftest import Sandbox
from tests.payments.dashboard import HERE, browser, deposit_of, page
from tests.payments.members import funded, holds
from tests.payments.past import order_of
from tests.storefront import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop(db: None) -> None:
    factories.channel()


def test_overview(sandbox: Sandbox) -> None:
    user = member()
    client = browser(user)
    funded(user, 250_000)
    order = order_of(user)
    html = page(client, "")
    for text in ("Rp250.000", order.sku_name, "Classic", "Hello, John", f"?again={order.number}"):
        assert text in html
    waiting = deposit_of(user, client)
    assert f"deposits/{waiting.number}" in page(client, "")


def test_orders_by_state_days_and_number() -> None:
    user = member()
    client = browser(user)
    done = order_of(user, at="2025-09-25 10:30")
    failed = order_of(user, "EXPIRED", at="2025-09-26 10:30")

    def numbers(**query: str) -> set[str]:
        html = page(client, "orders", **query)
        return {order.number for order in (done, failed) if f"invoices/{order.number}" in html}

    assert numbers() == {done.number, failed.number}
    assert numbers(status="SUCCESS") == {done.number}
    assert numbers(status="FAILED") == {failed.number}
    assert numbers(status="PENDING") == set()
    assert numbers(search=failed.number[-6:].lower()) == {failed.number}
    assert numbers(startDate="2025-09-26", endDate="2025-09-26") == {failed.number}
    html = page(client, "orders", startDate="yesterday")
    assert "Write the date as YYYY-MM-DD." in html
    assert "<b>2</b>" in html


def test_pages_of_ten() -> None:
    user = member()
    orders = [order_of(user, at=f"2025-09-{day:02d} 10:30") for day in range(1, 13)]
    client = browser(user)
    first, second = page(client, "orders"), page(client, "orders", page="2")
    assert "Page 1 of 2" in first
    assert f"invoices/{orders[0].number}" not in first
    assert f"invoices/{orders[0].number}" in second
    for odd in ("99", "0", "x", "-1", "9" * 30, "00000001" + "9" * 30, "²"):
        assert page(client, "orders", page=odd)


def test_orders_and_mutations_as_files() -> None:
    user = member()
    client = browser(user)
    order = order_of(user)
    funded(user, 5_000)
    for rest, text in (("orders.csv", order.number), ("wallet.csv", "5000")):
        answer = client.get(HERE + rest)
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert "attachment" in answer["Content-Disposition"]
        assert text in b"".join(answer).decode()
    assert order.number not in b"".join(client.get(f"{HERE}orders.csv?status=PENDING")).decode()


def test_wallet(sandbox: Sandbox) -> None:
    user = member()
    client = browser(user)
    funded(user, 90_000)
    html = page(client, "wallet")
    assert html.count("Rp90.000") >= 3  # balance, money in, the row
    assert "No order" not in html
    assert "Nothing moved like that" in page(client, "wallet", type="DEBIT")


def test_report_draws_every_day_and_tells_it_beside() -> None:
    user = member()
    client = browser(user)
    order_of(user, at="2025-09-25 10:30")
    order_of(user, at="2025-09-25 23:59")
    order_of(user, at="2025-09-27 00:00")
    order_of(user, "FAILED", at="2025-09-26 10:30")
    html = page(client, "report", startDate="2025-09-20", endDate="2025-09-30")
    assert html.count("<rect") == 2
    assert "25 Sep 2025: Rp99.592" in html
    assert html.count("<time datetime=") == 2
    assert "style=" not in html.partition("<main")[2]
    assert "No order arrived" in page(client, "report")


@pytest.mark.parametrize("span", [("2020-01-01", "2025-12-31"), ("2025-09-25", "2025-09-25")])
def test_report_of_any_length_is_a_drawing(span: tuple[str, str]) -> None:
    user = member()
    for day in (1, 25):
        order_of(user, at=f"2025-09-{day:02d} 10:30")
    html = page(browser(user), "report", startDate=span[0], endDate=span[1])
    assert 1 <= html.count("<rect") <= 92
    assert "nan" not in html


def test_points_become_balance_once_per_form() -> None:
    user = member()
    client = browser(user)
    given = ledger.house(Account.Kind.ISSUED, "PTS")
    ledger.transfer("test", given, ledger.points(user), Money(500, "PTS"), "points earned")
    assert "500" in page(client, "membership")
    for _again in range(2):
        answer = client.post(f"{HERE}membership", {"points": "200", "nonce": "one"})
        assert answer.status_code == 302
    assert (points.balance(user), holds(user)) == (300, 200)
    assert "Rp200" in page(client, answer["Location"].removeprefix(HERE))
    for wrong in ("301", "", "-5", "x", "1.5", "2,50", "1.00.0"):
        answer = client.post(f"{HERE}membership", {"points": wrong, "nonce": "two"})
        assert answer.status_code == 422
        assert "field-error" in answer.content.decode()
    assert (points.balance(user), holds(user)) == (300, 200)
