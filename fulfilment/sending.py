"""Buying one unit: the attempt is committed, and the call is made once; recording writes down how it ended.

No lock and no transaction is held across a call.
"""

from __future__ import annotations

import logging
import secrets
import time
from datetime import datetime, timedelta
from typing import Any

from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from core import poison
from core.money import Money
from core.prepared import Insert, Select, Update, given, names
from fulfilment import (
    circuit,
    clocks,
    evidence,
    finishing,
    funds,
    history,
    holding,
    pace,
    parts,
    profiles,
    promises,
    recording,
    resolving,
    routing,
)
from fulfilment.codes import handing
from fulfilment.models import STOCK, Attempt, SupplierAccount, TopUp
from fulfilment.routing import GiveUp, Go, Split, Wait
from fulfilment.suppliers import for_code
from fulfilment.suppliers.base import Ask, Outcome, Placed
from storefront.catalogue.models import Product
from storefront.orders.models import Order

logger = logging.getLogger(__name__)
LEASE = timedelta(seconds=30)
# What buying looks at. Order and product have a hundred columns; to read them all takes as long as the purchase's rows.
_OF_UNIT = names(TopUp)
_OF_ORDER = (
    *("id", "number", "region_id", "product_id", "sku_id", "player_id", "zone", "currency", "unit_price_minor"),
    "paid_at",
)
_QUEUED_UNIT = Select(
    lambda: TopUp.objects.filter(pk=given("unit"), state=TopUp.State.QUEUED).order_by(),
    Exists(Attempt.objects.filter(topup=OuterRef("pk"))),
    "order__product__promise_seconds",
    *_OF_UNIT,
    *(f"order__{name}" for name in _OF_ORDER),
)
_CLAIM = Update(
    lambda: TopUp.objects.alias(by=Coalesce("chosen_id", 0)).filter(
        pk=given("unit"), state=TopUp.State.QUEUED, corrections=given("corrections"), by=given("chosen")
    ),
    lambda: {"state": TopUp.State.SENDING, "waits_for": ""},
)
_WRITE_AHEAD = Insert(Attempt)
_SECRET = ("username", "sign")
_MOST_CALLS = 8  # per run; the rest of a long list of routes waits for the next


def send(topup_id: int) -> None:
    """The unit is bought, or waits for a reason that stands on it, or has failed for good.

    Called again and at once from anywhere it changes nothing: only a QUEUED unit is taken, by conditional update.
    """
    for _ in range(_MOST_CALLS):
        if not _step(topup_id):
            return


def _step(topup_id: int) -> bool:
    """One call at most; True where the next step may follow at once."""
    row = _QUEUED_UNIT.row(unit=topup_id)
    if row is None:
        return False
    topup, was_tried = _unit(row)
    attempts = list(topup.attempts.select_related("account").order_by("number")) if was_tried else []
    if attempts and not recording.is_judged(attempts[-1]):
        recording.postpone(topup, "verdict", timedelta(seconds=5))
        return False
    match holding.look(topup, attempts):
        case holding.Hold(why=why, pause=pause):
            recording.postpone(topup, why, pause)
            if why == holding.ACCOUNT:
                promises.tell_held(topup.order)
            return False
        case holding.Over():
            finishing.fail_unit(topup, holding.WRONG_ACCOUNT)
            return False
    # What another account was refused says nothing of this one.
    mine = [attempt for attempt in attempts if holding.is_for(attempt, topup.order)]
    choice = _choose(topup, mine)
    if isinstance(choice, Wait):
        if choice.why == routing.PRICE:
            evidence.report_price(topup)
        recording.postpone(topup, choice.why, choice.pause)
        return False
    if isinstance(choice, GiveUp):
        finishing.fail_unit(topup, choice.why)
        return False
    if isinstance(choice, Split):
        return parts.split(topup, choice.pieces)
    if choice.account.is_stock:
        if not handing.hand_out(topup, choice.product, number=len(attempts) + 1):
            recording.postpone(topup, STOCK, timedelta(seconds=2))
        return False
    if choice.is_probe and profiles.read(choice.account) is None:
        # A look that changes nothing goes before the purchase that may be lost.
        circuit.failed_probe(choice.account, "its profile could not be read")
        recording.postpone(topup, circuit.CIRCUIT, timedelta(seconds=1))
        return False
    try:
        attempt = _prepare(topup, choice, len(attempts) + 1)
    except funds.Short:
        _give_back(choice)
        if funds.stop(choice.account, _cost(choice)):
            return True  # another supplier may have it
        recording.postpone(topup, profiles.BALANCE, timedelta(seconds=1))
        return False
    if attempt is None:
        _give_back(choice)
        return False
    recording.record(attempt, _call(attempt, topup))
    # It is sure that nothing was made, and known why: the next route may follow at once.
    is_refused = attempt.state == Attempt.State.REJECTED and attempt.verdict != Attempt.Verdict.NONE
    return is_refused or attempt.state == Attempt.State.NOT_SENT


