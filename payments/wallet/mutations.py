"""A wallet's rows as its owner reads them (API §39): newest first, each with the balance before and after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from core.money import Money
from core.periods import Period
from payments.deposits.models import Deposit
from payments.points.models import Redemption
from payments.wallet.models import Account, Transfer
from storefront.orders.models import Order

TYPES = ("ALL", "DEBIT", "CREDIT")
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Mutation:
    """`number` is the invoice of the order or deposit, or what else the money is known by."""

    number: str
    description: str
    amount: Money
    type: str
    before: Money
    after: Money
    at: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    """Of a wallet within a period, whatever the page, type or search; `net` is credit less debit."""

    debit: Money
    credit: Money
    net: Money
    count: int


@dataclass(frozen=True, slots=True)
class Selection:
    """Which rows of which wallet: `type` one of TYPES, `search` a part of the number."""

    user: User
    currency: str
    period: Period
    type: str = "ALL"
    search: str = ""

    @property
    def sides(self) -> tuple[str, ...]:
        return ("DEBIT", "CREDIT") if self.type == "ALL" else (self.type,)


def overview(user: User, currency: str, period: Period) -> Overview:
    whole = Selection(user, currency, period)
    told = {side: _rows(whole, side).aggregate(sum=Sum("amount_minor"), n=Count("pk")) for side in whole.sides}
    debit, credit = (Money(told[side]["sum"] or 0, currency) for side in whole.sides)
    return Overview(debit, credit, credit - debit, sum(one["n"] for one in told.values()))


def count(selection: Selection) -> int:
    return sum(_rows(selection, side).count() for side in selection.sides)


def page(selection: Selection, window: slice) -> list[Mutation]:
    """The mutations of a page, newest first, in the active language."""
    return _told(list(_ids(selection)[window]), selection.user)


def all_of(selection: Selection) -> Iterator[Mutation]:
    """Every mutation, newest first, read a few at a time."""
    ids = list(_ids(selection))
    for begin in range(0, len(ids), _CHUNK):
        yield from _told(ids[begin : begin + _CHUNK], selection.user)


def _rows(selection: Selection, side: str) -> QuerySet[Transfer]:
    end = "source" if side == "DEBIT" else "target"
    wallet = Account.objects.filter(user=selection.user, currency=selection.currency, kind=Account.Kind.WALLET)
    # Read on its own: with the wallet's id at hand the index on its rows answers alone.
    wallet_id = wallet.values_list("pk", flat=True).first() or 0
    rows = Transfer.objects.filter(
        **{f"{end}_id": wallet_id, f"{end}_after_minor__isnull": False}, **selection.period.on("at")
    )
    if selection.search:
        rows = rows.filter(_named(selection.user, selection.search))
    return rows


def _named(user: User, typed: str) -> Q:
    """Rows of orders, deposits and redemptions whose number contains `typed`: those are found first, each in the index
    of its owner, so that only their rows are read here."""
    mine = {"user": user, "number__contains": typed}
    orders = list(Order.objects.filter(**mine).values_list("pk", flat=True))
    deposits = list(Deposit.objects.filter(**mine).values_list("pk", flat=True))
    redeemed = Redemption.objects.filter(**mine).values_list("number", flat=True)
    keys = [f"points-money:{number}" for number in redeemed]
    return Q(order_id__in=orders) | Q(deposit_id__in=deposits) | Q(key__in=keys)


def _ids(selection: Selection) -> QuerySet[Transfer, int]:
    parts = [_rows(selection, side).order_by().values_list("id", flat=True) for side in selection.sides]
    ids = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return ids.order_by("-id")


def _told(ids: Sequence[int], user: User) -> list[Mutation]:
    rows = Transfer.objects.select_related("order__product", "deposit", "source", "target").in_bulk(ids)
    return [_mutation(rows[pk], user) for pk in ids]


def _mutation(row: Transfer, user: User) -> Mutation:
    is_debit = row.source_after_minor is not None and row.source.user_id == user.pk
    before, after = (
        (row.source_before_minor, row.source_after_minor)
        if is_debit
        else (row.target_before_minor, row.target_after_minor)
    )
    number = row.order.number if row.order else row.deposit.number if row.deposit else row.note
    return Mutation(
        number=number,
        description=_description(row, is_debit=is_debit),
        amount=Money(row.amount_minor, row.currency),
        type="DEBIT" if is_debit else "CREDIT",
        before=Money(before or 0, row.currency),
        after=Money(after or 0, row.currency),
        at=row.at,
    )


def _description(row: Transfer, *, is_debit: bool) -> str:
    if row.order is not None:
        words = {"product": row.order.product.name, "item": row.order.sku_name}
        if is_debit:
            # A refund may be of some of them: it names none.
            if row.order.quantity > 1:
                words["item"] += f" × {row.order.quantity}"
            return _("Purchase of %(product)s - %(item)s") % words
        return _("Refund of %(product)s - %(item)s") % words
    if row.deposit is not None:
        return _("Balance topped up by %(channel)s") % {"channel": row.deposit.channel_name}
    if row.reason == "points":
        return _("Points turned into balance")
    return _("Adjustment by our staff")
