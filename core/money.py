"""Money as integer minor units with a currency. Rules of arithmetic: docs/architecture.md, "Money"."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

DECIMALS = {"IDR": 0, "MYR": 2, "PHP": 2, "SGD": 2, "THB": 2, "USD": 2, "PTS": 0}
# symbol, thousands separator, decimal separator: by currency and not by the reader's language, so that one price reads
# the same everywhere. Neither Babel nor Intl prints what the API document promises ("Rp150.000", "S$100.00").
_WRITTEN = {
    "IDR": ("Rp", ".", ","),
    "MYR": ("RM", ",", "."),
    "PHP": ("₱", ",", "."),
    "SGD": ("S$", ",", "."),
    "THB": ("฿", ",", "."),
    "USD": ("US$", ",", "."),
    "PTS": ("", ".", ","),
}


class MixedCurrencies(ValueError):
    """Two amounts of different currencies met in one sum."""


class NotAnAmount(ValueError):
    """The value cannot be an amount of that currency (float, too many decimals, not a number)."""


def round_half_up(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount: `minor` units (rupiah, sen, satang ...) of `currency`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise NotAnAmount(f"minor units are whole numbers, not {self.minor!r}")
        if self.currency not in DECIMALS:
            raise NotAnAmount(f"unknown currency {self.currency!r}")

    @classmethod
    def of(cls, major: Decimal | int | str, currency: str) -> Money:
        """The amount of `major` units; refuses floats and fractions smaller than the currency's unit."""
        if isinstance(major, float | bool):
            raise NotAnAmount("floats are not amounts")
        try:
            scaled = Decimal(major).scaleb(DECIMALS[currency])
        except (InvalidOperation, KeyError, TypeError) as problem:
            raise NotAnAmount(f"{major!r} {currency!r}") from problem
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise NotAnAmount(f"{major} is finer than one unit of {currency}")
        return cls(int(scaled), currency)

    @property
    def major(self) -> Decimal:
        return Decimal(self.minor).scaleb(-DECIMALS[self.currency])

    @property
    def number(self) -> int | float:
        """As a JSON number in major units: 44851, 12.5. Only for output; never to be computed with."""
        return self.minor if DECIMALS[self.currency] == 0 else float(self.major)

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise MixedCurrencies(f"{self.currency} and {other.currency}")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __mul__(self, times: int) -> Money:
        if type(times) is not int:
            raise NotAnAmount("an amount is multiplied by whole numbers; use percent() for shares")
        return Money(self.minor * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def percent(self, rate: Decimal) -> Money:
        """`rate` percent of it, rounded half up once to the currency's unit (docs/decisions: money)."""
        return Money(round_half_up(Decimal(self.minor) * rate / 100), self.currency)

    def part(self, count: int, of: int) -> Money:
        """`count`/`of` of it, half up: what `count` undelivered units of `of` are worth."""
        return Money(round_half_up(Decimal(self.minor) * count / of), self.currency)

    def __str__(self) -> str:
        symbol, group, point = _WRITTEN[self.currency]
        sign = "-" if self.minor < 0 else ""
        digits = DECIMALS[self.currency]
        whole, fraction = divmod(abs(self.minor), 10**digits)
        text = f"{whole:,}".replace(",", group)
        return f"{sign}{symbol}{text}" + (f"{point}{fraction:0{digits}d}" if digits else "")


def discount_percent(price_minor: int, original_minor: int) -> float:
    """How far `price` lies under `original`, in percent with two decimals, half up; 0 when it does not (API §11)."""
    if original_minor <= 0 or price_minor >= original_minor:
        return 0.0
    share = Decimal(original_minor - price_minor) * 100 / original_minor
    return float(share.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))
