"""axe-core finds nothing serious on any page of guests and members, on a phone, in light and in dark."""

from __future__ import annotations

from collections.abc import Callable

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.test_guest_buys import choose, fill_order
from tests.browser.test_member import PAGES, sign_in
from tests.conftest import Store

GUEST = [
    *("", "search?q=mobile", "mobile-legends", "telkomsel", "help", "track"),
    *("account/sign-in", "account/register", "account/forgot", "account/verify"),
]
# In dark only the colours are others.
_RUN = """async (dark) => {
    const frame = () => new Promise(requestAnimationFrame);
    const moves = (one) => one.playState === "running" && one.effect.getTiming().iterations < 99;
    do { await frame(); await frame(); } while (document.getAnimations().some(moves));
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const found = await axe.run({resultTypes: ["violations"], runOnly: dark ? ["color-contrast"] : tags});
    return found.violations;
}"""


def faults(page: Page) -> list[str]:
    """What axe finds on the page as it stands, in both themes; the minor things too."""
    page.evaluate(AXE_SCRIPT)
    found = []
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        for problem in page.evaluate(_RUN, theme == "dark"):
            for node in problem["nodes"]:
                words = f"{problem['id']} ({problem['impact']}) {node['target']} {node['html'][:160]}"
                found.append(f"{page.url} {theme}: {words}: {node['failureSummary'][:300]}")
    return found


def test_guests_pages(visit: Callable[..., Page], store: Store) -> None:
    page = visit(390, reduced_motion="reduce")
    found = []
    for rest in GUEST:
        page.goto(f"{store.url}/id-id/{rest}")
        found += faults(page)
    fill_order(page, store, "700100400")
    page.click(".buy-button")
    page.wait_for_selector("#confirm[open]")
    found += faults(page)
    page.locator("#confirm .place button").click()
    page.wait_for_url("**/invoices/GATE*")
    found += faults(page)
    assert not found, "\n".join(found)


def test_members_pages(visit: Callable[..., Page], store: Store) -> None:
    page = visit(390, reduced_motion="reduce")
    sign_in(page, store, "/en-id/account/")
    found = []
    for rest in PAGES:
        page.goto(f"{store.url}/en-id/account/{rest}")
        found += faults(page)
    page.goto(f"{store.url}/en-id/account/deposits/new")
    page.locator("[data-amount='100000']").click()
    choose(page, "paymentCode", "QRIS")
    page.locator(".deposit-form > [type=submit]").click()
    page.wait_for_selector("form.place")
    found += faults(page)
    page.locator("form.place [type=submit]").click()
    page.wait_for_url("**/account/deposits/DEP*")
    found += faults(page)
    page.goto(f"{store.url}/en-id/account/security")
    page.locator("form[action$='security/mfa'] button").click()
    page.wait_for_selector(".account-codes")
    found += faults(page)
    assert not found, "\n".join(found)
