"""Our payments and refunds held against the gateways' own books, and what staff do about each difference."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.models import AuditEntry, Discrepancy, StaffCase
from payments import ledger_check, looking, reconciling, refunds, sales, webhooks
from payments.gateways import CODES, for_code
from payments.gateways.base import GatewayUnavailable
from payments.models import Payment, Refund, Transfer
from storefront.orders import services as orders
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.payments.cast import TOTAL, fresh, payment_of, placed, sound, unplaced
from tests.payments.gateways.cast import CASTS, HITPAY, MIDTRANS, Cast
from tests.staff import enter
from tests.storefront import factories

pytestmark = pytest.mark.django_db
WHY = {"_form_submitted": "True", "reason": "seen in the dashboard"}


@pytest.fixture
def office() -> Client:
    client = Client()
    enter(client, User.objects.create_superuser("ops@example.com", "x"))
    return client


@pytest.fixture
def deaf(sandbox: Sandbox) -> Sandbox:
    """No webhook reaches us, and refunds end at once."""
    sandbox.faults(webhook={"drop": 1.0}, refund={"finish_after_ms": 0})
    return sandbox


def due() -> None:
    past = timezone.now() - timedelta(seconds=1)
    Payment.objects.exclude(compare_at=None).update(compare_at=past)
    Discrepancy.objects.update(next_look_at=past)


def round_() -> None:
    due()
    reconciling.reconcile_due(timezone.now() + reconciling._JUST_MADE * 2)


def only() -> Discrepancy:
    return Discrepancy.objects.get()


def press(office: Client, verb: str, row: Discrepancy, **typed: str) -> str:
    """A verb of the row's page, and what the page says then; a row that is done with has no verbs."""
    address = reverse(f"admin:core_discrepancy_{verb}", args=[row.pk])
    answer = office.post(address, WHY | typed, follow=True)
    assert answer.status_code in (200, 403)
    row.refresh_from_db()
    return answer.content.decode()