def _unit(row: tuple[Any, ...]) -> tuple[TopUp, bool]:
    """The unit with its order and the product's promise at hand; and whether it has any attempts."""
    was_tried, promise_seconds, *columns = row
    topup = TopUp.from_db(DEFAULT_DB_ALIAS, _OF_UNIT, columns[: len(_OF_UNIT)])
    topup.order = Order.from_db(DEFAULT_DB_ALIAS, _OF_ORDER, columns[len(_OF_UNIT) :])
    about = (topup.order.product_id, promise_seconds)
    topup.order.product = Product.from_db(DEFAULT_DB_ALIAS, ("id", "promise_seconds"), about)
    return topup, was_tried


def _choose(topup: TopUp, attempts: list[Attempt]) -> Go | Split | Wait | GiveUp:
    """What to do next; where that is the one try of a half-open circuit, it is ours."""
    barred: set[int] = set()
    while True:
        now = timezone.now()
        choice = routing.choose(topup, attempts, now, barred)
        if not isinstance(choice, Go) or not choice.is_probe or circuit.take_probe(choice.account, now):
            return choice
        barred.add(choice.account.pk)


def _give_back(choice: Go) -> None:
    if choice.is_probe:
        circuit.give_back(choice.account)


def _prepare(topup: TopUp, choice: Go, number: int) -> Attempt | None:
    """The attempt, committed as SENDING; None where the unit has to wait or is somebody else's. Raises funds.Short."""
    by_reference = for_code(choice.account.code).knows_reference
    if not by_reference and choice.account.baseline_at is None and not history.poll(choice.account):
        # Without knowing what stood in the history before, nothing new could be told from something old.
        recording.postpone(topup, "baseline", timedelta(seconds=2))
        return None
    return _claim(topup, choice, number)


def reference_of(topup: TopUp, number: int) -> str:
    """Our name for the unit's (or piece's) attempt of that number: the same however often it is asked for, also after
    the database was put back to an earlier state (F1). At most 31 characters, for a piece 34."""
    piece = f"p{topup.piece}" if topup.piece else ""
    return f"{topup.order.number}-{topup.unit}{piece}-{number}"


def _claim(topup: TopUp, go: Go, number: int) -> Attempt | None:
    """The unit is SENDING with its attempt, committed; None where somebody else has it or it has to wait. Raises
    funds.Short where our balance would not bear it, as far as we know."""
    player_id, zone = topup.order.player_id.strip(), topup.order.zone.strip()
    by_reference = for_code(go.account.code).knows_reference
    attempt = Attempt(
        topup=topup,
        number=number,
        account=go.account,
        product=go.product,
        game_code=go.product.game_code,
        product_code=go.product.code,
        product_name=go.product.name,
        cost_minor=go.product.cost_minor,
        is_probe=go.is_probe,
        player_id=player_id,
        zone=zone,
        reference=reference_of(topup, number) if by_reference else "",
        customer_no=go.product.customer_no(player_id, zone) if by_reference else "",
        max_cost_minor=_most(go.product.cost_minor) if by_reference else None,
        callback_token=secrets.token_urlsafe(32),
        balance_before_minor=go.account.balance_minor,
    )
    try:
        with transaction.atomic():
            pause = _over_limit(go.account)
            if pause is None:
                funds.reserve(go.account, _cost(go))
                if not _claimed(topup):
                    return None
                attempt.sent_at = timezone.now()
                _WRITE_AHEAD.run(attempt)
                return attempt
    except IntegrityError as problem:
        if "one_unresolved_attempt_per_player" not in str(problem):
            raise
        # Two equal purchases in the dark could not be told apart: the second waits until the first is known.
        recording.postpone(topup, "player", timedelta(seconds=2))
        return None
    recording.postpone(topup, "rate", pause)
    return None


