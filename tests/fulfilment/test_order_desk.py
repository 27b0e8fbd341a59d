"""The order desk: one page with everything for a bounded number of statements, and verbs that refuse when unsafe."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core import notes
from core.cases import open_case
from core.errors import Refused
from core.models import AuditEntry, Note, StaffCase
from fulfilment import correcting, sending, taking
from fulfilment.desk import acting
from fulfilment.desk.weighing import Foresight
from fulfilment.models import Attempt, Correction, SupplierAccount, TopUp
from payments.models import Payment, Refund
from storefront.orders.models import Order
from tests.fulfilment import by_reference, desk
from tests.fulfilment.test_promises import NOBODY, RIGHT
from tests.staff import enter

pytestmark = pytest.mark.django_db
BY, WHY = "sari@example.com", "the customer calls"
PAGE = 20
"""Statements of an order's page, whatever happened to it."""


@pytest.fixture
def staff() -> Client:
    client = Client(headers={"accept-language": "en"})
    enter(client, User.objects.create_superuser("boss@example.com", "x"))
    return client


def fresh(order: Order) -> Order:
    return Order.objects.select_related("product").get(pk=order.pk)


def say(client: Client, order: Order, verb: str, **said: Any) -> str:
    """What the page tells after that verb."""
    told = {"_form_submitted": "True", "reason": WHY} | said
    answer = client.post(reverse(f"admin:storefront_order_{verb}", args=[order.pk]), told, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def waiting() -> tuple[Order, TopUp]:
    """Taken and not sent: its supplier cannot be reached, and it rests."""
    order = desk.paid()
    taking.take()
    TopUp.objects.filter(order=order).update(waits_for="connection", not_before=timezone.now() + timedelta(minutes=5))
    return fresh(order), TopUp.objects.get(order=order)


def unmoved(order: Order) -> bool:
    return not Refund.objects.exists() and fresh(order).status == "PROCESSING" and desk.funds(order) == order.total


def test_the_page_shows_all_of_it_for_a_bounded_number_of_statements(
    supplier: Any, staff: Client, django_assert_max_num_queries: Any
) -> None:
    order = desk.paid(player="656696292", zone="8610", quantity=3)
    desk.work(3)
    open_case("slow", "slow:1", "It is slow", about=order.number)
    notes.write(notes.about_order(order.number), User.objects.get(), "She called twice.")
    acting.check_again(order.pk, BY, WHY)
    address = reverse("admin:storefront_order_change", args=[order.pk])
    staff.get(address)
    with django_assert_max_num_queries(PAGE):
        page = staff.get(address).content.decode()
    attempt = Attempt.objects.first()
    assert attempt is not None
    shown = (order.number, attempt.transaction_id, "cost of goods", "order_done", "It is slow", "She called twice.",
             "order checked again", "game_user_id", order.payments.get().gateway_id)  # fmt: skip
    for one in shown:
        assert one in page, one
    assert attempt.callback_token not in page and "/hooks/gemgo/***" in page


def test_a_request_is_shown_without_what_signs_it(sandbox: Any, db: None) -> None:
    sandbox.faults(**by_reference.PENDING)
    by_reference.shop()
    attempt = by_reference.buy(desk.paid())
    shown = sending.request_of(attempt)
    assert shown["ref_id"] == attempt.reference and (shown["sign"], shown["username"]) == ("***", "***")


def test_what_waits_is_tried_at_once_and_a_second_click_does_nothing(supplier: Any, staff: Client) -> None:
    order, _unit = waiting()
    assert "tried within seconds" in say(staff, order, "send_again")
    assert "tried already" in say(staff, order, "send_again")
    assert AuditEntry.objects.filter(action="order sent again").count() == 1
    for topup_id in sending.due(10):
        sending.send(topup_id)
    desk.work()
    assert fresh(order).status == "SUCCESS" and len(supplier.supplier_orders()) == 1
    assert "nothing has moved" in say(staff, order, "send_again")
    assert len(supplier.supplier_orders()) == 1


def test_an_unknown_outcome_is_never_sent_switched_or_paid_back_by_anybody(supplier: Any, staff: Client) -> None:
    desk.look()
    desk.second()
    desk.rate()
    supplier.faults(create_order={"lose_request": 1.0})
    order = desk.paid()
    desk.buy(order)
    assert TopUp.objects.get().state == "UNKNOWN"
    other = SupplierAccount.objects.get(code="digiflazz").products.get()
    for act in (
        lambda: acting.send_again(order.pk, BY, WHY),
        lambda: acting.switch_supplier(order.pk, other.pk, BY, WHY),
        lambda: acting.cancel(order.pk, BY, WHY),
    ):
        with pytest.raises(Refused, match="never answered the purchase"):
            act()
    for verb in ("send_again", "cancel_order"):
        dialog = staff.get(reverse(f"admin:storefront_order_{verb}", args=[order.pk])).content.decode()
        assert "What speaks against it" in dialog and "never answered" in dialog
        assert "never answered" in say(staff, order, verb)
    assert unmoved(order) and TopUp.objects.get().chosen is None and not AuditEntry.objects.exists()


@pytest.mark.parametrize("sign", ["case", "callback"])
def test_a_sign_that_it_was_made_after_all_stops_every_verb(supplier: Any, sign: str) -> None:
    order, unit = waiting()
    if sign == "case":
        open_case("late_answer", "late:1", "It was answered after all", about=order.number)
    else:
        product = desk.product()
        Attempt.objects.create(
            topup=unit, number=1, account=product.account, product=product, game_code="mlbb_id", product_code="x",
            product_name="x", cost_minor=1, player_id=order.player_id, callback_token="t", state="NOT_CREATED",
            callback_seen_at=timezone.now(),
        )  # fmt: skip
    for foresee in (acting.foresee_send, acting.foresee_switch, acting.foresee_cancel):
        assert not foresee(order).may
    with pytest.raises(Refused):
        acting.cancel(order.pk, BY, WHY)
    assert unmoved(order)


def test_another_supplier_is_chosen_and_goes_first(supplier: Any, staff: Client) -> None:
    second = desk.second(priority=5).product
    desk.rate()
    order, _unit = waiting()
    dialog = staff.get(reverse("admin:storefront_order_switch_supplier", args=[order.pk])).content.decode()
    assert "172 Diamonds" in dialog and "ml172" in dialog
    with pytest.raises(Refused, match="no route"):
        acting.switch_supplier(order.pk, 0, BY, WHY)
    assert "chosen product" in say(staff, order, "switch_supplier", product=second.pk)
    assert "chosen before" in say(staff, order, "switch_supplier", product=second.pk)
    assert AuditEntry.objects.filter(action="supplier switched").count() == 1
    for topup_id in sending.due(10):
        sending.send(topup_id)
    assert [supplied for supplied, _product in desk.bought(supplier)] == ["digiflazz"]


def test_a_sender_that_read_the_other_choice_sends_nothing(supplier: Any, monkeypatch: Any) -> None:
    """The sender has chosen its route when staff switch; without the guard it would still go there."""
    second = desk.second(priority=5).product
    desk.rate()
    order, unit = waiting()
    prepare = sending._prepare

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(sending, "_prepare", prepare)
        acting.switch_supplier(order.pk, second.pk, BY, WHY)
        return prepare(*given)

    monkeypatch.setattr(sending, "_prepare", meanwhile)
    sending.send(unit.pk)
    assert desk.bought(supplier) == []
    sending.send(unit.pk)
    assert [supplied for supplied, _product in desk.bought(supplier)] == ["digiflazz"]


def test_without_the_choice_in_the_claim_it_still_goes_there(supplier: Any, monkeypatch: Any) -> None:
    """The control: a claim that asks only whether the unit waits buys from whom staff had just turned away."""
    second = desk.second(priority=5).product
    desk.rate()
    order, unit = waiting()
    prepare = sending._prepare

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(sending, "_prepare", prepare)
        acting.switch_supplier(order.pk, second.pk, BY, WHY)
        return prepare(*given)

    monkeypatch.setattr(sending, "_prepare", meanwhile)
    monkeypatch.setattr(sending, "_claimed", lambda topup: TopUp.objects.filter(pk=topup.pk).update(state="SENDING"))
    sending.send(unit.pk)
    assert [supplied for supplied, _product in desk.bought(supplier)] == ["gemgo"]


def test_cancelled_it_is_paid_back_once(supplier: Any, staff: Client) -> None:
    order, _unit = waiting()
    assert "its money on its way back" in say(staff, order, "cancel_order")
    assert not acting.cancel(order.pk, BY, WHY)
    assert fresh(order).status == "FAILED" and desk.funds(order).minor == 0
    assert Refund.objects.get().amount_minor == order.total_minor
    assert AuditEntry.objects.filter(action="order cancelled").count() == 1
    assert order.events.get(after="FAILED").reason == "cancelled_by_shop"


def test_a_paid_order_nobody_took_up_is_cancelled_too(supplier: Any) -> None:
    order = desk.paid()
    assert acting.cancel(order.pk, BY, WHY) and fresh(order).status == "FAILED" and desk.funds(order).minor == 0


def test_staff_put_the_account_right_after_reading_the_name(supplier: Any, staff: Client) -> None:
    order = desk.paid(player=NOBODY)
    desk.work(2)
    typed = {f"field_{key}": value for key, value in RIGHT.items()}
    url = reverse("admin:storefront_order_change_account", args=[order.pk])
    first = staff.post(url, {"_form_submitted": "True", "reason": WHY, "seen": ""} | typed)
    assert "り い こ" in first.content.decode() and not Correction.objects.exists()
    seen = first.context["form"].data["seen"]
    wrong = staff.post(url, {"_form_submitted": "True", "reason": WHY, "seen": seen} | typed | {"field_zoneId": "1"})
    assert wrong.status_code == 200 and not Correction.objects.exists()
    for _ in range(2):
        staff.post(url, {"_form_submitted": "True", "reason": WHY, "seen": seen} | typed)
    assert fresh(order).player_id == RIGHT["userId"] and Correction.objects.count() == 1
    assert order.events.get(reason="account_changed").by == "boss@example.com"
    assert AuditEntry.objects.get(action="account changed").why == WHY


def test_nobody_changes_the_account_of_what_is_out(sandbox: Any, db: None) -> None:
    sandbox.faults(**by_reference.PENDING)
    by_reference.shop()
    by_reference.buy(desk.paid())
    with pytest.raises(Refused, match="CANNOT_CORRECT"):
        correcting.propose(fresh(Order.objects.get()), RIGHT)


def test_check_again_asks_and_moves_nothing(supplier: Any, staff: Client) -> None:
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0})
    order = desk.paid()
    desk.buy(order)
    Payment.objects.update(not_before=timezone.now() + timedelta(hours=1))
    for _ in range(2):
        assert "asked for within seconds" in say(staff, order, "check_again")
    assert desk.account().poll_wanted_at is not None
    assert Payment.objects.get().not_before <= timezone.now() and TopUp.objects.get().state == "UNKNOWN"
    assert len(supplier.supplier_orders()) == 0


def test_a_purchase_by_reference_is_never_asked_for_sooner_than_its_pause(sandbox: Any, db: None) -> None:
    sandbox.faults(**by_reference.PENDING)
    by_reference.shop()
    attempt = by_reference.buy(desk.paid())
    Attempt.objects.update(next_look_at=timezone.now() + timedelta(hours=1))
    order = Order.objects.get()
    acting.check_again(order.pk, BY, WHY)
    attempt.refresh_from_db()
    pause = attempt.next_look_at - attempt.sent_at
    assert timedelta(seconds=90) < pause < timedelta(minutes=10)


def test_notes_are_appended_with_their_author(supplier: Any, staff: Client) -> None:
    order = desk.paid()
    for text in ("She called.", "She called.", "And again."):
        say(staff, order, "write_note", text=text)
    assert list(Note.objects.values_list("text", "author__email")) == [
        ("And again.", "boss@example.com"), ("She called.", "boss@example.com"),
    ]  # fmt: skip


def test_foresight_says_what_would_be_done(supplier: Any) -> None:
    order, _unit = waiting()
    seen = acting.foresee_cancel(order)
    assert isinstance(seen, Foresight) and seen.may and "wallet" in seen.says
    assert StaffCase.objects.count() == 0
