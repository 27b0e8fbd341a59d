"""A file of prices on its way into the shop: previewed, published whole or not at all, undone."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import translation
from openpyxl import Workbook

from accounts.models import User
from core.errors import Refused
from core.models import AuditEntry, SheetImport
from core.sheets import comparing, files, importing
from storefront.catalogue.models import Product, Section, Sku, SkuPrice
from storefront.promos.models import Promo
from storefront.sheets import goods, shown
from tests.staff import enter
from tests.storefront import factories

BY = "catalogue@example.com"
HEADS = "sku,region,price,list_price,available"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def many_prices(count: int) -> list[SkuPrice]:
    """That many SKUs in ID with a price of Rp10.000 + its number, struck from Rp20.000."""
    product = factories.product("MANY")
    section, _ = Section.objects.get_or_create(product=product, code="all")
    skus = Sku.objects.bulk_create(
        Sku(product=product, section=section, code=f"MANY_{number}", name=str(number)) for number in range(count)
    )
    region = factories.region("ID")
    return SkuPrice.objects.bulk_create(
        SkuPrice(sku=sku, region=region, price_minor=10_000 + number, original_minor=20_000)
        for number, sku in enumerate(skus)
    )


def read(content: str | bytes, sheet: Any = goods.PRICES) -> SheetImport:
    raw = content.encode() if isinstance(content, str) else content
    return importing.read_file(sheet, raw, file_name="prices.csv", by=BY)


def problem(cells: str, heads: str = HEADS, sheet: Any = goods.PRICES) -> tuple[str, str]:
    """The column and the words of what is wrong with one line."""
    one = read(f"{heads}\n{cells}\n", sheet)
    assert (one.wrong, one.new, one.changed, one.same) == (1, 0, 0, 0)
    (found,) = one.rows.get().problems
    return tuple(found)


def shop() -> list[Any]:
    return list(SkuPrice.objects.order_by("pk").values_list("sku__code", "region_id", "price_minor", "original_minor"))


@pytest.mark.django_db
def test_two_thousand_prices_with_three_bad_rows(django_assert_max_num_queries: Any) -> None:
    many_prices(2000)
    before = shop()
    lines = [f"MANY_{number},ID,{11_000 + number},20000,yes" for number in range(2000)]
    lines[10], lines[500], lines[1999] = (
        "MANY_10,ID,0,20000,yes",
        "NOBODY,ID,11000,20000,yes",
        "MANY_1999,ID,,20000,yes",
    )
    with django_assert_max_num_queries(14):
        one = read("\n".join([HEADS, *lines]))
    assert (one.changed, one.wrong, one.new, one.same, one.jumps) == (1997, 3, 0, 0, 0)
    told = {row.line: row.problems for row in one.rows.filter(kind="WRONG")}
    assert {line: problems[0][0] for line, problems in told.items()} == {12: "price", 502: "sku", 2001: "price"}
    assert shop() == before, "a dry run moves nothing"

    with pytest.raises(Refused) as refused:
        importing.publish(goods.PRICES, one, by=BY)
    assert "3 lines" in str(refused.value.message)
    assert shop() == before
    with django_assert_max_num_queries(24):
        assert importing.publish(goods.PRICES, one, by=BY, why="new prices", only_good=True) == 1997
    assert SkuPrice.objects.get(sku__code="MANY_3").price_minor == 11_003
    assert [SkuPrice.objects.get(sku__code=f"MANY_{n}").price_minor for n in (10, 500, 1999)] == [
        10_010,
        10_500,
        11_999,
    ]
    trail = AuditEntry.objects.filter(action="imported", subject__startswith="storefront.skuprice:")
    assert trail.count() == 1997
    entry = trail.get(subject=f"storefront.skuprice:{SkuPrice.objects.get(sku__code='MANY_3').pk}")
    assert (entry.actor, entry.before, entry.after) == (
        BY,
        {"price": "10003", "fixed": "no"},
        {"price": "11003", "fixed": "yes"},
    )
    with pytest.raises(Refused):
        importing.publish(goods.PRICES, one, by=BY, only_good=True)

    # Somebody changes one of them; undoing leaves that one and says so.
    SkuPrice.objects.filter(sku__code="MANY_7").update(price_minor=12_345)
    with django_assert_max_num_queries(24):
        assert importing.undo(goods.PRICES, one, by=BY, why="wrong file") == (1996, 1)
    assert set(shop()) - set(before) == {("MANY_7", "ID", 12_345, 20_000)}
    stays = one.rows.get(line=9)
    assert (stays.is_applied, bool(stays.outcome)) == (True, True)
    with pytest.raises(Refused):
        importing.undo(goods.PRICES, one, by=BY, why="again")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cells", "column", "words"),
    [
        ("MLBB_172,ID,0,50000,yes", "price", "more than nothing"),
        ("MLBB_172,ID,0.500,50000,yes", "price", "no decimals"),
        ("MLBB_172,ID,,50000,yes", "price", "empty"),
        ("MLBB_172,ID,-5,50000,yes", "price", "number alone"),
        ("MLBB_172,ID,49450.50,50000,yes", "price", "no decimals"),
        ("MLBB_172,ID,Rp49450,50000,yes", "price", "number alone"),
        ("MLBB_172,ID,4.9E+4,50000,yes", "price", "rounded"),
        ("MLBB_172,ID,60000,50000,yes", "list_price", "not below"),
        ("MLBB_172,ID,49450,50000,perhaps", "available", "yes or no"),
        ("=HYPERLINK(1),ID,49450,50000,yes", "sku", "formula"),
        ("MLBB_172,ID,=1+1,50000,yes", "price", "formula"),
        ("MLBB_172,XX,49450,50000,yes", "region", "XX"),
        ("NOBODY,ID,49450,50000,yes", "sku", "NOBODY"),
        ("MLBB_172,ID,49450,50000,yes,more", "", "more cells"),
        ("MLBB_172,SG,1.234,2.00,yes", "price", "two ways"),
        ("MLBB_172,SG,12.345,20.00,yes", "price", "two ways"),
        ("MLBB_172,SG,12.3456,20.00,yes", "price", "two decimals"),
    ],
)
def test_each_bad_row_is_told_by_column(cells: str, column: str, words: str) -> None:
    factories.sku(prices={"ID": (49450, 50000), "SG": (400, 500)})
    found = problem(cells)
    assert found[0] == column
    assert words in found[1]


@pytest.mark.django_db
def test_amounts_as_people_and_spreadsheets_write_them() -> None:
    factories.sku(prices={"ID": (49450, 50000), "SG": (400, 500)})
    typed = {"49.451": 49451, "49,452": 49452, "49453": 49453, "49.454,00": 49454}
    for text, minor in typed.items():
        table = f"sku;region;price\nMLBB_172;ID;{text}\n"
        one = read(table)
        assert comparing.of_table(goods.PRICES, files.read(table.encode()))[0].row.price_minor == minor, text
        assert one.changed == 1
    book = Workbook()
    for row in (
        ["SKU", "Region", "Price", "Currency"],
        ["MLBB_172", "SG", 4.05, "SGD"],
        ["MLBB_172", "ID", 49.125, "IDR"],
    ):
        book.active.append(row)
    held = io.BytesIO()
    book.save(held)
    one = read(held.getvalue())
    assert (one.changed, one.wrong) == (1, 1)
    assert one.rows.get(line=2).after == {"price": "4.05", "fixed": "yes"}
    assert problem("NOBODY,ID,49450", "sku,region,price")[0] == "sku"
    assert problem("MLBB_172,ID,49450,USD", "sku,region,price,currency")[0] == "currency"
    assert read("sku\tregion\tprice\nMLBB_172\tID\t49.460\n".encode("utf-16")).changed == 1


@pytest.mark.django_db
def test_cells_that_no_database_keeps_are_told_and_never_an_error() -> None:
    factories.product("MLBB")
    for cell in ("[" * 9000, "[NaN]", '""[{""""value"""":""""\\ud800"""",""""label"""":1}]""'):
        assert problem(f'MLBB,zone,"{cell}"', "product,key,options", goods.PRODUCT_FIELDS)[0] == "options"
    assert problem("MLBB,1.000", "code,usual_seconds", goods.PRODUCTS)[0] == "usual_seconds"
    closing = "id,product,reason_en,closed_from,closed_until"
    assert problem(",MLBB,Night,22:00+07:00,23:00", closing, goods.PRODUCT_CLOSURES)[0] == "closed_from"
    options = '"[{""value"": ""a\\u0000"", ""label"": ""A""}]"'
    one = read(f"product,key,type,options\nMLBB,zone,text,{options}\n", goods.PRODUCT_FIELDS)
    with pytest.raises(Refused, match="VALIDATION_ERROR"):
        importing.publish(goods.PRODUCT_FIELDS, one, by=BY)


@pytest.mark.django_db
def test_a_jump_has_to_be_ticked() -> None:
    factories.sku("MLBB_172", prices={"ID": (49450, 50000)})
    factories.sku("MLBB_86", prices={"ID": (24750, 25000)})
    text = f"{HEADS}\nMLBB_172,ID,20000,50000,yes\nMLBB_86,ID,24800,25000,yes\n"
    one = read(text)
    assert (one.changed, one.jumps) == (2, 1)
    with pytest.raises(Refused):
        importing.publish(goods.PRICES, one, by=BY)
    assert importing.publish(goods.PRICES, one, by=BY, only_good=True) == 1
    assert [row[2] for row in shop()] == [49450, 24800]
    again = read(text)
    assert importing.publish(goods.PRICES, again, by=BY, jumps={2}) == 1
    assert [row[2] for row in shop()] == [20000, 24800]


def bombs() -> Iterator[bytes]:
    """Workbooks of a few kilobytes that are trees of gigabytes: one endless row, endless styles."""
    good = files.to_xlsx("prices", ["sku", "region"], [["A", "ID"]])
    for name, before, more, times in (
        ("xl/worksheets/sheet1.xml", b"</row>", b"<c/>", files.MOST_IN_A_ROW),
        ("xl/styles.xml", b"</styleSheet>", b"<xf/>", files.MOST_AROUND // 4),
    ):
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(good)) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for part in parts.namelist():
                content = parts.read(part)
                packed.writestr(part, content.replace(before, more * times + before, 1) if part == name else content)
        yield out.getvalue()


@pytest.mark.django_db
def test_the_same_row_twice_unknown_heads_and_what_is_no_table() -> None:
    factories.sku()
    one = read(f"{HEADS}\nMLBB_172,ID,49451,50000,yes\nMLBB_172,ID,49452,50000,yes\n")
    assert (one.changed, one.wrong) == (1, 1)
    huge = io.BytesIO()
    with zipfile.ZipFile(huge, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * (files.MOST_UNPACKED + 1))
    for content in (
        b"sku,region,cost\nA,ID,1\n", b"sku,price\nA,1\n", b"", b"sku,region\n", b"\xff\xd8\xff\xe0 no text",
        b'sku,region\n"A,ID\n', b"PK\x03\x04 no book", huge.getvalue(), b"a" * (files.MOST_BYTES + 1),
        b"sku,region\n" + b"A,ID\n" * (files.MOST_LINES + 1),
        b"sku,region\n" + b"\n" * (files.MOST_LINES * 2) + b"A,ID", *bombs(),
    ):  # fmt: skip
        with pytest.raises(Refused, match="VALIDATION_ERROR"):
            read(content)
    assert SheetImport.objects.count() == 1


@pytest.mark.django_db
def test_what_a_spreadsheet_would_run_goes_out_harmless_and_comes_back_as_it_was() -> None:
    names = ["=cmd|' /C calc'!A0", "+62 numbers", "@home", "-5 %", "\tTab", "'=quoted", "'plain", "＝wide"]
    for number, name in enumerate(names):
        factories.product(f"P{number}", name=name.strip(), title=name.strip())
    for made in (files.to_csv(goods.PRODUCTS.heads, goods.PRODUCTS.table()),
                 files.to_xlsx("products", goods.PRODUCTS.heads, goods.PRODUCTS.table())):  # fmt: skip
        table = files.read(made)
        cells = [cell for _line, row in table.lines for cell in row]
        assert not [cell for cell in cells if cell[:1] in ("=", "+", "@", "-", "\t", "＝") and cell]
        assert read(made, goods.PRODUCTS).same == len(names)


@pytest.mark.django_db
def test_the_shop_has_moved_since_the_preview() -> None:
    factories.sku("MLBB_172", prices={"ID": (49450, 50000)})
    one = read(f"{HEADS}\nMLBB_172,ID,49000,50000,yes\n")
    SkuPrice.objects.update(price_minor=49300)
    with pytest.raises(Refused) as refused:
        importing.publish(goods.PRICES, one, by=BY)
    assert "lines 2" in str(refused.value.message)
    assert shop()[0][2] == 49300
    again = importing.read_again(goods.PRICES, one, by=BY)
    assert again.rows.get().before == {"price": "49300", "fixed": "no"}
    assert importing.publish(goods.PRICES, again, by=BY) == 1
    one.refresh_from_db()
    assert (one.state, shop()[0][2]) == ("DISCARDED", 49000)


@pytest.mark.django_db
def test_what_a_line_names_and_somebody_deletes_meanwhile_refuses_with_that_line(monkeypatch: Any) -> None:
    """The database looks at links when a transaction ends; then it would be an error, and nobody knew of which line."""
    kept, bare = factories.sku("MLBB_172"), factories.sku("MLBB_86", prices={})
    SkuPrice.objects.filter(sku=bare).delete()
    one = read("sku,region,price,list_price\nMLBB_172,ID,49000,50000\nMLBB_86,ID,24000,25000\n")
    compare, before = comparing.of_table, shop()

    def and_it_goes(*given: Any) -> Any:
        outcomes = compare(*given)
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM storefront_sku WHERE id = %s", [bare.pk])
        return outcomes

    monkeypatch.setattr(comparing, "of_table", and_it_goes)
    with pytest.raises(Refused) as refused:
        importing.publish(goods.PRICES, one, by=BY, jumps=None)
    assert "(lines 3)" in str(refused.value.message)
    one.refresh_from_db()
    assert (one.state, shop(), Sku.objects.filter(pk=bare.pk).count()) == ("READ", before, 1)
    assert not AuditEntry.objects.filter(action="imported").exists() and kept.prices.get().price_minor == before[0][2]


@pytest.mark.django_db
def test_rows_that_a_file_adds_are_gone_after_undoing_unless_something_hangs_on_them() -> None:
    taken = factories.sku().product.slug
    heads = "code,slug,category,name,title,title_x"
    with pytest.raises(Refused):
        read(f"{heads}\n", goods.PRODUCTS)
    text = "code,slug,category,name,title,description_id\nNEWONE,newone,top-up-game,New,New one,Baru\n"
    text += f"OTHER,other,top-up-game,Other,The other,\nTHIRD,{taken},top-up-game,T,T,\n"
    text += "FOURTH,help,top-up-game,F,F,\n"
    one = read(text, goods.PRODUCTS)
    assert (one.new, one.wrong) == (2, 2)
    assert {row.problems[0][0] for row in one.rows.filter(kind="WRONG")} == {"slug"}
    importing.publish(goods.PRODUCTS, one, by=BY, only_good=True)
    assert Product.objects.get(code="NEWONE").description == {"id": "Baru"}
    Section.objects.create(product=Product.objects.get(code="OTHER"), code="s")
    assert importing.undo(goods.PRODUCTS, one, by=BY, why="not yet") == (1, 1)
    assert set(Product.objects.values_list("code", flat=True)) == {"MLBB", "OTHER"}


@pytest.mark.django_db
def test_a_promos_products_and_channels_go_in_and_come_back() -> None:
    promo = factories.promo()
    products = [factories.product("MLBB"), factories.product("FREEFIRE")]
    promo.products.set(products[:1])
    channel = factories.channel()
    one = read("code,products,channels,flat,days\nWELCOME10,FREEFIRE; MLBB,QRIS,500,fri; MON\n", shown.PROMOS)
    assert one.rows.get().before == {"products": "MLBB", "channels": "", "flat": "0", "days": ""}
    importing.publish(shown.PROMOS, one, by=BY)
    promo = Promo.objects.get()
    assert (set(promo.products.all()), list(promo.channels.all())) == (set(products), [channel])
    assert (promo.flat_minor, promo.days, promo.percent) == (500, ["MON", "FRI"], Decimal(10))
    importing.undo(shown.PROMOS, one, by=BY, why="too early")
    promo = Promo.objects.get()
    assert ([row.code for row in promo.products.all()], promo.channels.count(), promo.days) == (["MLBB"], 0, [])


@pytest.mark.django_db
def test_numbers_and_moments_that_no_row_can_have_are_wrong_lines() -> None:
    one = read(f"id,question_id,answer_id\n{'9' * 30},A,B\n²,A,B\n,Bagaimana?,Begini.\n", shown.QUESTIONS)
    assert (one.new, one.wrong) == (1, 2)
    assert importing.publish(shown.QUESTIONS, one, by=BY, only_good=True) == 1
    factories.promo()
    one = read("code,expires_at\nWELCOME10,0001-01-01 00:00+14:00\n", shown.PROMOS)
    assert [column for column, _text in one.rows.get().problems] == ["expires_at"]


@pytest.mark.django_db(transaction=True)
def test_two_who_publish_at_once_publish_once() -> None:
    factories.sku("MLBB_172", prices={"ID": (49450, 50000)})
    one = read(f"{HEADS}\nMLBB_172,ID,49000,50000,yes\n")
    other = read(f"{HEADS}\nMLBB_172,ID,48000,50000,yes\n")
    outcomes: list[str] = []
    gate = threading.Barrier(4)

    def act(which: SheetImport) -> Callable[[], None]:
        def run() -> None:
            gate.wait()
            try:
                importing.publish(goods.PRICES, which, by=BY)
                outcomes.append("published")
            except Refused:
                outcomes.append("refused")
            finally:
                connection.close()

        return run

    threads = [threading.Thread(target=act(which)) for which in (one, one, other, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["published", "refused", "refused", "refused"]
    assert AuditEntry.objects.filter(action="imported", subject__startswith="storefront.skuprice:").count() == 1


@pytest.mark.django_db
def test_without_comparing_again_a_stale_preview_would_be_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what refuses is the second comparison, and nothing else."""
    factories.sku("MLBB_172", prices={"ID": (49450, 50000)})
    one = read(f"{HEADS}\nMLBB_172,ID,49000,50000,yes\n")
    SkuPrice.objects.update(price_minor=49300)
    monkeypatch.setattr(comparing, "digest", lambda sheet, outcomes: one.digest)
    assert importing.publish(goods.PRICES, one, by=BY) == 1


