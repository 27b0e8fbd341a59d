"""Buying one unit: the attempt is committed, the call is made once, and the outcome is written down.

Rows are locked in the order: order → attempt → top-up. No lock and no transaction is held across a call.
"""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from core.cases import open_case
from core.money import Money
from fulfilment import clocks, evidence, finishing, history, profiles, resolving, routing
from fulfilment.models import Attempt, SupplierAccount, TopUp
from fulfilment.routing import GiveUp, Go, Wait
from fulfilment.suppliers import for_code
from fulfilment.suppliers.base import Ask, Outcome, Placed

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=30)
ACCEPTED_LOOK = timedelta(seconds=30)
_MOST_CALLS = 8  # per run; the rest of a long list of routes waits for the next
_LONGEST_PAUSE = timedelta(seconds=60)
_UNREACHED_CASE = 6  # refused connections in a row before staff are told
_OPEN = (Attempt.State.SENDING, Attempt.State.UNKNOWN)


def send(topup_id: int) -> None:
    """The unit is bought, or waits for a reason that stands on it, or has failed for good.

    Called again and at once from anywhere it changes nothing: only a QUEUED unit is taken, by conditional update.
    """
    for _ in range(_MOST_CALLS):
        if not _step(topup_id):
            return


def _step(topup_id: int) -> bool:
    """One call at most; True where the next step may follow at once."""
    topup = TopUp.objects.select_related("order__product").filter(pk=topup_id, state=TopUp.State.QUEUED).first()
    if topup is None:
        return False
    attempts = list(topup.attempts.select_related("account").order_by("number"))
    if attempts and not _is_judged(attempts[-1]):
        postpone(topup, "verdict", timedelta(seconds=5))
        return False
    choice = routing.choose(topup.order, attempts, timezone.now())
    if isinstance(choice, Wait):
        postpone(topup, choice.why, choice.pause)
        return False
    if isinstance(choice, GiveUp):
        finishing.fail_unit(topup, choice.why)
        return False
    if choice.account.baseline_at is None and not history.poll(choice.account):
        # Without knowing what stood in the history before, nothing new could be told from something old.
        postpone(topup, "baseline", timedelta(seconds=2))
        return False
    attempt = _claim(topup, choice, number=len(attempts) + 1)
    if attempt is None:
        return False
    record(attempt, _call(attempt, topup))
    return attempt.state == Attempt.State.REJECTED and attempt.verdict == Attempt.Verdict.REFUSED


def _claim(topup: TopUp, go: Go, number: int) -> Attempt | None:
    """The unit is SENDING with its attempt, committed; None where somebody else has it or it has to wait."""
    attempt = Attempt(
        topup=topup,
        number=number,
        account=go.account,
        product=go.product,
        game_code=go.product.game_code,
        product_code=go.product.code,
        product_name=go.product.name,
        cost_minor=go.product.cost_minor,
        player_id=topup.order.player_id.strip(),
        zone=topup.order.zone.strip(),
        callback_token=secrets.token_urlsafe(32),
        balance_before_minor=go.account.balance_minor,
    )
    try:
        with transaction.atomic():
            pause = _over_limit(go.account)
            if pause is None:
                if not _claimed(topup):
                    return None
                attempt.sent_at = timezone.now()
                attempt.save(force_insert=True)
                return attempt
    except IntegrityError as problem:
        if "one_unresolved_attempt_per_player" not in str(problem):
            raise
        # Two equal purchases in the dark could not be told apart: the second waits until the first is known.
        postpone(topup, "player", timedelta(seconds=2))
        return None
    postpone(topup, "rate", pause)
    return None


def _claimed(topup: TopUp) -> bool:
    return bool(
        TopUp.objects.filter(pk=topup.pk, state=TopUp.State.QUEUED).update(state=TopUp.State.SENDING, waits_for="")
    )


