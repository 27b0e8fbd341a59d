"""Figures for Prometheus."""

import pytest

from core import figures as core_figures
from payments import figures
from tests.payments.cast import overdue, unplaced

pytestmark = pytest.mark.django_db


def test_figures_say_what_waits() -> None:
    order, _ = unplaced()
    overdue(order)
    figures.register()
    said = {name: reading for name, _, reading in core_figures.readings() if name.startswith("gerbang_")}
    assert said["gerbang_orders_unpaid"] == 1
    assert said["gerbang_order_overdue_age_seconds"] >= 1
    assert said["gerbang_payments_live"] == {"opening": 0, "open": 1}
    assert said["gerbang_inbox_age_seconds"] == {}
    assert said["gerbang_refunds_open"] == {
        "review": 0,
        "due": 0,
        "sending": 0,
        "sent": 0,
        "claimable": 0,
        "claimed": 0,
    }
