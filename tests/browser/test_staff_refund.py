"""Support finds an order by half a player id, has it tried again and asks for money to go back; finance approves it
and cannot approve what she asked for herself."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.office import enter
from tests.conftest import Store
from tests.flows.test_guest_order import buy, ended
from tests.waiting import wait_until

PLAYER = "814477001"
# No supplier buys: what is paid waits.
STOP = "from fulfilment.models import SupplierAccount as A; from django.utils.timezone import now; A.objects.update({})"
WAITS = """
from datetime import timedelta
from django.utils.timezone import now
from fulfilment.models import TopUp
print(TopUp.objects.filter(order__number="%s", state="QUEUED").update(not_before=now() + timedelta(hours=1)))
"""
LIMIT = "from core.models import ApprovalLimit as L; L.objects.filter(kind='refund').delete(); "


def run(store: Store, code: str) -> str:
    done = store.console("shell", "-v", "0", "--no-imports", "-c", code)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def small_limit(store: Store) -> Iterator[None]:
    """One person gives back no more than Rp1.000 alone, as an owner might set it."""
    run(store, LIMIT + "L.objects.create(kind='refund', unit='IDR', most=1000)")
    yield
    run(store, LIMIT)


def act(page: Page, verb: str, **said: str) -> None:
    """The verb's dialog is opened, filled in and sent, and its answer is on the page."""
    page.locator(f"[hx-get*='/{verb}/']").first.evaluate("button => button.click()")
    dialog = page.locator("#dialog")
    expect(dialog.locator("[name=reason]")).to_be_visible()
    for name, text in said.items():
        dialog.locator(f"[name={name}]").fill(text)
    with page.expect_navigation():
        dialog.locator("[type=submit]").click()


def find(page: Page, store: Store, number: str) -> None:
    page.goto(f"{store.url}/admin/storefront/order/")
    page.fill("#searchbar", PLAYER[:5])
    page.keyboard.press("Enter")
    page.get_by_role("link", name=number).first.click()
    page.wait_for_url("**/change/**")


def test_support_asks_and_finance_approves_but_never_her_own(
    visit: Callable[..., Page], store: Store, small_limit: None
) -> None:
    run(store, STOP.replace("{}", "paused_at=now(), paused_why='balance', paused_needs_minor=10**15"))
    try:
        number = buy(store, userId=PLAYER)["invoiceNumber"]
        store.sandbox.pay(number)
        wait_until(lambda: run(store, WAITS % number) == "1")
    finally:
        run(store, STOP.replace("{}", "paused_at=None, paused_why='', paused_needs_minor=None"))

    support = visit(1280, locale="en-US")
    enter(support, store, "staff@example.com")
    wait_until(lambda: _is_found(support, store, number))
    find(support, store, number)
    act(support, "send_again", reason="the customer calls")
    assert ended(store, number)["status"] == "SUCCESS"
    find(support, store, number)
    act(support, "give_back", amount="5000", reason="half of it never came")
    expect(support.get_by_text("a person decides").first).to_be_visible()

    finance = visit(1280, locale="en-US")
    enter(finance, store, "finance@example.com")
    decide(finance, store, number, "staff@example.com")
    expect(finance.get_by_text("approved and done").first).to_be_visible()
    find(finance, store, number)
    act(finance, "give_back", amount="6000", reason="the rest of it, too")
    decide(finance, store, number, "finance@example.com")
    expect(finance.get_by_text("You asked for this yourself").first).to_be_visible()


def decide(page: Page, store: Store, number: str, asked_by: str) -> None:
    page.goto(f"{store.url}/admin/core/approval/?q={number}&state__exact=WAITING")
    page.locator("tr", has_text=asked_by).get_by_role("link").first.click()
    page.wait_for_url("**/change/**")
    act(page, "approve", reason="seen on the statement")


def _is_found(page: Page, store: Store, number: str) -> bool:
    page.goto(f"{store.url}/admin/storefront/order/?q={PLAYER[:5]}")
    return number in page.content()
