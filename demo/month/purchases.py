"""The month's units and their purchases at the suppliers. No history and no sweep misses one: docs/demo.md."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from core import rates
from core.money import Money
from demo.month.plan import Bought, End
from demo.month.written import BATCH, Written
from fulfilment.models import Attempt, TopUp
from payments.schedule import NEVER

# Suppliers' histories are compared for three days.
_COMPARED_FOR = timedelta(hours=80)


def unit_cost(one: Bought, known: rates.Rates) -> int:
    """What the supplier takes for one unit, in minor units of the order's currency, by the rate of when it was paid."""
    cost = Money(one.item.supplied.cost_minor, one.item.supplied.account.currency)
    return known.convert(cost, one.currency, one.paid_at, round_up=True).minor


def write_units(written: Sequence[Written], now: datetime, known: rates.Rates) -> None:
    """Each paid order that was taken up has its units, each unit its purchase."""
    topups, attempts = [], []
    for one in written:
        if one.order.paid_at is None or one.bought.end == End.SET_ASIDE:
            continue
        one.topups = [_unit(one, unit, known) for unit in range(1, one.order.quantity + 1)]
        topups += one.topups
    TopUp.objects.bulk_create(topups, batch_size=BATCH)
    for one in written:
        one.attempts = [_attempt(one, topup, now) for topup in one.topups]
        attempts += one.attempts
    Attempt.objects.bulk_create(attempts, batch_size=BATCH)


def _unit(one: Written, unit: int, known: rates.Rates) -> TopUp:
    order, end = one.order, one.bought.end
    state = {End.HELD: "QUEUED", End.UNKNOWN: "UNKNOWN", End.ACCEPTED: "ACCEPTED"}.get(end, "")
    arrived = not state and unit <= order.delivered
    state = state or ("DELIVERED" if arrived else "FAILED")
    taken = one.bought.paid_at + timedelta(seconds=1)
    return TopUp(
        order=order, unit=unit, state=state, not_before=NEVER if order.ended_at is None else taken,
        waits_for="account" if end == End.HELD else "", why="" if state != "FAILED" else "refused",
        cost_minor=unit_cost(one.bought, known) if arrived else None, created_at=taken, ended_at=order.ended_at,
    )  # fmt: skip


def _attempt(one: Written, topup: TopUp, now: datetime) -> Attempt:
    bought, order, supplied = one.bought, one.order, one.bought.item.supplied
    by_reference = supplied.account.code == "digiflazz"
    state = {"QUEUED": "REJECTED", "UNKNOWN": "UNKNOWN", "ACCEPTED": "ACCEPTED", "FAILED": "REJECTED"}.get(
        topup.state, "ACCEPTED"
    )
    sent = bought.paid_at + timedelta(seconds=1)
    is_compared = not by_reference and sent > now - _COMPARED_FOR and state == "ACCEPTED"
    verdict = {"QUEUED": "PLAYER", "FAILED": "REFUSED"}.get(topup.state, "")
    return Attempt(
        topup=topup, number=1, account=supplied.account, product=supplied, game_code=supplied.game_code,
        product_code=supplied.code, product_name=supplied.name, cost_minor=supplied.cost_minor,
        player_id=order.player_id, zone=order.zone,
        reference=f"{order.number}-{topup.unit}"[-40:] if by_reference else "",
        customer_no=supplied.customer_no(order.player_id, order.zone) if by_reference else "",
        callback_token=hashlib.sha256(f"demo {order.number} {topup.unit}".encode()).hexdigest()[:43],
        state=state, verdict=verdict, sent_at=sent,
        # Without it nobody misses the purchase in a history that never had it.
        answered_at=None if is_compared else sent + timedelta(seconds=2),
        http_status=200 if state != "UNKNOWN" else None, is_named_alike=state == "ACCEPTED",
        transaction_id=f"DEMO{topup.pk}" if state == "ACCEPTED" else "",
        made_at=sent if state == "ACCEPTED" else None,
        blames_account=True if verdict == "PLAYER" else None,
        confirmed_at=order.ended_at if by_reference and state == "ACCEPTED" else None, created_at=sent,
        ended_at=order.ended_at or (sent + timedelta(seconds=2) if state == "REJECTED" else None),
    )  # fmt: skip
