"""What a supplier said of an attempt, written to attempt and unit, and what follows from it at once.

Rows are locked in the order: order → attempt → top-up. Every step is a conditional update: news that come twice,
late or in the wrong order move nothing backwards.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import cache
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.cases import open_case
from core.money import Money
from core.prepared import Update, given
from core.wake import wake
from fulfilment import circuit, clocks, evidence, finishing, profiles, resolving, routing
from fulfilment.codes import receiving
from fulfilment.models import Attempt, SupplierProduct, TopUp
from fulfilment.suppliers.base import Meaning, Outcome, Placed

logger = logging.getLogger(__name__)
ACCEPTED_LOOK = timedelta(seconds=30)
_UNREACHED_CASE = 6  # refused connections in a row before staff are told
_OPEN = (Attempt.State.SENDING, Attempt.State.UNKNOWN)
_VERDICTS = {
    Meaning.NONE: Attempt.Verdict.NONE,
    Meaning.PRODUCT: Attempt.Verdict.REFUSED,
    Meaning.PLAYER: Attempt.Verdict.PLAYER,
    Meaning.PRICE: Attempt.Verdict.PRICE,
    Meaning.BALANCE: Attempt.Verdict.BALANCE,
    Meaning.LATER: Attempt.Verdict.LATER,
}


def record(attempt: Attempt, placed: Placed) -> None:
    """The outcome of the call stands on attempt and unit, and what follows from it at once has been done.

    An answer that comes after the attempt was given up as unknown still counts; one that comes after it was settled
    otherwise is a case.
    """
    placed = receiving.hidden(attempt, placed)
    is_first_word = attempt.state == Attempt.State.SENDING
    match placed.outcome:
        case Outcome.ACCEPTED:
            _accepted(attempt, placed)
        case Outcome.UNKNOWN:
            unknown(attempt, placed)
        case Outcome.NOT_SENT:
            _not_sent(attempt, placed)
        case Outcome.REJECTED | Outcome.DENIED:
            _rejected(attempt, placed)
    if is_first_word:
        circuit.heard(attempt, placed)
    if attempt.state not in _OPEN:
        resolving.release_player(attempt)


def hear(attempt: Attempt, placed: Placed) -> None:
    """News of a purchase that goes by our reference (a webhook, a look) has been acted upon, forwards only.

    Only ACCEPTED and REJECTED say something; an end that is contradicted is a case and moves nothing.
    """
    if placed.outcome not in (Outcome.ACCEPTED, Outcome.REJECTED):
        return
    if attempt.state in _OPEN:
        record(attempt, placed)
        return
    placed = receiving.hidden(attempt, placed)
    is_accepted = attempt.state == Attempt.State.ACCEPTED
    if placed.outcome == Outcome.ACCEPTED and not is_accepted:
        _made_after_all(attempt, placed)
    elif placed.outcome == Outcome.ACCEPTED and placed.is_delivered:
        _proved(attempt, placed)
        finishing.deliver(attempt)
    elif placed.outcome == Outcome.REJECTED and is_accepted and attempt.ended_at is not None:
        evidence.report(
            attempt, "flip", "The supplier says something else now than when the top-up ended", answer=placed.raw
        )
    elif placed.outcome == Outcome.REJECTED and is_accepted and not placed.is_formed:
        evidence.report(
            attempt,
            "answer_differs",
            "The supplier had taken this top-up and now says that it never was",
            answer=placed.raw,
        )
    elif placed.outcome == Outcome.REJECTED and is_accepted:
        _failed(attempt, placed)


def postpone(topup: TopUp, why: str, pause: timedelta) -> None:
    """A QUEUED unit is looked at again after `pause`, and says why it waits."""
    TopUp.objects.filter(pk=topup.pk, state=TopUp.State.QUEUED).update(
        waits_for=why[:40], not_before=timezone.now() + pause
    )


def unknown(attempt: Attempt, placed: Placed) -> None:
    """Nobody knows what became of the call; nothing is sent again until that is known."""
    moved = _move(
        attempt, Attempt.State.UNKNOWN, TopUp.State.UNKNOWN, placed, pause=timedelta(),
        sources=(Attempt.State.SENDING,), **_next_look(attempt),
    )  # fmt: skip
    logger.warning("attempt %s: outcome unknown (%s)", attempt.pk, placed.message or placed.http_status)
    if moved and placed.needs_staff:
        evidence.ask_staff(attempt, [f"the supplier answers: {placed.message}"], [], timezone.now())


def _seen(attempt: Attempt, placed: Placed) -> dict[str, Any]:
    seen = {
        "answered_at": timezone.now(),
        "http_status": placed.http_status,
        "answer": placed.raw or placed.message,
    }
    # What the call itself said of the supplier stays, whatever a look at it tells later.
    is_first_word = attempt.state == Attempt.State.SENDING
    return seen | ({"is_supplier_fault": circuit.is_fault(placed)} if is_first_word else {})


def _next_look(attempt: Attempt) -> dict[str, Any]:
    """When a purchase that has not ended may be asked for by its reference."""
    return {"next_look_at": timezone.now() + clocks.recheck_pause()} if attempt.reference else {}


def _move(
    attempt: Attempt,
    to: Attempt.State,
    topup_to: TopUp.State,
    placed: Placed,
    *,
    pause: timedelta,
    waits: str = "",
    sources: tuple[Attempt.State, ...] = _OPEN,
    **more: Any,
) -> bool:
    """Attempt and unit take the step together; False where the attempt was settled before, and nothing moved."""
    values = _seen(attempt, placed) | more
    was_unknown = attempt.state == Attempt.State.UNKNOWN
    with transaction.atomic():
        if not _step(sources, tuple(values)).run(pk=attempt.pk, state=to, **values):
            return False
        _STEP_OF_UNIT.run(unit=attempt.topup_id, state=topup_to, not_before=timezone.now() + pause, waits_for=waits)
    attempt.state = to
    for name, value in values.items():
        setattr(attempt, name, value)
    if was_unknown:
        evidence.close_case(attempt, f"the supplier told: {to.label}")
    return True


@cache
def _step(sources: tuple[Attempt.State, ...], columns: tuple[str, ...]) -> Update:
    """An attempt's step out of one of `sources`, by which these columns are written."""
    return Update(
        lambda: Attempt.objects.filter(pk=given("pk"), state__in=sources),
        lambda: {name: given(name) for name in ("state", *columns)},
    )


