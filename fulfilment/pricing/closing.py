"""What suppliers sell above our price is closed for sale at once, says so, and opens again when it pays again.

The bound is the one that routing holds paid orders to (routing.most_of): a price is closed when no unit bought at it
would be sent. Members' lower prices and margins are the drafts' affair.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.utils import timezone

from core import cases
from core.models import StaffCase
from core.money import Money
from fulfilment import routing
from fulfilment.pricing.costs import Cost, Costs, Rates
from fulfilment.pricing.models import PriceLine
from fulfilment.pricing.sold import sold_prices
from storefront.catalogue.models import SkuPrice
from storefront.catalogue.services import close_for_cost

logger = logging.getLogger(__name__)
CASE = "cost-closed"
BY = "prices"
# An old rate still tells better than none whether we lose money; a missing one, or exactly 1, tells nothing (F21).
_TELLS_NOTHING = (PriceLine.Guard.NO_RATE, PriceLine.Guard.RATE_ONE, PriceLine.Guard.NO_COST)


def review(now: datetime | None = None) -> tuple[int, int]:
    """Every price is open or closed as its cost says now; how many were closed and opened by that.

    Staff have one case for each product and region in which something is closed, with price and cost of each SKU.
    """
    costs = Costs(Rates(now or timezone.now()))
    closing, opening, evidence = [], [], {}
    for row in sold_prices():
        cost = costs.of(row.sku_id, row.region_id, row.region.currency)
        most = routing.most_of(row.price_minor)
        if cost.minor is None or cost.problem in _TELLS_NOTHING:
            continue
        if most is not None and cost.minor > most:
            evidence[row.pk] = _told(row, cost)
            if row.cost_closed_at is None:
                closing.append(row)
        elif row.cost_closed_at is not None:
            opening.append(row)
    moved = (0, 0)
    if closing or opening:
        shut, again = ([row.pk for row in rows] for rows in (closing, opening))
        moved = close_for_cost(shut, again, by=BY, why="cost against price")
        for product, region in sorted({(row.sku.product_id, row.region_id) for row in (*closing, *opening)}):
            _tell_staff(product, region, evidence)
        logger.warning("closed by their cost: %d prices; pay again: %d", *moved)
    _forget_unsold()
    return moved


def _forget_unsold() -> None:
    """Of what is not sold any more nobody has to see to the price."""
    open_ones = StaffCase.objects.filter(kind=CASE, state=StaffCase.State.OPEN)
    about = {case.key.removeprefix(f"{CASE}:").rpartition(":")[0] for case in open_ones}
    if about:
        shut = sold_prices().filter(cost_closed_at__isnull=False).values_list("sku__product_id", "region_id")
        for unsold in about - {f"{product}:{region}" for product, region in shut}:
            cases.close(CASE, unsold, "what was closed is not sold any more")


def _told(row: SkuPrice, cost: Cost) -> dict[str, str]:
    return {
        "price": str(Money(row.price_minor, row.region.currency)),
        "cost": str(Money(cost.minor or 0, row.region.currency)),
        "supplier": ", ".join(f"{way.account}: {way.name} {way.price}" for way in cost.ways),
    }


def _tell_staff(product_id: int, region: str, evidence: dict[int, dict[str, str]]) -> None:
    """The product's case holds what is closed there now; without anything closed it is resolved."""
    shut = SkuPrice.objects.filter(sku__product=product_id, region=region, cost_closed_at__isnull=False)
    rows = list(shut.select_related("sku__product").order_by("cost_closed_at", "pk"))
    about = f"{product_id}:{region}"
    if not rows:
        cases.close(CASE, about, "costs and prices agree again: the items are open")
        return
    told = {row.sku.code: evidence.get(row.pk, {}) for row in rows}
    mine = StaffCase.objects.filter(key__startswith=f"{CASE}:{about}:", state=StaffCase.State.OPEN)
    if mine.update(evidence=told):
        return
    cases.open_case(
        CASE,
        f"{CASE}:{about}:{rows[0].cost_closed_at:%Y%m%d%H%M%S%f}",
        f"{rows[0].sku.product.name} ({region}): costs more than its price, closed for sale",
        evidence=told,
        actions=(
            "Publish new prices (Drafts of prices), set one by hand, or find a cheaper route. What pays again opens by"
            " itself, and the case closes. Orders that were paid before wait for a route that pays, or go back."
        ),
    )
