"""Regions, rates, languages, contacts, operator prefixes."""

from __future__ import annotations

from datetime import UTC, datetime

from core.models import ExchangeRate, Region
from demo.catalogue.operators import PREFIXES, UNCONFIRMED_PREFIXES
from demo.catalogue.regions import CONTACTS, DEFAULT_REGION, IDR_RATES, LANGUAGES, REGIONS, USD_RATES
from demo.loading.rows import upsert
from storefront.content.models import Contact, Language
from storefront.players.models import OperatorPrefix

RATES_SINCE = datetime(2025, 1, 1, tzinfo=UTC)


def load_base() -> dict[str, Region]:
    """Regions by code, with everything that only hangs on them."""
    regions = upsert(
        [
            Region(
                code=code,
                country=country,
                currency=currency,
                dial_code=dial,
                time_zone=zone,
                language=language,
                is_default=code == DEFAULT_REGION,
                position=position,
            )
            for position, (code, country, currency, dial, zone, language) in enumerate(REGIONS, start=1)
        ],
        ["code"],
        ["country", "currency", "dial_code", "time_zone", "language", "is_default", "position"],
    )
    upsert(
        [
            *(ExchangeRate(base="USD", quote=quote, rate=rate, valid_from=RATES_SINCE) for quote,
                rate in USD_RATES.items()),
            *(ExchangeRate(base=base, quote="IDR", rate=rate, valid_from=RATES_SINCE) for base,
                rate in IDR_RATES.items()),
        ],
        ["base", "quote", "valid_from"],
        ["rate"],
    )  # fmt: skip
    upsert(
        [
            Language(code=code, name=name, country=country, flag=flag, is_default=code == "id", position=position)
            for position, (code, name, country, flag) in enumerate(LANGUAGES, start=1)
        ],
        ["code"],
        ["name", "country", "flag", "is_default", "position"],
    )
    upsert(
        [
            Contact(kind=kind, value=value, position=position)
            for position, (kind, value) in enumerate(CONTACTS, start=1)
        ],
        ["kind"],
        ["value", "position"],
    )
    upsert(
        [
            *(
                OperatorPrefix(region_id="ID", prefix=prefix, operator=operator, product_code=product)
                for product, (operator, prefixes) in PREFIXES.items()
                for prefix in prefixes.split()
            ),
            *(
                OperatorPrefix(
                    region_id="ID", prefix=prefix, operator=operator, product_code=product, is_active=False,
                    note="seen, not confirmed",
                )
                for prefix, operator, product in UNCONFIRMED_PREFIXES
            ),
        ],
        ["region", "prefix"],
        ["operator", "product_code", "is_active", "note"],
    )  # fmt: skip
    return {region.code: region for region in regions}
