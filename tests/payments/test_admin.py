"""The back office shows payments, captures, refunds and the ledger; nobody edits them, two decisions are recorded."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import AuditEntry
from core.money import Money
from payments.models import Account, Capture, Payment, Refund, Transfer
from payments.settling import settle
from payments.wallet import services as ledger
from tests.payments.cast import TOTAL, money, unplaced

pytestmark = pytest.mark.django_db
MODELS = (Payment, Capture, Refund, Account, Transfer)


@pytest.fixture
def office() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ops@example.com", "x"))
    return client


@pytest.fixture
def refund() -> Refund:
    order, payment = unplaced()
    settle(payment.pk, money())
    settle(payment.pk, money(ref="cptr-2"))
    user = User.objects.create(email="wallet@example.com")
    outside = ledger.house(Account.Kind.EXTERNAL, "IDR")
    ledger.transfer("start", outside, ledger.wallet(user, "IDR"), Money(1_000, "IDR"), "test")
    assert Refund.objects.get().order_id == order.pk
    return Refund.objects.get()


@pytest.mark.parametrize("model", MODELS)
def test_lists_and_pages(office: Client, refund: Refund, model: type) -> None:
    name = f"admin:payments_{model.__name__.lower()}"
    assert office.get(reverse(f"{name}_changelist")).status_code == 200
    assert office.get(reverse(f"{name}_changelist"), {"q": "GATE"}).status_code == 200
    for row in model.objects.all():  # type: ignore[attr-defined]
        assert office.get(reverse(f"{name}_change", args=[row.pk])).status_code == 200
    assert office.get(reverse(f"{name}_add")).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_nothing_can_be_edited_or_deleted(office: Client, refund: Refund, model: type) -> None:
    name = f"admin:payments_{model.__name__.lower()}"
    row = model.objects.first()  # type: ignore[attr-defined]
    assert office.post(reverse(f"{name}_change", args=[row.pk]), {"amount_minor": 1}).status_code == 403
    assert office.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def test_staff_decide_on_a_refund_and_say_why(office: Client, refund: Refund) -> None:
    by_hand = reverse("admin:payments_refund_paid_by_hand", args=[refund.pk])
    office.post(by_hand, {"reason": "Paid by bank transfer 123", "_form_submitted": "True"}, follow=True)
    refund.refresh_from_db()
    assert refund.state == Refund.State.DONE
    entry = AuditEntry.objects.get(action="refund.paid_by_hand")
    assert (entry.actor, entry.why) == ("ops@example.com", "Paid by bank transfer 123")
    assert ledger.balance(ledger.house(Account.Kind.REFUNDS, "IDR")) == Money(0, "IDR")
    office.post(by_hand, {"reason": "Paid by bank transfer 123", "_form_submitted": "True"}, follow=True)
    assert Transfer.objects.filter(reason="refund paid").count() == 1
    assert refund.amount_minor == TOTAL
