"""An order for an account the game does not know, on a phone: corrected, or cancelled, on the page that said so."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_guest_buys import choose, fill_account, orders_of
from tests.conftest import Store


@pytest.fixture
def unknown_account(store: Store) -> Iterator[Store]:
    """From the payment on the supplier fails what it takes, and its check knows nobody."""
    yield store
    store.sandbox.faults()


def held(page: Page, store: Store, player: str) -> str:
    """The page stands on the invoice of a paid order that is on hold, and was never reloaded; its number."""
    page.goto(f"{store.url}/en-id/mobile-legends")
    fill_account(page, player, "2001")
    expect(page.locator("#account-result [data-state=ok]")).to_be_visible()
    choose(page, "skuCode", "MLBB_172")
    choose(page, "paymentCode", "QRIS")
    page.fill("[name=contactEmail]", "held@example.com")
    page.click(".buy-button")
    page.locator("#confirm[open] .place button").click()
    page.wait_for_url("**/invoices/GATE*")
    number = page.url.rpartition("/")[2]
    store.sandbox.faults(order={"fail": 1.0}, check_player={"unknown": 1.0})
    store.sandbox.pay(number)
    expect(page.get_by_role("link", name="Cancel, money back")).to_be_visible(timeout=20_000)
    store.sandbox.faults()
    return number


def fits(page: Page, heading: str) -> None:
    """The page of that heading is there and scrolls one way only."""
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_wrong_id_is_corrected_and_the_diamonds_arrive(visit: Callable[..., Page], unknown_account: Store) -> None:
    store, page = unknown_account, visit(390)
    held(page, store, "700300401")
    fits(page, "The game does not know this account")
    page.get_by_role("link", name="Correct the account").click()
    fits(page, "Which account is it for?")
    page.fill("[name=userId]", "700300409")
    page.fill("[name=zoneId]", "2001")
    page.get_by_role("button", name="Check the account").click()
    fits(page, "Is this your account?")
    expect(page.locator(".who-name")).not_to_be_empty()
    page.get_by_role("button", name="Yes, send it there").click()
    expect(page.locator("#invoice-live")).to_have_attribute("data-status", "SUCCESS", timeout=20_000)
    expect(page.locator("#invoice-live")).to_contain_text("You corrected the account")
    assert [row["status"] for row in orders_of(store, "700300401")] == ["failed"]


def test_a_held_order_is_cancelled_and_paid_back(visit: Callable[..., Page], unknown_account: Store) -> None:
    store, page = unknown_account, visit(390)
    number = held(page, store, "700300402")
    page.get_by_role("link", name="Cancel, money back").click()
    fits(page, "Cancel, and have the money back?")
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.locator("#state-title")).to_have_text("Cancelled, as you asked")
    expect(page.locator("#invoice-live")).to_contain_text("goes back to")
    assert [row["status"] for row in orders_of(store, "700300402")] == ["failed"]
    paid = [row for row in store.sandbox.gateway_payments() if row["invoiceNumber"] == number]
    assert [row["status"] for row in paid] == ["paid"]