def _over_limit(account: SupplierAccount) -> timedelta | None:
    """How long to wait before the account may be used again; counted under the account's lock, and only if limited."""
    if not account.max_in_flight and not account.max_per_second:
        return None
    locked = SupplierAccount.objects.select_for_update(no_key=True).get(pk=account.pk)
    mine = Attempt.objects.filter(account=locked)
    if locked.max_in_flight and mine.filter(state=Attempt.State.SENDING).count() >= locked.max_in_flight:
        return timedelta(milliseconds=250)
    if locked.max_per_second:
        spell = timedelta(seconds=max(1.0, 1 / locked.max_per_second))
        allowed = max(1, int(locked.max_per_second * spell.total_seconds()))
        if mine.filter(sent_at__gt=timezone.now() - spell).count() >= allowed:
            return spell
    return None


def _call(attempt: Attempt, topup: TopUp) -> Placed:
    if timezone.now() > attempt.sent_at + clocks.SEND_AT_ONCE:
        # Held up since the commit (a stopped machine): by now somebody may count this attempt as dead.
        return Placed(Outcome.NOT_SENT, message="held up before sending")
    ask = Ask(
        product_code=attempt.product_code,
        game_code=attempt.game_code,
        player_id=attempt.player_id,
        zone=attempt.zone,
        callback_url=profiles.callback_url(attempt.account, attempt.callback_token),
    )
    try:
        return for_code(attempt.account.code).place(ask)
    except Exception as problem:
        # A fault of ours after the bytes may have gone out leaves the outcome unknown, like any other.
        logger.exception("attempt %s", attempt.pk)
        return Placed(Outcome.UNKNOWN, message=f"{type(problem).__name__} in the adapter")


def record(attempt: Attempt, placed: Placed) -> None:
    """The outcome stands on attempt and unit, and what follows from it at once has been done.

    An answer that comes after the attempt was given up as unknown still counts; one that comes after it was settled
    otherwise is a case.
    """
    match placed.outcome:
        case Outcome.ACCEPTED:
            _accepted(attempt, placed)
        case Outcome.UNKNOWN:
            _unknown(attempt, placed)
        case Outcome.NOT_SENT:
            _not_sent(attempt, placed)
        case Outcome.REJECTED | Outcome.DENIED:
            _rejected(attempt, placed)
    if attempt.state not in _OPEN:
        resolving.release_player(attempt)


def _seen(placed: Placed) -> dict[str, Any]:
    return {
        "answered_at": timezone.now(),
        "http_status": placed.http_status,
        "answer": placed.raw or placed.message,
    }


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
    values = _seen(placed) | more
    with transaction.atomic():
        if not Attempt.objects.filter(pk=attempt.pk, state__in=sources).update(state=to, **values):
            return False
        TopUp.objects.filter(pk=attempt.topup_id, state__in=(TopUp.State.SENDING, TopUp.State.UNKNOWN)).update(
            state=topup_to, not_before=timezone.now() + pause, waits_for=waits
        )
    attempt.state = to
    for name, value in values.items():
        setattr(attempt, name, value)
    return True


def _accepted(attempt: Attempt, placed: Placed) -> None:
    alike = resolving.plain(placed.product_name) == resolving.plain(attempt.product_name)
    moved = _move(
        attempt, Attempt.State.ACCEPTED, TopUp.State.ACCEPTED, placed, pause=ACCEPTED_LOOK,
        transaction_id=placed.transaction_id, made_at=placed.made_at, is_named_alike=alike,
    )  # fmt: skip
    if not moved:
        _came_too_late(attempt, placed)
        return
    other_player = bool(placed.player_id) and placed.player_id != attempt.player_id
    other_price = placed.cost is not None and not resolving.is_near_cost(placed.cost.minor, attempt.cost_minor)
    if other_player or other_price:
        evidence.report(attempt, "answer_differs", "The supplier took another player or price than was asked for")
    # A callback may have come before this answer, and with it a look at the history that already shows the end.
    resolving.settle_from_store(attempt)


