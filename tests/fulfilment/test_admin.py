"""The back office of fulfilment: pages open, an order is found by whatever it is called, decisions need reasons."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.health import metrics
from core.models import AuditEntry
from fulfilment import lately, profiles
from fulfilment.models import Attempt, HistoryRow, Route, TopUp
from storefront.orders.models import Order
from tests.fulfilment import by_reference, desk
from tests.staff import enter
from tests.storefront import factories

pytestmark = pytest.mark.django_db
MINE = [
    "attempt",
    "historypoll",
    "historyrow",
    "problemreport",
    "route",
    "skupart",
    "supplieraccount",
    "supplierproduct",
    "topup",
]


@pytest.fixture
def staff(client):
    enter(client, User.objects.create_superuser(email="boss@example.com", password="x"))
    return client


def _page(staff, url: str) -> str:
    answer = staff.get(url)
    assert answer.status_code == 200, url
    return answer.content.decode()


def test_every_list_and_page_opens(supplier, staff):
    desk.paid(player="656696292", zone="8610")
    desk.work()
    for model in [*MINE, "order"]:
        app = "storefront" if model == "order" else "fulfilment"
        assert model in [one._meta.model_name for one in admin.site._registry]
        _page(staff, reverse(f"admin:{app}_{model}_changelist"))
    for row in (
        *Attempt.objects.all(),
        *TopUp.objects.all(),
        *HistoryRow.objects.all(),
        desk.account(),
        desk.product(),
        *Route.objects.all(),
    ):
        _page(staff, reverse(f"admin:fulfilment_{row._meta.model_name}_change", args=[row.pk]))


def test_an_order_and_all_that_happened_to_it_stand_on_one_page(supplier, staff):
    order = desk.paid(player="656696292", zone="8610")
    desk.work()
    attempt = Attempt.objects.get()
    page = _page(staff, reverse("admin:storefront_order_change", args=[order.pk]))
    for shown in (
        order.number,
        attempt.transaction_id,
        "order_done",
        "cost of goods",
        "PROCESSING",
        order.payments.get().gateway_id,
        "Rp49.796",
    ):
        assert shown in page, shown
    assert attempt.callback_token not in page and 'name="_save"' not in page


def test_an_order_is_found_by_whatever_it_is_called(supplier, staff):
    order, other = (
        desk.paid(player="656696292", zone="8610"),
        desk.paid(email="other@example.com", nickname="Else", phone=""),
    )
    desk.work()
    transaction = Attempt.objects.get(topup__order=order).transaction_id
    terms = [order.number, order.number[:20].lower() + order.number[20:], "656696292", "り い こ", "user@example.com"]
    terms += ["081234567890", "+6281234567890", transaction, order.payments.get().gateway_id]
    for term in terms:
        page = _page(staff, f"{reverse('admin:storefront_order_changelist')}?q={term.replace('+', '%2B')}")
        assert order.number in page, term
        if term != order.number[:20]:
            assert other.number not in page, term


def test_orders_are_not_edited(supplier, staff):
    order = desk.paid()
    url = reverse("admin:storefront_order_change", args=[order.pk])
    assert staff.post(url, {"status": "SUCCESS"}).status_code == 403
    assert Order.objects.get().status == "PAID"


@pytest.fixture
def unknown(supplier) -> Attempt:
    desk.look()
    supplier.faults(create_order={"lose_request": 1.0})
    desk.buy(desk.paid())
    return Attempt.objects.get()


def test_staff_may_say_that_a_purchase_was_not_made_and_why(unknown, staff):
    url = reverse("admin:fulfilment_attempt_mark_not_made", args=[unknown.pk])
    staff.post(url, {"_form_submitted": "True", "reason": ""})
    unknown.refresh_from_db()
    assert unknown.state == "UNKNOWN"
    said = {"_form_submitted": "True", "reason": "the supplier said so on the phone"}
    staff.post(url, said)
    unknown.refresh_from_db()
    assert unknown.state == "UNKNOWN", "the supplier may still carry it out"
    desk.pass_time(settings.GEMGO_SETTLE_SECONDS + 1)
    staff.post(url, said)
    unknown.refresh_from_db()
    assert unknown.state == "NOT_CREATED" and "boss@example.com" in unknown.resolution
    assert AuditEntry.objects.get(subject=f"attempt:{unknown.pk}").why == "the supplier said so on the phone"


def test_staff_may_adopt_a_row_of_that_player_only(unknown, staff):
    stranger = HistoryRow.objects.create(
        account=unknown.account, transaction_id="TX-9", made_at=unknown.sent_at, player_id="1", game_code="mlbb_id",
        product_name="172 Diamonds", cost_minor=264, status="success",
    )  # fmt: skip
    url = reverse("admin:fulfilment_attempt_adopt_row", args=[unknown.pk])
    staff.post(url, {"_form_submitted": "True", "reason": "seen in their panel", "row": stranger.pk})
    unknown.refresh_from_db()
    assert unknown.state == "UNKNOWN"
    HistoryRow.objects.filter(pk=stranger.pk).update(player_id=unknown.player_id)
    staff.post(url, {"_form_submitted": "True", "reason": "seen in their panel", "row": stranger.pk})
    unknown.refresh_from_db()
    assert unknown.state == "ACCEPTED" and TopUp.objects.get().state == "DELIVERED"


def test_staff_open_a_shut_account_again(supplier, staff):
    profiles.pause(desk.account(), profiles.DENIED, "test")
    staff.post(
        reverse("admin:fulfilment_supplieraccount_resume", args=[desk.account().pk]),
        {"_form_submitted": "True", "reason": "new key set"},
    )
    assert desk.account().paused_at is None


def test_the_figures_speak_of_what_is_open(unknown):
    text = metrics.exposition().decode()
    assert 'gerbang_topups{kind="unknown"} 1.0' in text
    assert "gerbang_unknown_age_seconds" in text and "gerbang_paid_not_taken_age_seconds 0.0" in text


# --- Of a supplier that knows our reference ---


@pytest.fixture
def open_purchase(sandbox, db) -> Attempt:
    sandbox.faults(**by_reference.PENDING)
    by_reference.shop()
    return by_reference.buy(desk.paid())


@pytest.mark.parametrize(("verb", "state"), [("mark_arrived", "DELIVERED"), ("mark_failed", "FAILED")])
@pytest.mark.parametrize("was", ["ACCEPTED", "UNKNOWN"])
def test_staff_may_say_how_an_open_purchase_ended(open_purchase, staff, monkeypatch, verb, state, was):
    Attempt.objects.update(state=was)
    TopUp.objects.update(state=was)
    by_reference.pass_time(120)
    url = reverse(f"admin:fulfilment_attempt_{verb}", args=[open_purchase.pk])
    staff.post(url, {"_form_submitted": "True", "reason": ""})
    with monkeypatch.context() as broken:
        broken.setattr("core.audit.record", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            staff.post(url, {"_form_submitted": "True", "reason": "their support says so"})
    assert TopUp.objects.get().state == was, "no decision stands without its entry"
    for _ in range(2):
        staff.post(url, {"_form_submitted": "True", "reason": "their support says so"})
    by_reference.send_due()
    order = Order.objects.get()
    assert TopUp.objects.get().state == state and desk.funds(order).minor == 0
    assert AuditEntry.objects.filter(subject=f"attempt:{open_purchase.pk}").count() == 1
    assert "boss@example.com" in Attempt.objects.get().resolution


def test_staff_may_ask_only_when_the_pause_is_over(open_purchase, sandbox, staff):
    url = reverse("admin:fulfilment_attempt_look_now", args=[open_purchase.pk])
    staff.post(url, {"_form_submitted": "True", "reason": "the customer calls"})
    assert Attempt.objects.get().looks == 0
    by_reference.pass_time(91)
    staff.post(url, {"_form_submitted": "True", "reason": "the customer calls"})
    assert Attempt.objects.get().looks == 1 and len(sandbox.supplier_orders()) == 1
    _page(staff, reverse("admin:fulfilment_attempt_change", args=[open_purchase.pk]))


def test_a_products_way_of_writing_numbers_is_checked(open_purchase, staff):
    url = reverse("admin:fulfilment_supplierproduct_write_number", args=[open_purchase.product_id])
    for bad in ("", "{player}{server}", "{player"):
        staff.post(url, {"_form_submitted": "True", "reason": "the seller says so", "customer_format": bad})
        assert by_reference.product().customer_format == "{player}{zone}"
    staff.post(url, {"_form_submitted": "True", "reason": "the seller says so", "customer_format": "{player}.{zone}"})
    assert by_reference.product().customer_no("656696292", "8610") == "656696292.8610"
    assert AuditEntry.objects.get(action="number format").before == "{player}{zone}"
    open_purchase.refresh_from_db()
    assert "." not in open_purchase.customer_no, "what is under way is asked for as it was sent"


def test_staff_stop_buying_somewhere_and_go_on_with_a_reason(supplier, staff):
    page = reverse("admin:fulfilment_supplieraccount_change", args=[desk.account().pk])
    for name, why in (("open_circuit", ""), ("open_circuit", "their maintenance"), ("close_circuit", "it is over")):
        url = reverse(f"admin:fulfilment_supplieraccount_{name}", args=[desk.account().pk])
        staff.post(url, {"_form_submitted": "True", "reason": why})
        assert (desk.account().circuit_opened_at is not None) == (why == "their maintenance")
        _page(staff, page)
    kept = AuditEntry.objects.filter(subject="supplier:gemgo").order_by("id").values_list("action", "why")
    assert list(kept) == [("circuit opened", "their maintenance"), ("circuit closed", "it is over")]


def test_the_account_shows_how_the_supplier_did_in_the_last_hour(supplier, staff):
    desk.buy(desk.paid())
    supplier.faults(create_order={"lose_request": 1.0})
    desk.buy(desk.paid())
    seen = lately.of(desk.account())
    assert (seen.calls, seen.fine, seen.unknown, seen.success_percent) == (2, 1, 1, 50.0)
    assert seen.p50 is not None and seen.p50 == seen.p99
    page = _page(staff, reverse("admin:fulfilment_supplieraccount_change", args=[desk.account().pk]))
    assert "50.0 %" in page and "CLOSED" in page
    assert lately.of(desk.account(), timezone.now() + timedelta(hours=2)).calls == 0
    assert 'gerbang_supplier_circuit{kind="gemgo"} 0.0' in metrics.exposition().decode()


def test_a_route_shows_what_its_rivals_cost_in_the_regions_money(supplier, staff):
    desk.rate(16_000)
    region = factories.region("ID")
    Route.objects.update(region=region)
    other = desk.second()
    Route.objects.filter(pk=other.pk).update(region=region)
    page = _page(staff, reverse("admin:fulfilment_route_change", args=[other.pk]))
    assert "Rp44.165" in page and "Rp42.240" in page and "US$2.64" in page
