"""Orders that end as a test says, without any supplier being called."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from django.utils import timezone

from core.models import ExchangeRate
from fulfilment import finishing, taking
from fulfilment.models import Attempt, TopUp
from fulfilment.numbers import days
from fulfilment.numbers.reading import Figures, Question, read
from payments.models import GatewayFee
from storefront.orders.models import Order
from tests.fulfilment import desk
from tests.storefront import factories

_tokens = itertools.count(1)


def agreed(fixed: int = 300, percent: str = "0.63") -> None:
    """What the gateway keeps of payments by QRIS: Rp300 and 0.63 %."""
    since = timezone.now() - timedelta(days=400)
    GatewayFee.objects.create(channel=factories.channel(), fixed_minor=fixed, percent=percent, valid_from=since)


def dollar(rupiah: str, since: datetime) -> None:
    ExchangeRate.objects.create(base="USD", quote="IDR", rate=rupiah, valid_from=since)


def end(order: Order, *, delivered: int, by: str = "gemgo", bought_at: datetime | None = None) -> Order:
    """So many units of the PAID order are delivered by that supplier, who was asked at `bought_at`; the others fail."""
    taking.take()
    product = desk.product() if by == "gemgo" else desk.second(sku=f"d{next(_tokens)}").product
    for position, topup in enumerate(order.topups.order_by("unit")):
        if position >= delivered:
            assert finishing.fail_unit(topup, "test")
            continue
        TopUp.objects.filter(pk=topup.pk).update(state=TopUp.State.ACCEPTED)
        attempt = Attempt.objects.create(
            topup=topup, number=1, account=product.account, product=product, game_code=product.game_code,
            product_code=product.code, product_name=product.name, cost_minor=product.cost_minor, player_id="1",
            callback_token=f"numbers-{next(_tokens)}", state=Attempt.State.ACCEPTED,
            sent_at=bought_at or timezone.now(), answered_at=timezone.now(),
        )  # fmt: skip
        assert finishing.deliver(attempt)
    order.refresh_from_db()
    return order


def summed() -> Figures:
    """All there is, of every day, as the sums that are kept say."""
    days.keep()
    return read(Question()).total("IDR")
