"""A SKU that is so many of others: 172 diamonds sent as twice 86 where they cannot be had whole."""

from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction

from core.models import MailMessage
from fulfilment import finishing, sending, taking
from fulfilment.models import Attempt, Route, SkuPart, SupplierProduct, TopUp
from payments import ledger_check
from payments.models import Refund
from storefront.orders import services as orders
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.fulfilment import desk
from tests.storefront import factories

pytestmark = pytest.mark.django_db
API = "/v2/invoices"


def compose(times: int = 2, weight: int = 86) -> None:
    """MLBB_172 may be sent as `times` of MLBB_86, which has a route of its own."""
    eighty_six = factories.sku("MLBB_86", name="86 Diamonds", prices={"ID": (24_750, 25_000)})
    Route.objects.get_or_create(sku=eighty_six, region=None, product=desk.product("mlbb_id_86_diamonds"))
    SkuPart.objects.create(sku=factories.sku(), part=eighty_six, times=times, weight=weight)


@pytest.fixture
def pieces(supplier: Sandbox) -> Sandbox:
    """MLBB_172 has no route of its own."""
    desk.look()
    Route.objects.all().delete()
    compose()
    return supplier


def invoice(client, order: Order) -> dict:
    return client.get(API, {"invoiceNumber": order.number}).json()["data"]


def test_what_cannot_be_had_whole_is_sent_in_pieces_and_is_one_unit(pieces, client):
    order = desk.paid(player="656696292", zone="8610")
    desk.work(3)
    order.refresh_from_db()
    assert (order.status, order.delivered, order.failed, order.partly) == ("SUCCESS", 1, 0, 0)
    assert [product for _, product in desk.bought(pieces)] == ["mlbb_id_86_diamonds"] * 2
    assert [(t.unit, t.piece, t.weight, t.unit_weight) for t in TopUp.objects.order_by("piece")] == [
        (1, 1, 86, 172),
        (1, 2, 86, 172),
    ]
    assert desk.funds(order).minor == 0 and not Refund.objects.exists()
    shown = invoice(client, order)
    assert shown["units"] == {"delivered": 1, "refunded": 0, "pending": 0}
    assert shown["parts"] == [{"name": "86 Diamonds", "delivered": 2, "refunded": 0, "pending": 0}]


def test_a_piece_that_never_arrives_is_paid_back_by_its_weight(pieces, client, monkeypatch):
    """One of two arrives: SUCCESS, half of the total goes back, and everybody is told so."""
    order = desk.paid()
    [[first]] = taking.take()
    sending.send(first)
    second = TopUp.objects.exclude(pk=first).get()
    pieces.faults(create_order={"reject": 1.0})
    sending.send(second.pk)
    order.refresh_from_db()
    assert order.status == "PROCESSING", "the first is still under way"
    assert invoice(client, order)["parts"] == [{"name": "86 Diamonds", "delivered": 0, "refunded": 1, "pending": 1}]
    desk.look()
    order.refresh_from_db()
    assert (order.status, order.delivered, order.failed, order.partly) == ("SUCCESS", 0, 0, 1)
    assert order.arrived == Fraction(1, 2)
    assert Refund.objects.get(order=order).amount_minor == (order.total_minor + 1) // 2
    assert desk.funds(order).minor == 0 and ledger_check.order_problems() == []
    shown = invoice(client, order)
    assert shown["units"] == {"delivered": 0, "refunded": 0, "pending": 0, "partly": 1}
    assert shown["parts"] == [{"name": "86 Diamonds", "delivered": 1, "refunded": 1, "pending": 0}]
    assert order.events.get(after="SUCCESS").reason == "in_part"
    page = client.get(f"/en-id/invoices/{order.number}").content.decode()
    assert "A part of it has arrived" in page and "1 of 2 delivered, 1 paid back" in page
    assert MailMessage.objects.get(template="order_done").context["invoice"]["is_partly"] is True


def test_no_piece_arrives_and_all_the_money_goes_back(pieces):
    pieces.faults(create_order={"reject": 1.0})
    order = desk.paid()
    desk.work(2)
    order.refresh_from_db()
    assert (order.status, order.failed, order.partly) == ("FAILED", 1, 0)
    assert Refund.objects.get(order=order).amount_minor == order.total_minor and desk.funds(order).minor == 0


