"""Points: earned when an order succeeds, taken back when it is refunded after all, turned into balance.

They stand in the ledger as PTS: `issued` gives them out and takes them back, `writeoff` bears what a member no longer
has. Where one event moves money and points, the wallet comes first: everybody locks in that order.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import levels
from accounts.models import User
from core import rates
from core.errors import Refused, invalid
from core.money import DECIMALS, Money
from payments.models import Account, Transfer
from payments.points.models import PointValue, Redemption
from payments.wallet import services as ledger
from payments.wallet.services import POINTS
from storefront.orders.models import Order
from storefront.orders.services import NUMBER_LENGTH, NUMBER_LETTERS
from storefront.orders.volume import rate_missing

_PREFIX = "PTS"
MOST_AT_ONCE = 10**9


def balance(user: User) -> int:
    """How many points the member has."""
    account = Account.objects.filter(user=user, kind=Account.Kind.POINTS).values_list("balance_minor", flat=True)
    return account.first() or 0


def earn(order: Order, now: datetime | None = None) -> int:
    """The order's points stand in its buyer's account, once; how many: the floor of the level's percent of what was
    paid for what arrived, without fee, in IDR at the dated rate.

    Called under the order's lock when it has succeeded, after its money was booked. A guest earns nothing.
    """
    missing = 1 - order.arrived
    if order.user is None or missing == 1:
        return 0
    goods = Money(order.subtotal_minor - order.discount_minor, order.currency)
    goods -= goods.part(missing.numerator, missing.denominator)
    try:
        worth = goods.major * rates.rate(order.currency, levels.CURRENCY, now or timezone.now())
    except rates.NoRate:
        rate_missing(order.currency)
        return 0
    share = Decimal(levels.TERMS[order.user.level].points_percent) / 100
    points = int((worth * share).to_integral_value(ROUND_FLOOR))
    if points > 0:
        given = ledger.house(Account.Kind.ISSUED, POINTS)
        ledger.transfer(_earned(order), given, ledger.points(order.user), Money(points, POINTS), "points earned", order)
    return points


def take_back(order: Order, refunded: Money, key: str) -> int:
    """The points that came of what is now refunded are gone, once per `key`; how many the member lost.

    Never below zero: what the member no longer has is written off. Nothing happens for an order that earned none.
    Called under the order's lock, after the refund has gone to the wallet.
    """
    if order.user is None:
        return 0
    earned = Transfer.objects.filter(key=_earned(order)).values_list("amount_minor", flat=True).first()
    never_arrived = order.refunds.filter(key=f"undelivered:{order.number}").values_list("amount_minor", flat=True)
    kept = order.total - Money(sum(never_arrived), order.currency)
    if not earned or not kept:
        return 0
    if Transfer.objects.filter(key__in=[f"points-back:{key}", f"points-short:{key}"]).exists():
        return 0
    gone = sum(
        Transfer.objects.filter(
            Q(key__startswith="points-back:") | Q(key__startswith="points-short:"), order=order
        ).values_list("amount_minor", flat=True)
    )
    share = (Decimal(earned) * refunded.minor / kept.minor).to_integral_value(ROUND_HALF_UP)
    due = min(int(share), earned - gone)
    if due <= 0:
        return 0
    account = Account.objects.select_for_update(no_key=True).get(pk=ledger.points(order.user).pk)
    mine = min(due, account.balance_minor or 0)
    given = ledger.house(Account.Kind.ISSUED, POINTS)
    if mine:
        ledger.transfer(f"points-back:{key}", account, given, Money(mine, POINTS), "points taken back", order)
    if due - mine:
        loss = ledger.house(Account.Kind.WRITEOFF, POINTS)
        ledger.transfer(f"points-short:{key}", loss, given, Money(due - mine, POINTS), "points written off", order)
    return mine


def worth(points: int, currency: str, at: datetime) -> Money:
    """What `points` become in `currency` at `at`, rounded down. Raises NoRate."""
    value = PointValue.objects.filter(valid_from__lte=at).order_by("-valid_from").first()
    return at_value(points, currency, value.value if value else None, rates.rate(levels.CURRENCY, currency, at))


def at_value(points: int, currency: str, value: Decimal | None, rate: Decimal) -> Money:
    """`points` in `currency`, rounded down, where one is worth `value` IDR (nobody said: one) and an IDR `rate`."""
    exact = points * (Decimal(1) if value is None else value) * rate
    return Money.of(exact.quantize(Decimal(1).scaleb(-DECIMALS[currency]), rounding=ROUND_FLOOR), currency)


def redeem(user: User, points: int, currency: str, nonce: str) -> Redemption:
    """`points` have become balance in `currency`, once per `nonce` of the form that asked: again it is the same one.

    Raises VALIDATION_ERROR on `points`: not a number of points, more than there are, or worth nothing.
    """
    if not 0 < points <= MOST_AT_ONCE:
        raise invalid({"points": _("Enter how many points to turn into balance.")})
    key = f"{user.pk}:{nonce}"[:100]
    now = timezone.now()
    try:
        amount = worth(points, currency, now)
    except rates.NoRate as problem:
        rate_missing(currency)
        raise Refused("VALIDATION_ERROR", _("Points cannot be turned into this currency right now.")) from problem
    if amount.minor <= 0:
        raise invalid({"points": _("That many points are worth nothing yet.")})
    redemption = Redemption(
        key=key,
        number=_PREFIX + "".join(secrets.choice(NUMBER_LETTERS) for _place in range(NUMBER_LENGTH)),
        user=user,
        points=points,
        amount_minor=amount.minor,
        currency=currency,
        created_at=now,
    )
    try:
        with transaction.atomic():
            redemption.save(force_insert=True)
            _move(redemption, amount)
    except IntegrityError:
        return Redemption.objects.get(key=key)
    except ledger.Overdrawn as problem:
        raise invalid({"points": _("You do not have that many points.")}) from problem
    return redemption


def _move(redemption: Redemption, amount: Money) -> None:
    user, number = redemption.user, redemption.number
    rewards = ledger.house(Account.Kind.REWARDS, amount.currency)
    ledger.transfer(
        f"points-money:{number}", rewards, ledger.wallet(user, amount.currency), amount, "points", note=number
    )
    given = ledger.house(Account.Kind.ISSUED, POINTS)
    spent = Money(redemption.points, POINTS)
    ledger.transfer(f"points-spent:{number}", ledger.points(user), given, spent, "points redeemed", note=number)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a member's points: `points` above zero came, below zero went; `number` is what it was for."""

    number: str
    reason: str
    points: int
    after: int
    at: datetime


def entries(user: User, window: slice) -> Sequence[Entry]:
    """The member's points, newest first; `reason` as docs/ledger.md names it."""
    account = Account.objects.filter(user=user, kind=Account.Kind.POINTS).first()
    if account is None:
        return []
    rows = Transfer.objects.filter(Q(source=account) | Q(target=account)).select_related("order").order_by("-id")
    return [
        Entry(
            number=row.order.number if row.order else row.note,
            reason=row.reason,
            points=row.amount_minor if row.target_id == account.pk else -row.amount_minor,
            after=(row.target_after_minor if row.target_id == account.pk else row.source_after_minor) or 0,
            at=row.at,
        )
        for row in rows[window]
    ]


def _earned(order: Order) -> str:
    return f"points-earned:{order.number}"
