"""Many units, few codes, everybody at once: each code goes to one unit, and a code seen is never given back."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from django.utils import timezone

from core.errors import Refused
from fulfilment import sending, taking
from fulfilment.codes import handing, returning, revealing, shelf
from fulfilment.models import Attempt, Code, CodeEvent, SupplierProduct, TopUp
from payments import ledger_check
from storefront.catalogue.models import SkuPrice
from storefront.orders.models import Order
from tests.concurrency.at_once import at_once
from tests.fulfilment import desk, vouchers

pytestmark = pytest.mark.django_db(transaction=True)
UNITS, CODES, WORKERS = 200, 10, 16


def _units(orders: int, quantity: int) -> list[int]:
    here = vouchers.opened(low_at=0)
    vouchers.fill(here, CODES)
    for _ in range(orders):
        total = 49_450 * quantity
        vouchers.paid(here, quantity=quantity, subtotal_minor=total, total_minor=total + 346)
    return [topup_id for group in taking.take(limit=orders) for topup_id in group]


def _shares(units: list[int]) -> list[list[int]]:
    return [units[place::WORKERS] for place in range(WORKERS)]


def _send_all(units):
    for unit in units:
        sending.send(unit)


def test_200_units_and_10_codes_make_10_deliveries_of_10_codes():
    units = _units(orders=20, quantity=10)
    assert len(units) == UNITS
    raised = at_once(*[partial(_send_all, share) for share in _shares(units)])
    assert not raised
    # Whoever met only codes that others were about to take comes again.
    TopUp.objects.update(not_before=timezone.now())
    vouchers.work()
    sold = list(Code.objects.filter(state="SOLD").values_list("topup", flat=True))
    assert len(sold) == len(set(sold)) == CODES
    assert set(TopUp.objects.filter(state="DELIVERED").values_list("pk", flat=True)) == set(sold)
    assert Attempt.objects.count() == CodeEvent.objects.filter(what="SOLD").count() == CODES
    assert sum(Order.objects.values_list("delivered", flat=True)) == CODES
    assert SkuPrice.objects.get(sku__code="STEAM_60000").stock_left == 0
    assert not ledger_check.problems()


def test_without_the_lock_and_the_condition_one_code_is_sold_to_many(monkeypatch):
    """The control: read a free code, then write one's name on it, as a shop without the guard does."""
    units = _units(orders=4, quantity=1)
    gate = threading.Barrier(len(units))

    def naive(product: SupplierProduct, topup: TopUp) -> Code | None:
        code = shelf.for_sale(product).first()
        gate.wait(10)
        if code is not None:
            Code.objects.filter(pk=code.pk).update(state="SOLD", topup=topup, sold_at=timezone.now())
        return code

    monkeypatch.setattr(handing, "take", naive)
    at_once(*[lambda unit=unit: sending.send(unit) for unit in units])
    delivered = TopUp.objects.filter(state="DELIVERED").count()
    assert delivered > Code.objects.filter(state="SOLD").count() == 1


def test_a_code_is_either_seen_or_given_back():
    here = vouchers.opened()
    vouchers.fill(here, 4)
    for _ in range(4):
        vouchers.paid(here)
    vouchers.work()
    for order in Order.objects.all():
        code = Code.objects.get(topup__order=order)
        raised = at_once(
            partial(revealing.reveal, order, None, by="browser", address=None),
            partial(returning.take_back, code, by="staff", why="asked to"),
            partial(returning.take_back, code, by="other staff", why="asked to"),
        )
        code.refresh_from_db()
        was_seen = CodeEvent.objects.filter(code=code, what="SHOWN").exists()
        assert (code.state, code.seen_at is not None, order.refunds.count()) == (
            ("SOLD", True, 0) if was_seen else ("FREE", False, 1)
        )
        assert len(raised) == 2 and all(isinstance(one, Refused) for one in raised)
        Code.objects.filter(pk=code.pk, state="FREE").update(state="VOID")
        assert desk.funds(order).minor == 0
    assert not ledger_check.problems()
