"""Closing a gateway by hand: none of its channels is offered until somebody opens it again.

What was opened there stays payable, is looked up and settled. A gateway that does not answer needs no closing to keep
money safe: customers are told so and choose another way; this spares them the try. Why there is no circuit that opens
by itself: docs/decisions/0025-operations.md
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core import audit
from core.web import prebuilt
from storefront.channels.models import Channel, ChannelClosure


def closed_since() -> Mapping[str, datetime]:
    """Since when each gateway is closed by hand; only those that are."""
    stopped = ChannelClosure.objects.filter(ends_at=None).exclude(gateway="")
    return dict(stopped.values_list("gateway").annotate(Min("starts_at")).order_by())


@transaction.atomic
def close(gateway: str, by: str, why: str) -> int:
    """Every active channel of the gateway is closed from now on; how many were not closed with it before."""
    now = timezone.now()
    # The lock lets two who click at once stand in line: the second one finds them closed.
    channels = list(Channel.objects.select_for_update().filter(gateway=gateway, is_active=True).order_by("pk"))
    closed = set(_stopped(gateway).values_list("channel_id", flat=True))
    fresh = [one for one in channels if one.pk not in closed]
    ChannelClosure.objects.bulk_create(
        [ChannelClosure(channel=one, gateway=gateway, starts_at=now, reason=_reason()) for one in fresh]
    )
    if fresh:
        after = {"channels": [f"{one.code}:{one.region_id}" for one in fresh]}
        audit.record(by, "gateway closed", f"gateway:{gateway}", after=after, why=why)
        prebuilt.touch()
    return len(fresh)


@transaction.atomic
def reopen(gateway: str, by: str, why: str) -> int:
    """What was closed with the gateway is open again; how many channels. Other closing times of theirs stay."""
    opened = _stopped(gateway).update(ends_at=timezone.now())
    if opened:
        audit.record(by, "gateway opened", f"gateway:{gateway}", before={"channels": opened}, why=why)
        prebuilt.touch()
    return opened


def _stopped(gateway: str) -> QuerySet[ChannelClosure]:
    return ChannelClosure.objects.filter(gateway=gateway, ends_at=None)


def _reason() -> dict[str, str]:
    told = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            told[code] = _("This way to pay is being looked after. Please choose another one.")
    return told
