"""The nightly proof of invariant 3: our books by themselves, and what we counted against the gateways' own truth."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.utils import timezone

from core.cases import open_case
from core.money import Money
from core.regions import jakarta_day
from payments import ledger_check
from payments.gateways import for_code
from payments.gateways.base import GatewayUnavailable
from payments.models import Payment
from payments.settling import BALANCE

logger = logging.getLogger(__name__)
CASE = "ledger"
# Each night looks at the payments that received money since the last one, and an hour more.
SPAN = timedelta(hours=25)
MOST_LOOKS = 2000


def prove(now: datetime | None = None) -> list[str]:
    """What does not hold; staff have a case of today with all of it, and the log an error that rings."""
    moment = now or timezone.now()
    found = [*ledger_check.problems(), *gateway_problems(moment)]
    if found:
        logger.error("the ledger does not hold: %d problems, the first: %s", len(found), found[0])
        day = jakarta_day(moment).isoformat()
        open_case(
            CASE,
            f"{CASE}:{day}",
            f"The ledger does not hold: {len(found)} problems",
            evidence={"problems": found[:200], "count": len(found), "proved_at": moment.isoformat()},
            actions="Find the cause before anything is paid out; docs/operations.md says what each problem means.",
        )
    return found


def gateway_problems(now: datetime) -> list[str]:
    """Where a gateway says another sum than we counted for payments that received money within SPAN.

    Asks each gateway once per payment, so no transaction may be open. One that does not answer proves nothing.
    """
    rows = (
        Payment.objects.filter(captures__created_at__gt=now - SPAN, captures__created_at__lte=now)
        .exclude(gateway=BALANCE)
        .exclude(gateway_id="")
        .order_by("id")
        .distinct()
    )
    found = []
    for payment in list(rows[:MOST_LOOKS]):
        try:
            looked = for_code(payment.gateway).look_up(payment.gateway_id)
        except GatewayUnavailable as problem:
            logger.warning("%s could not be proved: %s", payment.reference, problem)
            continue
        truth = sum(one.amount.minor for one in looked.captures if one.amount.currency == payment.currency)
        # Read again: money may have come in between.
        counted = Payment.objects.values_list("received_minor", flat=True).get(pk=payment.pk)
        if truth != counted:
            ours, theirs = Money(counted, payment.currency), Money(truth, payment.currency)
            found.append(f"{payment.reference}: the gateway has {theirs}, we counted {ours}")
    return found
