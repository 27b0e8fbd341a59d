"""Takes the README's screenshots of a running demo shop:
`.venv/bin/python docs/screenshots/take.py http://127.0.0.1:8000 TOTP-SECRET`, the secret as `./run` prints it.

Buys 172 diamonds on the way, as a guest would and as the demo customer from a deposit, and plays the payer on the page
of the outside world (next port). A fresh store makes the best pictures.
"""

import base64
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

from django_otp.oath import totp
from playwright.sync_api import Page, expect, sync_playwright

HERE = Path(__file__).resolve().parent
OFFICE = {"start": "?span=28", "desk": "desk/", "operations": "operations/", "drafts": "fulfilment/pricedraft/",
          "approvals": "core/approval/"}  # fmt: skip
#: Pages of the first row of a list.
ROWS = {"order": "storefront/order/", "file": "core/sheetimport/?state__exact=READ"}


def shoot(page: Page, name: str, whole: bool = False) -> None:
    page.wait_for_load_state("networkidle")
    page.screenshot(path=HERE / f"{name}.png", full_page=whole)


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f"label:has(input[name={name}][value={value}])").click()


def walk(page: Page, shop: str, world: str, width: int) -> None:
    page.goto(f"{shop}/id-id/")
    shoot(page, f"home-{width}")
    page.goto(f"{shop}/id-id/mobile-legends")
    page.fill("[name=userId]", str(100_000_000 + secrets.randbelow(800_000_000)))
    page.fill("[name=zoneId]", "8610")
    page.locator("[name=zoneId]").blur()
    expect(page.locator("#account-result [data-state=ok]")).to_be_visible()
    choose(page, "skuCode", "MLBB_172")
    choose(page, "paymentCode", "QRIS")
    page.fill("[name=contactEmail]", "pembeli@example.com")
    expect(page.locator("#promo-result [data-promo]")).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    shoot(page, f"order-{width}")
    page.click(".buy-button")
    expect(page.locator("#confirm[open]")).to_be_visible()
    shoot(page, f"confirm-{width}")
    page.locator("#confirm .place button").click()
    page.wait_for_url("**/invoices/GATE*")
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=HERE / f"invoice-{width}.png")
    pay(page, world)
    page.screenshot(path=HERE / f"done-{width}.png")


def member(page: Page, shop: str, world: str, width: int) -> None:
    """The demo customer's own pages, with one deposit and one order in them."""
    page.goto(f"{shop}/id-id/account/sign-in")
    page.fill("[name=email]", "customer@example.com")
    page.fill("[name=password]", "demo-Passw0rd!")
    page.locator("main form:has([name=password]) [type=submit]").click()
    page.wait_for_url("**/id-id/**")
    deposit(page, shop, world, width)
    buy_by_balance(page, shop)
    for name in ("", "wallet", "report", "membership", "security"):
        page.goto(f"{shop}/id-id/account/{name}")
        shoot(page, f"account-{name or 'overview'}-{width}")


def deposit(page: Page, shop: str, world: str, width: int) -> None:
    page.goto(f"{shop}/id-id/account/deposits/new")
    page.locator("[data-amount='100000']").click()
    expect(page.locator("label:has([value=QRIS]) .channel-total")).to_have_text("Rp100.700")
    choose(page, "paymentCode", "QRIS")
    page.locator(".deposit-form > [type=submit]").click()
    page.locator("form.place [type=submit]").click()
    page.wait_for_url("**/account/deposits/DEP*")
    page.screenshot(path=HERE / f"account-deposit-{width}.png")
    pay(page, world)


def buy_by_balance(page: Page, shop: str) -> None:
    page.goto(f"{shop}/id-id/mobile-legends")
    page.fill("[name=userId]", "656696292")
    page.fill("[name=zoneId]", "8610")
    page.locator("[name=zoneId]").blur()
    expect(page.locator("#account-result [data-state=ok]")).to_be_visible()
    choose(page, "skuCode", "MLBB_172")
    choose(page, "paymentCode", "BALANCE")
    page.click(".buy-button")
    page.locator("#confirm[open] .place button").click()
    page.wait_for_url("**/invoices/GATE*")
    expect(page.locator("#invoice-live")).to_have_attribute("data-status", "SUCCESS", timeout=30_000)


def staff(page: Page, shop: str, secret: str, width: int) -> None:
    """The owner's back office, with whatever the shop has sold."""
    page.goto(f"{shop}/admin/login/")
    page.fill("[name=username]", "admin@example.com")
    page.fill("[name=password]", "demo-Passw0rd!")
    page.click("[type=submit]")
    page.fill("[name=code]", f"{totp(base64.b32decode(secret)):06d}")
    page.click("[type=submit]")
    page.wait_for_url("**/admin/")
    for name, address in OFFICE.items():
        page.goto(f"{shop}/admin/{address}")
        shoot(page, f"office-{name}-{width}")
    for name, address in ROWS.items():
        page.goto(f"{shop}/admin/{address}")
        page.locator("#result_list tbody th a").first.click()
        shoot(page, f"office-{name}-{width}")
    dark(page, shop, width)


def dark(page: Page, shop: str, width: int) -> None:
    """Nothing is bought at a supplier, for as long as it takes to take the picture."""
    for verb in ("open", "close"):
        page.goto(f"{shop}/admin/operations/suppliers/gemgo/{verb}/")
        page.fill("[name=reason]", "their maintenance")
        page.locator("form:has([name=reason]) [type=submit]").click()
        page.wait_for_url("**/admin/operations/")
        if verb == "open":
            shoot(page, f"office-dark-{width}")


def pay(page: Page, world: str) -> None:
    """Plays the payer of the order or deposit that the page shows, and waits until it is through."""
    payer = page.context.new_page()
    payer.goto(f"{world}/pay/{page.url.rpartition('/')[2]}")
    payer.locator("button").first.click()
    payer.close()
    expect(page.locator("#invoice-live")).to_have_attribute("data-status", "SUCCESS", timeout=30_000)


def main() -> None:
    shop, secret = sys.argv[1].rstrip("/"), sys.argv[2]
    parts = urlsplit(shop)
    world = f"{parts.scheme}://{parts.hostname}:{(parts.port or 80) + 1}"
    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=quiet)
        for width, height in ((390, 844), (1280, 800)):
            address = f"10.55.{secrets.randbelow(250)}.{secrets.randbelow(250)}"
            context = browser.new_context(
                viewport={"width": width, "height": height},
                extra_http_headers={"X-Forwarded-For": address},
                reduced_motion="reduce",  # no picture of a sheet on its way in
            )
            walk(context.new_page(), shop, world, width)
            member(context.new_page(), shop, world, width)
            context.clear_cookies()
            staff(context.new_page(), shop, secret, width)
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
