"""What a customer of a region can buy and pay by right now, and why not: for the status page.

Suppliers have no names here: a customer knows products and ways to pay. That a product works says that somebody who can
deliver it answers; how long that takes is the product's promise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q
from django.utils.translation import gettext as _

from core.alerts.models import Incident
from core.models import Region
from fulfilment import circuit
from fulfilment.circuit import Standing
from fulfilment.models import Route, SupplierAccount
from storefront.catalogue import shop as catalogue
from storefront.channels import shop as channels
from storefront.channels.models import Channel


class Works(StrEnum):
    YES = "yes"
    WAITS = "waits"  # it is taken, and has to wait
    NO = "no"  # it is not offered at the moment


@dataclass(frozen=True, slots=True)
class Shown:
    """A product or a way to pay; `group` is its category. `until`: when it opens again, if that is known."""

    name: str
    group: str
    works: Works
    reason: str = ""
    until: datetime | None = None
    slug: str = ""


def products(region: Region, language: str, now: datetime) -> list[Shown]:
    """Everything the region sells, in the shop's order. Four statements."""
    able, unable = _reachable(region, now)
    found = []
    for card in catalogue.products(region, language, now):
        if card.is_closed:
            shown = Shown(
                card.name, card.category_title, Works.NO, card.closed_reason or _("Closed"), card.closed_until
            )
        elif not card.is_available:
            shown = Shown(card.name, card.category_title, Works.NO, _("Sold out"))
        elif card.pk in unable and card.pk not in able:
            reason = _("Orders are taken and wait until the source of these goods answers again.")
            shown = Shown(card.name, card.category_title, Works.WAITS, reason, None, card.slug)
        else:
            shown = Shown(card.name, card.category_title, Works.YES, "", None, card.slug)
        found.append(shown)
    return found


def ways_to_pay(region: Region, language: str, now: datetime) -> list[Shown]:
    """All of the region's, in the shop's order. Four statements."""
    failing = _of_failing_gateways(region)
    found = []
    for row in channels.channels(region, language, "purchase", now=now):
        if row.is_closed:
            shown = Shown(row.name, row.category_title, Works.NO, row.closed_reason or _("Closed"))
        elif row.code in failing:
            reason = _("It does not always answer. If it does not open, choose another one: nothing is charged.")
            shown = Shown(row.name, row.category_title, Works.WAITS, reason)
        else:
            shown = Shown(row.name, row.category_title, Works.YES)
        found.append(shown)
    return found


def _reachable(region: Region, now: datetime) -> tuple[set[int], set[int]]:
    """(products that somebody delivers, products for which somebody cannot at the moment); most are in the first."""
    answering = {one.pk: _answers(one, now) for one in SupplierAccount.objects.all()}
    here = Q(region=None) | Q(region=region)
    ways = Route.objects.filter(here, is_active=True, product__is_active=True, sku__is_active=True)
    able: set[int] = set()
    unable: set[int] = set()
    for product_id, account_id in ways.order_by().values_list("sku__product_id", "product__account_id").distinct():
        (able if answering[account_id] else unable).add(product_id)
    return able, unable


def _answers(account: SupplierAccount, now: datetime) -> bool:
    if account.is_stock:
        return True
    return account.is_active and account.paused_at is None and circuit.standing(account, now) != Standing.OPEN


def _of_failing_gateways(region: Region) -> set[str]:
    """Codes of channels whose gateway has an open incident: the page says what staff were told."""
    failing = Incident.objects.filter(rule__name="GatewayFails", state=Incident.State.OPEN, ended_at=None)
    gateways = list(failing.values_list("kind", flat=True))
    return set(Channel.objects.filter(region=region, gateway__in=gateways).values_list("code", flat=True))
