"""What the store says of its orders, as one JSON: `python -m tests.chaos.books`, in the store's environment.

Money is in major units, as the gateways' truth is.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any


def main() -> dict[str, Any]:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

    from core.models import StaffCase
    from core.money import Money
    from fulfilment.models import Attempt, Code, TopUp
    from payments.models import Payment, Refund
    from storefront.orders.models import Order
    from storefront.promos.models import Promo, PromoSlot

    def major(minor: int, currency: str) -> float:
        return float(Money(minor, currency).major)

    orders = Order.objects.values(
        "number", "status", "player_id", "zone", "quantity", "delivered", "failed", "partly", "total_minor",
        "currency", "promo_code", "sku__gives_code", "paid_at", "created_at",
    )  # fmt: skip
    topups = TopUp.objects.values(
        "id", "order__number", "unit", "piece", "state", "why", "waits_for", "not_before", "code__id"
    )
    attempts = Attempt.objects.values(
        "id", "topup_id", "number", "account__code", "state", "verdict", "callback_token", "reference", "player_id",
        "product_name", "transaction_id", "sent_at", "answered_at", "http_status", "resolution", "next_look_at",
        "covered_polls", "coverage_lost", "history_row__status", "answer",
    )  # fmt: skip
    payments = Payment.objects.values(
        "reference", "gateway", "gateway_id", "currency", "received_minor", "state", "order__number",
        "deposit__number", "error", "not_before",
    )  # fmt: skip
    refunds = Refund.objects.values(
        "reference", "order__number", "payment__reference", "payment__gateway", "state", "way", "why", "amount_minor",
        "currency", "error",
    )  # fmt: skip
    cases = StaffCase.objects.filter(state=StaffCase.State.OPEN).values("kind", "about", "key", "title", "evidence")
    slots = PromoSlot.objects.filter(released_at=None)
    return {
        "orders": {row["number"]: row | {"total": major(row["total_minor"], row["currency"])} for row in orders},
        "topups": list(topups),
        "attempts": [row | {"answer": row["answer"][:200]} for row in attempts.order_by("id")],
        "payments": [row | {"received": major(row["received_minor"], row["currency"])} for row in payments],
        "refunds": [row | {"amount": major(row["amount_minor"], row["currency"])} for row in refunds],
        "cases": list(cases),
        "slots": list(slots.values_list("holder", flat=True)),
        "used": dict(Promo.objects.values_list("code", "used")),
        "codes": list(Code.objects.filter(state=Code.State.SOLD).values_list("id", "topup_id")),
    }


if __name__ == "__main__":
    json.dump(main(), sys.stdout, default=str)
