"""A stranger becomes a member: mail, deposit, balance, a refund, a second factor, and the way back in with its code."""

from __future__ import annotations

import re
from base64 import b32decode
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from time import time

import pytest
from django_otp.oath import TOTP
from playwright.sync_api import Page, expect

from tests.browser.test_guest_buys import choose, fill_account
from tests.browser.test_member import amount_of
from tests.conftest import Store
from tests.waiting import wait_until

PASSWORD = "Moonlit-Harbour-77"


def link_to(store: Store, email: str) -> str:
    """The link in the mail that came to this address."""

    def read() -> str:
        for file in (store.data / "mail").glob("*.eml"):
            mail = message_from_bytes(file.read_bytes(), policy=default)
            assert isinstance(mail, EmailMessage)
            body = mail.get_body(("plain",))
            found = re.search(r"https?://\S+/account/verify\S+", body.get_content()) if body else None
            if found and email in str(mail["to"]):
                return found[0]
        return ""

    return wait_until(read)


def register(page: Page, store: Store, email: str) -> None:
    page.goto(f"{store.url}/id-id/account/register")
    page.fill("[name=firstName]", "Ratna")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=confirmPassword]", PASSWORD)
    send(page, "password")
    expect(page.locator("[role=status]", has_text=email)).to_be_visible()
    page.goto(link_to(store, email))
    send(page, "token")
    page.wait_for_url(f"{store.url}/id-id/account/")


def send(page: Page, field: str) -> None:
    page.locator(f"main form:has([name={field}]) [type=submit]").click()


def deposit(page: Page, store: Store) -> None:
    page.goto(f"{store.url}/id-id/account/deposits/new")
    page.locator("[data-amount='100000']").click()
    choose(page, "paymentCode", "QRIS")
    page.locator(".deposit-form > [type=submit]").click()
    page.locator("form.place [type=submit]").click()
    page.wait_for_url("**/account/deposits/DEP*")
    expect(page.locator(".qr svg.segno")).to_be_visible()
    assert store.sandbox.pay(page.url.rpartition("/")[2]) == [200]
    expect(page.locator("#invoice-live")).to_have_attribute("data-status", "SUCCESS", timeout=20_000)


def buy(page: Page, store: Store, ending: str) -> tuple[str, int]:
    """Number and price of an order that is paid from the wallet and ends like that before the buyer's eyes."""
    page.goto(f"{store.url}/id-id/mobile-legends")
    fill_account(page, "700300702", "2001")
    expect(page.locator("#account-result [data-state=ok]")).to_be_visible()
    panel = page.locator(".section:has([value=MLBB_86])").get_attribute("id")
    page.locator(f"[role=tab][aria-controls={panel}]").click()
    choose(page, "skuCode", "MLBB_86")
    choose(page, "paymentCode", "BALANCE")
    expect(page.locator("#buy-total")).to_contain_text("Rp")
    page.click(".buy-button")
    page.locator("#confirm[open] .place button").click()
    page.wait_for_url("**/invoices/GATE*")
    expect(page.locator("#invoice-live")).to_have_attribute("data-status", ending, timeout=30_000)
    number = page.url.rpartition("/")[2]
    page.goto(f"{store.url}/id-id/account/orders")
    return number, amount_of(page, f".entry:has([href$='{number}']) .money")


def code_for(secret: str, steps: int) -> str:
    """What an authenticator app with this secret shows, `steps` times half a minute from now."""
    totp = TOTP(b32decode(secret))
    totp.time = time() + 30 * steps
    return f"{totp.token():06d}"


def second_factor_on(page: Page, store: Store) -> str:
    """Returns the secret that the page showed."""
    page.goto(f"{store.url}/id-id/account/security")
    page.locator("#mfa form button").click()
    expect(page.locator(".account-qr svg")).to_be_visible()
    expect(page.locator(".account-codes li")).to_have_count(5)
    secret = page.locator(".account-secret").inner_text().replace(" ", "")
    page.fill("[name=code]", code_for(secret, 0))
    send(page, "sealed")
    page.wait_for_url("**/account/security?done=mfa")
    expect(page.locator("#mfa .account-on")).to_be_visible()
    return secret


@pytest.mark.parametrize("width", [390, 1280])
def test_from_a_stranger_to_a_member_with_two_factors(visit: Callable[..., Page], store: Store, width: int) -> None:
    page, email = visit(width), f"ratna{width}@example.com"
    register(page, store, email)
    deposit(page, store)
    assert amount_of(page, ".purse-amount") == 100_000
    _arrived, price = buy(page, store, "SUCCESS")
    assert 0 < price < 50_000

    store.sandbox.faults(order={"fail": 1.0})
    try:
        failed, paid = buy(page, store, "FAILED")
    finally:
        store.sandbox.faults()
    assert paid == price
    page.goto(f"{store.url}/id-id/account/wallet")
    assert amount_of(page, ".purse-amount") == 100_000 - price
    rows = page.locator(f".entry:has([href$='{failed}'])")
    expect(rows).to_have_count(2)  # what was paid, and the same back
    expect(rows.locator(".gain")).to_have_count(1)
    page.goto(f"{store.url}/id-id/account/wallet?type=CREDIT&search={failed}")
    assert amount_of(page, ".entry .gain") == price

    secret = second_factor_on(page, store)
    page.locator(".account-nav [action$=sign-out] button").click()
    page.wait_for_url(f"{store.url}/id-id/")
    page.goto(f"{store.url}/id-id/account/report")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    send(page, "password")
    page.fill("[name=code]", code_for(secret, 1))  # the code of this half minute is used up
    send(page, "mfaToken")
    page.wait_for_url(f"{store.url}/id-id/account/report")
    expect(page.locator(".plot rect")).to_have_count(1)
    expect(page.locator(".days tbody tr")).to_have_count(1)
    expect(page.locator(".days tbody")).to_contain_text(f"{price:,}".replace(",", "."))
    assert page.evaluate("document.documentElement.scrollWidth") <= width
