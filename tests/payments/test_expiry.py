"""Unpaid orders end, but only once they surely cannot be paid any more; money that is there wins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.models import MailMessage
from payments import expiry
from payments.gateways import for_code
from payments.gateways.base import Withdrawal
from payments.models import Payment
from payments.opening import patience_s
from storefront.orders.models import Order
from storefront.promos import services as promos
from storefront.promos.models import Promo
from tests.conftest import Sandbox
from tests.payments.cast import due_now, fresh, nothing_moved, overdue, payment_of, placed, unplaced
from tests.storefront import factories

pytestmark = pytest.mark.django_db
State = Payment.State


def test_an_overdue_order_is_cancelled_at_the_gateway_and_ends(sandbox: Sandbox) -> None:
    order = placed()
    overdue(order)
    assert expiry.expire_due() == 1
    assert fresh(order).status == "EXPIRED"
    assert payment_of(order).state == State.EXPIRED
    assert [p["status"] for p in sandbox.gateway_payments()] == ["cancelled"]
    assert [mail.template for mail in MailMessage.objects.all()] == ["order_expired"]
    assert nothing_moved()
    assert expiry.expire_due() == 0


def test_before_its_deadline_nothing_ends(sandbox: Sandbox) -> None:
    order = placed()
    due_now()
    assert expiry.expire_due() == 0
    assert fresh(order).status == "PENDING"


def test_the_promo_slot_comes_back() -> None:
    promo = factories.promo(max_usage=1)
    order, _ = unplaced(State.FAILED, promo=promo, discount_minor=4945)
    promos.take(promo.pk, order.number, "target", "", "", timezone.now())
    overdue(order)
    expiry.expire_due()
    assert Promo.objects.get().used == 0


def test_money_seen_at_the_last_look_pays_the_order(sandbox: Sandbox) -> None:
    order = placed()
    sandbox.pay(order.number)  # its webhook reaches nobody
    overdue(order)
    assert expiry.expire_due() == 0
    assert fresh(order).status == "PAID"


def test_a_gateway_that_is_away_holds_the_order_for_a_while_and_not_for_ever(sandbox: Sandbox) -> None:
    order = placed()
    sandbox.faults(gateway={"error": 1})
    overdue(order)
    assert expiry.expire_due() == 0
    assert fresh(order).status == "PENDING"
    Order.objects.update(expires_at=timezone.now() - expiry.PATIENCE)
    due_now()
    assert expiry.expire_due() == 1
    assert fresh(order).status == "EXPIRED"
    assert payment_of(order).not_before < timezone.now() + timedelta(hours=1), "and money is still looked for"


def test_a_payment_in_progress_holds_the_order(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    order = placed()
    monkeypatch.setattr(for_code("xendit"), "withdraw", lambda gateway_id: Withdrawal.BUSY)
    overdue(order)
    assert expiry.expire_due() == 0
    assert fresh(order).status == "PENDING"


def test_who_is_just_opening_the_payment_is_not_disturbed() -> None:
    order, payment = unplaced(State.OPENING)
    Payment.objects.update(gateway_id="", claimed_at=timezone.now())
    overdue(order)
    assert expiry.expire_due() == 0
    Payment.objects.update(claimed_at=timezone.now() - timedelta(seconds=patience_s("xendit") + 1))
    due_now()
    assert expiry.expire_due() == 1
    assert Payment.objects.get(pk=payment.pk).state == State.EXPIRED


def test_one_order_that_cannot_be_ended_does_not_stall_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    bad, _ = unplaced(State.FAILED)
    good, _ = unplaced(State.FAILED)
    for order in (bad, good):
        overdue(order)
    expire = expiry.expire

    def stumble(order_id: int, now: Any) -> bool:
        if order_id == bad.pk:
            raise ValueError("poison")
        return expire(order_id, now)

    monkeypatch.setattr(expiry, "expire", stumble)
    assert expiry.expire_due() == 1
    assert fresh(good).status == "EXPIRED"


def test_a_paid_order_never_expires() -> None:
    order, _ = unplaced(State.SETTLED)
    Order.objects.update(status="PAID", paid_at=timezone.now())
    overdue(order)
    assert expiry.expire_due() == 0
    assert not expiry.expire(order.pk, timezone.now())
    assert fresh(order).status == "PAID"
