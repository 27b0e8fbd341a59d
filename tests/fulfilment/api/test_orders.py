"""Orders over the admin API: found and read, and acted on by the desk's own verbs, which refuse where it is unsafe."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.models import AuditEntry
from fulfilment import taking
from fulfilment.models import Attempt, TopUp
from payments import ledger_check
from payments.models import Refund, Transfer
from storefront.orders.models import Order
from tests.fulfilment import desk
from tests.payments.back import sold
from tests.staff_tokens import REASON, Script, told
from tests.storefront import factories

pytestmark = pytest.mark.django_db
READS = "storefront.view_order"
VERBS = {
    "check-again": "storefront.recheck_order",
    "send-again": "storefront.resend_order",
    "switch-supplier": "storefront.switch_supplier",
    "cancel": "storefront.cancel_order",
}
WRONG = (422, "VALIDATION_ERROR")


@pytest.fixture
def script(settings: Any) -> Script:
    settings.RATE_LIMITS = False
    return Script("desk", READS, "payments.add_refund", *VERBS.values())


def waiting() -> tuple[Order, TopUp]:
    """Taken and not sent: it rests."""
    desk.shop()
    order = desk.paid()
    taking.take()
    TopUp.objects.filter(order=order).update(waits_for="connection", not_before=timezone.now() + timedelta(minutes=5))
    return order, TopUp.objects.get(order=order)


def sent(unit: TopUp, state: str) -> Attempt:
    product = desk.product()
    TopUp.objects.filter(pk=unit.pk).update(state="UNKNOWN" if state == "UNKNOWN" else unit.state)
    return Attempt.objects.create(
        topup=unit, number=1, account=product.account, product=product, game_code="mlbb_id", product_code="x",
        product_name="172 Diamonds", cost_minor=264, player_id=unit.order.player_id, callback_token="hidden",
        state=state, answer='{"status": "?"}',
    )  # fmt: skip


def test_the_list_is_read_on_by_cursor_and_narrowed(script: Script, django_assert_max_num_queries: Any) -> None:
    made = [factories.order() for _ in range(5)]
    Order.objects.update(created_at=timezone.now())  # one moment: then the number decides
    seen, cursor = [], ""
    while True:
        # The token, its use, its maker's permissions (2), the page.
        with django_assert_max_num_queries(5):
            page = script.get("orders", limit=2, **({"cursor": cursor} if cursor else {})).json()["data"]
        seen += [row["invoiceNumber"] for row in page["orders"]]
        cursor = page["pagination"]["nextCursor"]
        if cursor is None:
            break
    assert seen == [order.number for order in reversed(made)]
    Order.objects.filter(pk=made[1].pk).update(status="FAILED", created_at=timezone.now() - timedelta(days=40))
    last_month = str((timezone.now() - timedelta(days=30)).date())
    for query, expected in (
        ({"status": "FAILED"}, [made[1]]),
        ({"search": made[2].number}, [made[2]]),
        ({"endDate": last_month}, [made[1]]),
        ({"productCode": "NONE"}, []),
    ):
        rows = script.get("orders", **query).json()["data"]["orders"]
        assert [row["invoiceNumber"] for row in rows] == [order.number for order in expected], query
    for query in ({"limit": "201"}, {"cursor": "x"}, {"cursor": "WyIiLDFd"}, {"status": "?"}, {"startDate": "today"}):
        assert told(script.get("orders", **query)) == WRONG, query
    assert script.get("orders", search="\0").status_code == 422


def test_one_order_tells_all_of_it_for_a_bounded_number_of_statements(
    script: Script, django_assert_max_num_queries: Any
) -> None:
    order, unit = waiting()
    sent(unit, "NOT_SENT")
    script.get(f"orders/{order.number}")
    with django_assert_max_num_queries(24):
        shown = script.get(f"orders/{order.number}").json()["data"]
    assert (shown["status"], shown["total"]) == ("PROCESSING", float(order.total.major))
    assert shown["payments"][0]["captures"][0]["effect"] == "PAID"
    assert shown["units"][0]["attempts"][0]["supplier"] == "gemgo"
    assert shown["ledger"][0]["toAccount"].startswith("funds:") and shown["leftToGiveBack"] == shown["total"]
    assert shown["verbs"]["sendAgain"]["isPossible"] and "hidden" not in str(shown)
    assert told(script.get("orders/GATE0")) == (404, "NOT_FOUND")


def test_what_waits_is_sent_again_and_what_is_out_is_left_alone(script: Script) -> None:
    order, unit = waiting()
    answer = script.post(f"orders/{order.number}/send-again")
    assert answer.status_code == 200, answer.content
    unit.refresh_from_db()
    assert unit.not_before <= timezone.now()
    entry = AuditEntry.objects.get(action="order sent again")
    assert (entry.actor, entry.why) == ("token:desk", REASON["reason"])
    assert script.post(f"orders/{order.number}/check-again").status_code == 200


@pytest.mark.parametrize("verb", ["send-again", "switch-supplier", "cancel"])
def test_an_unknown_outcome_stops_every_verb_and_nothing_moves(script: Script, verb: str) -> None:
    order, unit = waiting()
    sent(unit, "UNKNOWN")
    before = list(AuditEntry.objects.values_list("pk", flat=True))
    shown = script.get(f"orders/{order.number}").json()["data"]["verbs"]
    body = REASON | ({"productId": desk.product().pk} if verb == "switch-supplier" else {})
    answer = script.post(f"orders/{order.number}/{verb}", body, key="k")
    assert told(answer) == WRONG and "never answered" in answer.json()["error"]["message"]
    name = {"send-again": "sendAgain", "switch-supplier": "switchSupplier"}.get(verb, verb)
    assert not shown[name]["isPossible"] and "never answered" in shown[name]["against"][0]
    order.refresh_from_db()
    assert (order.status, desk.funds(order)) == ("PROCESSING", order.total)
    assert not Refund.objects.exists() and list(AuditEntry.objects.values_list("pk", flat=True)) == before


def test_a_cancelled_order_is_paid_back_once_per_key(script: Script) -> None:
    order, _unit = waiting()
    path = f"orders/{order.number}/cancel"
    assert told(script.post(path)) == WRONG and desk.funds(order) == order.total, "money needs a key"
    first, again = script.post(path, key="k"), script.post(path, key="k")
    assert first.json()["data"]["status"] == "FAILED" and again.content == first.content
    assert again["Idempotency-Replayed"] == "true"
    assert Refund.objects.get().amount == order.total and not ledger_check.order_problems()


def test_money_goes_back_in_parts_and_in_whole_once_per_key(script: Script) -> None:
    order = sold()
    path, total = f"orders/{order.number}/refund", int(order.total.major)
    part = REASON | {"amount": 1000}
    first = script.post(path, part, key="a")
    assert first.status_code == 200 and first.json()["data"]["amount"] == 1000
    assert first.json()["data"]["askedBy"] == "token:desk"
    assert script.post(path, part, key="a").content == first.content
    assert told(script.post(path, REASON | {"amount": 2000}, key="a")) == WRONG, "another call under the same key"
    for wrong in ({"amount": total}, {"amount": 0}, {"amount": "1.5"}, {"amount": 10, "refundsSeen": 0}):
        assert told(script.post(path, REASON | wrong, key="b")) == WRONG, wrong
    assert Refund.objects.count() == 1
    assert script.post(path, key="b").json()["data"]["amount"] == total - 1000, "a refusal uses no key up"
    assert told(script.post(path, key="c")) == WRONG
    assert Refund.objects.count() == 2 and not ledger_check.order_problems()
    running, _unit = waiting()
    before = Transfer.objects.count()
    assert told(script.post(f"orders/{running.number}/refund", key="d")) == WRONG
    assert Transfer.objects.count() == before
