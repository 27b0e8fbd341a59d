"""Work queues with counts and ages for a bounded number of statements; bulk verbs that may be clicked twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.cases import open_case
from core.models import AuditEntry, StaffCase
from fulfilment import sending
from fulfilment.desk import queues
from fulfilment.models import TopUp
from storefront.orders.models import Order
from tests.fulfilment import desk
from tests.fulfilment.test_order_desk import WHY, waiting
from tests.staff import enter
from tests.storefront import factories

pytestmark = pytest.mark.django_db
STATEMENTS = 26


@pytest.fixture
def staff() -> Client:
    return enter(Client(headers={"accept-language": "en"}), User.objects.create_superuser("boss@example.com", "x"))


def counted() -> dict[str, tuple[int, bool]]:
    return {one.queue.code: (one.count, one.is_more) for one in queues.standing(lambda permission: True)}


def test_each_queue_counts_what_waits_and_tells_since_when(supplier: Any, staff: Client) -> None:
    order, _unit = waiting()
    assert counted()["late"] == (0, False)
    Order.objects.filter(pk=order.pk).update(paid_at=timezone.now() - timedelta(days=3))
    open_case("slow", "slow:1", "It is slow", about=order.number)
    open_case("refund-review", "review:1", "Money nobody expected", about=order.number)
    open_case("refund-second-person", "second:1", "A gift", about=order.number)
    factories.order()
    found = counted()
    assert [found[one] for one in ("cases", "late", "payments")] == [(1, False)] * 3
    assert found["refunds"] == (2, False)
    assert found["problems"] == found["payouts"] == (0, False)
    page = staff.get(reverse("desk")).content.decode()
    for shown in ("It is slow", "Money nobody expected", "A gift", order.number, "The oldest waits for 2"):
        assert shown in page, shown
    start = staff.get("/admin/").content.decode()
    for code in ("refunds", "problems", "payouts"):
        assert f'data-count="{queues.BY_CODE[code].title}">{found[code][0]}<' in start, code
    behind = staff.get(reverse("admin:core_staffcase_changelist") + "?" + queues.BY_CODE["refunds"].query)
    rows = behind.content.decode()
    assert "Money nobody expected" in rows and "A gift" in rows and "It is slow" not in rows


def test_the_page_costs_the_same_however_long_the_queues_are(staff: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(130):
        open_case("slow", f"slow:{number}", f"Slow {number}")
    with django_assert_max_num_queries(STATEMENTS):
        page = staff.get(reverse("desk")).content.decode()
    assert "100+" in page and page.count("Slow ") == queues.SHOWN


def test_only_what_the_reader_may_work_on_is_shown(db: None) -> None:
    person = User.objects.create_user("help@example.com", "x", is_staff=True)
    client = enter(Client(headers={"accept-language": "en"}), person)
    assert client.get(reverse("desk")).status_code == 403
    person.user_permissions.set(Permission.objects.filter(codename__in=["view_staffcase", "change_problemreport"]))
    page = client.get(reverse("desk")).content.decode()
    assert "Problem reports" in page and 'data-queue="cases"' not in page


def _all(client: Client, model: str, action: str, rows: list[int], **said: str) -> str:
    url = reverse(f"admin:{model}_changelist")
    sent = {"action": action, "_selected_action": rows} | said
    answer = client.post(url, sent, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_cases_are_taken_and_resolved_in_bulk_once(staff: Client) -> None:
    for number in range(3):
        open_case("slow", f"slow:{number}", f"Slow {number}")
    rows = list(StaffCase.objects.values_list("pk", flat=True))
    asked = _all(staff, "core_staffcase", "take_all", rows)
    assert "Slow 2" in asked and not StaffCase.objects.exclude(assigned_to=None).exists()
    assert "Done for 3" in _all(staff, "core_staffcase", "take_all", rows, reason=WHY)
    assert "Nothing left to do for 3" in _all(staff, "core_staffcase", "take_all", rows, reason=WHY)
    assert StaffCase.objects.filter(assigned_to__email="boss@example.com").count() == 3
    assert "Done for 2" in _all(staff, "core_staffcase", "resolve_all", rows[:2], reason=WHY)
    told = _all(staff, "core_staffcase", "resolve_all", rows, reason=WHY)
    assert "Done for 1" in told and "Nothing left to do for 2" in told
    assert AuditEntry.objects.filter(action="case resolved", why=WHY).count() == 3


def test_orders_are_sent_again_in_bulk_and_the_unsafe_ones_refused(supplier: Any, staff: Client) -> None:
    (first, _), (second, _) = waiting(), waiting()
    TopUp.objects.filter(order=second).update(state="UNKNOWN")
    rows = [first.pk, second.pk]
    for _ in range(2):
        told = _all(staff, "storefront_order", "send_all_again", rows, reason=WHY)
        assert f"{second.number}: Not now" in told
    assert "Nothing left to do for 1" in told
    assert AuditEntry.objects.filter(action="order sent again").count() == 1
    for topup_id in sending.due(10):
        sending.send(topup_id)
    assert len(supplier.supplier_orders()) == 1


def test_bulk_verbs_need_their_permission(supplier: Any) -> None:
    order, _unit = waiting()
    person = User.objects.create_user("help@example.com", "x", is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=["view_order", "recheck_order"]))
    client = enter(Client(headers={"accept-language": "en"}), person)
    page = client.get(reverse("admin:storefront_order_changelist")).content.decode()
    assert "check_all_again" in page and "send_all_again" not in page and "delete_selected" not in page
    _all(client, "storefront_order", "send_all_again", [order.pk], reason=WHY)
    assert not AuditEntry.objects.exists() and TopUp.objects.get().not_before > timezone.now()


@pytest.mark.parametrize("model", ["storefront_order", "core_staffcase", "payments_payment", "fulfilment_customer"])
def test_lists_cost_the_same_however_many_rows_there_are(
    supplier: Any, staff: Client, model: str, django_assert_max_num_queries: Any
) -> None:
    url = reverse(f"admin:{model}_changelist")
    for _ in range(3):
        desk.paid()
    staff.get(url)
    with django_assert_max_num_queries(20) as few:
        staff.get(url)
    for number in range(5):
        desk.paid()
        User.objects.create_user(f"customer{number}@example.com")
        open_case("slow", f"slow:{number}", f"Slow {number}")
    with django_assert_max_num_queries(len(few.captured_queries)):
        staff.get(url)
