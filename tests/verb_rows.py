"""What the verbs of the back office are tried on: all their names, and rows that stand so that a verb may be used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from core.models import ApprovalLimit, Discrepancy
from fulfilment import taking
from fulfilment.models import Attempt, HistoryRow, SupplierProduct, TopUp
from payments.models import Refund
from payments.money_back import giving_back
from payments.schedule import NEVER
from storefront.orders.models import Order
from tests.fulfilment import desk
from tests.payments.back import claimable, sold

LONG_AGO = timedelta(days=1)
SAID = {
    "_form_submitted": "True", "reason": "because it is right", "answer": "It is on its way.", "text": "She called.",
    "amount": "1000", "currency": "IDR", "wish": "one", "seen": "0", "check": "CALLED_BACK", "number": "GATE1",
    "address": "other@example.com", "bank_reference": "BCA 1", "reference": "BCA 2", "customer_format": "{player}",
    "made_at_0": "2026-01-01", "made_at_1": "00:00:00", "sku": "MLBB_172", "region": "", "priority": "1",
}  # fmt: skip
"""What the dialogs ask for, all of them at once."""


def all_verbs() -> set[str]:
    """Every dialog of the back office, by the name of its address."""
    kinds = ("actions_list", "actions_detail", "actions_row", "actions_submit_line")
    return {
        f"{model._meta.app_label}_{model._meta.model_name}_{name}"
        for model, one in admin.site._registry.items()
        for kind in kinds
        for name in _names(getattr(one, kind, None) or ())
        if hasattr(getattr(one, name), "dialog")
    }


def _names(buttons: Iterable[Any]) -> Iterator[str]:
    for one in buttons:
        if isinstance(one, dict):
            yield from _names(one["items"])
        else:
            yield one


def address(verb: str, pk: Any = None) -> str:
    return reverse(f"admin:{verb}", args=[] if pk is None else [pk])


def everything() -> dict[str, tuple[int, Any]]:
    """How many rows each table has, and a sum over all that stands in them: equal where nothing at all was written."""
    with connection.cursor() as cursor:
        names = [name for name in connection.introspection.table_names(cursor) if name != "django_session"]
        cursor.execute(" UNION ALL ".join(
            f"SELECT '{name}', count(*), sum(hashtextextended(t::text, 0)) FROM {name} t" for name in names
        ))  # fmt: skip
        return {name: (count, total) for name, count, total in cursor.fetchall()}


def waiting() -> Order:
    """A paid order whose unit is taken up and rests."""
    desk.shop()
    order = desk.paid()
    taking.take()
    later = timezone.now() + timedelta(hours=1)
    TopUp.objects.filter(order=order).update(waits_for="connection", not_before=later)
    return order


def purchase(state: str, product: SupplierProduct | None = None, reference: str = "") -> Attempt:
    """Of a paid unit, made long ago; it stands so, and so does its unit."""
    order, product, then = waiting(), product or desk.product(), timezone.now() - LONG_AGO
    TopUp.objects.filter(order=order).update(state=state)
    return Attempt.objects.create(
        topup=order.topups.get(), number=1, account=product.account, product=product, game_code=product.game_code,
        product_code=product.code, product_name=product.name, cost_minor=product.cost_minor, sent_at=then,
        answered_at=then, player_id=order.player_id, reference=reference, callback_token=order.number, state=state,
    )  # fmt: skip


def history_row(attempt: Attempt) -> HistoryRow:
    """The supplier's row of that purchase, nobody's yet."""
    return HistoryRow.objects.create(
        account=attempt.account, transaction_id=f"TX-{attempt.pk}", made_at=attempt.sent_at, status="success",
        player_id=attempt.player_id, game_code=attempt.game_code, product_name=attempt.product_name,
        cost_minor=attempt.cost_minor,
    )  # fmt: skip


def discrepancy(kind: str, target: Any = None, **more: Any) -> Discrepancy:
    """About a purchase at GemGo, unless told otherwise."""
    given = {"party": "gemgo", "subject": "PURCHASE", "currency": "USD", "ours_minor": 264, "theirs_minor": 300} | more
    given.setdefault("reference", f"{kind} {given['subject']} {target}")
    return Discrepancy.objects.create(kind=kind, target=target, **given)


def unanswered() -> Refund:
    """A refund that was asked for at the gateway, and whose answer nobody knows."""
    refund = claimable()
    Refund.objects.filter(pk=refund.pk).update(state="SENDING", way="GATEWAY", not_before=NEVER)
    return refund


def gift(by: str = "sari@shop.example") -> Refund:
    """Above what one person may give: it waits for a second one."""
    limit = ApprovalLimit.objects.create(kind="refund", unit="IDR", most=0)
    order = sold()
    refund, _new = giving_back.give_back(order.pk, giving_back.remaining(order), seen=0, by=by, why="angry customer")
    limit.delete()
    return refund
