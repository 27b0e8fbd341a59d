"""What the demo's data are made of: plain frozen records, and the few words that make them short to write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Texts = dict[str, str]
Lists = dict[str, list[str]]
ALL_REGIONS = ("ID", "MY", "PH", "SG", "TH")
ABROAD = ("MY", "PH", "SG", "TH")


def both(indonesian: str, english: str) -> Texts:
    return {"id": indonesian, "en": english}


@dataclass(frozen=True)
class Field:
    key: str
    name: Texts
    label: Texts
    hint: Texts
    type: str = "number"
    min_length: int = 1
    max_length: int = 20
    placeholder: str = ""
    pattern: str = ""
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Supply:
    """A product of the supplier: game, code and name as its catalogue has them, cost in US cents."""

    game: str
    code: str
    name: str
    cost: int


@dataclass(frozen=True)
class Item:
    """A SKU. It is sold in every region whose game of the product supplies it, or all its `parts`.

    `parts`: {code of another item: how many times}, where it may be sent in pieces.
    `prices`: what the API document fixes, {region: (price, list price)} in minor units; the rest is computed.
    """

    code: str
    name: str
    supplies: Mapping[str, Supply]
    parts: Mapping[str, int] = field(default_factory=dict)
    description: Texts = field(default_factory=dict)
    info: Texts = field(default_factory=dict)
    section: str = "topup-instant"
    prices: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    off_percent: int = 0
    is_featured: bool = False
    badge: Texts = field(default_factory=dict)
    badge_color: str = ""
    sold_out_in: tuple[str, ...] = ()
    process_minutes: int = 0
    max_quantity: int = 10


@dataclass(frozen=True)
class Goods:
    """A product. `games`: {region: the supplier's game}; what is not in it does not sell the product.

    `from_stock`: what is sold are codes of our own, shown on the invoice, and nothing is asked of the buyer.
    """

    code: str
    slug: str
    name: str
    category: str
    publisher: str
    description: Texts
    fields: tuple[Field, ...]
    games: Mapping[str, str]
    items: tuple[Item, ...]
    margin_percent: int
    title: str = ""
    subtitle: str = ""
    features: Lists = field(default_factory=dict)
    how_to_order: Lists = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    search_words: str = ""
    palette: str = ""
    glyph: str = ""
    is_popular: bool = False
    is_checked: bool = True
    check_optional: bool = False
    is_operator_bound: bool = False
    player_field: str = "userId"
    zone_field: str = ""
    usual_seconds: int = 60
    promise_seconds: int = 600
    sections: Mapping[str, Texts] = field(default_factory=dict)
    from_stock: bool = False
    how_to_redeem: Lists = field(default_factory=dict)


def everywhere(game: str) -> dict[str, str]:
    return dict.fromkeys(ALL_REGIONS, game)


def home_and_abroad(home: str, abroad: str) -> dict[str, str]:
    return {"ID": home, **dict.fromkeys(ABROAD, abroad)}


def only_home(game: str) -> dict[str, str]:
    return {"ID": game}


def pairs(table: str) -> Iterator[tuple[str, int]]:
    """`"28:43 44:68"` as ("28", 43), ("44", 68): an amount and its cost in US cents."""
    for pair in table.split():
        amount, cost = pair.split(":")
        yield amount, int(cost)


def dotted(number: str) -> str:
    """A number as Indonesians write it: 10.000."""
    return f"{int(number):,}".replace(",", ".")


def amounts(
    code: str,
    tables: Mapping[str, str],
    *,
    unit: str,
    supplier_unit: str,
    overrides: Mapping[str, Mapping[str, object]] | None = None,
    off: Mapping[str, int] | None = None,
    composed: Mapping[str, Mapping[str, int]] | None = None,
) -> tuple[Item, ...]:
    """SKUs `<code>_<amount>` of one currency of a game, smallest first.

    `tables` is {game: "amount:cents ..."}, `unit` the goods' name ("Diamonds"), `supplier_unit` the end of the
    supplier's product code; `overrides` sets further things of an item by amount, `off` a struck list price in percent,
    `composed` of which other amounts one may be sent in pieces: {"514": {"257": 2}}.
    """
    supplies: dict[str, dict[str, Supply]] = {}
    for game, table in tables.items():
        for amount, cost in pairs(table):
            supplies.setdefault(amount, {})[game] = Supply(
                game, f"{game}_{amount}_{supplier_unit}", f"{amount} {unit}", cost
            )
    return tuple(
        Item(
            code=f"{code}_{amount}",
            name=f"{amount} {unit}",
            supplies=supplies.get(amount, {}),
            parts={f"{code}_{part}": times for part, times in (composed or {}).get(amount, {}).items()},
            off_percent=(off or {}).get(amount, 0),
            **(overrides or {}).get(amount, {}),  # type: ignore[arg-type]
        )
        for amount in sorted({*supplies, *(composed or {})}, key=int)
    )


def named(code: str, name: str, unit: str, costs: Mapping[str, int], **more: object) -> Item:
    """One SKU with a name of its own (a pass, a membership): `costs` is {game: US cents}."""
    return Item(
        code=code,
        name=name,
        supplies={game: Supply(game, f"{game}_{unit}", name, cost) for game, cost in costs.items()},
        **more,  # type: ignore[arg-type]
    )