def _cost(go: Go) -> Money:
    return Money(go.product.cost_minor, go.account.currency)


def _most(cost_minor: int) -> int:
    """What a product may cost at the supplier by the time the order gets there."""
    return cost_minor + cost_minor * resolving.TOLERANCE_PERCENT // 100


def _claimed(topup: TopUp) -> bool:
    """The unit is ours; not where it moved, its order's account was corrected or staff chose another supplier since it
    was read."""
    return bool(_CLAIM.run(unit=topup.pk, corrections=topup.corrections, chosen=topup.chosen_id or 0))


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


def ask_of(attempt: Attempt) -> Ask:
    """The purchase as it stands on the attempt, the same at every repetition."""
    limit = attempt.max_cost_minor
    return Ask(
        product_code=attempt.product_code,
        game_code=attempt.game_code,
        player_id=attempt.player_id,
        zone=attempt.zone,
        callback_url=profiles.callback_url(attempt.account, attempt.callback_token),
        reference=attempt.reference,
        customer_no=attempt.customer_no,
        max_cost=None if limit is None else Money(limit, attempt.account.currency),
    )


def request_of(attempt: Attempt) -> dict[str, Any]:
    """What was, or will be, sent for the attempt, as staff may read it: our login, our signature and the secret part of
    the callback address are masked. Empty for a code out of our own stock."""
    if attempt.account.is_stock:
        return {}
    body = for_code(attempt.account.code).body(ask_of(attempt))
    masked = {key: "***" if key in _SECRET else value for key, value in body.items()}
    return {key: value.replace(attempt.callback_token, "***") if isinstance(value, str) else value
            for key, value in masked.items()}  # fmt: skip


def _call(attempt: Attempt, topup: TopUp) -> Placed:
    if timezone.now() > attempt.sent_at + clocks.SEND_AT_ONCE:
        # Held up since the commit (a stopped machine): by now somebody may count this attempt as dead.
        return Placed(Outcome.NOT_SENT, message="held up before sending", is_ours=True)
    begun = time.monotonic()
    try:
        return for_code(attempt.account.code).place(ask_of(attempt))
    except Exception as problem:
        # A fault of ours after the bytes may have gone out leaves the outcome unknown, like any other.
        logger.exception("attempt %s", attempt.pk)
        return Placed(Outcome.UNKNOWN, message=f"{type(problem).__name__} in the adapter", is_ours=True)
    finally:
        pace.note(time.monotonic() - begun)


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


def are_many_ready(many: int) -> bool:
    """Whether at least so many units wait for nothing but a free hand."""
    ready = TopUp.objects.filter(state=TopUp.State.QUEUED, waits_for="").exclude(pk__in=poison.resting(TopUp))
    return ready[:many].count() >= many


def _queued(moment: datetime) -> QuerySet[TopUp]:
    due = TopUp.objects.filter(state=TopUp.State.QUEUED, not_before__lte=moment)
    return due.exclude(pk__in=poison.resting(TopUp)).order_by("not_before")


def give_up_dead(limit: int = 200, now: datetime | None = None) -> int:
    """Attempts whose sender must be dead are UNKNOWN: never sent again, whatever was or was not on the wire."""
    moment = now or timezone.now()
    on_the_wire = Attempt.objects.filter(state=Attempt.State.SENDING).exclude(pk__in=poison.resting(Attempt))
    on_the_wire = on_the_wire.select_related("account", "topup")
    dead = [
        attempt
        for attempt in on_the_wire.filter(sent_at__lt=moment - clocks.WIRE_MARGIN).order_by("sent_at")[:limit]
        if attempt.sent_at < moment - clocks.call_length(attempt.account.code) - clocks.WIRE_MARGIN
    ]
    what = "the sender died, or was stopped, before it wrote an outcome"
    for attempt in dead:
        with poison.counted(Attempt, attempt.pk):
            recording.record(attempt, Placed(Outcome.UNKNOWN, message=what, is_ours=True))
    return len(dead)
