"""Which margin rule holds for a SKU in a region: the most specific one that fits, and no other."""

from __future__ import annotations

from collections.abc import Iterable

from fulfilment.pricing.models import MarginRule

Scope = tuple[int | None, int | None, str | None, str]


class Book:
    """The active rules, looked up without another statement."""

    def __init__(self, rules: Iterable[MarginRule]) -> None:
        self._rules = {(rule.sku_id, rule.product_id, rule.region_id, rule.level): rule for rule in rules}

    def rule(self, sku: int, product: int, region: str, level: str = "") -> MarginRule | None:
        """The rule for the public price, or for what is left of a level's price.

        In this order: the SKU in the region, the SKU, the product in the region, the product, the region, everything.
        """
        for of_sku, of_product in ((sku, None), (None, product), (None, None)):
            for where in (region, None):
                found = self._rules.get((of_sku, of_product, where, level))
                if found is not None:
                    return found
        return None

    def __bool__(self) -> bool:
        return any(not level for *_, level in self._rules)


def active() -> Book:
    return Book(MarginRule.objects.filter(is_active=True))


def rank(rule: MarginRule) -> int:
    """How specific a rule is: 6 (a SKU in a region) to 1 (everything); the higher one holds."""
    what = 2 if rule.sku_id else 1 if rule.product_id else 0
    return 2 * what + (2 if rule.region_id else 1)
