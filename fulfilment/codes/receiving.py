"""Codes that a supplier delivers with its answer: stored sealed for their unit, and in clear nowhere else."""

from __future__ import annotations

from dataclasses import replace

from django.db import IntegrityError, transaction
from django.utils import timezone

from core.cases import open_case
from fulfilment.codes import secret
from fulfilment.codes.secret import Secret
from fulfilment.models import Attempt, Code, CodeEvent, TopUp
from fulfilment.suppliers.base import Placed
from storefront.orders.models import Order

_DUE = (TopUp.State.SENDING, TopUp.State.UNKNOWN, TopUp.State.ACCEPTED, TopUp.State.DELIVERED)


def is_code_goods(topup: TopUp) -> bool:
    """Whether what arrives for the unit is a code, to be kept from every eye but its buyer's."""
    return bool(Order.objects.filter(pk=topup.order_id, sku__gives_code=True).exists())


def keep(attempt: Attempt, serial: str) -> bool:
    """The code that came with `attempt` is its unit's, sealed, before the unit counts as delivered; True if this call
    stored it. Called again with the same code it changes nothing.

    A code for a unit that has one already, or that has ended otherwise (its money went back), is stored apart, and a
    case: the customer keeps what they have. A code that was delivered before for another unit is a case too.
    """
    code = " ".join(serial.split())
    if not code:
        return False
    digests = secret.digests(code)
    earlier = Code.objects.filter(topup=attempt.topup).first()
    if earlier is not None and earlier.digest in digests:
        return False
    twin = Code.objects.filter(digest__in=digests).exclude(topup=attempt.topup).order_by("pk").first()
    row = Code(product=attempt.product, cost_minor=attempt.cost_minor)
    secret.put(row, Secret(code))
    is_due = TopUp.objects.filter(pk=attempt.topup_id, state__in=_DUE).exists()
    if earlier is None and is_due:
        row.state, row.topup, row.sold_at = Code.State.SOLD, attempt.topup, timezone.now()
    else:
        row.state = Code.State.VOID
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            CodeEvent.objects.create(code=row, topup=attempt.topup, what=CodeEvent.What.SOLD, by=attempt.account.code)
    except IntegrityError:
        return keep(attempt, serial)  # the same news came twice at once: by now the unit has its code
    if twin is not None:
        _case(attempt, row, "code-twice", "A supplier delivered a code that was somebody else's before", twin)
    if row.state == Code.State.VOID:
        _case(attempt, row, "code-second", "A supplier delivered a code to a unit that was settled", earlier)
    return row.state == Code.State.SOLD


def hidden(attempt: Attempt, placed: Placed) -> Placed:
    """The supplier's answer as it may be kept: of code goods with dots wherever the code stood. `serial` stays."""
    if not placed.serial or not is_code_goods(attempt.topup):
        return placed
    return replace(placed, raw=masked(placed.raw, placed.serial), message=masked(placed.message, placed.serial))


def masked(text: str, serial: str) -> str:
    """`text` with dots wherever the code stood."""
    for form in {serial, serial.strip(), " ".join(serial.split())}:
        text = secret.without(text, Secret(form))
    return text


def _case(attempt: Attempt, row: Code, kind: str, title: str, other: Code | None) -> None:
    open_case(
        kind,
        f"{kind}:{row.pk}",
        title,
        about=attempt.topup.order.number,
        evidence={
            "attempt": attempt.pk,
            "code": row.pk,
            "other_code": other.pk if other else None,
            "supplier": attempt.account.code,
        },
        actions=(
            "Both codes are paid for. Ask the supplier which one is right; if the customer's does not work, replace or"
            " refund it."
        ),
    )
