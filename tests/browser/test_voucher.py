"""A guest on a phone buys a voucher of our own stock, and shows its code when nobody looks."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.test_guest_buys import choose
from tests.conftest import Store

CODE = r"^DEMO-[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}$"


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def test_buying_a_voucher_and_showing_its_code_on_a_phone(visit: Callable[..., Page], store: Store) -> None:
    page = visit(390)
    page.goto(f"{store.url}/en-id/google-play")
    expect(page.locator("#step-account")).to_have_count(0)
    choose(page, "skuCode", "GOOGLEPLAY_20000")
    choose(page, "paymentCode", "QRIS")
    page.fill("[name=contactEmail]", "gift@example.com")
    page.click(".buy-button")
    sheet = page.locator("#confirm[open]")
    expect(sheet).to_contain_text("Is everything right?")
    sheet.locator(".place button").click()
    page.wait_for_url("**/invoices/GATE*")
    number = page.url.rpartition("/")[2]
    assert store.sandbox.pay(number) == [200]
    expect(page.locator("#invoice-live")).to_have_attribute("data-status", "SUCCESS", timeout=20_000)
    expect(page.locator("h1")).to_have_text("Your code is ready")
    codes = page.locator(".codes")
    expect(codes).to_contain_text("••••")
    assert "DEMO-" not in page.content() and fits(page)

    codes.get_by_role("button", name="Show").click()
    shown = page.locator("[data-code]")
    expect(shown).to_be_visible()
    code = shown.inner_text()
    assert re.match(CODE, code)
    expect(page.get_by_role("button", name="Copy")).to_have_attribute("data-copy", code)
    expect(page.locator(".how li").first).to_contain_text("play.google.com/redeem")
    assert fits(page)
    page.get_by_role("link", name="Back to the order").click()
    expect(page.locator(".codes")).to_contain_text("first shown")
    assert code not in page.content()

    stranger = visit(390)
    stranger.goto(f"{store.url}/en-id/invoices/{number}")
    expect(stranger.locator("h1")).to_have_text("Your code is ready")
    assert code not in stranger.content() and stranger.locator(".codes").count() == 0
