"""From a token to an order that can be paid: one order, one charge, whatever happens on the way (invariants 6, 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from core.errors import Refused
from core.models import MailMessage
from payments import checkout, opening
from payments.gateways import for_code
from payments.models import Payment
from storefront.inquiries import services as inquiries
from storefront.orders.models import Order, OrderEvent
from storefront.promos.models import Promo, PromoSlot
from tests.conftest import Sandbox
from tests.payments.cast import TOTAL, nothing_moved, payment_of, token
from tests.storefront import factories

pytestmark = pytest.mark.django_db
State = Payment.State
ME = factories.client()


def refusal(act: Any, *args: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        act(*args)
    return caught.value


def test_a_quote_becomes_an_order_with_an_open_payment(sandbox: Sandbox) -> None:
    order = checkout.place(token(), ME)
    payment = payment_of(order)
    assert (order.status, order.total_minor, order.owner) == ("PENDING", TOTAL, ME.owner_key)
    assert (payment.state, payment.reference, payment.amount_minor) == (State.OPEN, order.number, TOTAL)
    assert payment.instructions["qr_string"].startswith("000201")
    assert payment.expires_at == order.expires_at
    assert [(p["reference"], p["amount"]) for p in sandbox.gateway_payments()] == [(order.number, TOTAL)]
    assert nothing_moved()


def test_the_same_token_is_the_same_order_and_charge(sandbox: Sandbox) -> None:
    asked = token()
    numbers = {checkout.place(asked, ME).number for _ in range(3)}
    assert len(numbers) == 1
    assert len(sandbox.gateway_payments()) == Payment.objects.count() == 1


def test_how_long_it_may_be_paid_is_the_channels_word_unless_the_store_says_otherwise(
    sandbox: Sandbox, settings: Any
) -> None:
    order = checkout.place(token(channel=factories.channel(payment_seconds=900)), ME)
    assert order.expires_at - order.created_at == timedelta(seconds=900)
    settings.PAYMENT_SECONDS = 7
    order = checkout.place(token(), ME)
    assert order.expires_at - order.created_at == timedelta(seconds=7)


def test_an_expired_token_makes_nothing_but_an_order_that_came_of_it_stays(sandbox: Sandbox) -> None:
    late = token(expires_at=timezone.now() - timedelta(seconds=1))
    assert refusal(checkout.place, late, ME).code == "TOKEN_EXPIRED"
    assert not Order.objects.exists()
    asked = token()
    order = checkout.place(asked, ME)
    type(order.inquiry).objects.update(expires_at=timezone.now() - timedelta(days=30))
    assert checkout.place(asked, ME).pk == order.pk


@pytest.mark.parametrize("bad", ["", "nonsense", "eyJhbGciOiJIUzI1NiJ9.e30.x", "0" * 32 + ".AAAA"])
def test_a_token_that_is_not_ours(bad: str) -> None:
    assert refusal(checkout.place, bad, ME).code == "INVALID_TOKEN"


def test_a_members_quote_is_for_that_member_alone(sandbox: Sandbox) -> None:
    member, other = User.objects.create(email="a@example.com"), User.objects.create(email="b@example.com")
    asked = token(user=member)
    assert refusal(checkout.place, asked, ME).code == "INVALID_TOKEN"
    assert refusal(checkout.place, asked, ME, other).code == "INVALID_TOKEN"
    assert not Order.objects.exists()
    assert checkout.place(asked, ME, member).user_id == member.pk


def test_a_guests_quote_may_be_ordered_by_a_member(sandbox: Sandbox) -> None:
    member = User.objects.create(email="a@example.com")
    order = checkout.place(token(), ME, member)
    assert (order.user_id, order.total_minor) == (member.pk, TOTAL)


def test_a_free_order_is_paid_at_once_without_a_gateway() -> None:
    order = checkout.place(token(discount_minor=49450, fee_minor=0), ME)
    assert order.status == "PAID"
    assert not Payment.objects.exists() and nothing_moved()
    assert [(event.after, event.reason) for event in OrderEvent.objects.all()] == [
        ("PENDING", "created"),
        ("PAID", "free"),
    ]
    assert [mail.template for mail in MailMessage.objects.all()] == ["order_paid"]


def test_balance_is_not_for_guests() -> None:
    balance = factories.channel("BALANCE", kind="BALANCE", gateway="balance", fee_percent="0")
    assert refusal(checkout.place, token(channel=balance), ME).code == "INVALID_PAYMENT_METHOD"
    assert not Order.objects.exists()


def test_a_promo_slot_is_held_by_the_invoice_number(sandbox: Sandbox) -> None:
    promo = factories.promo(max_usage=5)
    order = checkout.place(token(promo=promo, discount_minor=4945), ME)
    slot = PromoSlot.objects.get()
    assert (slot.holder, slot.device, slot.address) == (order.number, ME.device_key, ME.address_key)


def test_a_promo_refused_at_the_order_consumes_neither_token_nor_slot(sandbox: Sandbox) -> None:
    promo = factories.promo(max_usage=1)
    first, second = token(promo=promo, discount_minor=4945), token(promo=promo, discount_minor=4945)
    checkout.place(first, ME)
    other = factories.client("other")
    assert refusal(checkout.place, second, other).code == "PROMO_LIMIT_REACHED"
    assert Order.objects.count() == 1 and len(sandbox.gateway_payments()) == 1
    assert Promo.objects.get().used == 1
    Promo.objects.update(max_usage=2)
    assert checkout.place(second, other).status == "PENDING"


def test_a_dead_gateway_leaves_the_order_and_the_same_token_tries_again(sandbox: Sandbox) -> None:
    asked = token()
    sandbox.faults(gateway={"error": 1})
    refused = refusal(checkout.place, asked, ME)
    order = Order.objects.get()
    assert (refused.code, refused.status, refused.extra) == (
        "PAYMENT_UNAVAILABLE",
        503,
        {"invoiceNumber": order.number},
    )
    assert order.status == "PENDING" and nothing_moved()
    sandbox.faults()
    assert checkout.place(asked, ME).pk == order.pk
    assert payment_of(order).state == State.OPEN
    assert [p["reference"] for p in sandbox.gateway_payments()] == [f"{order.number}-2"]


def test_a_reply_that_was_lost_makes_a_new_attempt_with_its_own_reference(sandbox: Sandbox) -> None:
    asked = token()
    sandbox.faults(gateway={"lose_reply": 1})
    assert refusal(checkout.place, asked, ME).code == "PAYMENT_UNAVAILABLE"
    sandbox.faults()
    order = checkout.place(asked, ME)
    assert [p["reference"] for p in sandbox.gateway_payments()] == [order.number, f"{order.number}-2"]
    assert [(p.attempt, p.state) for p in order.payments.order_by("attempt")] == [(1, State.FAILED), (2, State.OPEN)]


def test_a_gateway_that_refuses_leaves_the_order_for_another_channel(sandbox: Sandbox) -> None:
    refused = refusal(checkout.place, token(channel=factories.channel("SHUT", gateway_channel="NO_SUCH")), ME)
    order = Order.objects.get()
    assert (refused.code, refused.extra) == ("INVALID_PAYMENT_METHOD", {"invoiceNumber": order.number})
    assert order.status == "PENDING"
    assert payment_of(order).state == State.FAILED


def test_a_claim_whose_owner_died_is_taken_over(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = token()
    with monkeypatch.context() as patched:
        patched.setattr(opening, "open_claimed", lambda order, payment: payment)  # killed before the call
        order = checkout.place(asked, ME)
    Payment.objects.update(claimed_at=timezone.now() - timedelta(seconds=opening.patience_s("xendit") + 1))
    assert checkout.place(asked, ME).pk == order.pk
    first, second = order.payments.order_by("attempt")
    assert (first.state, first.error) == (State.FAILED, "superseded")
    assert (second.state, second.reference) == (State.OPEN, f"{order.number}-2")


def test_a_fresh_claim_is_waited_for_and_not_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = token()
    with monkeypatch.context() as patched:
        patched.setattr(opening, "open_claimed", lambda order, payment: payment)
        checkout.place(asked, ME)
    monkeypatch.setattr(opening, "patience_s", lambda gateway: 0.2)
    Payment.objects.update(claimed_at=timezone.now() + timedelta(seconds=60))
    assert refusal(checkout.place, asked, ME).code == "PAYMENT_UNAVAILABLE"
    assert Payment.objects.get().state == State.OPENING


def test_who_comes_back_too_late_withdraws_what_it_opened(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call took longer than its claim; meanwhile another attempt was opened. Money on either would count."""
    order = checkout.place(token(), ME)
    slow = payment_of(order)
    Payment.objects.filter(pk=slow.pk).update(state=State.FAILED, gateway_id="", error="superseded")
    opening.new_attempt(order, 2, timezone.now())
    newest = payment_of(order)
    opening.open_claimed(order, newest)
    slow.state, slow.claimed_at = State.OPENING, timezone.now()
    shown = opening.open_claimed(order, slow)
    assert shown.pk == newest.pk
    assert Payment.objects.get(pk=slow.pk).gateway_id
    assert [p["status"] for p in sandbox.gateway_payments()] == ["pending", "pending", "cancelled"]


