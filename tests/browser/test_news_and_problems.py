"""A customer asks to hear by Telegram, gets the order, and reports a problem with a picture, all on a phone."""

from collections.abc import Callable
from io import BytesIO

from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.test_guest_buys import choose, fill_account
from tests.browser.test_promise import fits
from tests.conftest import Store


def test_telegram_tells_and_a_problem_is_reported(visit: Callable[..., Page], store: Store) -> None:
    page = visit(390)
    page.goto(f"{store.url}/en-id/mobile-legends")
    fill_account(page, "700300501", "2001")
    choose(page, "skuCode", "MLBB_172")
    choose(page, "paymentCode", "QRIS")
    page.fill("[name=contactEmail]", "news@example.com")
    page.click(".buy-button")
    page.locator("#confirm[open] .place button").click()
    page.wait_for_url("**/invoices/GATE*")
    invoice, number = page.url, page.url.rpartition("/")[2]

    page.get_by_role("link", name="News by WhatsApp or Telegram").click()
    fits(page, "Where shall we tell you?")
    app = visit(390)
    app.goto(page.get_by_role("link", name="Open Telegram and press Start").get_attribute("href") or "")
    app.get_by_role("button", name="Start").click()
    page.reload()
    expect(page.get_by_text("You hear by Telegram.")).to_be_visible()

    page.goto(invoice)
    store.sandbox.pay(number)
    expect(page.locator("#invoice-live")).to_have_attribute("data-status", "SUCCESS", timeout=20_000)
    expect(page.locator("#invoice-live")).not_to_contain_text("News by WhatsApp")

    page.get_by_role("link", name="Report a problem").click()
    fits(page, "What is wrong?")
    photo = BytesIO()
    Image.new("RGB", (300, 200), "navy").save(photo, "PNG")
    page.select_option("#topic", "NOT_ARRIVED")
    page.fill("#text", "My diamonds are not there.")
    page.set_input_files("#picture", {"name": "me.png", "mimeType": "image/png", "buffer": photo.getvalue()})
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_role("status").filter(has_text="We have it. Thank you.")).to_be_visible()
    expect(page.get_by_text("My diamonds are not there.")).to_be_visible()

    def told() -> list[str]:
        taken = store.sandbox._call("GET", "messages")["messages"]
        return [one["body"]["text"] for one in taken if number in one["body"].get("text", "")]

    expect(app.locator("body")).to_contain_text("Start")
    for _ in range(40):
        if len(told()) >= 3:
            break
        app.wait_for_timeout(500)
    assert len([text for text in told() if "172 Diamonds" in text]) == 2  # paid, and arrived
