"""The live page: its figures are those of the broker, of the rows and of /metrics; its verbs act once and say why."""

import json
from datetime import timedelta

import pytest
import redis
import requests
from celery import current_app
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core import poison, wake
from core.models import AuditEntry, InboxMessage, PoisonRow, StaffCase
from core.pulse import calls, clock, counting, queues
from core.redis import connection
from fulfilment import overview, profiles
from fulfilment.models import SupplierAccount, TopUp
from payments import gateway_stops
from storefront.channels import services as channels
from storefront.orders.models import Order
from tests import live_page
from tests.conftest import Sandbox
from tests.fulfilment import desk
from tests.staff import enter
from tests.storefront import factories

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
WHY = {"reason": "their status page says so"}


@pytest.fixture
def ops(client: Client) -> Client:
    enter(client, User.objects.create_superuser("ops@example.com", "A-l0ng-passw0rd"))
    return client


def test_queues_are_as_long_and_as_old_as_the_broker_says(services: None) -> None:
    wake._silent_until = 0.0
    for _ in range(3):
        current_app.send_task("core.heartbeat", queue="mail")
    [mail] = [queue for queue in queues.standing() if queue.name == "mail"]
    assert mail.waiting == connection().llen("mail") == 3
    oldest = json.loads(connection().lindex("mail", -1))["headers"]["put_at"]
    assert mail.oldest_s == pytest.approx(timezone.now().timestamp() - oldest, abs=2)
    assert mail.is_silent and queues.lengths()["mail"] == 3


def test_runs_are_counted_by_task_and_remembered_by_queue(services: None) -> None:
    request = type("Request", (), {"delivery_info": {"routing_key": "mail"}})()
    task = type("Ran", (), {"name": "core.send_mail", "request": request})()
    for state in ("SUCCESS", "SUCCESS", "FAILURE", "RETRY"):
        counting._begun(task)
        counting._ended(task, state=state)
    counting._passed_over(type("Late", (), {"task": "core.send_mail"})(), expired=True)
    counting._leaving()
    [seen] = counting.tallies(10)
    assert (seen.runs, seen.failures, seen.retries, seen.void) == (4, 1, 1, 1)
    assert counting.failures() == {"core.send_mail": 1.0}
    [entry] = [one for one in clock.schedule() if one.name == "send mail"]
    assert entry.last is not None and entry.last.state == "RETRY" and entry.every == "5 s" and entry.sent_s is None
    assert clock.silence_s() == float("inf")


def test_a_party_s_window_is_bounded_and_its_times_are_of_good_answers(services: None, monkeypatch) -> None:
    monkeypatch.setattr(calls, "MOST", 10)
    for number in range(14):
        calls.note("xendit", float(number), is_fine=number != 13)
    seen = calls.window("xendit")
    assert (seen.calls, seen.fine, seen.p50, seen.success_percent) == (10, 9, 8.0, 90.0)
    assert calls.window("midtrans") == calls.Window(0, 0, None, None, None)


def test_the_page_shows_what_the_supplier_and_metrics_say(ops: Client, supplier: Sandbox) -> None:
    desk.buy(desk.paid())
    supplier.faults(create_order={"lose_reply": 1.0})
    desk.buy(desk.paid())
    desk.pass_time(100)
    balance = {"balance": 3}
    requests.put(f"{supplier.url}/control/supplier/balance", json=balance, timeout=5).raise_for_status()
    profiles.read(desk.account())
    long_ago = timezone.now() - timedelta(seconds=100)
    InboxMessage.objects.create(party="xendit", key="k", path="/hooks/xendit", body="{}", received_at=long_ago)
    Order.objects.filter(pk=desk.paid().pk).update(paid_at=long_ago)
    for number in range(5):
        calls.note("xendit", 0.25, is_fine=number != 0)

    page = ops.get(reverse("operations"))
    assert page.status_code == 200 and b"hx-trigger" in page.content
    text = ops.get(reverse("operations"), headers=HTMX | {"Accept-Language": "en"}).content.decode()
    assert "<html" not in text and "sweep top-ups" in text
    made = supplier.supplier_orders()
    assert len(made) == 2, "both were made, one of them unheard"
    unknown, age = live_page.card(text, "Outcome unknown")
    assert unknown == "1" and live_page.seconds(age) >= 100
    callback, party = live_page.card(text, "Oldest callback not worked off")
    assert party == "xendit" and live_page.seconds(callback) >= 100
    assert live_page.seconds(live_page.card(text, "Paid, not taken up")[0]) >= 100
    _name, circuit, bought, success, *times, left, hours, _verb = live_page.row(text, "GemGo")
    assert (circuit, bought, success, left) == ("CLOSED", "2", "50 %", "US$3.00")
    assert all(float(took.removesuffix(" s")) >= 0 for took in times)
    assert hours == "3.4", "what two cost, spread over six hours: US$0.88 an hour"
    assert live_page.row(text, "xendit")[:7] == ["xendit", "open", "5", "80 %", *["0.25 s"] * 3]

    seen, [gemgo] = overview.waiting(), overview.suppliers()
    assert (seen.unknown, gemgo.seen.calls, gemgo.seen.fine) == (1, 2, 1)
    metrics = ops.get("/metrics").content.decode()
    assert 'gerbang_topups{kind="unknown"} 1.0' in metrics
    assert f'gerbang_supplier_hours_left{{kind="gemgo"}} {gemgo.hours_left}' in metrics


