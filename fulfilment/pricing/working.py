"""Prices worked out: cost → dated rate → margin → what has to be borne → ending → guards, each step kept to be shown.

Nothing is written here. What the steps are called stands in words.py; amounts in steps are minor units of the region.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from core.money import Money
from fulfilment.pricing import arithmetic, rules
from fulfilment.pricing.arithmetic import Ending
from fulfilment.pricing.bearing import PAYERS, Burdens, Paid
from fulfilment.pricing.costs import Cost, Costs, Rates, written
from fulfilment.pricing.models import MarginRule, PriceEnding, PriceLine
from fulfilment.pricing.sold import sold_prices
from storefront.catalogue.models import SkuPrice

Guard = PriceLine.Guard
Step = dict[str, Any]


@dataclass(slots=True)
class Worked:
    """The price row, what its price would be (None: none can be told), by which rule, and what stops it."""

    row: SkuPrice
    rule: MarginRule
    cost: Cost
    new: int | None = None
    guard: str = ""
    steps: list[Step] = field(default_factory=list)

    @property
    def new_original(self) -> int | None:
        """The struck price stays as staff set it, where it is one, and is never below the price."""
        if self.new is None:
            return None
        return max(self.row.original_minor, self.new) if self.row.original_minor > self.row.price_minor else self.new

    @property
    def is_change(self) -> bool:
        return self.new is not None and self.new != self.row.price_minor

    @property
    def moves(self) -> Decimal:
        return Decimal(0) if self.new is None else arithmetic.moves(self.row.price_minor, self.new)

    @property
    def key(self) -> tuple[Any, ...]:
        """Equal as long as this line would be drafted the same: everything it came from is in it."""
        row = self.row
        return (
            row.sku_id, row.region_id, row.price_minor, row.original_minor, self.new, self.new_original,
            self.cost.minor, self.guard, self.rule.pk,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """All prices for which there is a rule, worked out at one moment."""

    lines: list[Worked]
    rates: dict[str, dict[str, str]]


class Desk:
    """What working out needs, read once: rules, costs, rates, endings, discounts, promos, channels."""

    def __init__(self, now: datetime) -> None:
        self.rates = Rates(now)
        self.costs = Costs(self.rates)
        self.rules = rules.active()
        self.burdens = Burdens(now)
        self.endings = {row.currency: Ending(row.step_minor, row.ending_minor) for row in PriceEnding.objects.all()}

    def work_out(self, row: SkuPrice) -> Worked | None:
        """The row's new price; None where no rule is for it. `row` has its SKU, product and region at hand."""
        rule = self.rules.rule(row.sku_id, row.sku.product_id, row.region_id)
        if rule is None:
            return None
        currency = row.region.currency
        worked = Worked(row, rule, self.costs.of(row.sku_id, row.region_id, currency))
        _tell_cost(worked)
        if worked.cost.minor is None or worked.cost.problem:
            worked.guard = Guard.FIXED if row.is_fixed else worked.cost.problem
            return worked
        start = arithmetic.with_margin(worked.cost.minor, rule.percent, rule.flat_minor)
        worked.steps.append(
            {
                "step": "margin", "rule": rule.name, "percent": f"{rule.percent.normalize():f}",
                "flat": rule.flat_minor, "amount": start,
            }
        )  # fmt: skip
        ending = self.endings.get(currency, Ending())
        needs = _Needs(self, worked, worked.cost.minor)
        worked.new = arithmetic.least_price(start, needs.short, ending)
        if worked.new is None:
            worked.guard = Guard.FIXED if row.is_fixed else Guard.UNBEARABLE
            return worked
        if needs.raised_by is not None:
            worked.steps.append(needs.raised_by)
        worked.steps.append(
            {"step": "ending", "every": ending.step, "ending": ending.ending, "amount": worked.new}
        )  # fmt: skip
        worked.steps += needs.left_of(worked.new)
        self._guard(worked)
        return worked

    def _guard(self, worked: Worked) -> None:
        if worked.row.is_fixed:
            worked.guard = Guard.FIXED
        elif worked.is_change and worked.moves > worked.rule.jump_percent:
            worked.guard = Guard.JUMP
            worked.steps.append(
                {
                    "step": "jump", "moves": f"{worked.moves:f}", "most": f"{worked.rule.jump_percent.normalize():f}",
                }
            )  # fmt: skip


