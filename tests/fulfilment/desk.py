"""A small shop with one supplier, paid orders for it, and time that passes when a test says so."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from core.models import ExchangeRate, StaffCase
from core.money import Money
from fulfilment import history, profiles, sending, taking
from fulfilment.models import Attempt, Route, SupplierAccount, SupplierProduct, TopUp
from payments.gateways.base import CaptureSeen
from payments.models import Payment
from payments.settling import settle
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.storefront import factories

_players = itertools.count(700_000_001)
_captures = itertools.count(1)


def account() -> SupplierAccount:
    return profiles.ensure("gemgo")


CATALOGUE = {
    "mlbb_id_172_diamonds": ("mlbb_id", "172 Diamonds", 264),
    "mlbb_id_86_diamonds": ("mlbb_id", "86 Diamonds", 132),
}
"""Game, name and cost in cents, as the sandbox's supplier has them."""


def product(code: str = "mlbb_id_172_diamonds", *, proved: bool = True) -> SupplierProduct:
    game, name, cost = CATALOGUE[code]
    row, _ = SupplierProduct.objects.get_or_create(
        account=account(),
        code=code,
        defaults={
            "game_code": game,
            "name": name,
            "cost_minor": cost,
            "name_proved_at": timezone.now() if proved else None,
        },
    )
    return row


def shop(*codes: str, proved: bool = True) -> None:
    """MLBB_172 goes out by these supplier products, first one first."""
    for position, code in enumerate(codes or ("mlbb_id_172_diamonds",)):
        Route.objects.get_or_create(
            sku=factories.sku(), region=None, product=product(code, proved=proved), defaults={"priority": position}
        )


def second(*, priority: int = 0, sku: str = "ml172", of: str = "MLBB_172", cost: int = 44_165) -> Route:
    """Digiflazz delivers it too, for so many rupiah."""
    row, _ = SupplierProduct.objects.get_or_create(
        account=profiles.ensure("digiflazz"),
        code=sku,
        defaults={"game_code": "mobile_legends", "name": sku, "cost_minor": cost},
    )
    return Route.objects.create(sku=factories.sku(of), product=row, priority=priority)


def rate(rupiah: int = 16_300) -> None:
    """What a dollar is worth."""
    ExchangeRate.objects.create(base="USD", quote="IDR", rate=rupiah, valid_from=timezone.now() - timedelta(days=1))


def bought(supplier: Sandbox) -> list[tuple[str, str]]:
    """(supplier, product) of everything that was really made, oldest first."""
    return [(row["supplier"], row["product_code"]) for row in supplier.supplier_orders()]


def paid(*, player: str = "", zone: str = "2001", quantity: int = 1, **more: Any) -> Order:
    """A PAID order, its money in customer funds as the gateway's capture put it there."""
    player = player or str(next(_players))
    fields = [
        {"key": "userId", "name": "User ID", "value": player},
        {"key": "zoneId", "name": "Zone ID", "value": zone},
    ]
    order = factories.order(**({"fields": fields, "quantity": quantity} | more))
    payment = Payment.objects.create(
        order=order,
        reference=order.number,
        channel=order.channel,
        gateway="xendit",
        amount_minor=order.total_minor,
        currency=order.currency,
        state=Payment.State.OPEN,
        gateway_id=f"pr-{order.number}",
        expires_at=order.expires_at,
    )
    seen = CaptureSeen(ref=f"py-{next(_captures)}-{order.number}", amount=order.total, at=timezone.now())
    assert settle(payment.pk, seen)
    order.refresh_from_db()
    return order


def work(rounds: int = 1) -> None:
    """What worker and clock do: take, send what is due, look at the history."""
    for _ in range(rounds):
        for group in taking.take():
            for topup_id in group:
                sending.send(topup_id)
        for topup_id in sending.due(100):
            sending.send(topup_id)
        history.poll(account())


def buy(order: Order) -> list[TopUp]:
    """The order is taken and every unit sent once, without a look at the history afterwards."""
    for group in taking.take():
        for topup_id in group:
            sending.send(topup_id)
    return list(order.topups.order_by("unit"))


def look(times: int = 1) -> None:
    for _ in range(times):
        assert history.poll(account())


def pass_time(seconds: float) -> None:
    """Whatever is unknown or on the wire has been so for that much longer, and what waits that much nearer.

    The supplier's rows keep their times: it is the store alone that waited.
    """
    span = timedelta(seconds=seconds)
    out = (Attempt.State.SENDING, Attempt.State.UNKNOWN)
    Attempt.objects.filter(state__in=out).update(sent_at=F("sent_at") - span, answered_at=F("answered_at") - span)
    TopUp.objects.update(not_before=F("not_before") - span)
    Attempt.objects.filter(state=Attempt.State.NOT_SENT).update(ended_at=F("ended_at") - span)
    SupplierAccount.objects.update(rests_until=F("rests_until") - span, circuit_until=F("circuit_until") - span)


def cases(kind: str) -> list[StaffCase]:
    return list(StaffCase.objects.filter(kind=kind).order_by("id"))


def funds(order: Order) -> Money:
    """What of the order's money still stands in customer funds."""
    total = 0
    for transfer in order.transfers.select_related("source", "target").filter(currency=order.currency):
        total += transfer.amount_minor * ((transfer.target.kind == "FUNDS") - (transfer.source.kind == "FUNDS"))
    return Money(total, order.currency)
