"""What has to hold of goods that staff write, whoever writes them: a form, a file. Each gives (column, problem)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from django.utils.translation import gettext as _

from core import patterns

Problems = Iterable[tuple[str, str]]


def of_price(price_minor: int | None, original_minor: int | None) -> Problems:
    """A price is more than nothing, and never above the list price."""
    if price_minor is not None and price_minor <= 0:
        yield "price_minor", _("A price is more than nothing.")
    if price_minor is not None and original_minor is not None and original_minor < price_minor:
        yield "original_minor", _("The list price is not below the price.")


def of_closure(
    starts_at: datetime | None,
    ends_at: datetime | None,
    closed_from: time | None,
    closed_until: time | None,
    reason: Any,
) -> Problems:
    """A maintenance window, a daily cut-off, or a cut-off that holds between two moments; always with its reason."""
    if starts_at is None and ends_at is None and closed_from is None and closed_until is None:
        yield "", _("Say when: a maintenance window, or hours of every day.")
    if starts_at and ends_at and ends_at <= starts_at:
        yield "ends_at", _("The end lies after the beginning.")
    if not reason:
        yield "reason", _("Customers read this; say why.")


def of_field(type_: str | None, pattern: str, options: Any, least: int | None, most: int | None) -> Problems:
    """An input of a product: a pattern that can be read, options for a choice, lengths in order."""
    if why := patterns.problem_of(pattern or ""):
        yield "pattern", _("This pattern cannot be read: %(why)s") % {"why": why}
    are_fine = isinstance(options, list) and all(
        isinstance(one, dict) and isinstance(one.get("value"), str) and one.get("label") for one in options
    )
    if not are_fine:
        yield "options", _('Options look like [{"value": "os_asia", "label": "Asia"}].')
    elif type_ == "select" and not options:
        yield "options", _("A choice needs options.")
    if least is not None and most is not None and most < least:
        yield "max_length", _("The longest is not shorter than the shortest.")


def of_schedule(starts_at: datetime | None, ends_at: datetime | None, end: str = "ends_at") -> Problems:
    """What is shown or holds between two moments."""
    if starts_at and ends_at and ends_at <= starts_at:
        yield end, _("The end lies after the beginning.")
