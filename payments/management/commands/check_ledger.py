"""`manage.py check_ledger`: proves invariant 3 over all orders; exit code 1 and the problems where it does not hold."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Sum

from core.models import StaffCase
from payments import ledger_check
from storefront.orders.models import Order


class Command(BaseCommand):
    help = "Checks that ended orders leave nothing in customer funds and that captures, payments and wallets agree."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one line of JSON, with every order, for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        problems = ledger_check.problems()
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not problems, "problems": problems} | _told()))
            return
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError(f"{len(problems)} problems; docs/operations.md says what each means")
        self.stdout.write("the ledger holds")


def _told() -> dict[str, Any]:
    cases = StaffCase.objects.filter(state=StaffCase.State.OPEN)
    received = dict(Order.objects.values_list("number").annotate(sum=Sum("payments__received_minor")))
    owed = dict(Order.objects.values_list("number").annotate(sum=Sum("refunds__amount_minor")))
    told = ("number", "status", "player_id", "zone", "quantity", "delivered", "failed", "total_minor")
    rows = Order.objects.values(*told)
    return {
        "cases": dict(Counter(cases.values_list("kind", flat=True))),
        "orders_with_cases": sorted({about for about in cases.values_list("about", flat=True) if about}),
        "orders": [
            row | {"received_minor": received[row["number"]] or 0, "refund_minor": owed[row["number"]] or 0}
            for row in rows.order_by("id")
        ],
    }
