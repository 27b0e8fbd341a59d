"""Showing a code on the invoice: to its owner, on request, with a row that says so; hidden from everybody else."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.core import mail as outbox
from django.core import signing
from django.test import Client

from core import mail
from core.web.client import DEVICE_COOKIE, digest
from fulfilment.models import Code, CodeEvent
from storefront.orders import invoice
from storefront.orders.models import Order
from tests.accounts.cast import PASSWORD
from tests.accounts.cast import member as signed_up
from tests.fulfilment import vouchers

pytestmark = pytest.mark.django_db
HERE = "203.0.113.9"


@pytest.fixture
def bought(db: None) -> tuple[Order, str]:
    """An order of a guest's browser with its code, and the code."""
    here = vouchers.opened()
    (code,) = vouchers.fill(here)
    order = vouchers.paid(here)
    Order.objects.filter(pk=order.pk).update(owner=digest("owner", "phone"), language="en")
    vouchers.work()
    order.refresh_from_db()
    assert order.status == "SUCCESS"
    return order, code


def browser(device: str = "", address: str = HERE) -> Client:
    client = Client(REMOTE_ADDR=address)
    if device:
        client.cookies[DEVICE_COOKIE] = signing.dumps(device, salt="core.device")
    return client


def page_of(order: Order, client: Client, key: str = "") -> str:
    answer = client.get(f"/en-id/invoices/{order.number}", {"key": key} if key else {})
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def codes_of(order: Order) -> str:
    return f"/en-id/invoices/{order.number}/codes"


def test_the_browser_that_ordered_sees_it_masked_and_then_in_clear_with_a_row_in_the_log(bought):
    order, code = bought
    phone = browser("phone")
    told = page_of(order, phone)
    assert "Your code is ready" in told and "•••• KODE" in told and code not in told
    assert not CodeEvent.objects.filter(what="SHOWN").exists()
    answer = phone.post(codes_of(order), {"unit": "1"})
    assert answer.status_code == 200 and f'data-copy="{code}"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"] and answer["Referrer-Policy"] == "same-origin"
    row = CodeEvent.objects.get(what="SHOWN")
    assert (row.by, row.address, row.topup.order) == ("browser", HERE, order)
    assert Code.objects.get().seen_at == row.at
    # Each time anew, and the page says that it was shown; a reload by GET shows nothing.
    phone.post(codes_of(order))
    assert CodeEvent.objects.filter(what="SHOWN").count() == 2
    assert "first shown" in page_of(order, phone) and code not in page_of(order, phone)
    assert phone.get(codes_of(order)).headers["Location"] == f"/en-id/invoices/{order.number}"


def test_the_signed_link_and_the_signed_in_owner_may_and_nobody_else(bought):
    order, code = bought
    user = signed_up("owner@example.com")
    Order.objects.filter(pk=order.pk).update(user=user)
    somebody, signed_in = browser(), browser()
    for client, login in ((somebody, signed_up("other@example.com")), (signed_in, user)):
        form = {"email": login.email, "password": PASSWORD}
        assert client.post("/en-id/account/sign-in", form).status_code == 302
    for stranger in (browser(), browser("another phone"), somebody):
        assert stranger.post(codes_of(order)).status_code == 404
        assert stranger.post(f"{codes_of(order)}?key=guessed").status_code == 404
        told = page_of(order, stranger)
        assert code not in told and "••••" not in told
    assert not CodeEvent.objects.filter(what="SHOWN").exists()
    by_link = browser().post(f"{codes_of(order)}?key={invoice.view_key(order)}")
    assert code in by_link.content.decode()
    assert code in signed_in.post(codes_of(order)).content.decode()
    assert list(CodeEvent.objects.filter(what="SHOWN").order_by("id").values_list("by", flat=True)) == [
        "link", str(user.pk),
    ]  # fmt: skip


def test_F15_no_unit_and_no_key_of_ones_own_leads_to_anothers_code(bought):
    order, code = bought
    other = vouchers.paid(vouchers.opened())
    Order.objects.filter(pk=other.pk).update(owner=digest("owner", "mine"))
    mine = browser("mine")
    for unit in ("1", "2", str(order.topups.get().pk), "", "x"):
        answer = mine.post(codes_of(other), {"unit": unit})
        assert answer.status_code == 404 and code not in answer.content.decode()
    assert mine.post(f"{codes_of(order)}?key={invoice.view_key(other)}").status_code == 404
    assert not CodeEvent.objects.filter(what="SHOWN").exists()


def test_what_names_no_unit_shows_and_spends_no_code(bought, settings):
    order, code = bought
    key = invoice.view_key(order)
    for unit in ("x", "-1", "1" * 400, "0", "\0"):
        answer = browser().post(f"{codes_of(order)}?key={key}", {"unit": unit})
        assert answer.status_code in (400, 404) and code not in answer.content.decode()
    assert not CodeEvent.objects.filter(what="SHOWN").exists()


def test_the_api_never_holds_a_code_not_even_for_its_owner(bought):
    order, code = bought
    answer = Client().get("/v2/invoices", {"invoiceNumber": order.number, "key": invoice.view_key(order)})
    assert answer.status_code == 200
    said = answer.json()["data"]
    assert said["units"] == {"delivered": 1, "refunded": 0, "pending": 0} and code not in answer.content.decode()
    assert said["timeline"][-1]["status"] == "SUCCESS"


def test_the_mail_says_that_it_is_ready_and_never_which(bought):
    order, code = bought
    mail.send_due()
    sent: Any
    (sent,) = [one for one in outbox.outbox if order.number in one.body and "ready" in one.subject]
    told = sent.body + str(sent.alternatives)
    assert f"/invoices/{order.number}?key=" in told and code not in told and "KODE" not in told


def test_a_refused_form_of_another_site_shows_nothing(bought):
    order, _ = bought
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser("phone").cookies
    assert strict.post(codes_of(order), {"unit": "1"}).status_code == 403
    assert not CodeEvent.objects.filter(what="SHOWN").exists()
