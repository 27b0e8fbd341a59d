"""Cases about purchases, with everything that is known on one page for the person who decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Q
from django.utils import timezone

from core.cases import open_case, stands_under
from core.models import StaffCase
from core.money import Money
from fulfilment.models import Attempt, HistoryRow, TopUp


def shown(row: HistoryRow) -> dict[str, Any]:
    """A history row as evidence."""
    return {
        "row": row.pk,
        "transaction_id": row.transaction_id,
        "made_at": row.made_at.isoformat(),
        "player_id": row.player_id,
        "game_code": row.game_code,
        "product_name": row.product_name,
        "cost": str(Money(row.cost_minor, row.account.currency)),
        "status": row.status,
        "first_seen_at": row.first_seen_at.isoformat(),
    }


def of_attempt(attempt: Attempt) -> dict[str, Any]:
    """What is known about an attempt, for the person who has to decide."""
    account = attempt.account
    return {
        "attempt": attempt.pk,
        "unit": attempt.topup.unit,
        "number": attempt.number,
        "state": attempt.state,
        "supplier": account.code,
        "game": attempt.game_code,
        "product": f"{attempt.product_code} ({attempt.product_name})",
        "cost": str(Money(attempt.cost_minor, account.currency)),
        "player": attempt.player_id,
        "zone": attempt.zone,
        "sent_at": attempt.sent_at.isoformat(),
        "call_ended_at": attempt.answered_at.isoformat() if attempt.answered_at else "",
        "http_status": attempt.http_status,
        "answer": attempt.answer[:4000],
        "callback_seen_at": attempt.callback_seen_at.isoformat() if attempt.callback_seen_at else "",
        "covered_polls": attempt.covered_polls,
        "coverage_lost": attempt.coverage_lost,
        "balance_before": attempt.balance_before_minor,
        "balance_now": account.balance_minor,
        "counters_now": account.counters,
    }


def report(attempt: Attempt, kind: str, title: str, **more: Any) -> None:
    """A case of that kind stands for the attempt; nothing moves by it."""
    open_case(
        kind,
        f"attempt:{attempt.pk}:{kind}",
        title,
        about=attempt.topup.order.number,
        evidence=of_attempt(attempt) | more,
        actions="Ask the supplier what became of it, then set it right with them or the customer. Nothing moved yet.",
    )


def ask_staff(attempt: Attempt, reasons: list[str], rows: list[HistoryRow], now: datetime) -> None:
    """One case stands for the unknown attempt: why it is not decided by itself, and everything seen of its player.

    None where it was settled since it was read, by another look: whoever settles it closes what stands by then.
    """
    with transaction.atomic():
        undecided = Q(state=Attempt.State.UNKNOWN) | (~Q(reference="") & Q(ended_at=None))
        if list(Attempt.objects.select_for_update(no_key=True).filter(undecided, pk=attempt.pk).values_list("pk")):
            _ask_staff(attempt, reasons, rows, now)


def _ask_staff(attempt: Attempt, reasons: list[str], rows: list[HistoryRow], now: datetime) -> None:
    around = HistoryRow.objects.filter(account_id=attempt.account_id, player_id=attempt.player_id).order_by("-id")[:20]
    open_case(
        "unknown_outcome",
        _case_key(attempt),
        "Nobody knows whether the supplier made this top-up",
        about=attempt.topup.order.number,
        evidence=of_attempt(attempt)
        | {
            "why_not_by_itself": reasons,
            "rows_unexplained": [shown(row) for row in rows],
            "rows_of_this_player": [shown(row) for row in around],
            "asked_at": now.isoformat(),
        },
        actions=(
            "Look it up with the supplier. Adopt the row that is this order's, or mark the attempt as not made and it"
            " is sent again. It is still watched: evidence that comes in later settles it and closes this case."
        ),
    )


def not_asked_about() -> Q:
    """The condition on attempts that no `ask_staff` came before."""
    return ~Q(stands_under("attempt:", OuterRef("pk"), ":unknown"))


def _case_key(attempt: Attempt) -> str:
    return f"attempt:{attempt.pk}:unknown"


def close_case(attempt: Attempt, resolution: str) -> None:
    """The case of an unknown attempt, if there is one, is resolved by what has come in since."""
    StaffCase.objects.filter(key=_case_key(attempt), state=StaffCase.State.OPEN).update(
        state=StaffCase.State.RESOLVED, resolved_at=timezone.now(), resolution=resolution
    )


def report_price(topup: TopUp) -> None:
    """One case a day stands for a SKU that costs us more than it is sold for: nothing was sent."""
    order = topup.order
    open_case(
        "cost_over_price",
        f"price:{topup.sku_id}:{order.region_id}:{timezone.now():%Y%m%d}",
        f"{order.sku_code} costs more than it is sold for in {order.region_id}",
        about=order.number,
        evidence={"sold_at": str(Money(order.unit_price_minor, order.currency)), "unit": str(topup)},
        actions=(
            "Raise the price or close the SKU, so that no more is sold. Orders wait until a route costs less again, or"
            " until the promised time is over; then their money goes back by itself."
        ),
    )