def test_an_order_past_its_deadline_opens_nothing_more(sandbox: Sandbox) -> None:
    asked = token()
    order = checkout.place(asked, ME)
    Payment.objects.update(state=State.FAILED)
    Order.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert checkout.place(asked, ME).pk == order.pk
    assert len(sandbox.gateway_payments()) == 1


def test_a_payment_that_failed_is_opened_anew_for_the_same_token(sandbox: Sandbox) -> None:
    asked = token()
    order = checkout.place(asked, ME)
    sandbox.pay(order.number, "failed")
    Payment.objects.update(state=State.FAILED)
    checkout.place(asked, ME)
    assert payment_of(order).reference == f"{order.number}-2"


def test_every_kind_of_channel_can_be_placed(sandbox: Sandbox) -> None:
    for code, kind in (("BCA_VIRTUAL_ACCOUNT", "VA"), ("DANA", "REDIRECT"), ("ALFAMART", "CODE"), ("CARDS", "CARD")):
        order = checkout.place(token(channel=factories.channel(code, kind=kind)), ME)
        assert payment_of(order).instructions, code


def test_no_transaction_is_open_while_the_gateway_is_called(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    depth = len(connection.savepoint_ids)
    seen: list[int] = []
    create = for_code("xendit").create

    def watched(charge: Any) -> Any:
        seen.append(len(connection.savepoint_ids) - depth)
        assert Payment.objects.get(reference=charge.reference).state == State.OPENING
        return create(charge)

    monkeypatch.setattr(for_code("xendit"), "create", watched)
    checkout.place(token(), ME)
    assert seen == [0]


def test_placing_takes_at_most_twelve_statements(sandbox: Sandbox) -> None:
    promo = factories.promo(max_usage=5, max_usage_per_id=5)
    checkout.place(token(promo=promo, discount_minor=4945), ME)  # the catalogue's rows are kept from the first one on
    asked = token(promo=promo, discount_minor=4945)
    with CaptureQueriesContext(
        connection,
    ) as ran:
        checkout.place(asked, ME)
    statements = [one["sql"] for one in ran if not one["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]
    assert len(statements) <= 12, "\n".join(statements)


def test_promo_target_is_the_account(sandbox: Sandbox) -> None:
    promo = factories.promo(max_usage_per_id=1)
    inquiry = factories.inquiry(promo=promo, discount_minor=4945)
    checkout.place(inquiries.token_of(inquiry), ME)
    again = token(promo=promo, discount_minor=4945)
    assert refusal(checkout.place, again, factories.client("other")).code == "PROMO_LIMIT_REACHED"
