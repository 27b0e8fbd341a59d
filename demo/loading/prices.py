"""How the demo makes prices: today's rates, endings, and the margins by which its shelf was priced."""

from __future__ import annotations

from datetime import datetime

from core.models import ExchangeRate
from demo.catalogue.games import GAME_MARGIN
from demo.catalogue.pricing import STEP
from demo.catalogue.regions import USD_RATES
from demo.catalogue.shelf import SHELF
from demo.loading.goods import Shelf
from fulfilment.models import MarginRule, PriceEnding

EVERYTHING = GAME_MARGIN


def load_prices(shelf: Shelf, now: datetime) -> None:
    """Rates of this day, an ending for each currency, a rule for everything and one for each product with a margin of
    its own. Rules and endings belong to whoever runs the shop: loading again leaves them."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    ExchangeRate.objects.bulk_create(
        [ExchangeRate(base="USD", quote=quote, rate=rate, valid_from=day) for quote, rate in USD_RATES.items()],
        ignore_conflicts=True,
    )
    PriceEnding.objects.bulk_create(
        [PriceEnding(currency=currency, step_minor=step) for currency, step in STEP.items()], ignore_conflicts=True
    )
    if MarginRule.objects.exists():
        return
    usual = {"fees": MarginRule.Fees.NET, "bears_promos": False}
    MarginRule.objects.create(name="Everything", percent=EVERYTHING, **usual)
    MarginRule.objects.bulk_create(
        MarginRule(name=goods.name, product=shelf.products[goods.code], percent=goods.margin_percent, **usual)
        for goods in SHELF
        if goods.code in shelf.products and goods.margin_percent != EVERYTHING
    )