def outside(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """A call to HitPay that the store does not know of, as by its dashboard."""
    key = {"X-BUSINESS-API-KEY": settings.HITPAY_API_KEY}
    answer = requests.post(f"{settings.HITPAY_BASE_URL}/v1{path}", json=body, headers=key, timeout=5)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


def paid_unheard(sandbox: Sandbox, cast: Cast) -> Payment:
    order = placed(channel=cast.channel())
    sandbox.pay(order.number)
    return payment_of(order)


@pytest.mark.parametrize("cast", CASTS, ids=[cast.code for cast in CASTS])
def test_money_that_we_never_heard_of_is_a_row_until_it_is_settled(deaf: Sandbox, office: Client, cast: Cast) -> None:
    payment = paid_unheard(deaf, cast)
    for _ in range(3):
        round_()
    row = only()
    assert (row.party, row.kind, row.reference) == (cast.code, "THEIRS_ONLY", payment.reference)
    assert (row.ours_minor, row.theirs_minor, row.state) == (None, TOTAL, "OPEN")
    assert not Transfer.objects.exists(), "a comparison moves nothing"
    # What came in unheard is handed to the poller at once; here it is off, and a person settles it, twice.
    payment.refresh_from_db()
    assert payment.not_before <= timezone.now()
    for _ in range(2):
        press(office, "settle", row)
    assert row.state == "RESOLVED" and "Both sides agree" in row.note
    assert fresh(payment.bill).status == "PAID" and Transfer.objects.count() == 1
    assert AuditEntry.objects.get(action="discrepancy settled").why == WHY["reason"]


def test_a_payment_nobody_can_compare_holds_up_none_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (unplaced()[1] for _ in range(2))
    Payment.objects.update(gateway_id="pr-1")
    asked: list[int] = []
    problem: Exception = KeyError("a shape nobody has seen")

    def compare(payment: Payment) -> None:
        asked.append(payment.pk)
        if payment == first or isinstance(problem, GatewayUnavailable):
            raise problem

    monkeypatch.setattr(reconciling, "CODES", ("xendit",))
    monkeypatch.setattr(reconciling, "compare", compare)
    round_()
    assert sorted(asked) == [first.pk, second.pk]
    # A gateway that does not answer ends the round; whose turn it was is not passed over for an hour, or for ever.
    problem = GatewayUnavailable("HTTP 502")
    Payment.objects.update(created_at=timezone.now() - timedelta(days=31))
    round_()
    assert len(asked) == 3
    soon = timezone.now() + timedelta(minutes=20)
    assert Payment.objects.filter(compare_at__lt=soon).count() == 2


def test_the_poller_settles_it_by_itself_and_the_row_closes_with_a_note(deaf: Sandbox) -> None:
    payment = paid_unheard(deaf, HITPAY)
    round_()
    looking.poll_due()
    assert fresh(payment.bill).status == "PAID" and only().state == "OPEN"
    round_()
    row = only()
    assert row.state == "RESOLVED" and row.decided_by == "" and "Both sides agree" in row.note
    round_()
    assert Discrepancy.objects.count() == 1, "nothing is found where all is well"


def test_money_for_no_order_of_ours_is_given_to_an_order(deaf: Sandbox, office: Client) -> None:
    order = placed(channel=HITPAY.channel())
    made = outside(
        "/payment-requests",
        {
            "amount": str(TOTAL), "currency": "IDR", "payment_methods": ["ifpay_qris"], "reference_number": "BY-HAND",
            "redirect_url": "https://example.com/", "generate_qr": True,
        },
    )  # fmt: skip
    round_()
    assert not Discrepancy.objects.exists(), "a request that nobody paid is nobody's money"
    deaf.pay_exactly("BY-HAND")
    for _ in range(2):
        round_()
    row = only()
    assert (row.kind, row.reference, row.theirs_minor) == ("THEIRS_ONLY", made["id"], TOTAL)
    assert StaffCase.objects.get().kind == "strange-money"
    press(office, "give_to_order", row, number="GATE000")
    assert row.state == "OPEN" and Payment.objects.count() == 1
    for _ in range(2):
        press(office, "give_to_order", row, number=order.number)
    assert row.state == "RESOLVED" and fresh(order).status == "PAID"
    assert Payment.objects.filter(gateway_id=made["id"]).count() == 1 and sound(order)


def test_a_gateway_without_a_list_tells_of_strange_money_by_webhook_alone(sandbox: Sandbox) -> None:
    assert {code: for_code(code).lists_requests for code in CODES} == {
        "xendit": False,
        "midtrans": False,
        "hitpay": True,
    }
    order = placed()
    payment = payment_of(order)
    sandbox.faults(webhook={"drop": 1.0})
    sandbox.pay(order.number)
    Payment.objects.filter(pk=payment.pk).update(gateway_id="pr-another", reference="ANOTHER")
    Payment.objects.update(gateway_id=payment.gateway_id, reference=order.number)
    told = CASTS[0].about(payment)
    Payment.objects.update(gateway_id="pr-another", reference="ANOTHER")
    Client().post("/hooks/xendit", told.body, content_type="application/json", headers=told.headers)
    webhooks.work_inbox()
    row = only()
    assert (row.party, row.kind, row.theirs_minor) == ("xendit", "THEIRS_ONLY", TOTAL)
    Payment.objects.update(gateway_id=payment.gateway_id, reference=order.number)
    reconciling.look_again(row)
    assert row.state == "RESOLVED"


def refunded_there(sandbox: Sandbox, cast: Cast) -> Payment:
    """A paid and delivered order, of which somebody gives money back in the gateway's dashboard."""
    payment = paid_unheard(sandbox, cast)
    looking.look(payment)
    if cast.code == "hitpay":
        told = requests.get(
            f"{settings.HITPAY_BASE_URL}/v1/payment-requests/{payment.gateway_id}",
            headers={"X-BUSINESS-API-KEY": settings.HITPAY_API_KEY},
            timeout=5,
        ).json()
        outside("/refund", {"payment_id": told["payments"][0]["id"], "amount": str(TOTAL)})
    else:
        requests.post(
            f"{settings.MIDTRANS_BASE_URL}/v2/{payment.reference}/refund",
            json={"refund_key": "by-hand", "amount": TOTAL, "reason": "by hand"},
            auth=(settings.MIDTRANS_SERVER_KEY, ""),
            timeout=5,
        ).raise_for_status()
    return payment


@pytest.mark.parametrize("cast", [MIDTRANS, HITPAY], ids=["midtrans", "hitpay"])
def test_a_refund_made_there_only_is_booked_by_staff_once(deaf: Sandbox, office: Client, cast: Cast) -> None:
    payment = refunded_there(deaf, cast)
    order = payment.order
    assert order is not None

    def found() -> bool:
        round_()
        return Discrepancy.objects.exists()

    assert any(found() for _ in range(50))
    row = only()
    assert (row.subject, row.kind, row.reference, row.theirs_minor) == (
        "REFUND", "THEIRS_ONLY", payment.reference, TOTAL,
    )  # fmt: skip
    press(office, "book_refund", row)
    assert row.state == "OPEN" and not Refund.objects.exists(), "an order under way gives back by itself"
    # The unit fails: the guest is owed the money that has gone back already.
    fails(order)
    assert Refund.objects.get().state in ("DUE", "CLAIMABLE")
    for _ in range(2):
        press(office, "book_refund", row)
    refund = Refund.objects.get()
    assert (refund.state, refund.way, row.state) == ("DONE", "GATEWAY", "RESOLVED")
    assert ledger_check.problems() == []
    refunds.send_due()
    assert [one["refunded"] for one in deaf.gateway_payments()] == [TOTAL]


def fails(order: Order) -> None:
    """The order ends with nothing delivered; a guest is owed all of it."""
    with transaction.atomic():
        row = orders.lock(order.pk)
        orders.advance(row, Order.Status.PROCESSING, by="test", reason="taken")
        orders.count_unit(row, failed=row.quantity)
        orders.advance(row, Order.Status.FAILED, by="test", reason="undelivered")
        sales.book(row)


def test_a_refund_that_only_our_books_know_is_ours_only(deaf: Sandbox) -> None:
    payment = paid_unheard(deaf, HITPAY)
    looking.look(payment)
    assert payment.order is not None
    Refund.objects.create(
        key="lost", reference=f"{payment.reference}-R1", order=payment.order, payment=payment, amount_minor=TOTAL,
        currency="IDR", why="LATE", state="DONE", way="GATEWAY", gateway_id=f"{payment.gateway_id}/r-unknown",
    )  # fmt: skip
    round_()
    row = only()
    assert (row.subject, row.kind, row.reference) == ("REFUND", "OURS_ONLY", f"{payment.reference}-R1")
    assert (row.ours_minor, row.theirs_minor) == (TOTAL, None)


def test_a_payment_the_gateway_does_not_know_is_ours_only_and_explained_until_it_changes(
    sandbox: Sandbox, office: Client
) -> None:
    _order, payment = unplaced()
    round_()
    row = only()
    assert (row.kind, row.evidence["standing"]) == ("OURS_ONLY", "MISSING")
    press(office, "open_case", row)
    case = StaffCase.objects.get()
    assert (case.kind, case.about) == ("discrepancy", payment.reference)
    press(office, "explain", row)
    case.refresh_from_db()
    assert (row.state, row.decided_by, row.note) == ("EXPLAINED", "ops@example.com", WHY["reason"])
    assert case.state == "RESOLVED"
    round_()
    assert only().state == "EXPLAINED", "the same facts are explained already"
    Discrepancy.objects.update(ours_minor=5)
    round_()
    assert only().state == "OPEN" and Discrepancy.objects.count() == 1


def test_the_gateway_counts_less_than_we(deaf: Sandbox, settings: Any) -> None:
    """A reversal: the bank took back what had counted."""
    channel = factories.channel("PERMATA_M", kind="VA", gateway="midtrans", gateway_channel="permata", fee_percent="0")
    settings.MIDTRANS_REVERSAL_SECONDS = 0
    order = placed(channel=channel)
    deaf.pay(order.number)
    payment = payment_of(order)
    looking.look(payment)
    deaf.pay(order.number, outcome="reversed")
    round_()
    row = only()
    assert (row.kind, row.theirs_minor) == ("OURS_ONLY", None)
    assert row.ours_minor == fresh(order).total_minor


def test_a_round_is_bounded_and_a_gateway_that_is_away_proves_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "MOST_PAYMENTS", 2)
    asked: list[str] = []

    def noted(payment: Payment) -> list[object]:
        asked.append(payment.reference)
        return []

    monkeypatch.setattr(reconciling, "compare", noted)
    for _ in range(3):
        unplaced()
    due()
    now = timezone.now()
    assert (reconciling.reconcile_due(now), reconciling.reconcile_due(now), reconciling.reconcile_due(now)) == (2, 1, 0)
    assert len(set(asked)) == 3, "each once: claimed before it is asked for"
    monkeypatch.undo()
    sandbox.faults(gateway={"error": 1.0})
    due()
    assert reconciling.reconcile_due() == 0 and not Discrepancy.objects.exists()


def test_who_may_not_change_a_row_sees_no_verb(sandbox: Sandbox) -> None:
    unplaced()
    round_()
    row = only()
    client = Client()
    user = User.objects.create_user("eyes@example.com", "x")
    user.is_staff = True
    user.save(update_fields=["is_staff"])
    enter(client, user)
    for verb in ("look_again", "settle", "explain", "open_case", "give_to_order", "book_refund"):
        assert client.post(reverse(f"admin:core_discrepancy_{verb}", args=[row.pk]), WHY).status_code in (302, 403)
    assert only().state == "OPEN" and not AuditEntry.objects.exists()
