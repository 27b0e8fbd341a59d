"""An incident is told: once when it has opened, once when it is over, to every address that wants to hear of it.

What is told is rows of the outboxes, written in the transaction that says that it was told. They are sent at once by
whoever told it, since the worker of mails may be the one that is silent; what does not go out then is the outboxes' to
repeat.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from core import mail
from core.alerts import posting
from core.alerts.models import AlertAddress, AlertRule, AlertSilence, Incident
from core.alerts.terms import BY_NAME, COUNT, HOURS, SECONDS, SHARE, SWITCH
from core.messages import links, outbox
from core.messages.models import ChatLink

logger = logging.getLogger(__name__)
OPENED, OVER = "opened", "over"
_ENDLESS = 10.0**9
_Channel = AlertAddress.Channel


@dataclass
class _Written:
    """Keys of what stands in the outboxes now."""

    mails: list[str] = field(default_factory=list)
    chats: list[str] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)


def tell_due(now: datetime | None = None) -> int:
    """Whatever has opened or ended and was not told of is told; how many incidents. Safe at once in many processes."""
    moment = now or timezone.now()
    silences = list(AlertSilence.objects.filter(starts_at__lte=moment, ends_at__gt=moment))
    opened = Incident.objects.filter(state=Incident.State.OPEN, told_at=None)
    over = Incident.objects.filter(state=Incident.State.ENDED, told_at__isnull=False, over_told_at=None)
    told = 0
    for incident in opened.select_related("rule"):
        if not any(_covers(silence, incident) for silence in silences):
            told += _tell(incident, OPENED, Q(state=Incident.State.OPEN, told_at=None), {"told_at": moment})
    for incident in over.select_related("rule"):
        told += _tell(incident, OVER, Q(over_told_at=None), {"over_told_at": moment})
    return told


def try_out(address: AlertAddress) -> None:
    """Something is told to that address alone, so that staff see that it arrives."""
    stamp = f"{timezone.now():%Y%m%d%H%M%S}"
    rule = AlertRule(name="TrialOfThisAddress", severity=AlertRule.Severity.TICKET)
    with transaction.atomic():
        written = _Written()
        _write(address, Incident(rule=rule, value=0, worst=0), OPENED, f"trial:{address.pk}:{stamp}", written)
    _send(written)


def summary(incident: Incident) -> str:
    """What is wrong, in the language that is on."""
    term = BY_NAME.get(incident.rule.name)
    if term is None:
        return _("This is a trial: nothing is wrong.")
    return str(term.summary) % {"kind": incident.kind, "value": shown(incident.worst, term.unit)}


def action(incident: Incident) -> str:
    """What to do about it, in the language that is on."""
    term = BY_NAME.get(incident.rule.name)
    return str(term.action) if term else _("Nothing is to be done.")


def shown(value: float, unit: str) -> str:
    """A figure as people say it."""
    if unit == SECONDS:
        if value >= _ENDLESS:
            return _("an unknown time")
        if value < 120:
            return f"{value:.0f} s"
        return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.0f} h"
    if unit == SHARE:
        return f"{100 * value:.0f} %"
    return {HOURS: f"{value:g} h", COUNT: f"{value:g}", SWITCH: ""}[unit]


def _covers(silence: AlertSilence, incident: Incident) -> bool:
    return silence.rule_id in (None, incident.rule_id) and silence.kind in ("", incident.kind)


def _tell(incident: Incident, event: str, still: Q, mark: dict[str, datetime]) -> int:
    written = _Written()
    with transaction.atomic():
        if not Incident.objects.filter(still, pk=incident.pk).update(**mark):
            return 0  # another one was quicker
        for address in _addresses(incident):
            _write(
                address, incident, event, f"alert:{incident.pk}:{event}:{address.pk or address.address[:60]}", written
            )
    _send(written)
    return 1


def _addresses(incident: Incident) -> list[AlertAddress]:
    """Whoever wants to hear of it. Where nobody is named, whoever may name somebody is: an alert is never silent."""
    named = list(AlertAddress.objects.filter(is_on=True))
    if named:
        return [one for one in named if not one.pages_only or incident.rule.severity == AlertRule.Severity.PAGE]
    # None, which the stubs do not know: whether somebody is active is no column of ours.
    able = ModelBackend().with_perm("core.add_alertaddress", is_active=None).filter(is_staff=True)  # type: ignore[arg-type]
    return [AlertAddress(channel=_Channel.MAIL, address=one.email, language="en") for one in able if one.is_active]


def _write(address: AlertAddress, incident: Incident, event: str, key: str, written: _Written) -> None:
    with translation.override(address.language):
        path = reverse("admin:core_incident_change", args=[incident.pk]) if incident.pk else reverse("admin:index")
        words = {"summary": summary(incident), "action": action(incident)}
    if address.channel == _Channel.MAIL:
        context = words | {
            "rule": incident.rule.name,
            "severity": incident.rule.severity,
            "kind": incident.kind,
            "began": timezone.localtime(incident.began_at).strftime("%Y-%m-%d %H:%M:%S %Z"),
            "url": f"{settings.PUBLIC_BASE_URL}{path}",
        }
        if mail.queue(key, address.address, address.language, f"alert_{event}", context, about=_about(incident)):
            written.mails.append(key)
    elif address.channel == _Channel.TELEGRAM:
        if address.address:
            links.follow(address.about, ChatLink.Channel.TELEGRAM, address.address)
        template = f"alert_{event}"
        given = {"item": words["summary"], "detail": words["action"], "path": path.removeprefix("/")}
        outbox.queue(address.about, template, address.language, once_per=key, **given)
        written.chats.append(outbox.key_of(ChatLink.Channel.TELEGRAM, template, address.about, key))
    else:
        body = _body(incident, event, words, f"{settings.PUBLIC_BASE_URL}{path}")
        if posting.queue(address, key, body):
            written.posts.append(key)


def _about(incident: Incident) -> str:
    return f"incident-{incident.pk}" if incident.pk else "trial"


def _body(incident: Incident, event: str, words: dict[str, str], url: str) -> dict[str, object]:
    """What a webhook is sent; docs/operations.md describes it."""
    return {
        "event": f"alert.{event}" if incident.pk else "alert.trial",
        "id": incident.pk,
        "rule": incident.rule.name,
        "kind": incident.kind,
        "severity": incident.rule.severity,
        "value": incident.value,
        "worst": incident.worst,
        "beganAt": timezone.localtime(incident.began_at).isoformat(timespec="seconds"),
        "endedAt": timezone.localtime(incident.ended_at).isoformat(timespec="seconds") if incident.ended_at else None,
        "url": url,
        **words,
    }


def _send(written: _Written) -> None:
    for sender, keys in ((mail.send_now, written.mails), (outbox.send_now, written.chats),
                         (posting.send_now, written.posts)):  # fmt: skip
        for key in keys:
            try:
                sender(key)
            except Exception:  # of one channel: the others are sent all the same, and its row is tried again
                logger.exception("an alert was not sent at once; the outbox repeats it")
