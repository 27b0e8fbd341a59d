"""What the invoice page says while money of another amount, or none that came through, stands on an unpaid order."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from core.errors import Refused
from payments import changing, expiry, opening, refunds
from payments.models import Payment, Refund
from payments.settling import settle
from storefront.orders import invoice
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.payments.back import sold
from tests.payments.cast import fresh, money, overdue, payment_of, placed, unplaced
from tests.storefront import factories

pytestmark = pytest.mark.django_db


def page(order: Order) -> str:
    address = f"/en-id/invoices/{order.number}"
    answer = Client().get(address, {"key": invoice.view_key(order)})
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def underpaid() -> Order:
    order, payment = unplaced(channel=factories.channel(is_refundable=True))
    settle(payment.pk, money(1000))
    return order


def test_nobody_who_paid_another_amount_is_asked_to_pay_again(sandbox: Sandbox) -> None:
    order = underpaid()
    opening.ensure_open(fresh(order))
    factories.channel("BCA_VA", kind="VA", gateway_channel="BCA_VIRTUAL_ACCOUNT")
    with pytest.raises(Refused):
        changing.requote(fresh(order), "BCA_VA")
    assert Payment.objects.count() == 1 and not sandbox.gateway_payments()
    told = page(order)
    assert "Your money is here" in told and "We hold Rp1.000 for you" in told
    assert "Time left to pay" not in told and "Pay another way" not in told


def test_the_deadline_does_not_deny_that_money_came() -> None:
    order = underpaid()
    overdue(order)
    assert expiry.expire(order.pk, timezone.now())
    told = page(fresh(order))
    assert "Your money is here" in told
    assert "The order is closed. Nothing was charged by us." not in told
    refunds.approve(Refund.objects.get().pk, "ops@example.com", "agreed")
    assert "Your money goes back" in page(fresh(order))


def test_a_payment_that_failed_is_not_called_a_gateway_that_is_away(sandbox: Sandbox) -> None:
    order = placed()
    Payment.objects.update(state=Payment.State.FAILED, ended_at=timezone.now())
    told = page(order)
    assert "This payment did not go through" in told and "Try again" in told
    Payment.objects.update(opened_at=None)
    assert "This way to pay does not answer" in page(order)


def test_without_script_the_page_says_until_when(sandbox: Sandbox) -> None:
    order = placed()
    expires = payment_of(order).expires_at + timedelta(hours=7)
    assert f"until {expires:%H:%M}" in page(order)


def test_a_second_payment_shows_on_the_page_of_what_has_arrived() -> None:
    order = sold(channel=factories.channel(is_refundable=True))
    browser, address = Client(), f"/en-id/invoices/{order.number}/live"
    first = browser.get(address)
    assert 'hx-trigger="every 15s"' in first.content.decode()
    known = {"If-None-Match": first.headers["ETag"]}
    assert browser.get(address, headers=known).status_code == 304
    settle(payment_of(order).pk, money(order.total_minor, ref="cptr-second"))
    assert Refund.objects.get().why == "DOUBLE"
    assert Refund.objects.get().reference in browser.get(address, headers=known).content.decode()
    Refund.objects.update(state=Refund.State.DONE)
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert "hx-trigger" not in browser.get(address).content.decode()
