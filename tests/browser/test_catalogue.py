"""Somebody of the catalogue role reads 2,000 prices in with three bad rows, publishes the good ones, and undoes it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.office import enter
from tests.conftest import Store

SKUS, REGIONS = 400, ("ID", "MY", "PH", "SG", "TH")
# On no shelf, so that the other walks see nothing of it.
GOODS = f"""
from storefront.catalogue.models import Category, Product, Section, Sku, SkuPrice
given = {{"slug": "bulk", "category": Category.objects.first(), "name": "Bulk", "title": "Bulk", "is_active": False}}
product, made = Product.objects.get_or_create(code="BULK", defaults=given)
section, made = Section.objects.get_or_create(product=product, code="all")
made = [Sku(product=product, section=section, code=f"BULK_{{n}}", name=str(n)) for n in range({SKUS})]
SkuPrice.objects.bulk_create(SkuPrice(sku=sku, region_id=region, price_minor=10000 + n, original_minor=50000)
    for n, sku in enumerate(Sku.objects.bulk_create(made)) for region in {REGIONS})
"""


def prices(page: Page, store: Store) -> dict[tuple[str, str], dict[str, str]]:
    """The shop's prices of these goods, as an export gives them."""
    answer = page.request.get(f"{store.url}/admin/core/sheetimport/files/prices.csv")
    assert answer.ok
    rows = csv.DictReader(io.StringIO(answer.body().decode("utf-8-sig")))
    return {(row["sku"], row["region"]): row for row in rows if row["sku"].startswith("BULK_")}


def test_two_thousand_prices_in_and_out_again(visit: Callable[..., Page], store: Store) -> None:
    assert store.console("shell", "-v", "0", "-c", GOODS).returncode == 0
    page = visit(1280, locale="en-US")
    enter(page, store, "catalogue@example.com")
    page.goto(f"{store.url}/admin/storefront/skuprice/")
    page.get_by_role("link", name="Import and export").first.click()
    before = prices(page, store)
    assert len(before) == SKUS * len(REGIONS) == 2000

    rows = [dict(row) for row in before.values()]
    for row in rows:
        row["price"] = str(int(row["price"]) + 500) if row["region"] == "ID" else f"{float(row['price']) + 5:.2f}"
    rows[3]["price"], rows[700]["sku"], rows[1999]["price"] = "0", "NOBODY", "=A1*2"
    file = io.StringIO()
    writer = csv.DictWriter(file, ["sku", "region", "price"], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    page.locator("#prices").get_by_role("link", name="Read a file in").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "prices.csv", "mimeType": "text/csv", "buffer": file.getvalue().encode()}
    )
    page.get_by_role("button", name="Read the file").click()

    expect(page.locator("[data-kind=WRONG] [data-count]")).to_have_text("3")
    expect(page.locator("[data-kind=CHANGED] [data-count]")).to_have_text(re.compile("1[,.]?997"))
    wrong = page.locator("[data-rows] tbody tr")
    expect(wrong).to_have_count(3)
    expect(wrong.nth(0)).to_contain_text("more than nothing")
    expect(wrong.nth(1)).to_contain_text("does not know “NOBODY”")
    expect(wrong.nth(2)).to_contain_text("formula")
    assert prices(page, store) == before
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")

    page.locator("[data-verb=publish]").click()
    expect(page.locator("body")).to_contain_text("3 lines cannot go")
    page.locator("[name=only_good]").check()
    page.fill("[name=why]", "prices of the new month")
    page.locator("[data-verb=publish]").click()
    expect(page.locator("[data-state=PUBLISHED]")).to_be_visible(timeout=20_000)
    after = prices(page, store)
    changed = {key for key in before if after[key]["price"] != before[key]["price"]}
    assert len(changed) == 1997
    key = (rows[10]["sku"], rows[10]["region"])
    assert float(after[key]["price"]) == float(rows[10]["price"])

    page.fill("[name=why]", "the wrong month")
    page.locator("[data-verb=undo]").click()
    expect(page.locator("[data-state=UNDONE]")).to_be_visible(timeout=20_000)
    assert prices(page, store) == before
