"""Money owed back goes back once, and what nobody knows is asked of a person (F17, F18; invariants 2, 3, 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from core.errors import Refused
from core.models import AuditEntry, PoisonRow, StaffCase
from core.money import Money
from payments import ledger_check, looking, refunds
from payments.gateways import for_code
from payments.gateways.base import GatewayUnavailable, RefundReply, RefundStanding
from payments.gateways.xendit import Xendit
from payments.models import Account, Payment, Refund
from payments.settling import settle
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.payments.cast import TOTAL, books, due_now, money, payment_of, placed, standing, unplaced
from tests.payments.members import holds, member
from tests.payments.test_webhooks import post
from tests.storefront import factories

pytestmark = pytest.mark.django_db
State = Refund.State


def paid(sandbox: Sandbox, **channel: Any) -> Order:
    order = placed(channel=factories.channel(**({"is_refundable": True} | channel)))
    sandbox.pay(order.number)
    due_now()
    looking.poll_due()
    return order


def owed(order: Order, minor: int = TOTAL, key: str = "test", **more: Any) -> Refund:
    return refunds.owe(order, payment_of(order), Money(minor, "IDR"), Refund.Why.NOT_DELIVERED, key, **more)


@pytest.fixture
def asked_in_vain(monkeypatch) -> None:
    """A gateway that cannot tell what became of a refund without its own number."""
    monkeypatch.setattr(Xendit, "find_refund", lambda *_: None)


def again(refund: Refund) -> Refund:
    return Refund.objects.get(pk=refund.pk)


def due_again() -> None:
    Refund.objects.update(not_before=timezone.now() - timedelta(seconds=1))


def raising(problem: Exception) -> Any:
    def gateway(*_: Any) -> None:
        raise problem

    return gateway


def refunded(sandbox: Sandbox) -> list[int]:
    return [payment["refunded"] for payment in sandbox.gateway_payments()]


def test_what_is_owed_stands_in_refunds_payable_at_once(sandbox: Sandbox) -> None:
    order = paid(sandbox)
    refund = owed(order, 796)
    assert (refund.state, refund.reference) == (State.DUE, f"{order.number}-R1")
    assert books() == {"clearing:xendit:IDR": -TOTAL, "funds:IDR": TOTAL - 796, "refunds:IDR": 796}


def test_f17_the_same_key_owes_once(sandbox: Sandbox) -> None:
    order = paid(sandbox)
    assert owed(order).pk == owed(order).pk
    assert standing(Account.Kind.REFUNDS) == TOTAL


def test_a_refund_is_sent_and_done_when_the_gateway_says_so(sandbox: Sandbox) -> None:
    sandbox.faults(refund={"finish_after_ms": 0})
    order = paid(sandbox)
    refund = owed(order)
    assert refunds.send_due() == 1
    assert again(refund).state == State.SENT
    due_again()
    while again(refund).state == State.SENT:  # the sandbox ends it in its own time
        due_again()
        refunds.send_due()
    assert again(refund).state == State.DONE
    assert refunded(sandbox) == [TOTAL]
    assert books() == {}
    truth = {row["reference"]: Money(row["refunded"], "IDR") for row in sandbox.gateway_payments()}
    assert ledger_check.refund_differences(truth) == []
    assert ledger_check.refund_differences({order.number: Money(1, "IDR")}) != []


def test_the_webhook_of_a_refund_is_a_hint_too(sandbox: Sandbox) -> None:
    sandbox.faults(refund={"never": 1})
    refund = owed(paid(sandbox))
    refunds.send_due()
    body = {"event": "refund.succeeded", "data": {"id": again(refund).gateway_id, "reference_id": refund.reference}}
    assert post(body) == 200
    looking_at = again(refund)
    assert looking_at.state == State.SENT, "the gateway still says PENDING"


def test_a_lost_answer_is_asked_after_and_not_sent_again(sandbox: Sandbox) -> None:
    refund = owed(paid(sandbox))
    sandbox.faults(gateway={"lose_reply": 1}, refund={"never": 1})
    refunds.send_due()
    assert (again(refund).state, again(refund).attempts) == (State.SENT, 1)
    assert again(refund).gateway_id
    assert not StaffCase.objects.exists()


def test_a_worker_that_died_before_it_sent_has_it_sent_again(sandbox: Sandbox) -> None:
    refund = owed(paid(sandbox))
    Refund.objects.update(state=State.SENDING)
    refunds.send_due()
    assert again(refund).state == State.DUE
    assert refunded(sandbox) == [0]
    due_again()
    refunds.send_due()
    assert again(refund).state == State.SENT


@pytest.mark.usefixtures("asked_in_vain")
def test_what_the_gateway_cannot_be_asked_for_is_unknown_and_never_sent_again(sandbox: Sandbox) -> None:
    refund = owed(paid(sandbox))
    sandbox.faults(gateway={"lose_reply": 1}, refund={"never": 1})
    for _ in range(3):
        refunds.send_due()
    assert again(refund).state == State.SENDING
    assert StaffCase.objects.get().kind == "refund-unknown"
    assert standing(Account.Kind.REFUNDS) == TOTAL


def test_what_reached_nobody_is_sent_again(sandbox: Sandbox) -> None:
    refund = owed(paid(sandbox))
    sandbox.faults(gateway={"http_429": 1})
    refunds.send_due()
    assert (again(refund).state, again(refund).attempts) == (State.DUE, 1)
    assert again(refund).not_before > timezone.now()
    sandbox.faults(refund={"never": 1})
    due_again()
    refunds.send_due()
    assert again(refund).state == State.SENT


def test_a_gateway_that_is_away_says_nothing_of_a_refund_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it is away: the refund is not set aside, and comes again with the next sweep."""
    order, payment = unplaced()
    settle(payment.pk, money())
    refund = owed(order)
    Refund.objects.update(state=State.SENT)
    monkeypatch.setattr(Xendit, "look_up_refund", raising(GatewayUnavailable("away")))
    for _ in range(2):
        due_again()
        assert refunds.send_due() == 1
    assert again(refund).state == State.SENT and not PoisonRow.objects.exists()