def test_whole_units_beside_a_part_of_one(pieces):
    """The rule for whole units stays; a part counts as its part: of three units two arrive, and half of one."""
    order = desk.paid(quantity=3)
    [units] = taking.take()
    for topup_id in units:
        sending.send(topup_id)
    last = TopUp.objects.filter(unit=3, piece=2).get()
    for topup in TopUp.objects.filter(state="QUEUED").exclude(pk=last.pk):
        sending.send(topup.pk)
    pieces.faults(create_order={"reject": 1.0})
    sending.send(last.pk)
    desk.look(2)
    order.refresh_from_db()
    assert (order.status, order.delivered, order.partly, order.arrived) == ("SUCCESS", 2, 1, Fraction(5, 6))
    assert Refund.objects.get(order=order).amount_minor == order.total.part(1, 6).minor
    assert desk.funds(order).minor == 0


def test_whole_goes_before_pieces_unless_those_are_cheaper(supplier):
    desk.rate()
    desk.look()
    compose()
    desk.buy(desk.paid())
    assert not TopUp.objects.filter(piece__gt=0).exists(), "132 and 132 is no less than 264"
    SupplierProduct.objects.filter(code="mlbb_id_86_diamonds").update(cost_minor=130)
    desk.buy(desk.paid())
    assert TopUp.objects.filter(piece__gt=0).count() == 2


def test_a_whole_that_is_refused_is_tried_in_pieces(supplier):
    desk.look()
    compose()
    supplier._call("PUT", "supplier/products/mlbb_id_172_diamonds", {"status": "inactive"})
    order = desk.paid()
    desk.work(3)
    order.refresh_from_db()
    assert (
        order.status == "SUCCESS" and [product for _, product in desk.bought(supplier)] == ["mlbb_id_86_diamonds"] * 2
    )
    assert Attempt.objects.earliest("id").state == "REJECTED"


def test_no_piece_goes_out_while_another_could_not(supplier):
    desk.look()
    Route.objects.all().delete()
    compose()
    lone = factories.sku("MLBB_5", name="5 Diamonds", prices={"ID": (2_000, 2_000)})
    SkuPart.objects.create(sku=factories.sku(), part=lone, weight=5)  # which nobody sells
    desk.paid()
    desk.work(2)
    assert not supplier.supplier_orders() and TopUp.objects.get().waits_for == "route"


def test_by_reference_every_piece_has_a_reference_of_its_own(supplier):
    """F1: two pieces of one unit are two purchases, and never taken for a repetition of one."""
    supplier.faults(digiflazz={"rc": 0})
    Route.objects.all().delete()
    compose()
    Route.objects.all().delete()
    desk.second(sku="ml86", of="MLBB_86", cost=22_080)
    order = desk.paid()
    desk.buy(order)
    for topup in TopUp.objects.filter(state="QUEUED"):
        sending.send(topup.pk)
    order.refresh_from_db()
    assert order.status == "SUCCESS" and [product for _, product in desk.bought(supplier)] == ["ml86"] * 2
    assert len(set(Attempt.objects.values_list("reference", flat=True))) == 2


def test_what_waits_in_pieces_is_given_up_unit_by_unit(pieces):
    order = desk.paid()
    [[first]] = taking.take()
    sending.send(first)
    desk.look()
    assert TopUp.objects.get(pk=first).state == "DELIVERED"
    assert finishing.fail_waiting(order.pk, "cancelled", "customer")
    order.refresh_from_db()
    assert (order.status, order.partly, order.arrived) == ("SUCCESS", 1, Fraction(1, 2))
    assert desk.funds(order).minor == 0


def test_parts_of_parts_add_up_whatever_their_weights():
    """Thirds beside halves are counted exactly."""
    order = factories.order(quantity=4)
    orders.count_unit(order, delivered=1)
    orders.count_unit(order, part=Fraction(1, 3))
    orders.count_unit(order, part=Fraction(1, 2))
    order.refresh_from_db()
    assert order.arrived == (1 + Fraction(5, 6)) / 4 and order.shares == 6
    with pytest.raises(IntegrityError), transaction.atomic():
        orders.count_unit(order, failed=2)


def test_the_order_keeps_what_its_pieces_cost(pieces):
    desk.rate(16_000)
    order = desk.paid()
    desk.work(3)
    order.refresh_from_db()
    assert order.cost_minor == 2 * 132 * 160
