"""What scripts do over the admin API: by the services of the back office, once per key, never against their rules."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.approvals import services as approvals
from core.cases import open_case
from core.errors import Refused
from core.models import Approval, ApprovalLimit, AuditEntry, Note, StaffCase
from core.money import Money
from fulfilment.models import Correction
from payments import ledger_check
from payments.models import Refund, Transfer
from payments.money_back import giving_back, payouts
from payments.wallet import adjusting
from tests.accounts.cast import member
from tests.fulfilment import desk
from tests.fulfilment.test_promises import NOBODY, RIGHT
from tests.payments.back import claimed, sold
from tests.payments.members import holds
from tests.staff import enter
from tests.staff_tokens import REASON, Script, maker, told

pytestmark = pytest.mark.django_db
DECIDES = "payments.change_refund"
WRONG = (422, "VALIDATION_ERROR")


def gift(by: str, amount: int | None = None) -> Refund:
    """A gift above what one person may give: it waits for a second one."""
    order = sold()
    limit = ApprovalLimit.objects.create(kind="refund", unit="IDR", most=0)
    refund, _ = giving_back.give_back(order.pk, giving_back.remaining(order), seen=0, by=by, why="angry customer")
    limit.delete()
    return refund


def state(refund: Refund) -> str:
    return Refund.objects.values_list("state", flat=True).get(pk=refund.pk)


def test_a_refund_is_approved_by_a_second_person_and_never_by_a_token_of_the_first() -> None:
    asks = maker("ani", DECIDES)
    own, other = Script("anis-script", DECIDES, by=asks), Script("second", DECIDES)
    refund = gift(asks.get_username())
    path, before = f"refunds/{refund.reference}/approve", Transfer.objects.count()
    assert told(own.post(path, key="k1")) == (403, "FORBIDDEN"), "the same person, by a token of hers"
    assert told(Script("reads", "payments.view_refund").post(path, key="k1")) == (403, "FORBIDDEN")
    assert told(other.post(path)) == WRONG, "money needs a key"
    assert told(other.post(path, {"reason": "ok"}, key="k1")) == WRONG
    assert told(other.post(path, REASON | {"amount": 5}, key="k1")) == WRONG, "no such key"
    assert (state(refund), Transfer.objects.count()) == ("REVIEW", before)
    first = other.post(path, key="k1")
    again = other.post(path, key="k1")
    assert (first.status_code, again.status_code) == (200, 200) and first.content == again.content
    assert ("Idempotency-Replayed" in first, again["Idempotency-Replayed"]) == (False, "true")
    assert state(refund) == first.json()["data"]["status"] != "REVIEW"
    kept = AuditEntry.objects.filter(actor="token:second").order_by("id").values_list("action", "why")
    assert list(kept) == [(one, REASON["reason"]) for one in ("refund.approve", "refund: done")]
    assert told(other.post(f"refunds/{refund.reference}/decline", key="k1")) == WRONG
    assert told(other.post(path, key="k2")) == WRONG, "it waits no more"
    assert not ledger_check.order_problems()


def test_a_declined_gift_is_withdrawn() -> None:
    refund = gift("ani@shop.example")
    answer = Script("second", DECIDES).post(f"refunds/{refund.reference}/decline", key="k")
    assert answer.json()["data"]["status"] == "WITHDRAWN" and not ledger_check.order_problems()


def test_a_case_is_resolved_once_with_its_reason() -> None:
    open_case("mail", "mail:1", "A mail could not be sent", about="GATE1")
    script, case = Script("support", "core.change_staffcase", "core.view_staffcase"), StaffCase.objects.get()
    assert [row["id"] for row in script.get("cases", status="OPEN").json()["data"]["cases"]] == [case.pk]
    assert script.post(f"cases/{case.pk}/resolve").json()["data"]["status"] == "RESOLVED"
    assert told(script.post(f"cases/{case.pk}/resolve")) == WRONG
    entry = AuditEntry.objects.get(action="case resolved")
    assert (entry.actor, entry.why) == ("token:support", REASON["reason"])
    case.refresh_from_db()
    assert case.resolved_by == script.by
    assert told(script.post("cases/999999/resolve")) == (404, "NOT_FOUND")


def test_a_script_decides_what_another_person_asked_for_and_nothing_of_its_maker_s() -> None:
    user, asks, gives = member(), maker("ani", "payments.adjust_balance"), "payments.approve_adjustment"
    sees = "core.view_approval"
    adjusting.adjust(user, Money(5000, "IDR"), key="a", by=asks.get_username(), why="a lost voucher")
    asks.user_permissions.add(*Permission.objects.filter(codename__in=["view_approval", "approve_adjustment"]))
    own, second, reads = Script("own", sees, gives, by=asks), Script("second", sees, gives), Script("reads", sees)
    [row] = reads.get("approvals", status="WAITING", about=user.public_id).json()["data"]["approvals"]
    assert (row["kind"], row["amount"], row["askedBy"]) == ("balance", 5000, "ani@shop.example")
    path = f"approvals/{row['id']}/approve"
    assert told(second.post(path)) == WRONG, "money needs a key"
    assert told(own.post(path, key="k")) == told(reads.post(path, key="k")) == (403, "FORBIDDEN")
    assert holds(user) == 0
    first, again = second.post(path, key="k"), second.post(path, key="k")
    assert first.json()["data"]["status"] == "DONE" and first.content == again.content and holds(user) == 5000
    assert (told(second.post(path, key="l")), holds(user)) == (WRONG, 5000), "somebody was quicker"
    adjusting.adjust(user, Money(700, "IDR"), key="b", by=asks.get_username(), why="one more")
    number = Approval.objects.get(state="WAITING").pk
    assert own.post(f"approvals/{number}/refuse", key="m").json()["data"]["status"] == "REFUSED", "taken back"
    assert holds(user) == 5000 and reads.get(f"approvals/{number}").json()["data"]["decidedBy"] == "token:own"


def test_a_maker_takes_back_by_page_what_their_token_asked_for() -> None:
    eva = maker("eva", "payments.adjust_balance", "core.view_approval")
    token = Script("evas", "payments.adjust_balance", by=eva).token
    wish = adjusting.adjust(member(), Money(700, "IDR"), key="t", by=token.actor, why="a lost voucher")
    assert wish is not None
    page = reverse("admin:core_approval_refuse", args=[wish.pk])
    enter(Client(), eva).post(page, {"_form_submitted": "True", "reason": "my mistake"})
    wish.refresh_from_db()
    assert (wish.state, wish.decided_by) == ("REFUSED", "eva@shop.example")


def test_a_pay_out_takes_two_persons_whose_tokens_are_no_others() -> None:
    rights = ("payments.view_payout", "payments.change_payout", "payments.approve_payout")
    payout, ani = claimed(), maker("ani", *rights)
    first, hers, second = Script("first", *rights, by=ani), Script("hers", *rights, by=ani), Script("second", *rights)
    path = f"payouts/{payout.pk}"
    assert told(first.post(f"{path}/prepare")) == WRONG, "money needs a key"
    assert first.post(f"{path}/prepare", key="a").json()["data"]["status"] == "PREPARED"
    for same in (first, hers):
        assert told(same.post(f"{path}/approve", key="b")) == WRONG, "the same person"
    with pytest.raises(Refused):
        payouts.approve(payout.pk, ani, "by hand")
    approved = second.post(f"{path}/approve", key="b").json()["data"]
    assert (approved["status"], approved["approvedBy"]) == ("APPROVED", "token:second")
    assert approved["account"] == payout.masked, "never in clear"
    paid, before = {"bankReference": "BCA 1"}, Transfer.objects.count()
    assert told(first.post(f"{path}/paid", paid, key="c")) == WRONG and Transfer.objects.count() == before
    assert told(first.post(f"{path}/return", key="d")) == WRONG
    answers = [second.post(f"{path}/paid", paid, key="c") for _twice in range(2)]
    assert answers[0].content == answers[1].content and answers[0].json()["data"]["status"] == "PAID"
    assert Transfer.objects.count() == before + 1 and not ledger_check.order_problems()
    [listed] = second.get("payouts", status="PAID").json()["data"]["payouts"]
    assert listed["bankReference"] == "BCA 1" and second.get(path).json()["data"] == listed


def test_an_account_on_hold_is_proposed_then_changed_and_a_note_says_why(supplier: Any) -> None:
    order = desk.paid(player=NOBODY)
    desk.work(2)
    script = Script("desk", "storefront.correct_account", "storefront.view_order", "core.add_note")
    path = f"orders/{order.number}"
    assert told(script.post(f"{path}/account-proposals", {"account": RIGHT | {"zoneId": "x"}}))[0] in (404, 422)
    proposed = script.post(f"{path}/account-proposals", {"account": RIGHT}).json()["data"]
    assert proposed["nickname"].startswith("り い こ")
    order.refresh_from_db()
    assert order.player_id == NOBODY, "nothing has changed"
    body = REASON | {"proposal": proposed["proposal"]}
    assert told(script.post(f"{path}/change-account", REASON | {"proposal": "made-up"})) == (400, "INVALID_TOKEN")
    for _twice in range(2):
        assert script.post(f"{path}/change-account", body).status_code == 200
    order.refresh_from_db()
    assert order.player_id == RIGHT["userId"] and Correction.objects.count() == 1
    entry = AuditEntry.objects.get(action="account changed")
    assert (entry.actor, entry.why) == ("token:desk", REASON["reason"])
    notes = [script.post(f"{path}/notes", {"text": "  she mistyped it "}) for _twice in range(2)]
    assert [note.status_code for note in notes] == [200, 200] and Note.objects.count() == 1
    assert told(script.post(f"{path}/notes", {"text": " "})) == WRONG
    [note] = script.get(f"{path}/notes").json()["data"]["notes"]
    assert (note["text"], note["author"]) == ("she mistyped it", script.by.get_username())
    assert AuditEntry.objects.filter(action="write note", actor="token:desk").exists()


def test_a_balance_is_credited_by_two_persons_and_once_per_key() -> None:
    user, asks = member(), maker("ani", "payments.adjust_balance", "payments.approve_adjustment")
    script = Script("credits", "payments.adjust_balance", by=asks)
    path, body = f"customers/{user.public_id}/credit", REASON | {"amount": 5000, "currency": "IDR"}
    assert told(script.post(path, body)) == WRONG, "money needs a key"
    for wrong in ({"amount": 0}, {"amount": -1}, {"amount": "0.5"}, {"currency": "PTS"}):
        assert told(script.post(path, body | wrong, key="a")) == WRONG, wrong
    first, again = script.post(path, body, key="a"), script.post(path, body, key="a")
    assert first.json()["data"]["status"] == "WAITING" and first.content == again.content
    for nobody in ("usr_nobody", script.by.public_id):
        assert told(script.post(f"customers/{nobody}/credit", body, key="b")) == (404, "NOT_FOUND")
    approval = Approval.objects.get()
    with pytest.raises(Refused, match="another person"):
        approvals.approve(approval.pk, User.objects.get(pk=asks.pk), "looks right")
    assert holds(user) == 0
    approvals.approve(approval.pk, maker("budi", "payments.approve_adjustment"), "looks right")
    assert holds(user) == 5000
