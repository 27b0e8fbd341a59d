"""The owner opens the back office, on a desk and on a phone, and reads the profit that the ledger says."""

from __future__ import annotations

import json
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.office import enter
from tests.browser.test_guest_buys import choose, fill_account
from tests.conftest import Store

# Of what was ordered and deposited today in Indonesia, by the transfers themselves: none of the code that sums days has
# a part in it.
LEDGER = """
import json
from datetime import datetime
from django.db.models import Q
from core import rates
from core.money import Money
from core.regions import JAKARTA
from fulfilment.models import Attempt
from payments.models import Transfer
from payments.points.services import worth
today = datetime.now(JAKARTA).replace(hour=0, minute=0, second=0, microsecond=0)
left = 0
ordered = Q(order__region="ID", order__created_at__gte=today)
filled_up = Q(deposit__channel__region="ID", deposit__created_at__gte=today)
for one in Transfer.objects.filter(ordered | filled_up).select_related("source", "target"):
    kinds = {one.source.kind: -1, one.target.kind: 1}
    if "COSTS" in kinds:
        sent = Attempt.objects.get(pk=one.key.split(":")[1]).sent_at
        cost = rates.convert(Money(one.amount_minor, one.currency), "IDR", sent, round_up=True)
        left -= kinds["COSTS"] * cost.minor
    elif "POINTS" in kinds:
        left -= kinds["POINTS"] * worth(one.amount_minor, "IDR", one.at).minor
    else:
        own = [kinds[kind] for kind in ("SALES", "FEES", "CHARGES", "GOODWILL") if kind in kinds]
        left += sum(own) * one.amount_minor
print(json.dumps({"profit": str(Money(left, "IDR"))}))
"""


def test_the_owner_reads_the_true_profit_of_the_ledger(visit: Callable[..., Page], store: Store) -> None:
    buyer = visit(390)
    buyer.goto(f"{store.url}/en-id/mobile-legends")
    fill_account(buyer, "700600501", "2001")
    choose(buyer, "skuCode", "MLBB_172")
    choose(buyer, "paymentCode", "QRIS")
    buyer.fill("[name=contactEmail]", "owner.reads@example.com")
    buyer.click(".buy-button")
    buyer.locator("#confirm[open] .place button").click()
    buyer.wait_for_url("**/invoices/GATE*")
    store.sandbox.pay(buyer.url.rpartition("/")[2])
    expect(buyer.locator("#invoice-live")).to_have_attribute("data-status", "SUCCESS", timeout=20_000)

    page = visit(1280, locale="en-US")
    enter(page, store)
    told = json.loads(store.console("shell", "-v", "0", "-c", LEDGER).stdout.splitlines()[-1])
    page.goto(f"{store.url}/admin/?span=today&region=ID")
    profit = page.locator("[data-figure=profit] [data-value]")
    expect(profit).to_have_text(told["profit"])
    expect(page.locator("svg[role=img]")).to_be_visible()
    page.get_by_role("link", name="Supplier", exact=True).click()
    expect(page.locator("tbody tr").first).to_contain_text("GemGo")

    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{store.url}/admin/?span=today&region=ID")
    expect(profit).to_have_text(told["profit"])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
