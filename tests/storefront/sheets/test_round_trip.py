"""Every kind of file that staff can take out of the shop goes back in and changes nothing."""

from __future__ import annotations

import pytest

from core.sheets import files, importing
from core.sheets.sheet import Sheet
from fulfilment.sheets import ROUTES
from payments import sheets as ways
from storefront.sheets import goods, shown
from tests.demo.shop import _loaded, demo_shop  # noqa: F401

SHEETS = [
    goods.CATEGORIES, goods.PRODUCTS, goods.PRODUCT_REGIONS, goods.PRODUCT_FIELDS, goods.SECTIONS, goods.SKUS,
    goods.PRICES, goods.MEMBER_DISCOUNTS, goods.PRODUCT_CLOSURES, goods.PREFIXES, shown.PROMOS, shown.BANNERS,
    shown.POPUPS, shown.QUESTIONS, ways.CHANNELS, ways.CHANNEL_CLOSURES, ROUTES,
]  # fmt: skip


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.code)
def test_what_goes_out_comes_back_unchanged(demo_shop: None, sheet: Sheet) -> None:  # noqa: F811
    made = {"csv": files.to_csv(sheet.heads, sheet.table())}
    if sheet.code in ("prices", "products", "promos"):
        made["xlsx"] = files.to_xlsx(sheet.code, sheet.heads, sheet.table())
    for kind, content in made.items():
        one = importing.read_file(sheet, content, file_name=f"{sheet.code}.{kind}", by="catalogue@example.com")
        told = list(one.rows.exclude(kind="SAME").values_list("line", "kind", "before", "after", "problems")[:3])
        assert (one.new, one.changed, one.wrong, told) == (0, 0, 0, [])
        assert one.same == sheet.rows().count() > 0 or sheet.code == "channel_closures"
