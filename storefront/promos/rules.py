"""What has to hold of a promo, whoever writes it: a form, a file. Each gives (column, problem)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.utils.translation import gettext as _

from core.money import Money
from storefront.catalogue.rules import of_schedule
from storefront.channels.models import Channel


def of_promo(promo: Any, channels: Collection[Channel] | None, currency: str) -> Iterable[tuple[str, str]]:
    """`promo` has the columns as they would stand, `currency` is its region's, `channels` the ways to pay it is limited
    to (None: as before)."""
    if not promo.flat_minor and not promo.percent:
        yield "percent", _("A promo takes something off: an amount, a percentage, or both.")
    if (promo.percent or 0) > 100:
        yield "percent", _("Not more than everything.")
    yield from of_schedule(promo.starts_at, promo.expires_at, "expires_at")
    if promo.pk and 0 < (promo.max_usage or 0) < promo.used:
        yield "max_usage", _("%(used)d are taken already.") % {"used": promo.used}
    if promo.pk and 0 < (promo.budget_minor or 0) < promo.given_minor:
        given = Money(promo.given_minor, currency)
        yield "budget_minor", _("%(given)s are given away already.") % {"given": given}
    if channels and any(channel.region_id != promo.region_id for channel in channels):
        yield "channels", _("Choose channels of the promo's own region.")