def test_what_the_gateway_refuses_the_guest_claims_and_a_member_has(sandbox: Sandbox) -> None:
    order = paid(sandbox, code="BCA_VIRTUAL_ACCOUNT", kind="VA")
    refund = owed(order, TOTAL - 1)
    refunds.send_due()
    assert (again(refund).state, again(refund).way) == (State.CLAIMABLE, "")
    assert standing(Account.Kind.REFUNDS) == TOTAL - 1
    second, user = owed(order, 1, key="second"), member()
    # The order becomes a member's before the gateway is asked.
    Order.objects.update(user=user)
    refunds.send_due()
    assert (again(second).state, holds(user)) == (State.DONE, 1)


def test_a_channel_that_takes_nothing_back_is_not_even_asked(sandbox: Sandbox) -> None:
    order = paid(sandbox, code="BCA_VIRTUAL_ACCOUNT", kind="VA", is_refundable=False)
    assert owed(order).state == State.CLAIMABLE
    assert refunds.send_due() == 0


@pytest.mark.usefixtures("asked_in_vain")
def test_staff_settle_a_lost_answer_by_the_gateways_list(sandbox: Sandbox) -> None:
    first, second = owed(paid(sandbox), 1), owed(paid(sandbox), 2, key="other")
    Refund.objects.update(state=State.SENDING)
    with pytest.raises(Refused):
        refunds.send_again(first.pk, "ops@example.com", "too early")
    refunds.send_due()
    assert StaffCase.objects.filter(kind="refund-unknown", state="OPEN").count() == 2
    refunds.confirm_paid(first.pk, "ops@example.com", "in the list")
    refunds.send_again(second.pk, "ops@example.com", "not in the list")
    assert (again(first).state, again(second).state) == (State.DONE, State.DUE)
    assert not StaffCase.objects.filter(state="OPEN").exists()
    with pytest.raises(Refused):
        refunds.confirm_paid(first.pk, "ops@example.com", "again")


def test_a_refund_that_failed_at_the_gateway_is_claimed(sandbox: Sandbox) -> None:
    refund = owed(paid(sandbox))
    refunds.progress(refund.pk, RefundReply("rfd-1", RefundStanding.FAILED))
    assert again(refund).state == State.DUE, "only what was sent can fail"
    Refund.objects.update(state=State.SENT)
    refunds.progress(refund.pk, RefundReply("rfd-1", RefundStanding.FAILED, "REFUND_FAILED"))
    assert again(refund).state == State.CLAIMABLE
    assert standing(Account.Kind.REFUNDS) == TOTAL


def test_done_is_booked_once(sandbox: Sandbox) -> None:
    order = paid(sandbox)
    refund = owed(order)
    Refund.objects.update(state=State.SENT)
    for _ in range(3):
        refunds.progress(refund.pk, RefundReply("rfd-1", RefundStanding.DONE))
    assert books() == {}
    assert not StaffCase.objects.exists()


def test_done_that_is_taken_back_is_a_case(sandbox: Sandbox) -> None:
    refund = owed(paid(sandbox))
    Refund.objects.update(state=State.SENT)
    refunds.progress(refund.pk, RefundReply("rfd-1", RefundStanding.DONE))
    refunds.progress(refund.pk, RefundReply("rfd-1", RefundStanding.FAILED))
    assert again(refund).state == State.DONE
    assert StaffCase.objects.get().kind == "refund-odd"


def test_money_under_review_waits_for_a_person(sandbox: Sandbox) -> None:
    refund = owed(paid(sandbox), review=True)
    assert refunds.send_due() == 0
    refunds.approve(refund.pk, "ops@example.com", "paid twice")
    assert again(refund).state == State.DUE
    assert AuditEntry.objects.get().action == "refund.approve"
    with pytest.raises(Refused):
        refunds.approve(refund.pk, "ops@example.com", "again")
    sandbox.faults(refund={"never": 1})
    refunds.send_due()
    assert again(refund).state == State.SENT


def test_references_of_one_order_count_up(sandbox: Sandbox) -> None:
    order = paid(sandbox)
    payment = payment_of(order)
    made = [refunds.owe(order, payment, Money(1, "IDR"), Refund.Why.DOUBLE, f"k{n}").reference for n in range(3)]
    assert made == [f"{order.number}-R{n}" for n in (1, 2, 3)]


def test_a_hint_about_another_refund_changes_nothing(sandbox: Sandbox) -> None:
    refund = owed(paid(sandbox))
    other = paid(sandbox)
    sandbox.faults(refund={"never": 1})
    theirs = for_code("xendit").refund(payment_of(other).gateway_id, Money(TOTAL, "IDR"), "SOMEBODY-R1")
    Refund.objects.filter(pk=refund.pk).update(state=State.SENDING)
    refunds.look(again(refund), theirs.gateway_id)
    assert (again(refund).state, again(refund).gateway_id) == (State.SENDING, "")
    assert Payment.objects.count() == 2 and settings.XENDIT_BASE_URL
