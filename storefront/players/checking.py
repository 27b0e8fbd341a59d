"""Does this account exist, and what is its name: asked of the supplier that knows it, remembered for a while."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import redis
from django.core.cache import cache
from django.utils.translation import gettext as _

from core.errors import Refused, invalid
from core.web.client import digest
from fulfilment import suppliers
from fulfilment.suppliers.base import PlayerFound, PlayerUnknown, SupplierDenied, SupplierUnavailable
from storefront.catalogue.models import Product
from storefront.players.fields import Value

logger = logging.getLogger(__name__)

# reference/facts/accounts-validation.md §2.
FOUND_SECONDS = 600
UNKNOWN_SECONDS = 60

# The game servers whose accounts tell by their leading digits where they live: two naming schemes of one publisher.
_SERVERS = (
    {"america": "os_usa", "europe": "os_euro", "asia": "os_asia", "tw": "os_cht"},
    {
        "america": "prod_official_usa",
        "europe": "prod_official_eur",
        "asia": "prod_official_asia",
        "tw": "prod_official_cht",
    },
)
_PLACE_OF_DIGIT = {"6": "america", "7": "europe", "8": "asia", "18": "asia", "9": "tw"}
_REGION_OF_PLACE = {"america": "US", "europe": "EU", "tw": "TW"}


@dataclass(frozen=True, slots=True)
class Checked:
    """`nickname` is None where nobody could or had to say; `region` is two letters, "" if unknown."""

    nickname: str | None
    region: str


def value_of(fields: Sequence[Value], key: str) -> str:
    return next((field["value"] for field in fields if field["key"] == key), "")


def check(
    product: Product, fields: Sequence[Value], *, check_game: str, region_code: str, afresh: bool = False
) -> Checked:
    """The account behind `fields`, as its game knows it; `check_game` is the supplier's code of it in that region.

    `afresh`: whatever is remembered the checker is asked, and none of its accounts passes unchecked.
    A product without a checker answers no nickname. Raises ACCOUNT_NOT_FOUND, VALIDATION_ERROR (a server that the id
    contradicts) and, while the checker is out of reach and the product may not be bought unchecked, CHECK_UNAVAILABLE.
    """
    player, zone = value_of(fields, product.player_field), value_of(fields, product.zone_field)
    region = _region_by_digits(product, player, zone) or region_code
    if not product.check_supplier or not check_game:
        return Checked(None, region)
    try:
        seen = _seen(product.check_supplier, check_game, player, zone, afresh=afresh)
    except (SupplierUnavailable, SupplierDenied, KeyError) as problem:
        logger.warning("%s cannot check an account of %s: %s", product.check_supplier, product.code, problem)
        if product.check_optional and not afresh:
            return Checked(None, region)
        raise Refused(
            "CHECK_UNAVAILABLE",
            _("We cannot check this account right now. Please try again in a moment."),
            details=_("The game's account check does not answer."),
        ) from problem
    if isinstance(seen, PlayerUnknown):
        raise Refused(
            "ACCOUNT_NOT_FOUND",
            _("We could not find this account."),
            details=_("There is no account with %(what)s.")
            % {"what": ", ".join(f"{field['name']} {field['value']}" for field in fields)},
        )
    # A supplier's two letters win over what the shop can guess; anything longer is not a region.
    told = seen.region.upper() if len(seen.region) == 2 else ""
    return Checked(seen.nickname[:120] or None, told or region)


def _seen(supplier: str, game: str, player: str, zone: str, *, afresh: bool) -> PlayerFound | PlayerUnknown:
    """The supplier's answer, at most FOUND_SECONDS or UNKNOWN_SECONDS old. Failures are never remembered."""
    key = f"player:{digest(supplier, game, player, zone)}"
    kept = None if afresh else _from_cache(key)
    if kept is not None:
        return PlayerFound(kept["nickname"], kept["region"]) if "nickname" in kept else PlayerUnknown()
    seen = suppliers.player_checker(supplier).check_player(game, player, zone)
    if isinstance(seen, PlayerFound):
        _to_cache(key, {"nickname": seen.nickname, "region": seen.region}, FOUND_SECONDS)
    else:
        _to_cache(key, {}, UNKNOWN_SECONDS)
    return seen


def _from_cache(key: str) -> dict[str, Any] | None:
    try:
        kept: dict[str, Any] | None = cache.get(key)
    except redis.RedisError:
        return None
    return kept


def _to_cache(key: str, value: dict[str, Any], seconds: int) -> None:
    try:
        cache.set(key, value, seconds)
    except redis.RedisError:
        logger.warning("an account check was not remembered: Redis is away")


def _region_by_digits(product: Product, player: str, server: str) -> str:
    """Where the account lives by its leading digits, for games whose servers are named as in _SERVERS; "" if the rule
    does not say. Raises VALIDATION_ERROR when the chosen server is another one."""
    names = next((names for names in _SERVERS if server in names.values()), None)
    if names is None:
        return ""
    place = _PLACE_OF_DIGIT.get(player[:2]) if len(player) == 10 else _PLACE_OF_DIGIT.get(player[:1])
    if place is None:
        return ""
    if names[place] != server:
        raise invalid({product.zone_field: _("An account with this id lives on another server.")})
    return _REGION_OF_PLACE.get(place, "")
