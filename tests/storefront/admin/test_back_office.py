"""The storefront's back office: every page opens, amounts are typed as people write them, every change is kept."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import User
from core.admin.sheets import all_sheets
from core.models import AuditEntry
from core.sheets import files, importing
from storefront.catalogue.models import Product, ProductClosure, Sku, SkuPrice
from storefront.channels.models import Channel
from storefront.content.models import Popup
from storefront.promos.models import Promo
from tests.demo.shop import _loaded, demo_shop  # noqa: F401
from tests.staff import enter

pytestmark = pytest.mark.usefixtures("demo_shop")
MINE = [
    "banner", "category", "channel", "channelcategory", "channelclosure", "contact", "language", "operatorprefix",
    "popup", "product", "productclosure", "promo", "promoslot", "question", "section", "sku", "skuprice",
]  # fmt: skip


@pytest.fixture
def staff(client: Client) -> Client:
    enter(client, User.objects.get(email="admin@example.com"))
    return client


def filled(client: Client, url: str) -> dict[str, Any]:
    """What a browser would send back from the page at `url` with nothing changed."""
    context = client.get(url).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.initial_forms]
    sent: dict[str, Any] = {}
    for form in forms:
        for bound in form:
            value = bound.value()
            widget = bound.field.widget
            if isinstance(value, dict) and not hasattr(widget, "is_list"):
                sent[bound.html_name] = bound.field.prepare_value(value)
            elif isinstance(value, dict):
                for code, text in value.items():
                    sent[f"{bound.html_name}__{code}"] = "\n".join(text) if isinstance(text, list) else text
            elif value is True:
                sent[bound.html_name] = "on"
            elif hasattr(widget, "widgets") and bound.field.__class__.__name__ == "SplitDateTimeField":
                for number, part in enumerate(widget.decompress(value)):
                    sent[f"{bound.html_name}_{number}"] = part if part is not None else ""
            elif value is not None and value is not False and bound.field.__class__.__name__ != "PictureField":
                sent[bound.html_name] = value
    return sent


@pytest.mark.parametrize("model", MINE)
def test_every_list_search_and_page_opens(staff: Client, model: str) -> None:
    listed = reverse(f"admin:storefront_{model}_changelist")
    assert staff.get(listed).status_code == 200
    assert staff.get(listed, {"q": "MLBB"}).status_code == 200
    found = admin.site._registry[_model(model)].model._default_manager.first()
    if found is not None:
        assert staff.get(reverse(f"admin:storefront_{model}_change", args=[found.pk])).status_code == 200
    if model != "promoslot":
        assert staff.get(reverse(f"admin:storefront_{model}_add")).status_code == 200


def _model(name: str) -> Any:
    return next(model for model in admin.site._registry if model._meta.label_lower == f"storefront.{name}")


def test_slots_are_looked_at_and_never_made(staff: Client) -> None:
    assert staff.get(reverse("admin:storefront_promoslot_add")).status_code == 403


@pytest.mark.parametrize("model", ["product", "sku", "channel", "promo", "popup", "banner", "category", "question"])
def test_saving_a_page_unchanged_changes_nothing(staff: Client, model: str) -> None:
    row = _model(model)._default_manager.first()
    url = reverse(f"admin:storefront_{model}_change", args=[row.pk])
    before = AuditEntry.objects.count()
    response = staff.post(url, filled(staff, url))
    assert response.status_code == 302, response.context["errors"].as_text()
    assert [(entry.subject, entry.before, entry.after) for entry in AuditEntry.objects.all()[before:]] == []
    assert LogEntry.objects.count() == 1


def test_prices_are_typed_in_the_currencys_units(staff: Client) -> None:
    sku = Sku.objects.get(code="MLBB_86")
    url = reverse("admin:storefront_sku_change", args=[sku.pk])
    sent = filled(staff, url)
    line = next(key.removesuffix("-region") for key, value in sent.items() if key.endswith("-region") and value == "SG")
    shown = Decimal(str(sent[f"{line}-price_minor"]))
    assert shown * 100 == SkuPrice.objects.get(sku=sku, region="SG").price_minor
    sent |= {f"{line}-price_minor": "1.95", f"{line}-original_minor": "2.45"}
    assert staff.post(url, sent).status_code == 302
    price = SkuPrice.objects.get(sku=sku, region="SG")
    assert (price.price_minor, price.original_minor) == (195, 245)
    assert SkuPrice.objects.get(sku=sku, region="ID").price_minor == 24750
    entry = AuditEntry.objects.get(action="changed")
    assert entry.actor == "admin@example.com"
    assert entry.after == {"price_minor": 195, "original_minor": 245, "is_fixed": True}, (
        "typed by hand is fixed by hand"
    )


@pytest.mark.parametrize(("price", "original"), [("2.10", "1.95"), ("0", "1"), ("1.955", "2"), ("", "")])
def test_impossible_prices_are_refused(staff: Client, price: str, original: str) -> None:
    sku = Sku.objects.get(code="MLBB_86")
    url = reverse("admin:storefront_sku_change", args=[sku.pk])
    sent = filled(staff, url)
    line = next(key.removesuffix("-region") for key, value in sent.items() if key.endswith("-region") and value == "SG")
    before = SkuPrice.objects.get(sku=sku, region="SG").price_minor
    response = staff.post(url, sent | {f"{line}-price_minor": price, f"{line}-original_minor": original})
    assert response.status_code == 200
    assert SkuPrice.objects.get(sku=sku, region="SG").price_minor == before


def test_rupiah_have_no_cents(staff: Client) -> None:
    row = SkuPrice.objects.get(sku__code="MLBB_86", region="ID")
    url = reverse("admin:storefront_skuprice_change", args=[row.pk])
    sent = filled(staff, url)
    assert staff.post(url, sent | {"price_minor": "24000.50"}).status_code == 200
    assert staff.post(url, sent | {"price_minor": "24000"}).status_code == 302
    row.refresh_from_db()
    assert row.price_minor == 24000


def test_availability_is_switched_in_the_list(staff: Client) -> None:
    row = SkuPrice.objects.get(sku__code="MLBB_86", region="ID")
    url = reverse("admin:storefront_skuprice_changelist") + "?q=MLBB_86"
    formset = staff.get(url).context["cl"].formset
    sent = {f"{formset.prefix}-{key}": value for key, value in formset.management_form.initial.items()}
    for number, form in enumerate(formset.forms):
        sent[f"form-{number}-id"] = form.instance.pk
        if form.instance.pk != row.pk and form.instance.is_available:
            sent[f"form-{number}-is_available"] = "on"
    assert staff.post(url, sent | {"_save": "Save"}).status_code == 302
    row.refresh_from_db()
    assert not row.is_available
    assert AuditEntry.objects.get(action="changed").after == {"is_available": False}


@pytest.mark.parametrize(
    "wrong",
    [{}, {"starts_at_0": "2026-03-05", "starts_at_1": "10:00"}, {"reason__en": "why"},
     {"reason__en": "why", "starts_at_0": "2026-03-05", "starts_at_1": "10:00", "ends_at_0": "2026-03-05",
      "ends_at_1": "09:00"}],
)  # fmt: skip
def test_a_closing_time_says_when_and_why(staff: Client, wrong: dict[str, str]) -> None:
    product = Product.objects.get(code="MLBB")
    response = staff.post(reverse("admin:storefront_productclosure_add"), {"product": product.pk, **wrong})
    assert response.status_code == 200
    assert not ProductClosure.objects.filter(product=product).exists()


def test_a_cut_off_needs_no_dates(staff: Client) -> None:
    product = Product.objects.get(code="MLBB")
    sent = {"product": product.pk, "reason__en": "Books", "closed_from": "23:30", "closed_until": "00:30"}
    assert staff.post(reverse("admin:storefront_productclosure_add"), sent).status_code == 302
    assert ProductClosure.objects.filter(product=product).exists()


def test_a_channels_limits_are_typed_in_its_currency(staff: Client) -> None:
    row = Channel.objects.get(code="PAYNOW")
    url = reverse("admin:storefront_channel_change", args=[row.pk])
    sent = filled(staff, url)
    assert staff.post(url, sent | {"min_minor": "20001"}).status_code == 200
    assert staff.post(url, sent | {"min_minor": "0.75", "fee_minor": "0.10"}).status_code == 302
    row.refresh_from_db()
    assert (row.min_minor, row.fee_minor, row.max_minor) == (75, 10, 2_000_000)


def test_a_promo_keeps_days_in_order_and_its_own_channels(staff: Client) -> None:
    row = Promo.objects.get(code="MLBB50")
    url = reverse("admin:storefront_promo_change", args=[row.pk])
    sent = filled(staff, url) | {"products": [p.pk for p in row.products.all()], "channels": []}
    paynow = Channel.objects.get(code="PAYNOW")
    assert staff.post(url, sent | {"channels": [paynow.pk]}).status_code == 200
    assert staff.post(url, sent | {"percent": "0", "flat_minor": "0"}).status_code == 200
    assert staff.post(url, sent | {"days": ["FRI", "MON"], "min_minor": "120000"}).status_code == 302
    row.refresh_from_db()
    assert (row.days, row.min_minor) == (["MON", "FRI"], 120_000)


def test_html_is_cleaned(staff: Client) -> None:
    row = Popup.objects.first()
    assert row is not None
    url = reverse("admin:storefront_popup_change", args=[row.pk])
    sent = filled(staff, url) | {"content__en": "<p>Hi<script>x()</script></p>"}
    assert staff.post(url, sent).status_code == 302
    row.refresh_from_db()
    assert row.content["en"] == "<p>Hi</p>"


def test_an_upload_is_drawn_anew(staff: Client, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path
    made = BytesIO()
    Image.new("RGB", (2000, 1000), "#123456").save(made, "JPEG", comment=b"secret place")
    row = Product.objects.get(code="MLBB")
    url = reverse("admin:storefront_product_change", args=[row.pk])
    upload = SimpleUploadedFile("../My Photo.jpg", made.getvalue(), "image/jpeg")
    assert staff.post(url, filled(staff, url) | {"thumbnail": upload}).status_code == 302
    row.refresh_from_db()
    assert row.thumbnail.name.startswith("products/my-photo-")
    stored = row.thumbnail.read()
    assert b"secret place" not in stored
    with Image.open(BytesIO(stored)) as drawn:
        assert (drawn.format, drawn.size) == ("WEBP", (1600, 800))


def test_what_is_no_picture_is_refused(staff: Client) -> None:
    row = Product.objects.get(code="MLBB")
    url = reverse("admin:storefront_product_change", args=[row.pk])
    upload = SimpleUploadedFile("x.png", b"<svg onload='x()'/>", "image/png")
    assert staff.post(url, filled(staff, url) | {"thumbnail": upload}).status_code == 200
    row.refresh_from_db()
    assert not row.thumbnail


def test_a_pattern_that_cannot_be_read_is_refused(staff: Client) -> None:
    row = Product.objects.get(code="DANA")
    url = reverse("admin:storefront_product_change", args=[row.pk])
    sent = filled(staff, url)
    key = next(name for name in sent if name.endswith("-pattern"))
    assert staff.post(url, sent | {key: "^08[0-9"}).status_code == 200
    assert row.fields.get().pattern == "^08[0-9]{8,11}$"


def test_support_looks_and_does_not_change(client: Client) -> None:
    enter(client, User.objects.get(email="staff@example.com"))
    row = Product.objects.get(code="MLBB")
    url = reverse("admin:storefront_product_change", args=[row.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"title": "x"}).status_code == 403


def test_every_file_that_goes_out_comes_back_and_changes_nothing(demo_shop: None) -> None:  # noqa: F811
    sheets = all_sheets()
    assert len(sheets) == 17
    for sheet in sheets.values():
        made = {"csv": files.to_csv(sheet.heads, sheet.table())}
        if sheet.code in ("products", "promos"):
            made["xlsx"] = files.to_xlsx(sheet.code, sheet.heads, sheet.table())
        for kind, content in made.items():
            if len(content.splitlines()) < 2:
                continue
            one = importing.read_file(sheet, content, file_name=f"{sheet.code}.{kind}", by="catalogue@example.com")
            told = list(one.rows.exclude(kind="SAME").values_list("line", "kind", "before", "after", "problems")[:3])
            assert (sheet.code, one.new, one.changed, one.wrong, told) == (sheet.code, 0, 0, 0, [])
            assert one.same == sheet.rows().count() > 0


def dragged(client: Client, url: str, order: list[int]) -> None:
    """What the theme sends when the rows of the list stand in another order: 0, 1, 2 … at each."""
    formset = client.get(url).context["cl"].formset
    sent = {f"{formset.prefix}-{key}": value for key, value in formset.management_form.initial.items()}
    for number, form in enumerate(formset.forms):
        sent[f"form-{number}-id"] = form.instance.pk
        sent |= {f"form-{number}-{name}": "on" for name in form.fields if form.initial.get(name) is True}
        sent[f"form-{number}-position"] = order[number]
    assert client.post(url, sent | {"_save": "Save"}).status_code == 302


def test_dragging_on_a_filtered_list_moves_only_its_rows(staff: Client) -> None:
    url = reverse("admin:storefront_product_changelist") + "?category__id__exact=" + str(
        Product.objects.get(code="MLBB").category_id
    )  # fmt: skip
    rows = list(staff.get(url).context["cl"].result_list)
    before = dict(Product.objects.values_list("pk", "position"))
    dragged(staff, url, [1, 0, *range(2, len(rows))])
    after = dict(Product.objects.values_list("pk", "position"))
    moved = {pk for pk in after if after[pk] != before[pk]}
    assert moved == {rows[0].pk, rows[1].pk}
    assert [row.pk for row in staff.get(url).context["cl"].result_list][:2] == [rows[1].pk, rows[0].pk]
    assert AuditEntry.objects.filter(action="changed").count() == 2


def test_what_is_not_saved_yet_is_shown_as_customers_would_see_it(staff: Client) -> None:
    row = Product.objects.get(code="MLBB")
    url = reverse("admin:storefront_product_change", args=[row.pk])
    sent = filled(staff, url)
    key = next(name for name in sent if name.startswith("fields-0-name__en"))
    preview = reverse("admin:storefront_product_preview", args=[row.pk])
    page = staff.post(preview, sent | {key: "Hero number"}).content.decode()
    assert "Hero number" in page
    assert staff.get(preview).status_code == 200
    broken = next(name for name in sent if name.endswith("-pattern"))
    assert "unterminated" in staff.post(preview, sent | {broken: "[a"}).content.decode()
    for model in ("banner", "popup"):
        new = reverse(f"admin:storefront_{model}_preview_new")
        page = staff.post(new, {"title__en": "Lunar sale", "title__id": "Obral Imlek", "artwork": "x"}).content.decode()
        assert "Lunar sale" in page
        assert "Obral Imlek" in page
        gone = reverse(f"admin:storefront_{model}_preview", args=[10**9])
        assert (staff.get(gone).status_code, staff.post(gone).status_code) == (404, 404)
    row.refresh_from_db()
    assert "Hero number" not in str(list(row.fields.values_list("name", flat=True)))
    assert not AuditEntry.objects.filter(actor="admin@example.com").exists()
