"""The back office shows payments, captures, refunds and the ledger; nobody edits them, two decisions are recorded."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import AuditEntry
from core.money import Money
from payments import looking
from payments.gateway_fees import services as gateway_fees
from payments.gateways.base import Looked, Standing
from payments.models import Account, Capture, Payment, Payout, Refund, Transfer
from payments.money_back import claims, links
from payments.settling import settle
from payments.wallet import services as ledger
from tests.payments.back import ACCOUNT
from tests.payments.cast import money, unplaced
from tests.staff import enter

pytestmark = pytest.mark.django_db
MODELS = (Payment, Capture, Refund, Payout, Account, Transfer)


@pytest.fixture
def office() -> Client:
    client = Client()
    enter(client, User.objects.create_superuser("ops@example.com", "x"))
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
    claims.to_account(Refund.objects.get().pk, ACCOUNT)
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


def test_only_who_decides_about_refunds_sees_the_link_that_claims_one_and_that_is_kept(office: Client) -> None:
    _order, payment = unplaced()
    settle(payment.pk, money())
    settle(payment.pk, money(ref="cptr-2"))
    one = Refund.objects.get()
    page, link = reverse("admin:payments_refund_change", args=[one.pk]), links.path(one)
    assert link in office.get(page).content.decode()
    assert AuditEntry.objects.get(action="refund.link_shown").subject == one.reference
    helper = User.objects.create(email="help@example.com", is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="view_refund"))
    reader = Client()
    enter(reader, helper)
    seen = reader.get(page)
    assert seen.status_code == 200 and link not in seen.content.decode()


def test_a_look_at_the_gateway_is_asked_for_with_a_reason_since_it_may_settle(
    office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Gateway:
        def look_up(self, gateway_id: str, payment_id: str = "") -> Looked:
            asked.append(gateway_id)
            return Looked(Standing.PAID, (money(),))

    monkeypatch.setattr(looking, "for_code", lambda code: Gateway())
    order, payment = unplaced()
    url = reverse("admin:payments_payment_look_now", args=[payment.pk])
    assert office.get(url).status_code == 200
    office.post(url, {"_form_submitted": "True", "reason": ""})
    reader = Client()
    helper = User.objects.create(email="help@example.com", is_staff=True)
    helper.user_permissions.add(Permission.objects.get(codename="view_payment"))
    enter(reader, helper)
    assert reader.post(url, {"_form_submitted": "True", "reason": "I am curious"}).status_code == 403
    assert not asked and not Capture.objects.exists() and not AuditEntry.objects.exists()
    for _ in range(2):
        office.post(url, {"_form_submitted": "True", "reason": "the customer calls"})
    order.refresh_from_db()
    assert asked == [payment.gateway_id] * 2 and order.status == "PAID" and Capture.objects.count() == 1
    entries = AuditEntry.objects.filter(action="payment looked up").order_by("id")
    assert [(one.actor, one.subject, one.before) for one in entries] == [
        ("ops@example.com", f"payment:{payment.reference}", state) for state in ("OPEN", "SETTLED")
    ]


def test_the_gateways_bill_corrects_a_fee_once_and_by_finance_alone(office: Client, refund: Refund) -> None:
    capture = Capture.objects.order_by("id").first()
    assert capture
    url, said = reverse("admin:payments_capture_set_fee", args=[capture.pk]), {"reason": "its bill of March"}
    said |= {"_form_submitted": "True", "amount": "1200"}
    clerk, sees = Client(), Permission.objects.get(codename="view_capture")
    enter(clerk, User.objects.create_user("clerk@example.com", "x", is_staff=True))
    User.objects.get(email="clerk@example.com").user_permissions.add(sees)
    assert clerk.post(url, said).status_code == 403
    office.post(url, said | {"amount": "99999999"})
    assert gateway_fees.booked(capture) == 0, "more than was captured"
    for _twice in range(2):
        assert office.post(url, said).status_code == 302
    assert gateway_fees.booked(capture) == 1_200
    entry = AuditEntry.objects.get(action="gateway fee put right")
    assert (entry.actor, entry.why) == ("ops@example.com", "its bill of March")
    assert Transfer.objects.filter(key__startswith="charge-set:").count() == 1
