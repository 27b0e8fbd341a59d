"""What customers read on the status page of an incident that concerns them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, Q
from django.db.models.lookups import IsNull
from django.utils import translation
from django.utils.translation import gettext

from core.alerts.models import Incident, StatusNotice
from core.alerts.terms import Term
from core.web import prebuilt

#: So far back the status page tells.
SPAN = timedelta(days=14)
_MOST = 20


def opened(incident: Incident, term: Term) -> None:
    """The incident stands on the status page, if its rule says that it concerns customers; once."""
    if not incident.rule.tells_customers:
        return
    title, text = term.customers or (term.name, "")
    _notice, is_new = StatusNotice.objects.get_or_create(
        incident=incident,
        defaults={"title": _in_all(title), "text": _in_all(text), "began_at": incident.began_at},
    )
    if is_new:
        prebuilt.touch()


def ended(incident: Incident, now: datetime) -> None:
    """Its notice says that it is over. Staff may have ended it before."""
    if StatusNotice.objects.filter(incident=incident, ended_at=None).update(ended_at=now):
        prebuilt.touch()


def recent(now: datetime) -> Sequence[StatusNotice]:
    """What is shown: what goes on, then what ended lately, each newest first; bounded."""
    lately = Q(ended_at=None) | Q(began_at__gt=now - SPAN)
    shown = StatusNotice.objects.filter(lately, is_shown=True, began_at__lte=now)
    return list(shown.order_by(IsNull(F("ended_at"), rhs=False), "-began_at")[:_MOST])


def _in_all(text: str) -> dict[str, str]:
    told = {}
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            told[code] = gettext(text) if text else ""
    return told
