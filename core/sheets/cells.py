"""Text in the cells of a file: made harmless for spreadsheets on its way out, and plain again on its way in.

A spreadsheet runs a cell that begins with = + - @, a tab or a line's end as a formula. Such a cell goes out behind an
apostrophe; coming in, an apostrophe before such a sign is taken off again, and a bare sign is refused.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal

from django.utils.translation import gettext as _

from core.money import DECIMALS, Money, NotAnAmount

_SIGNS = "=+\\-@\\t\\r\\n＝＋－＠"
_DANGEROUS = re.compile(f"^'*[{_SIGNS}]")
_GUARDED = re.compile(f"^'+[{_SIGNS}]")
_PLAIN_NUMBER = re.compile(r"^[+-]?[0-9][0-9.,]*$")
_ONE_SEPARATOR = re.compile(r"^[0-9]+[.,][0-9]+$")
_SPOILED = re.compile(r"^[0-9]([.,][0-9]+)?E\+?[0-9]+$", re.IGNORECASE)


class Wrong(ValueError):
    """What is wrong with a cell and what to do about it, as a sentence for staff."""


def harmless(text: str) -> str:
    """The text as it may stand in a cell of a file."""
    return f"'{text}" if _DANGEROUS.match(text) else text


def plain(cell: str) -> str:
    """The text that `harmless` made the cell of. Raises Wrong for what a spreadsheet would run."""
    text = cell.strip(" \u00a0")
    if _GUARDED.match(text):
        return text[1:]
    if _DANGEROUS.match(text) and not _PLAIN_NUMBER.match(text):
        raise Wrong(
            _("This begins like a formula. Paste the value itself, or put an apostrophe (') before a text like that.")
        )
    return text


def text_of(value: object) -> str:
    """A spreadsheet's cell as a person would have typed it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        whole = int(value) if value.is_integer() else None
        if whole is not None:
            return str(whole)
        written = f"{Decimal(repr(value)):f}"
        # Three decimals would read as thousands; a number cell has none.
        return f"{written}0" if len(written.rpartition(".")[2]) == 3 else written
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def number(text: str) -> Decimal:
    """A number without thousands, its decimals after a point or a comma. Raises Wrong."""
    if re.fullmatch(r"-?[0-9]{1,15}([.,][0-9]{1,10})?", text) is None:
        raise Wrong(_("Write a number: 12 or 12.5, without any other sign."))
    return Decimal(text.replace(",", "."))


def amount(text: str, currency: str) -> Money:
    """An amount in the currency's units, with or without thousands: 24750, 24.750, 1,234.50. Raises Wrong for what can
    be read in two ways, for more decimals than the currency has, and for what a spreadsheet has rounded."""
    if _SPOILED.match(text):
        raise Wrong(_("A spreadsheet has rounded this number. Format the column as a number and export again."))
    if re.fullmatch(r"[0-9][0-9.,]*", text) is None or len(text) > 20:
        raise Wrong(_("Write the amount as a number alone, without currency or other signs: 24750 or 12.50."))
    digits = DECIMALS[currency]
    whole, point, fraction = _parted(text, digits)
    if len(fraction) > digits and fraction.strip("0"):
        if digits == 0:
            raise Wrong(_("%(currency)s has no decimals: write whole units, 24750.") % {"currency": currency})
        raise Wrong(_("%(currency)s has two decimals: 12.50.") % {"currency": currency})
    try:
        return Money.of(Decimal(f"{whole}.{fraction[:digits]}" if point and fraction[:digits] else whole), currency)
    except NotAnAmount as problem:
        raise Wrong(_("This is not an amount of %(currency)s.") % {"currency": currency}) from problem


def _parted(text: str, digits: int) -> tuple[str, str, str]:
    """(whole units without separators, the decimal sign if any, decimals). Raises Wrong."""
    signs = [sign for sign in text if sign in ".,"]
    if not signs:
        return text, "", ""
    last = signs[-1]
    whole, _sign, fraction = text.rpartition(last)
    if len(set(signs)) == 1:
        is_grouped = re.fullmatch(r"[1-9][0-9]{0,2}([.,][0-9]{3})+", text) is not None
        if is_grouped and (digits == 0 or len(signs) > 1):
            return text.replace(last, ""), "", ""
        if is_grouped:
            raise Wrong(_("This can be read in two ways. Write 1234 or 1234.00."))
        if len(signs) == 1 and _ONE_SEPARATOR.match(text):
            return whole, last, fraction
    elif re.fullmatch(r"[0-9]{1,3}([.,][0-9]{3})*", whole) and len(set(signs[:-1])) == 1 and fraction:
        return re.sub("[.,]", "", whole), last, fraction
    raise Wrong(_("The thousands are not in groups of three. Write the amount without them: 1234567."))