def _unknown(attempt: Attempt, placed: Placed) -> None:
    _move(
        attempt, Attempt.State.UNKNOWN, TopUp.State.UNKNOWN, placed, pause=timedelta(),
        sources=(Attempt.State.SENDING,),
    )  # fmt: skip
    logger.warning("attempt %s: outcome unknown (%s)", attempt.pk, placed.message or placed.http_status)


def _not_sent(attempt: Attempt, placed: Placed) -> None:
    in_a_row = 1
    for state in attempt.topup.attempts.exclude(pk=attempt.pk).order_by("-number").values_list("state", flat=True)[:8]:
        if state != Attempt.State.NOT_SENT:
            break
        in_a_row += 1
    pause = min(timedelta(seconds=2**in_a_row / 2), _LONGEST_PAUSE)
    if not _move(attempt, Attempt.State.NOT_SENT, TopUp.State.QUEUED, placed, pause=pause, waits="connection",
                 ended_at=timezone.now()):  # fmt: skip
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
        waits=profiles.DENIED if denied else "", transaction_id=placed.transaction_id,
        verdict=Attempt.Verdict.DENIED if denied else Attempt.Verdict.NONE,
    )  # fmt: skip
    if not moved:
        return
    if denied:
        profiles.pause(attempt.account, profiles.DENIED, f"create_order: HTTP {placed.http_status}")
    elif not _is_judged(attempt):
        postpone(attempt.topup, "verdict", timedelta(seconds=5))


def _is_judged(attempt: Attempt) -> bool:
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
        needs = Money(attempt.cost_minor, attempt.account.currency)
        profiles.pause(attempt.account, profiles.BALANCE, "an order was refused", needs)
        postpone(attempt.topup, profiles.BALANCE, routing.PAUSE)
    return True


def _came_too_late(attempt: Attempt, placed: Placed) -> None:
    attempt.refresh_from_db()
    if attempt.transaction_id == placed.transaction_id:
        return
    evidence.report(
        attempt, "late_answer", "A purchase that was counted as not made was answered after all",
        answer=placed.raw, transaction_id=placed.transaction_id,
    )  # fmt: skip


def postpone(topup: TopUp, why: str, pause: timedelta) -> None:
    """A QUEUED unit is looked at again after `pause`, and says why it waits."""
    TopUp.objects.filter(pk=topup.pk, state=TopUp.State.QUEUED).update(
        waits_for=why[:40], not_before=timezone.now() + pause
    )


def due(limit: int, now: datetime | None = None) -> list[int]:
    """Up to `limit` units that are due, each pushed ahead by a lease first, so that one that breaks whoever sends it
    comes up again later and never stands before the others."""
    moment = now or timezone.now()
    with transaction.atomic():
        ids = list(
            _queued(moment).select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)[:limit]
        )
        TopUp.objects.filter(pk__in=ids, state=TopUp.State.QUEUED).update(not_before=moment + LEASE)
    return ids


def _queued(moment: datetime) -> QuerySet[TopUp]:
    return TopUp.objects.filter(state=TopUp.State.QUEUED, not_before__lte=moment).order_by("not_before")


def give_up_dead(limit: int = 200, now: datetime | None = None) -> int:
    """Attempts whose sender must be dead are UNKNOWN: never sent again, whatever was or was not on the wire."""
    moment = now or timezone.now()
    oldest = moment - clocks.call_length() - clocks.WIRE_MARGIN
    dead = list(
        Attempt.objects.filter(state=Attempt.State.SENDING, sent_at__lt=oldest).select_related("account", "topup")[
            :limit
        ]
    )
    for attempt in dead:
        _unknown(
            attempt, Placed(Outcome.UNKNOWN, message="the sender died, or was stopped, before it wrote an outcome")
        )
    return len(dead)
