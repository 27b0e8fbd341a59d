"""Two of staff at one row at the same moment, by the back office itself: the same verb twice, or two that contradict
each other. One of the two has done something and the other has not; when both click once more, nothing else happens
(F17, F18)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core.admin import verbs
from core.cases import open_case
from core.models import AuditEntry, InboxMessage, MailMessage, StaffCase
from core.money import Money
from fulfilment import finishing, profiles
from fulfilment.models import Attempt, Code, HistoryRow, ProblemReport, ProductTask, Statement, SupplierAccount
from fulfilment.pricing import drafts
from payments import ledger_check
from payments.models import Capture, Payout, Refund, Transfer
from payments.money_back import payouts, steps
from payments.wallet import adjusting
from tests import verb_rows
from tests.accounts.cast import with_second_factor
from tests.concurrency.at_once import at_once
from tests.fulfilment import by_reference, desk, vouchers
from tests.fulfilment.pricing import shelf
from tests.payments.back import claimed, sold, staff
from tests.payments.cast import TOTAL
from tests.payments.members import member
from tests.payments.test_giving_back import review
from tests.staff import enter
from tests.staff_tokens import Script
from tests.storefront import factories
from tests.verb_rows import SAID, address, discrepancy, purchase

pytestmark = pytest.mark.django_db(transaction=True)
Said = dict[str, Any]


def paid_out() -> Payout:
    payout, sari, dewi = claimed(), staff("sari"), staff("dewi")
    payouts.prepare(payout.pk, sari, "looked")
    payouts.approve(payout.pk, dewi, "looked")
    return payouts.mark_paid(payout.pk, dewi, "BCA 17")


def delivered_dearer() -> Model:
    """Delivered, and the supplier says that it cost more than we booked."""
    attempt = purchase("ACCEPTED")
    row = verb_rows.history_row(attempt)
    Attempt.objects.filter(pk=attempt.pk).update(history_row=row)
    attempt.refresh_from_db()
    assert finishing.deliver(attempt)
    HistoryRow.objects.filter(pk=row.pk).update(cost_minor=300)
    return discrepancy("DIFFERING", attempt.pk)


def in_the_dark() -> tuple[Model, Said]:
    attempt = purchase("UNKNOWN")
    row = verb_rows.history_row(attempt)
    return attempt, {"row": row.pk}


def told_of() -> tuple[Model, Said]:
    attempt = purchase("UNKNOWN")
    row = verb_rows.history_row(attempt)
    return discrepancy("THEIRS_ONLY", row.pk), {"attempt": attempt.pk}


def code_sold() -> Model:
    stock = vouchers.opened()
    vouchers.fill(stock, 2)
    order = vouchers.paid(stock)
    vouchers.work()
    return Code.objects.get(topup__order=order)


def code_file() -> Model:
    return vouchers.draft(vouchers.opened(), "AAAA-1111-BBBB\nAAAA-2222-BBBB")


def published() -> Any:
    shelf.shop()
    return shelf.published()


def day_of(code: str, **more: Any) -> Model:
    account, now = profiles.ensure(code), timezone.now()
    given = {"account": account, "day": now, "currency": account.currency, "opened_at": now, "opening_minor": 1}
    return Statement.objects.create(**given, **more)


def account(**state: Any) -> Model:
    row = profiles.ensure("digiflazz")
    SupplierAccount.objects.filter(pk=row.pk).update(**state)
    return row


def named(name: str, **more: Any) -> User:
    return member(name, **more)


def with_app() -> Model:
    user = named("app")
    with_second_factor(user)
    return user


def proved() -> Model:
    user = named("proved", email_verified_at=timezone.now())
    factories.order(email=user.email)
    return user


def wish() -> Model:
    waits = adjusting.adjust(named("wish"), Money(5_000, "IDR"), key="w", by="sari@shop.example", why="paid twice")
    assert waits is not None
    return waits


def guests() -> Model:
    factories.order(email="other@example.com")
    return factories.order(email="otehr@example.com")


def reported() -> Model:
    return ProblemReport.objects.create(order=factories.order(), topic="OTHER", text="It is odd.")


def case() -> Model:
    open_case("set-aside", "set-aside:x:1", "A row that fails", evidence={"row": "core.mailmessage:1"})
    return StaffCase.objects.latest("id")


Stage = Callable[[], Any]
# Model, the verb of the one, the verb of the other; a row, or a row and what is said of it.
CASES: dict[tuple[str, str, str], Stage] = {
    ("fulfilment_code", "take_back", "replace"): code_sold,
    ("fulfilment_codebatch", "put_on_sale", "discard"): code_file,
    ("fulfilment_pricedraft", "undo", "undo"): published,
    ("fulfilment_pricedraft", "publish", "drop"): lambda: drafts.make("sari"),
    ("fulfilment_producttask", "map_it", "ignore_it"):
        lambda: ProductTask.objects.create(product=desk.product(), kind="NEW"),
    ("fulfilment_attempt", "mark_not_made", "adopt_row"): in_the_dark,
    ("fulfilment_attempt", "mark_arrived", "mark_failed"):
        lambda: purchase("ACCEPTED", by_reference.product(), "REF-1"),
    ("core_discrepancy", "mark_arrived", "mark_failed"): lambda: discrepancy("OURS_ONLY", purchase("ACCEPTED").pk),
    ("core_discrepancy", "give_to_purchase", "give_to_purchase"): told_of,
    ("core_discrepancy", "book_cost", "book_cost"): delivered_dearer,
    ("core_discrepancy", "explain", "explain"): lambda: discrepancy("OURS_ONLY", 1),
    ("core_discrepancy", "open_case", "open_case"): lambda: discrepancy("OURS_ONLY", 2),
    ("fulfilment_statement", "explain", "explain"):
        lambda: day_of("gemgo", closed_at=timezone.now(), rest_minor=5),
    ("fulfilment_statement", "book_funding", "book_funding"): lambda: day_of("digiflazz"),
    ("fulfilment_supplieraccount", "resume", "resume"):
        lambda: account(paused_at=timezone.now(), paused_why="denied"),
    ("fulfilment_supplieraccount", "open_circuit", "open_circuit"): account,
    ("fulfilment_supplieraccount", "close_circuit", "close_circuit"):
        lambda: account(circuit_opened_at=timezone.now(), circuit_why="staff"),
    ("fulfilment_supplierproduct", "write_number", "write_number"): by_reference.product,
    ("payments_refund", "confirm_paid", "send_again"): verb_rows.unanswered,
    ("payments_refund", "approve", "decline"): verb_rows.gift,
    ("payments_refund", "approve", "prepare_by_hand"): lambda: review(TOTAL - 1_000)[2],
    ("payments_payout", "return_it", "return_it"): paid_out,
    ("payments_capture", "set_fee", "set_fee"): lambda: Capture.objects.get(payment__order=sold()),
    ("core_approval", "approve", "refuse"): wish,
    ("core_inboxmessage", "work_again", "work_again"): lambda: InboxMessage.objects.create(
        party="xendit", key="k", path="/", body="{}", is_authentic=True, state="IGNORED"),
    ("core_mailmessage", "send_again", "send_again"): lambda: MailMessage.objects.create(
        key="k", to="a@b.example", language="id", template="hello", state="SENT"),
    ("core_staffcase", "try_again", "try_again"): case,
    ("core_stafftoken", "revoke", "revoke"): lambda: Script("old", "storefront.view_order").token,
    ("fulfilment_problemreport", "answer_it", "answer_it"): reported,
    ("fulfilment_customer", "suspend", "suspend"): lambda: named("wild"),
    ("fulfilment_customer", "restore", "restore"): lambda: named("tame", status="SUSPENDED"),
    ("fulfilment_customer", "reset_second_factor", "reset_second_factor"): with_app,
    ("fulfilment_customer", "claim_orders", "claim_orders"): proved,
    ("fulfilment_customer", "erase", "erase"): lambda: named("gone"),
    ("storefront_order", "merge_guest", "merge_guest"): guests,
    ("storefront_order", "send_again", "send_again"): verb_rows.waiting,
}  # fmt: skip
# Shown with their services' locks taken away: two at once in the files named, the second click beside their subject.
ELSEWHERE = {
    "accounts_user_reset_second_factor": "as the customer's",
    "core_discrepancy_settle": "test_settle_races",
    "core_discrepancy_give_to_order": "payments/test_reconciling",
    "core_discrepancy_book_refund": "payments/test_reconciling",
    "core_staffcase_resolve": "test_desk_races",
    "fulfilment_customer_adjust_balance": "test_approvals_once",
    "payments_payout_approve": "test_money_back_races",
    "payments_payout_mark_paid": "test_money_back_races",
    "payments_payout_prepare": "test_money_back_races",
    "payments_refund_accept": "test_money_back_races",
    "storefront_order_cancel_order": "test_desk_races",
    "storefront_order_change_account": "test_promise_races",
    "storefront_order_credit_wallet": "test_approvals_once",
    "storefront_order_give_back": "test_money_back_races",
    "storefront_order_switch_supplier": "test_desk_races",
}
# They ask, show, write down or sign out; each who clicks does it, and moves nothing by it.
HARMLESS = {
    "accounts_user_end_sessions", "core_alertaddress_try_out", "core_discrepancy_look_again", "core_staffcase_take",
    "fulfilment_attempt_look_now", "fulfilment_code_reveal", "fulfilment_customer_end_sessions",
    "fulfilment_customer_export", "fulfilment_customer_write_note", "fulfilment_pricedraft_compute",
    "payments_payment_look_now", "storefront_order_check_again", "storefront_order_write_note",
}  # fmt: skip
# A task that is closed is the same row as one that is mapped or ignored.
SAME_STEP = {"fulfilment_producttask_close_skus"}


def test_no_verb_is_left_out() -> None:
    tried = {f"{model}_{verb}" for model, *two in CASES for verb in two}
    assert tried | set(ELSEWHERE) | HARMLESS | SAME_STEP == verb_rows.all_verbs()


@pytest.fixture
def two(transactional_db: None) -> list[Client]:
    """Ani and Budi, who may do everything."""
    return [
        enter(Client(), User.objects.create(email=f"{name}@shop.example", is_staff=True, is_superuser=True))
        for name in ("ani", "budi")
    ]


def twice(monkeypatch: pytest.MonkeyPatch, two: list[Client], key: tuple[str, str, str], row: Model,
          said: Said) -> tuple[int, int]:  # fmt: skip
    """How many of the two did something, and what their second clicks added to the trail. Both have been let in, and
    hold the row as it stood before, when the first of them does anything to it."""
    before = len(trail())
    model, *names = key
    clicks = [
        lambda one=one, verb=verb: one.post(address(f"{model}_{verb}", row.pk), said)
        for one, verb in zip(two, names, strict=True)
    ]
    with monkeypatch.context() as patched:
        both = threading.Barrier(2, timeout=120)

        def asked(*given: Any) -> Any:
            both.wait()
            return usual(*given)

        usual = verbs.Asked
        patched.setattr(verbs, "Asked", asked)
        assert at_once(*clicks) == []
    first = trail()[before:]
    for click in clicks:
        click()
    return len({actor for actor, _action in first}), len(trail()) - before - len(first)


def trail() -> list[tuple[str, str]]:
    """What the two have done."""
    mine = AuditEntry.objects.filter(actor__in=["ani@shop.example", "budi@shop.example"])
    return list(mine.order_by("id").values_list("actor", "action"))


def staged(stage: Stage) -> tuple[Model, Said]:
    made = stage()
    row, more = made if isinstance(made, tuple) else (made, {})
    return row, SAID | more


def test_one_of_two_does_it_and_a_second_click_nothing(
    supplier: Any, two: list[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.channel(is_refundable=True)
    did = {}
    for key, stage in CASES.items():
        row, said = staged(stage)
        did[key] = twice(monkeypatch, two, key, row, said)
    assert did == dict.fromkeys(CASES, (1, 0))
    assert ledger_check.problems() == []
    assert Transfer.objects.filter(reason="pay-out came back").count() == 1
    assert Transfer.objects.filter(reason="cost put right").count() == 1
    assert MailMessage.objects.filter(key__startswith="again:").count() == 1


def test_without_the_lock_a_refund_that_was_paid_is_sent_again(
    two: list[Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: one has seen it in the gateway's list, the other has not, and both are believed."""
    refund, both_have_read = verb_rows.unanswered(), threading.Barrier(2, timeout=120)

    def unlocked(pk: int) -> Refund:
        found = Refund.objects.select_related("payment__channel", "order__user", "order__region").get(pk=pk)
        both_have_read.wait()
        return found

    with monkeypatch.context() as patched:
        patched.setattr(steps, "locked", unlocked)
        paths = [address(f"payments_refund_{verb}", refund.pk) for verb in ("confirm_paid", "send_again")]
        assert at_once(*[lambda one=one, path=path: one.post(path, SAID) for one, path in zip(two, paths, strict=True)]
                       ) == []  # fmt: skip
    assert {actor for actor, _action in trail()} == {"ani@shop.example", "budi@shop.example"}
