"""A supplier goes dark, as ops sees it: the circuit opens, an alert arrives, the recovery is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.policy import default

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import enter
from tests.conftest import Store
from tests.flows.test_guest_order import buy, ended
from tests.waiting import wait_until

OPS = "ops@example.com"
GOODS = {"skuCode": "MLBB_WDP"}  # the first supplier alone has it
ENOUGH = 10  # failures that open a circuit


@pytest.fixture
def dark(store: Store) -> Iterator[Store]:
    yield store
    store.sandbox.faults()


def told(store: Store) -> list[str]:
    """Subjects of the alert mails about its circuit, oldest first; other alerts may come of a dark supplier, too."""
    mails = [message_from_bytes(file.read_bytes(), policy=default) for file in (store.data / "mail").glob("*.eml")]
    alerts = [one for one in mails if "Nothing is bought at gemgo" in str(one["subject"])]
    return [str(one["subject"]) for one in sorted(alerts, key=lambda one: one["date"].datetime)]


def told_at_once(page: Page, store: Store) -> None:
    """The rule of open circuits waits for nothing, and the mail goes to ops."""
    page.goto(f"{store.url}/admin/core/alertrule/?q=SupplierCircuitOpen")
    page.get_by_role("link", name="SupplierCircuitOpen").click()
    page.fill("[name=for_seconds]", "0")
    page.fill("[name=calm_seconds]", "0")
    page.locator("button[name=_save], input[name=_save]").first.click()
    page.goto(f"{store.url}/admin/core/alertaddress/add/")
    page.select_option("[name=channel]", "MAIL")
    page.fill("[name=address]", OPS)
    page.select_option("[name=language]", "en")
    page.locator("button[name=_save], input[name=_save]").first.click()


def row(page: Page, name: str):
    return page.locator("#figures .data-row", has_text=name).first


def test_ops_sees_a_supplier_go_dark_and_come_back(visit: Callable[..., Page], dark: Store) -> None:
    store, page = dark, visit(1280, locale="en-US")
    # One that arrives: from then on the shop knows how the supplier's history names these goods.
    assert ended(store, paid(store, ENOUGH))["status"] == "SUCCESS"
    enter(page, store, OPS)
    page.goto(f"{store.url}/admin/operations/")
    expect(row(page, "GemGo")).to_contain_text("CLOSED")
    told_at_once(page, store)
    page.goto(f"{store.url}/admin/operations/")

    store.sandbox.faults(create_order={"lose_request": 1.0})
    with ThreadPoolExecutor(4) as customers:
        numbers = list(customers.map(lambda number: paid(store, number), range(ENOUGH)))
    expect(row(page, "GemGo")).to_contain_text("OPEN", timeout=30_000)  # the page renews itself
    wait_until(lambda: told(store) == ["Nothing is bought at gemgo · Gerbang"], within=30)
    customer = visit(1280)
    customer.goto(f"{store.url}/en-id/status")
    expect(customer.locator(".works-told")).to_contain_text("Some products take longer than usual")
    assert "gemgo" not in customer.content().lower()

    store.sandbox.faults()
    row(page, "GemGo").get_by_role("link", name="Buy again").click()
    page.fill("[name=reason]", "they say that they are back")
    page.get_by_role("button", name="Do it").click()
    expect(row(page, "GemGo")).to_contain_text("CLOSED")
    wait_until(lambda: told(store)[1:] == ["Over: Nothing is bought at gemgo · Gerbang"], within=30)
    assert {ended(store, number)["status"] for number in numbers} == {"SUCCESS"}
    page.goto(f"{store.url}/admin/core/incident/")
    expect(page.locator("#result_list")).to_contain_text("SupplierCircuitOpen")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def paid(store: Store, number: int) -> str:
    placed = buy(store, **GOODS, userId=str(650_000_000 + number))
    store.sandbox.pay(placed["invoiceNumber"])
    return str(placed["invoiceNumber"])