def test_redis_away_is_said_and_the_rows_are_shown(ops: Client, db: None, monkeypatch) -> None:
    def away() -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(overview, "machinery", away)
    text = ops.get(reverse("operations"), headers=HTMX).content.decode()
    assert 'role="alert"' in text and "sweep top-ups" not in text


def test_a_circuit_is_opened_and_closed_by_hand_once_and_with_a_reason(ops: Client, supplier: Sandbox) -> None:
    desk.look()
    address = reverse("operations_supplier", args=["gemgo", "open"])
    assert ops.post(address, {"reason": ""}).status_code == 200  # asked again
    assert SupplierAccount.objects.get(code="gemgo").circuit_opened_at is None
    for _ in range(2):
        assert ops.post(address, WHY).status_code == 302
    desk.buy(desk.paid())
    assert supplier.supplier_orders() == [] and TopUp.objects.get().waits_for == "circuit"
    ops.post(reverse("operations_supplier", args=["gemgo", "close"]), WHY)
    assert SupplierAccount.objects.get(code="gemgo").circuit_opened_at is None
    found = AuditEntry.objects.order_by("pk").values_list("action", "actor", "why")
    assert [row for row in found if row[0].startswith("circuit")] == [
        ("circuit opened", "ops@example.com", WHY["reason"]),
        ("circuit closed", "ops@example.com", WHY["reason"]),
    ]


def test_a_gateway_closed_by_hand_offers_nothing_until_it_is_opened(ops: Client) -> None:
    qris = factories.channel()
    other = factories.channel("BALANCE", kind="BALANCE", gateway="balance")
    address = reverse("operations_gateway", args=["xendit", "close"])
    for _ in range(2):
        ops.post(address, WHY)
    assert list(gateway_stops.closed_since()) == ["xendit"]
    assert qris.closures.count() == 1 and not other.closures.exists()
    assert channels.closed(qris, timezone.now()) is not None
    ops.post(reverse("operations_gateway", args=["xendit", "open"]), WHY)
    assert channels.closed(qris, timezone.now()) is None and gateway_stops.closed_since() == {}
    assert AuditEntry.objects.filter(subject="gateway:xendit").count() == 2


def test_a_row_that_was_set_aside_is_tried_again_and_its_case_closes(ops: Client) -> None:
    for _ in range(poison.MOST_FAILURES):
        PoisonRow.objects.filter(model="fulfilment.topup").update(again_at=timezone.now())
        poison.failed(TopUp, 7, ValueError("odd"))
    row = PoisonRow.objects.get()
    assert row.again_at is None
    text = ops.get(reverse("operations"), headers=HTMX).content.decode()
    assert "fulfilment.topup 7" in text and "ValueError: odd" in text
    assert b"ValueError: odd" in ops.get(reverse("operations_again", args=[row.pk])).content
    for _ in range(2):
        ops.post(reverse("operations_again", args=[row.pk]), WHY)
    assert 7 not in poison.resting(TopUp) and StaffCase.objects.get(kind=poison.CASE).state == "RESOLVED"
    assert AuditEntry.objects.filter(action="row tried again").count() == 1


@pytest.mark.parametrize(
    "address",
    [
        "/admin/operations/",
        "/admin/operations/suppliers/gemgo/open/",
        "/admin/operations/gateways/xendit/close/",
        "/admin/operations/rows/1/again/",
    ],
)
def test_nobody_without_the_right_comes_in(client: Client, address: str) -> None:
    assert client.get(address).status_code == 302
    enter(client, User.objects.create_user("clerk@example.com", "A-l0ng-passw0rd", is_staff=True))
    assert client.get(address).status_code == 403
    assert client.post(address, WHY).status_code == 403