_STEP_OF_UNIT = Update(
    lambda: TopUp.objects.filter(pk=given("unit"), state__in=(TopUp.State.SENDING, TopUp.State.UNKNOWN)),
    lambda: {name: given(name) for name in ("state", "not_before", "waits_for")},
)


def _accepted(attempt: Attempt, placed: Placed) -> None:
    alike = resolving.plain(placed.product_name) == resolving.plain(attempt.product_name)
    moved = _move(
        attempt, Attempt.State.ACCEPTED, TopUp.State.ACCEPTED, placed, pause=ACCEPTED_LOOK,
        transaction_id=placed.transaction_id, made_at=placed.made_at, is_named_alike=alike, **_next_look(attempt),
    )  # fmt: skip
    if not moved:
        _came_too_late(attempt, placed)
        return
    other_player = bool(placed.player_id) and placed.player_id != (attempt.customer_no or attempt.player_id)
    other_price = placed.cost is not None and not resolving.is_near_cost(placed.cost.minor, attempt.cost_minor)
    if other_player or other_price:
        evidence.report(attempt, "answer_differs", "The supplier took another player or price than was asked for")
    if placed.is_delivered:
        _proved(attempt, placed)
        finishing.deliver(attempt)
    elif not attempt.reference:
        # A callback may have come before this answer, and with it a look at the history that already shows the end.
        resolving.settle_from_store(attempt)


def _proved(attempt: Attempt, placed: Placed) -> None:
    """The supplier's proof and true price stand on the attempt before its unit ends.

    It is asked for again until then: whoever dies in between leaves it to the next look.
    """
    values: dict[str, Any] = {}
    if placed.serial and receiving.is_code_goods(attempt.topup):
        receiving.keep(attempt, placed.serial)
    elif placed.serial:
        values["serial"] = placed.serial
    if placed.cost is not None and attempt.ended_at is None:
        values["cost_minor"] = placed.cost.minor
    if values:
        Attempt.objects.filter(pk=attempt.pk).update(**values)
    for name, value in values.items():
        setattr(attempt, name, value)


