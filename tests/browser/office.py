"""Staff at the door of the back office, in the browser."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from demo.catalogue.people import PASSWORD
from tests.conftest import Store


def enter(page: Page, store: Store, email: str = "admin@example.com") -> None:
    """The page stands at the start of the back office, signed in as that person, the owner, with the second factor."""
    page.goto(f"{store.url}/admin/")
    page.fill("[name=username]", email)
    page.fill("[name=password]", PASSWORD)
    page.locator("#login-form [type=submit]").click()
    code = page.locator("[name=code]")
    expect(code).to_be_visible()
    code.fill(store.console("demo_code", email).stdout.split()[-1])
    page.locator("[type=submit]").first.click()
    page.wait_for_url("**/admin/")
