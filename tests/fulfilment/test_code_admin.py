"""The back office of codes: opened, imported by file with a dry run, found, shown with a reason, taken back once."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import AuditEntry
from fulfilment.models import Code, CodeBatch, CodeEvent, CodeStock
from tests.fulfilment import vouchers
from tests.staff import enter

pytestmark = pytest.mark.django_db
WHY = {"reason": "asked by the customer", "_form_submitted": "on"}


@pytest.fixture
def staff() -> Client:
    client = Client(headers={"accept-language": "en"})
    enter(client, User.objects.create_superuser(email="boss@example.com", password="x"))
    return client


def act(staff: Client, name: str, row: Code | CodeBatch) -> str:
    kind = row._meta.model_name
    answer = staff.post(reverse(f"admin:fulfilment_{kind}_{name}", args=[row.pk]), WHY)
    assert answer.status_code in (200, 302)
    return answer.content.decode()


def test_staff_open_a_stock_import_a_file_and_put_it_on_sale(staff):
    sku = vouchers.voucher()
    answer = staff.post(reverse("admin:fulfilment_codestock_add"), {"sku": sku.pk, "low_at": 3})
    assert answer.status_code == 302
    here = CodeStock.objects.get()
    assert here.low_at == 3
    address = reverse("admin:fulfilment_codestock_import", args=[here.pk])
    assert staff.get(address).status_code == 200
    bad = SimpleUploadedFile("bad.csv", b"=1+1\n")
    told = staff.post(address, {"file": bad, "cost": "45000"}).content.decode()
    assert "line 1" in told and not CodeBatch.objects.exists()
    file = SimpleUploadedFile("codes.csv", b"code,serial\nAAAA-1111-BBBB,SN1\nXY,\nAAAA-2222-BBBB,SN2\n")
    moved = staff.post(address, {"file": file, "cost": "45000", "note": "bill 17"})
    batch = CodeBatch.objects.get()
    assert moved.headers["Location"] == reverse("admin:fulfilment_codebatch_change", args=[batch.pk])
    page = staff.get(moved.headers["Location"]).content.decode()
    assert "3: " in page and "AAAA-1111" not in page and not Code.objects.filter(state="FREE").exists()
    assert staff.get(reverse("admin:fulfilment_codebatch_put_on_sale", args=[batch.pk])).status_code == 200
    assert not Code.objects.filter(state="FREE").exists()  # a look at the dialog decides nothing
    for _ in range(2):
        act(staff, "put_on_sale", batch)
    assert Code.objects.filter(state="FREE").count() == 2
    assert AuditEntry.objects.filter(action="codes on sale", why=WHY["reason"]).count() == 1


def test_a_sold_code_is_found_shown_with_a_reason_and_not_taken_back_then(staff):
    here = vouchers.opened()
    codes = vouchers.fill(here, 2)
    order = vouchers.paid(here)
    vouchers.work()
    row, other = Code.objects.order_by("pk")
    for url in ("codestock", "codebatch", "code", "codeevent"):
        assert staff.get(reverse(f"admin:fulfilment_{url}_changelist")).status_code == 200
    for one in (here, here.batches.get(), row):
        kind = one._meta.model_name
        page = staff.get(reverse(f"admin:fulfilment_{kind}_change", args=[one.pk])).content.decode()
        assert codes[0] not in page and row.digest not in page and row.sealed not in page
    found = staff.get(reverse("admin:fulfilment_code_changelist"), {"q": codes[0].lower()}).content.decode()
    assert order.number in found and len(re.findall(r'class="field-masked', found)) <= 1
    assert "•••• KODE" in staff.get(reverse("admin:storefront_order_change", args=[order.pk])).content.decode()
    # Without a reason nothing is shown; a code in stock is shown to nobody.
    bare = staff.post(reverse("admin:fulfilment_code_reveal", args=[row.pk]), {"_form_submitted": "on"})
    assert codes[0] not in bare.content.decode()
    act(staff, "reveal", other)
    assert not CodeEvent.objects.filter(what="STAFF").exists()
    assert codes[0] in act(staff, "reveal", row)
    event = CodeEvent.objects.get(what="STAFF")
    assert (event.by, event.why, event.address) == ("boss@example.com", WHY["reason"], "127.0.0.1")
    assert AuditEntry.objects.get(action="code shown").why == WHY["reason"]
    act(staff, "take_back", row)
    row.refresh_from_db()
    assert row.state == "SOLD" and not order.refunds.exists()
    act(staff, "replace", row)
    assert Code.objects.get(topup__order=order) == other


def test_taken_back_twice_pays_once_and_only_who_may_decide_decides(staff):
    here = vouchers.opened()
    vouchers.fill(here)
    order = vouchers.paid(here)
    vouchers.work()
    row = Code.objects.get()
    clerk = Client()
    enter(clerk, User.objects.create_user(email="clerk@example.com", password="x", is_staff=True))
    for name in ("reveal", "take_back", "replace"):
        assert clerk.post(reverse(f"admin:fulfilment_code_{name}", args=[row.pk]), WHY).status_code == 403
    assert clerk.get(reverse("admin:fulfilment_codestock_import", args=[here.pk])).status_code == 403
    for _ in range(2):
        act(staff, "take_back", row)
    row.refresh_from_db()
    assert row.state == "FREE" and order.refunds.count() == 1
    assert AuditEntry.objects.filter(action="code taken back").count() == 1