def _not_sent(attempt: Attempt, placed: Placed) -> None:
    in_a_row = 1
    for state in attempt.topup.attempts.exclude(pk=attempt.pk).order_by("-number").values_list("state", flat=True)[:8]:
        if state != Attempt.State.NOT_SENT:
            break
        in_a_row += 1
    if not _move(attempt, Attempt.State.NOT_SENT, TopUp.State.QUEUED, placed, pause=timedelta(),
                 waits=routing.CONNECTION, ended_at=timezone.now()):  # fmt: skip
        return
    if in_a_row == _UNREACHED_CASE:
        open_case(
            "supplier_unreachable",
            f"supplier:{attempt.account.code}:unreachable:{timezone.now():%Y%m%d}",
            f"{attempt.account.name} cannot be reached",
            evidence={"error": placed.message, "attempt": attempt.pk},
            actions="Nothing was sent and units wait; they go on by themselves once a connection comes about.",
        )


def _rejected(attempt: Attempt, placed: Placed) -> None:
    denied = placed.outcome == Outcome.DENIED
    moved = _move(
        attempt, Attempt.State.REJECTED, TopUp.State.QUEUED, placed, pause=timedelta(), ended_at=timezone.now(),
        waits=profiles.DENIED if denied else "", transaction_id=placed.transaction_id, next_look_at=None,
        verdict=Attempt.Verdict.DENIED if denied else _VERDICTS[placed.meaning],
    )  # fmt: skip
    if not moved:
        _came_too_late(attempt, placed)
        return
    if denied:
        profiles.pause(attempt.account, profiles.DENIED, placed.message or f"create_order: HTTP {placed.http_status}")
    elif placed.meaning != Meaning.NONE:
        _follow(attempt, placed)
    elif not is_judged(attempt):
        postpone(attempt.topup, "verdict", timedelta(seconds=5))


def _failed(attempt: Attempt, placed: Placed) -> None:
    """A purchase the supplier had taken has failed there for good."""
    Attempt.objects.filter(pk=attempt.pk, ended_at=None).update(answer=placed.raw or placed.message)
    if finishing.fail_attempt(attempt, _VERDICTS[placed.meaning]):
        _follow(attempt, placed)
        wake("fulfilment.send", "topups", attempt.topup_id)


def _follow(attempt: Attempt, placed: Placed) -> None:
    """What a refusal whose meaning the supplier told asks for, beside the unit's next step."""
    if placed.meaning == Meaning.BALANCE:
        _pause_for_balance(attempt)
    elif placed.meaning == Meaning.PRICE:
        open_case(
            "supplier_price",
            f"product:{attempt.product_id}:price:{timezone.now():%Y%m%d}",
            f"{attempt.account.name} asks more for {attempt.product_code} than we allow",
            about=attempt.topup.order.number,
            evidence=evidence.of_attempt(attempt),
            actions="Read the supplier's prices again (sync_supplier), then set our price or another route.",
        )
        # Known to be wrong: until the catalogue is read again this product is not asked for any more.
        SupplierProduct.objects.filter(pk=attempt.product_id, cost_minor=attempt.cost_minor).update(is_active=False)
        wake("fulfilment.catalogues", "polls")


def is_judged(attempt: Attempt) -> bool:
    """Whether it is known what a refusal meant; texts are not to be relied on, so the balance is read after each."""
    if attempt.state != Attempt.State.REJECTED or attempt.verdict != Attempt.Verdict.NONE:
        return True
    profile = profiles.read(attempt.account)
    if profile is None:
        return False
    short = profile.balance.minor < attempt.cost_minor
    attempt.verdict = Attempt.Verdict.BALANCE if short else Attempt.Verdict.REFUSED
    attempt.save(update_fields=["verdict"])
    if short:
        _pause_for_balance(attempt)
    return True


def _pause_for_balance(attempt: Attempt) -> None:
    needs = Money(attempt.cost_minor, attempt.account.currency)
    profiles.pause(attempt.account, profiles.BALANCE, "an order was refused", needs)
    postpone(attempt.topup, profiles.BALANCE, routing.PAUSE)


def _came_too_late(attempt: Attempt, placed: Placed) -> None:
    attempt.refresh_from_db()
    if attempt.reference:
        hear(attempt, placed)
    elif placed.outcome == Outcome.ACCEPTED and attempt.transaction_id != placed.transaction_id:
        _made_after_all(attempt, placed)


def _made_after_all(attempt: Attempt, placed: Placed) -> None:
    if placed.serial and receiving.is_code_goods(attempt.topup):
        receiving.keep(attempt, placed.serial)
    evidence.report(
        attempt, "late_answer", "A purchase that was counted as not made was answered after all",
        answer=placed.raw, transaction_id=placed.transaction_id,
    )  # fmt: skip
