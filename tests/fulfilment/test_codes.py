"""Goods that are codes of our own: one to a unit, none twice, none lost, and the shop closed while there is none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from core.errors import Refused
from core.models import MailMessage, StaffCase
from core.money import Money
from fulfilment.codes import returning, revealing, stock
from fulfilment.models import Attempt, Code, CodeEvent, Route, TopUp
from payments import ledger_check
from payments.models import Account
from payments.wallet import services as ledger
from storefront.catalogue.models import SkuPrice
from storefront.catalogue.services import find_offer
from storefront.orders.models import Order
from tests.fulfilment import desk, vouchers
from tests.payments.members import member

pytestmark = pytest.mark.django_db


def left(code: str = "STEAM_60000") -> int | None:
    return SkuPrice.objects.get(sku__code=code, region="ID").stock_left


def worth() -> Money:
    return ledger.balance(ledger.house(Account.Kind.PREPAID, "IDR", "stock"))


def status(order: Order) -> tuple[str, int, int]:
    order.refresh_from_db()
    return order.status, order.delivered, order.failed


def test_a_paid_unit_gets_a_code_at_once_with_money_mail_and_log():
    here = vouchers.opened()
    codes = vouchers.fill(here, 3)
    assert worth() == Money(135_000, "IDR")
    order = vouchers.paid(here, quantity=2, subtotal_minor=98_900, total_minor=99_246)
    vouchers.work()
    assert status(order) == ("SUCCESS", 2, 0)
    shown = revealing.reveal(order, None, by="browser", address="203.0.113.7")
    assert [(one.unit, one.code) for one in shown] == [(1, codes[0]), (2, codes[1])]
    assert worth() == Money(45_000, "IDR") and not ledger_check.problems()
    assert order.transfers.filter(reason="cost of goods").count() == 2
    assert left() == 1
    assert order.events.get(after="SUCCESS").reason == "codes_ready"
    mail = MailMessage.objects.get(template="order_done", about=order.number)
    assert mail.context["invoice"]["gives_code"] and codes[0] not in str(mail.context)


def test_no_code_stands_anywhere_in_clear():
    here = vouchers.opened()
    (code,) = vouchers.fill(here)
    order = vouchers.paid(here)
    vouchers.work()
    row = Code.objects.get()
    attempt = Attempt.objects.get()
    assert code not in row.sealed and row.masked == "•••• KODE"
    assert code not in f"{attempt.answer} {attempt.transaction_id} {attempt.resolution}"
    answer = Client().get("/v2/invoices", {"invoiceNumber": order.number})
    assert answer.status_code == 200 and code not in answer.content.decode()


def test_F16_stock_gone_after_payment_waits_for_a_refill_and_is_delivered():
    here = vouchers.opened()
    vouchers.fill(here)
    first, second = vouchers.paid(here), vouchers.paid(here)
    vouchers.work()
    assert {status(first)[0], status(second)[0]} == {"SUCCESS", "PROCESSING"}
    late = Order.objects.get(status="PROCESSING")
    assert late.topups.get().waits_for == "stock" and desk.funds(late) == late.total
    vouchers.fill(here, 1, first=2)
    vouchers.work()
    assert status(late) == ("SUCCESS", 1, 0) and not ledger_check.problems()


def test_F16_stock_gone_after_payment_is_paid_back_when_the_promise_is_over():
    here = vouchers.opened()
    vouchers.fill(here)
    user = member()
    vouchers.paid(here)
    late = vouchers.paid(here, user=user)
    vouchers.work()
    late.refresh_from_db()
    Order.objects.filter(pk=late.pk).update(paid_at=F("paid_at") - timedelta(seconds=601))
    TopUp.objects.filter(order=late).update(not_before=timezone.now())
    vouchers.work()
    assert status(late) == ("FAILED", 0, 1)
    assert late.topups.get().why == "out_of_stock"
    assert ledger.balances(user)["IDR"] == late.total and not ledger_check.problems()


def test_an_empty_stock_closes_the_sku_on_page_and_api_and_a_file_opens_it_again(
    client, django_capture_on_commit_callbacks
):
    here = vouchers.opened()
    with pytest.raises(Refused, match="SKU_UNAVAILABLE"):
        find_offer("STEAM", "STEAM_60000", "ID", timezone.now())

    def sold() -> dict:
        answer = client.get("/v2/skus", {"region": "ID", "productCode": "STEAM"}).json()
        return next(one for one in answer["data"] if one["code"] == "STEAM_60000")

    assert sold()["isAvailable"] is False
    with django_capture_on_commit_callbacks(execute=True):
        vouchers.fill(here, 3)
    assert sold()["isAvailable"] is True and find_offer("STEAM", "STEAM_60000", "ID", timezone.now()).most == 3
    vouchers.paid(here, quantity=3, subtotal_minor=148_350, total_minor=148_696)
    with django_capture_on_commit_callbacks(execute=True):
        vouchers.work()
    assert left() == 0 and sold()["isAvailable"] is False
    assert "amount is-closed" in client.get("/id-id/steam").content.decode()


def test_where_a_supplier_delivers_too_an_empty_stock_closes_nothing():
    here = vouchers.opened()
    sku = vouchers.voucher()
    Route.objects.create(sku=sku, region_id="ID", product=desk.product(), priority=5)
    stock.recount(here.product)
    assert left() is None and find_offer("STEAM", sku.code, "ID", timezone.now()).most == 10


def test_codes_that_expire_first_go_first_and_expired_ones_never():
    here = vouchers.opened()
    today = timezone.localdate()
    with pytest.raises(Refused):
        vouchers.draft(here, f"code,expires\nGONE-BY-1,{today}\n")
    vouchers.fill(here, 2)
    soon, gone = Code.objects.order_by("-pk")
    Code.objects.filter(pk=soon.pk).update(expires_on=today + timedelta(days=9))
    Code.objects.filter(pk=gone.pk).update(expires_on=today)
    order = vouchers.paid(here)
    vouchers.work()
    assert Code.objects.get(topup__order=order) == soon
    assert left() == 0


def test_staff_hear_once_of_a_low_stock_and_a_file_closes_the_case():
    here = vouchers.opened(low_at=2)
    vouchers.fill(here, 3)
    for _ in range(2):
        vouchers.paid(here)
        vouchers.work()
    case = StaffCase.objects.get(kind="stock-low")
    assert case.state == "OPEN" and "STEAM_60000" in case.title
    vouchers.paid(here)
    vouchers.work()
    assert StaffCase.objects.get(kind="stock-empty").state == "OPEN"
    vouchers.fill(here, 5, first=10)
    assert set(StaffCase.objects.filter(kind__startswith="stock-").values_list("state", flat=True)) == {"RESOLVED"}


def test_F15_a_code_moved_under_another_row_shows_nobody_anothers_code():
    here = vouchers.opened()
    vouchers.fill(here, 2)
    order, other = vouchers.paid(here), vouchers.paid(here)
    vouchers.work()
    mine, others = Code.objects.get(topup__order=order), Code.objects.get(topup__order=other)
    Code.objects.filter(pk=mine.pk).update(sealed=others.sealed)
    with pytest.raises(Refused, match="INTERNAL_ERROR"):
        revealing.reveal(order, None, by="browser", address=None)
    assert StaffCase.objects.get(kind="code-unreadable").about == order.number
    mine.refresh_from_db()
    assert mine.seen_at is None and not CodeEvent.objects.filter(what="SHOWN").exists()


def test_an_unseen_code_is_taken_back_and_its_money_returns():
    here = vouchers.opened()
    vouchers.fill(here, 2)
    user = member()
    order = vouchers.paid(here, user=user, quantity=2, subtotal_minor=98_900, total_minor=99_246)
    vouchers.work()
    revealing.reveal(order, 1, by="browser", address=None)
    seen, unseen = Code.objects.get(topup__unit=1), Code.objects.get(topup__unit=2)
    with pytest.raises(Refused, match="VALIDATION_ERROR"):
        returning.take_back(seen, by="staff", why="wrong country")
    refund = returning.take_back(unseen, by="staff", why="wrong country")
    assert refund is not None and refund.amount_minor == 49_623
    assert ledger.balances(user)["IDR"] == Money(49_623, "IDR")
    assert status(order) == ("SUCCESS", 1, 1) and not ledger_check.problems()
    unseen.refresh_from_db()
    assert unseen.state == "FREE" and worth() == Money(45_000, "IDR")
    with pytest.raises(Refused, match="VALIDATION_ERROR"):
        returning.take_back(unseen, by="staff", why="again")
    assert order.refunds.count() == 1
    # It can be sold once more, to somebody else.
    another = vouchers.paid(here)
    vouchers.work()
    assert Code.objects.get(topup__order=another).pk == unseen.pk


def test_a_bad_code_is_replaced_and_never_sold_again():
    here = vouchers.opened()
    codes = vouchers.fill(here, 2)
    order = vouchers.paid(here)
    vouchers.work()
    bad = Code.objects.get(topup__order=order)
    revealing.reveal(order, None, by="browser", address=None)
    for own in (returning.replace, returning.take_back):
        with pytest.raises(Refused, match="FORBIDDEN"):
            own(bad, by=order.email, why="my own")
    returning.replace(bad, by="staff", why="already redeemed, says the publisher")
    assert [one.code for one in revealing.reveal(order, None, by="browser", address=None)] == [codes[1]]
    bad.refresh_from_db()
    assert bad.state == "VOID" and not ledger_check.problems() and worth() == Money(0, "IDR")
    with pytest.raises(Refused, match="VALIDATION_ERROR"):
        returning.replace(Code.objects.get(topup__order=order), by="staff", why="again")
    assert Code.objects.get(topup__order=order).state == "SOLD"
