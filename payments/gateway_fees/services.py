"""What the gateway keeps of each capture stands in the ledger from the moment the capture does.

`charges` gives it and `clearing` takes it: the gateway owes us that much less. By the dated terms of the channel; where
the gateway's own bill says another sum, staff book that one.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from core import audit
from core.errors import Refused
from core.money import Money
from payments.gateway_fees.models import GatewayFee
from payments.models import Account, Bill, Capture, Deposit, Transfer
from payments.wallet import services as ledger
from storefront.orders.models import Order


def terms(channel_id: int, at: datetime) -> GatewayFee | None:
    """What was agreed for the channel at `at`; None where nobody has entered it."""
    agreed = GatewayFee.objects.filter(channel_id=channel_id, valid_from__lte=at)
    return agreed.order_by("-valid_from", "-id").first()


def all_terms(at: datetime) -> dict[int, GatewayFee]:
    """`terms` of every channel that has any, by channel id. One SELECT."""
    agreed = GatewayFee.objects.filter(valid_from__lte=at).order_by("channel_id", "-valid_from", "-id")
    return {row.channel_id: row for row in agreed.distinct("channel_id")}


def book(capture: Capture, bill: Bill) -> Money | None:
    """What the gateway keeps of the capture, by the terms of its moment, stands in the ledger, once.

    None, and nothing is booked, where no terms are entered or the money is of another currency than the channel's:
    nobody guesses. Called in the transaction that counted the capture, its payment at hand.
    """
    agreed = terms(capture.payment.channel_id, capture.created_at)
    if agreed is None or capture.currency != capture.payment.currency:
        return None
    came = Money(capture.amount_minor, capture.currency)
    kept = min(Money(agreed.fixed_minor, came.currency) + came.percent(agreed.percent), came)
    _move(f"charge:{capture.pk}", capture, kept, bill)
    return kept


def booked(capture: Capture) -> int:
    """What the ledger says the gateway kept of the capture, in minor units."""
    rows = Transfer.objects.filter(Q(key=f"charge:{capture.pk}") | Q(key__startswith=f"charge-set:{capture.pk}:"))
    total = 0
    for kind, minor in rows.values_list("source__kind", "amount_minor"):
        total += minor if kind == Account.Kind.CHARGES else -minor
    return total


@transaction.atomic
def set_right(capture_id: int, told: Money, by: str, why: str) -> int:
    """The ledger says of the capture's fee what the gateway's bill says; how many minor units more than before.

    Raises Refused for another currency, a negative sum, more than was captured, or where it says so already.
    """
    rows = Capture.objects.select_for_update(of=("self",), no_key=True).select_related("payment__order")
    capture = rows.select_related("payment__deposit").get(pk=capture_id)
    if told.currency != capture.currency or not 0 <= told.minor <= capture.amount_minor:
        raise Refused("VALIDATION_ERROR", _("A fee lies between nothing and what was captured, in its currency."))
    before = booked(capture)
    more = told.minor - before
    if not more:
        raise Refused("VALIDATION_ERROR", _("The ledger says the same already."))
    times = Transfer.objects.filter(key__startswith=f"charge-set:{capture.pk}:").count() + 1
    _move(f"charge-set:{capture.pk}:{times}", capture, Money(more, told.currency), capture.payment.bill)
    audit.record(by, "gateway fee put right", f"capture:{capture.pk}", before=before, after=told.minor, why=why)
    return more


def _move(key: str, capture: Capture, kept: Money, bill: Bill) -> None:
    if not kept:
        return
    charges = ledger.house(Account.Kind.CHARGES, kept.currency, capture.gateway)
    clearing = ledger.house(Account.Kind.CLEARING, kept.currency, capture.gateway)
    source, target = (charges, clearing) if kept.minor > 0 else (clearing, charges)
    ledger.transfer(
        key,
        source,
        target,
        Money(abs(kept.minor), kept.currency),
        "gateway fee",
        bill if isinstance(bill, Order) else None,
        note=capture.payment.reference,
        deposit=bill if isinstance(bill, Deposit) else None,
    )
