"""The demo's month: every state there is, books that hold, and nothing in it that anybody outside is asked about."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from demo.month.loading import load_month
from fulfilment import sending, taking
from fulfilment.models import Attempt, SummedDay, TopUp
from fulfilment.numbers import days, proving
from fulfilment.numbers.reading import Question, read
from payments import expiry, ledger_check, looking, refunds
from payments.models import Account, Payment, Payout, Refund
from payments.proving import gateway_problems
from storefront.orders import volume
from storefront.orders.models import Order
from storefront.promos.models import Promo
from tests.demo.shop import _loaded, demo_shop  # noqa: F401


@pytest.mark.usefixtures("demo_shop")
def test_a_month_of_every_state_whose_books_hold_and_that_asks_nobody_outside() -> None:
    now = timezone.now()
    counts = load_month(now)
    assert counts["orders"] > 500 and load_month(now) == {}

    assert set(Order.objects.values_list("status", flat=True)) == set(Order.Status.values)
    states = {Refund.State.REVIEW, Refund.State.SENT, Refund.State.CLAIMED, Refund.State.DONE}
    assert states <= set(Refund.objects.values_list("state", flat=True))
    assert {"QUEUED", "UNKNOWN", "ACCEPTED", "DELIVERED"} < set(TopUp.objects.values_list("state", flat=True))
    assert Payout.objects.filter(state="ASKED").exists() and Payout.objects.filter(state="PAID").exists()

    assert ledger_check.problems() == []
    days.keep(limit=25)  # the last five days of five regions
    SummedDay.objects.update(summed_at=now + timedelta(hours=1))
    assert proving.problems() == []
    month = read(Question()).total("IDR")
    assert month.profit_minor > 0 and month.is_profit_whole and month.delivered > 50

    # Nothing wakes it: no look, no comparison, no purchase, no refund is due, whatever the clock calls.
    assert looking.poll_due() == refunds.send_due() == expiry.expire_due() == 0
    assert not Payment.objects.exclude(compare_at=None).exists() and not gateway_problems(now)
    assert taking.take() == [] and not sending.due(100)
    assert not Attempt.objects.filter(next_look_at__isnull=False).exists()
    assert volume.lower_levels() == 0

    # What scripts count on is as the demo promises it.
    customer = User.objects.get(email="customer@example.com")
    assert not customer.orders.exists() and not Account.objects.filter(user=customer).exists()
    assert Promo.objects.get(code="WELCOME10").used == 0