class _Needs:
    """By how much a price falls short of the dearest thing it has to bear."""

    def __init__(self, desk: Desk, worked: Worked, cost: int) -> None:
        self._desk, self._worked, self._cost = desk, worked, cost
        row = worked.row
        product = row.sku.product_id
        rules_of = {level: desk.rules.rule(row.sku_id, product, row.region_id, level) for level in PAYERS if level}
        self._levels = {level: rule for level, rule in rules_of.items() if rule is not None}
        self._payers = list(dict.fromkeys([*desk.burdens.payers(row.region_id, product), *self._levels]))
        self.raised_by: Step | None = None

    def paid(self, level: str, price: int, *, promo: bool | None = None) -> Paid:
        row, rule = self._worked.row, self._worked.rule
        currency = row.region.currency
        listed = max(price, row.original_minor) if row.original_minor > row.price_minor else price
        return self._desk.burdens.paid(
            level, Money(price, currency), Money(listed, currency), row.region_id, row.sku.product_id,
            row.sku.max_quantity, fees=rule.fees, promo=rule.bears_promos if promo is None else promo,
        )  # fmt: skip

    def short(self, price: int) -> int:
        """Remembers the last step that was short: it is the one that made the price."""
        worst, why = 0, None
        for level in self._payers:
            paid = self.paid(level, price)
            for missing, step in self._of(paid):
                if missing > worst:
                    worst, why = missing, step
        if why is not None:
            self.raised_by = why
        return worst

    def _of(self, paid: Paid) -> list[tuple[int, Step]]:
        """What is missing of each bound (negative: nothing), with the step that tells of it."""
        told = {"level": paid.level, "off": f"{paid.off.normalize():f}", "cost": self._cost}
        bounds = [
            (
                self._cost - paid.left,
                told | {
                    "step": "floor", "fee": paid.fee.minor, "channel": paid.fee.name, "promo": paid.promo.minor,
                    "code": paid.promo.name,
                },
            ),
        ]  # fmt: skip
        if 0 < settings.MOST_COST_PERCENT < 100:
            least = arithmetic.up(Decimal(self._cost) * 100 / settings.MOST_COST_PERCENT)
            bounds.append((least - paid.price, told | {"step": "most_cost", "percent": settings.MOST_COST_PERCENT}))
        rule = self._levels.get(paid.level)
        if rule is not None:
            wanted = arithmetic.with_margin(self._cost, rule.percent, rule.flat_minor)
            bounds.append((wanted - paid.price, told | {"step": "level", "rule": rule.name, "wanted": wanted}))
        return bounds

    def left_of(self, price: int) -> list[Step]:
        """What each kind of buyer leaves us of the price; and the promos the shop pays itself, where it does."""
        told: list[Step] = []
        for level in self._payers:
            paid = self.paid(level, price)
            whole = paid if self._worked.rule.bears_promos else self.paid(level, price, promo=True)
            told.append(
                {
                    "step": "left", "level": level, "price": paid.price, "fee": paid.fee.minor,
                    "promo": whole.promo.minor, "code": whole.promo.name, "left": whole.left - self._cost,
                    "is_borne": self._worked.rule.bears_promos,
                }
            )  # fmt: skip
        return told


def _tell_cost(worked: Worked) -> None:
    cost, currency = worked.cost, worked.row.region.currency
    for way in cost.ways:
        times = next((times for _name, times, other in cost.pieces if other is way), 1)
        worked.steps.append(
            {
                "step": "cost", "supplier": way.account, "product": way.name, "price": str(way.price), "times": times,
                "amount": None if way.cost is None else way.cost * times,
            }
        )  # fmt: skip
        if way.worth.since is not None and way.worth.value is not None:
            worked.steps.append(
                {
                    "step": "rate", "from": way.price.currency, "to": currency,
                    "rate": written(way.worth.value), "since": way.worth.since.isoformat(),
                }
            )  # fmt: skip
    if cost.pieces:
        worked.steps.append({"step": "pieces", "amount": cost.minor})
    first = cost.first
    if first is not None and cost.minor is not None and first.cost is not None and first.cost > cost.minor:
        worked.steps.append(
            {"step": "dearer_first", "supplier": first.account, "product": first.name, "amount": first.cost}
        )


def work_out_all(now: datetime, only: Callable[[SkuPrice], bool] | None = None) -> Table:
    """Every price of an active SKU for which there is a rule, in a bounded number of statements."""
    desk = Desk(now)
    if not desk.rules:
        return Table([], {})
    worked = [desk.work_out(row) for row in sold_prices() if only is None or only(row)]
    return Table([one for one in worked if one is not None], desk.rates.used)
