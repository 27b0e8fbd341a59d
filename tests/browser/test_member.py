"""A member on a phone fills the wallet by QRIS, pays from it, and finds both again in history and report."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from supervisor.store import DEMO_PASSWORD
from tests.browser.test_guest_buys import choose, fill_account
from tests.conftest import Store

PAGES = ["", "orders", "wallet", "deposits", "deposits/new", "report", "membership", "players", "profile", "security"]


def sign_in(page: Page, store: Store, next_path: str) -> None:
    page.goto(f"{store.url}{next_path}")
    page.fill("[name=email]", "customer@example.com")
    page.fill("[name=password]", DEMO_PASSWORD)
    page.locator("main form:has([name=password]) [type=submit]").click()
    page.wait_for_url(f"{store.url}{next_path}")


def amount_of(page: Page, selector: str) -> int:
    return int(re.sub(r"\D", "", page.locator(selector).first.inner_text()))


def test_deposit_buy_by_balance_and_see_both_again(visit: Callable[..., Page], store: Store) -> None:
    page = visit(390)
    sign_in(page, store, "/id-id/account/wallet")
    before = amount_of(page, ".purse-amount")

    page.goto(f"{store.url}/id-id/account/deposits/new")
    page.locator("[data-amount='100000']").click()
    expect(page.locator("label:has([value=QRIS]) .channel-total")).to_have_text("Rp100.700")
    choose(page, "paymentCode", "QRIS")
    page.locator(".deposit-form > [type=submit]").click()
    expect(page.locator(".bill-total")).to_contain_text("Rp100.700")
    page.locator("form.place [type=submit]").click()
    page.wait_for_url("**/account/deposits/DEP*")
    expect(page.locator(".qr svg.segno")).to_be_visible()
    number = page.url.rpartition("/")[2]
    loaded_at = page.evaluate("performance.timeOrigin")

    payer = visit(390)
    payer.goto(f"{store.sandbox.url}/pay/{number}")
    payer.locator("button").first.click()
    expect(page.locator("#invoice-live")).to_have_attribute("data-status", "SUCCESS", timeout=20_000)
    assert page.evaluate("performance.timeOrigin") == loaded_at, "the page was reloaded"
    assert amount_of(page, ".purse-amount") == before + 100_000

    page.goto(f"{store.url}/id-id/mobile-legends")
    assert page.input_value("[name=contactEmail]") == "customer@example.com"
    fill_account(page, "700300701", "8610")
    expect(page.locator("#account-result [data-state=ok]")).to_be_visible()
    panel = page.locator(".section:has([value=MLBB_86])").get_attribute("id")
    page.locator(f"[role=tab][aria-controls={panel}]").click()
    choose(page, "skuCode", "MLBB_86")
    choose(page, "paymentCode", "BALANCE")
    page.click(".buy-button")
    page.locator("#confirm[open] .place button").click()
    page.wait_for_url("**/invoices/GATE*")
    expect(page.locator("#invoice-live")).to_have_attribute("data-status", "SUCCESS", timeout=20_000)
    order = page.url.rpartition("/")[2]

    page.goto(f"{store.url}/id-id/account/orders")
    row = page.locator(f".entry:has([href$='{order}'])")
    expect(row).to_contain_text("86 Diamonds")
    paid = amount_of(page, f".entry:has([href$='{order}']) .money")
    page.goto(f"{store.url}/id-id/account/wallet")
    assert amount_of(page, ".purse-amount") == before + 100_000 - paid
    expect(page.locator(f".entry:has([href$='{order}'])")).to_be_visible()
    expect(page.locator(f".entry:has([href$='{number}'])")).to_be_visible()
    page.goto(f"{store.url}/id-id/account/report")
    expect(page.locator(".plot rect")).to_have_count(1)
    expect(page.locator(".days tbody tr")).to_have_count(1)

    page.goto(f"{store.url}/id-id/account/orders")
    page.locator(".entry-again").first.click()
    page.wait_for_url("**/mobile-legends?again=*")
    expect(page.locator("#account-result [data-state=ok]")).to_be_visible()
    expect(page.locator("#buy-label")).to_contain_text("Rp")
    assert page.input_value("[name=userId]") == "700300701"


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_of_the_account_scrolls_sideways(visit: Callable[..., Page], store: Store, width: int) -> None:
    page = visit(width)
    sign_in(page, store, "/en-id/account/")
    for rest in PAGES:
        page.goto(f"{store.url}/en-id/account/{rest}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, rest
        open_tab = page.locator(".account-tabs [aria-current]")
        expect(open_tab).to_be_in_viewport(ratio=0.9)
