"""The first promise of the shop: a guest on a phone buys 172 diamonds, pays by QRIS, and watches them arrive."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Store


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f"label:has(input[name={name}][value={value}])").click()


def fill_account(page: Page, player: str, zone: str = "8610") -> None:
    page.fill("[name=userId]", player)
    page.fill("[name=zoneId]", zone)
    page.locator("[name=zoneId]").blur()


def fill_order(page: Page, store: Store, player: str, zone: str = "8610") -> None:
    """The page puts the best promo in by itself: each player may use WELCOME10 once, so every test has its own."""
    page.goto(f"{store.url}/id-id/mobile-legends")
    fill_account(page, player, zone)
    expect(page.locator("#account-result [data-state=ok]")).to_be_visible()
    choose(page, "skuCode", "MLBB_172")
    choose(page, "paymentCode", "QRIS")
    page.fill("[name=contactEmail]", "buyer@example.com")


def orders_of(store: Store, player: str) -> list[dict]:
    return [row for row in store.sandbox.supplier_orders() if row["game_user_id"] == player]


@pytest.mark.parametrize("width", [390, 1280])
def test_from_home_to_diamonds_without_a_reload(visit: Callable[..., Page], store: Store, width: int) -> None:
    player = "656696292" if width == 390 else "656696299"
    page = visit(width)
    page.goto(f"{store.url}/id-id/")
    popup = page.locator("#popup[open]")
    page.add_locator_handler(popup, lambda: popup.locator("button").first.click())
    page.locator("a.tile", has_text="Mobile Legends").first.click()
    expect(page).to_have_url(f"{store.url}/id-id/mobile-legends")

    fill_account(page, player)
    if width == 390:
        expect(page.locator("#account-result")).to_contain_text("り い こ ✧")
    choose(page, "skuCode", "MLBB_172")
    choose(page, "paymentCode", "QRIS")
    page.fill("#promoCode", "WELCOME10")
    page.click("#promo-apply")
    expect(page.locator("[data-promo=WELCOME10]")).to_be_visible()
    expect(page.locator("#buy-total")).to_have_text("Rp44.851")
    page.fill("[name=contactEmail]", "buyer@example.com")
    page.fill("[name=contactPhone]", "081234567890")
    page.click(".buy-button")

    sheet = page.locator("#confirm[open]")
    expect(sheet).to_contain_text("Rp44.851")
    sheet.locator(".place button").click()
    page.wait_for_url("**/invoices/GATE*")
    number = page.url.rpartition("/")[2]
    expect(page.locator(".qr svg.segno")).to_be_visible()
    expect(page.locator("#pay-clock")).to_contain_text(":")
    loaded_at = page.evaluate("performance.timeOrigin")

    payer = visit(390)
    payer.goto(f"{store.sandbox.url}/pay/{number}")
    payer.locator("button").first.click()

    expect(page.locator("#invoice-live")).to_have_attribute("data-status", "SUCCESS", timeout=20_000)
    assert page.evaluate("performance.timeOrigin") == loaded_at, "the page was reloaded"
    assert [row["status"] for row in orders_of(store, player)] == ["success"]
    paid = [row for row in store.sandbox.gateway_payments() if row["invoiceNumber"] == number]
    assert [(row["status"], row["amount"]) for row in paid] == [("paid", 44851)]


def test_tapping_twice_and_going_back_lead_to_the_same_order(visit: Callable[..., Page], store: Store) -> None:
    page = visit()
    fill_order(page, store, "700100200")
    page.click(".buy-button")
    button = page.locator("#confirm[open] .place button")
    button.dblclick()
    page.wait_for_url("**/invoices/GATE*")
    first = page.url
    token_posts = [row for row in store.sandbox.gateway_payments() if row["invoiceNumber"] == first.rpartition("/")[2]]
    assert len(token_posts) == 1


def test_an_unknown_account_is_said_before_anything_is_sold(visit: Callable[..., Page], store: Store) -> None:
    page = visit()
    page.goto(f"{store.url}/id-id/mobile-legends")
    with page.expect_response("**/check"):
        fill_account(page, "000123456", "2001")
    expect(page.locator("#account-result [data-state=bad]")).to_be_visible()


def test_another_operators_number_leads_to_that_operators_page(visit: Callable[..., Page], store: Store) -> None:
    page = visit()
    page.goto(f"{store.url}/id-id/telkomsel")
    page.fill("[name=phoneNumber]", "085155555555")
    page.locator("[name=phoneNumber]").blur()
    expect(page.locator("#account-result a")).to_have_attribute("href", "/id-id/byu")
    page.fill("[name=phoneNumber]", "081212345678")
    page.locator("[name=phoneNumber]").blur()
    expect(page.locator("#account-result [data-state=none]")).to_be_attached()
    expect(page.locator("#account-result")).to_have_text("")


def test_it_works_without_script_up_to_the_confirm_step(visit: Callable[..., Page], store: Store) -> None:
    page = visit(java_script_enabled=False)
    page.goto(f"{store.url}/en-id/mobile-legends")
    page.fill("[name=userId]", "700100300")
    page.fill("[name=zoneId]", "2001")
    choose(page, "skuCode", "MLBB_172")
    choose(page, "paymentCode", "QRIS")
    page.fill("[name=contactEmail]", "plain@example.com")
    page.click(".buy-button")
    expect(page.locator("h2#confirm-title, h1")).to_contain_text(["Is this your account?"])
    expect(page.get_by_text("Rp44.851").first).to_be_visible()


def test_pasting_id_and_zone_fills_both_fields(visit: Callable[..., Page], store: Store) -> None:
    page = visit()
    page.goto(f"{store.url}/id-id/mobile-legends")
    page.locator("[name=userId]").evaluate(
        """(field) => {
            const data = new DataTransfer();
            data.setData("text", "123456789 (1234)");
            field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }"""
    )
    assert page.input_value("[name=userId]") == "123456789"
    assert page.input_value("[name=zoneId]") == "1234"


def test_search_forgives_a_slip(visit: Callable[..., Page], store: Store) -> None:
    page = visit()
    page.goto(f"{store.url}/id-id/search?q=mobil+legens")
    expect(page.locator("a.tile").first).to_contain_text("Mobile Legends")


@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_scrolls_sideways(visit: Callable[..., Page], store: Store, width: int) -> None:
    page = visit(width)
    for path in ("/id-id/", "/id-id/mobile-legends", "/en-sg/", "/id-id/help", "/id-id/track"):
        page.goto(store.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