def staff(client: Client, *permissions: str) -> Client:
    user = User.objects.create_user(email=BY, password="Secret pass 1", is_staff=True)
    for name in permissions:
        app, _dot, codename = name.partition(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    enter(client, user)
    return client


@pytest.mark.django_db
def test_the_pages_lead_from_file_to_undo_and_ask_for_each_right(client: Client) -> None:
    factories.sku("MLBB_172", prices={"ID": (49450, 50000)})
    staff(
        client, "storefront.view_skuprice", "storefront.change_skuprice", "core.view_sheetimport", "core.publish_sheet"
    )
    assert client.get(reverse("admin:core_sheetimport_files")).status_code == 200
    assert client.get(reverse("admin:core_sheetimport_read", args=["products"])).status_code == 403
    assert client.get(reverse("admin:core_sheetimport_export", args=["products", "csv"])).status_code == 403
    taken = client.get(reverse("admin:core_sheetimport_export", args=["prices", "csv"]))
    assert taken["Content-Disposition"].startswith('attachment; filename="prices-')
    url = reverse("admin:core_sheetimport_read", args=["prices"])
    refused = client.post(url, {"file": SimpleUploadedFile("x.csv", b"sku\nA\n")})
    assert (refused.status_code, bool(refused.context["form"].errors)) == (200, True)
    changed = taken.content.replace(b"49450", b"49000")
    preview = client.post(url, {"file": SimpleUploadedFile("prices.csv", changed)})
    page = client.get(preview["Location"])
    assert page.status_code == 200
    assert "49000" in page.content.decode()
    one = SheetImport.objects.get()
    verbs = {verb: reverse(f"admin:core_sheetimport_{verb}", args=[one.pk]) for verb in ("publish", "undo", "discard")}
    assert client.get(verbs["publish"]).status_code == 405
    enter(client, User.objects.get(email=BY), fresh=False)
    assert client.post(verbs["publish"])["Location"].startswith(reverse("admin:confirm"))
    assert shop()[0][2] == 49450
    enter(client, User.objects.get(email=BY))
    assert client.post(verbs["publish"], {"jump": "²"}).status_code == 302
    assert shop()[0][2] == 49000
    assert client.post(verbs["undo"], {"why": "wrong file"}).status_code == 403
    user = User.objects.get(email=BY)
    user.user_permissions.add(Permission.objects.get(codename="undo_sheet"))
    client.post(verbs["undo"], {"why": "no"})
    assert shop()[0][2] == 49000
    client.post(verbs["undo"], {"why": "wrong file"})
    client.post(verbs["undo"], {"why": "wrong file"})
    assert (shop()[0][2], SheetImport.objects.get().state) == (49450, "UNDONE")
    assert client.get(preview["Location"]).status_code == 200
    assert client.get(reverse("admin:core_sheetimport_changelist")).status_code == 200
