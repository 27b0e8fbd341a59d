"""What scripts do over the admin API: by the services of the back office, once per key, never against their rules."""

from __future__ import annotations

import pytest

from accounts.models import User
from core.approvals import services as approvals
from core.cases import open_case
from core.errors import Refused
from core.models import Approval, ApprovalLimit, AuditEntry, StaffCase
from payments import ledger_check
from payments.models import Refund, Transfer
from payments.money_back import giving_back
from tests.accounts.cast import member
from tests.payments.back import sold
from tests.payments.members import holds
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


def test_a_balance_is_credited_by_two_persons_and_once_per_key() -> None:
    user, asks = member(), maker("ani", "payments.adjust_balance", "payments.approve_adjustment")
    script = Script("credits", "payments.adjust_balance", by=asks)
    path, body = f"customers/{user.public_id}/credit", REASON | {"amount": 5000, "currency": "IDR"}
    assert told(script.post(path, body)) == WRONG, "money needs a key"
    for wrong in ({"amount": 0}, {"amount": -1}, {"amount": "0.5"}, {"currency": "PTS"}):
        assert told(script.post(path, body | wrong, key="a")) == WRONG, wrong
    first, again = script.post(path, body, key="a"), script.post(path, body, key="a")
    assert first.json()["data"]["status"] == "WAITING" and first.content == again.content
    assert told(script.post("customers/usr_nobody/credit", body, key="b")) == (404, "NOT_FOUND")
    approval = Approval.objects.get()
    with pytest.raises(Refused, match="another person"):
        approvals.approve(approval.pk, User.objects.get(pk=asks.pk), "looks right")
    assert holds(user) == 0
    approvals.approve(approval.pk, maker("budi", "payments.approve_adjustment"), "looks right")
    assert holds(user) == 5000
