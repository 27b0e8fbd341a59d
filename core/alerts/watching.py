"""The look at all rules, and who takes it.

The clock asks for a look every ALERT_SECONDS through two queues that different workers take, so that a dead queue
still has its alert; whoever comes first looks, the other one finds it done. Where nobody has looked for longer, the
clock or all workers being dead, whoever is asked /readyz or /metrics looks in passing (`look_if_overdue`): probes of
machines ask there. That somebody asks at all is for a watcher from outside to see (docs/operations.md, "Alerts").

A look is safe to take twice at once: an incident is one by a constraint, and each of its steps is a conditional update
that one of any number of lookers makes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core.alerts import notices, telling
from core.alerts.models import LONGEST_KIND, AlertRule, Incident
from core.alerts.terms import BY_NAME, TERMS, UNREADABLE, Term
from core.redis import connection, text

logger = logging.getLogger(__name__)
OVERDUE_S = 75.0
_TAKEN, _LOOKED = "alerts:taken", "alerts:looked"
_CALM_S = 60
_passing = threading.Lock()
_State = Incident.State


def watch() -> bool:
    """A look is taken and told of, unless somebody else took one just now; True if it was."""
    if not _take():
        return False
    look()
    telling.tell_due()
    _note()
    return True


def look_if_overdue() -> None:
    """A look in passing, by a thread of its own, where nobody else has taken one for too long. Returns at once."""
    age = age_s()
    if age is None or age < OVERDUE_S or not _passing.acquire(blocking=False):
        return
    threading.Thread(target=_in_passing, name="alerts", daemon=True).start()


def age_s() -> float | None:
    """Seconds since the last look; None where Redis is away. A store that never looked begins to count when asked."""
    try:
        line = connection()
        line.set(_LOOKED, f"{time.time():.3f}", nx=True)
        return max(0.0, time.time() - float(text(line.get(_LOOKED) or b"inf")))
    except redis.RedisError:
        return None


def ensure_rules() -> dict[str, AlertRule]:
    """Every term's row, by name; those that are missing are made with the defaults."""
    found = {rule.name: rule for rule in AlertRule.objects.all()}
    missing = [term for term in TERMS if term.name not in found]
    if missing:
        AlertRule.objects.bulk_create([_by_default(term) for term in missing], ignore_conflicts=True)
        found = {rule.name: rule for rule in AlertRule.objects.all()}
    return {name: rule for name, rule in found.items() if name in BY_NAME}


def look(now: datetime | None = None) -> None:
    """Incidents began, opened and ended as the figures say now. Nobody is told yet: that is `telling.tell_due`."""
    moment = now or timezone.now()
    rules = ensure_rules()
    live: dict[int, dict[str, Incident]] = defaultdict(dict)
    for one in Incident.objects.filter(ended_at=None).select_related("rule"):
        live[one.rule_id][one.kind] = one
    unreadable = 0
    for term in sorted(TERMS, key=lambda one: one.figure == UNREADABLE):
        rule = rules[term.name]
        if not rule.is_on:
            values: Mapping[str, float] = {}
        elif term.figure == UNREADABLE:
            values = {"": float(unreadable)}
        else:
            try:
                values = term.read()
            except Exception as problem:
                # Nothing is known: what is open stays open, and nothing opens.
                logger.warning("%s cannot be judged: %s: %s", term.name, type(problem).__name__, problem)
                unreadable += 1
                continue
        _judge(term, rule, values, live[rule.pk], moment)


def _judge(term: Term, rule: AlertRule, figure: Mapping[str, float], live: dict[str, Incident], now: datetime) -> None:
    # A supplier's code for a product may be longer than what an incident keeps of it.
    values = {kind[:LONGEST_KIND]: value for kind, value in figure.items()}
    for kind, value in values.items():
        if kind not in live and term.is_beyond(value, rule.threshold) and (began := _begin(rule, kind, value, now)):
            live[kind] = began
    for kind, incident in live.items():
        seen = values.get(kind)
        if incident.state == _State.PENDING:
            _settle(term, rule, incident, seen, now)
        elif incident.state == _State.OPEN:
            _follow(term, rule, incident, seen, now)


def _begin(rule: AlertRule, kind: str, value: float, now: datetime) -> Incident | None:
    """The one incident of that kind that goes on, whoever made it; None where it has ended meanwhile."""
    fresh = Incident(rule=rule, kind=kind, value=_finite(value), worst=_finite(value), began_at=now)
    Incident.objects.bulk_create([fresh], ignore_conflicts=True)
    return Incident.objects.select_related("rule").filter(rule=rule, kind=kind, ended_at=None).first()


def _settle(term: Term, rule: AlertRule, incident: Incident, value: float | None, now: datetime) -> None:
    mine = Incident.objects.filter(pk=incident.pk, state=_State.PENDING)
    if value is None or not term.is_beyond(value, rule.threshold):
        mine.delete()
    elif incident.began_at + timedelta(seconds=rule.for_seconds) <= now:
        with transaction.atomic():
            if mine.update(state=_State.OPEN, opened_at=now, value=_finite(value), worst=_finite(value)):
                logger.warning("incident: %s %s, %s", term.name, incident.kind, value)
                notices.opened(incident, term)


def _follow(term: Term, rule: AlertRule, incident: Incident, value: float | None, now: datetime) -> None:
    mine = Incident.objects.filter(pk=incident.pk, state=_State.OPEN)
    if value is not None and not term.is_calm(value, rule.calm_at):
        worst = min(incident.worst, value) if term.is_low else max(incident.worst, value)
        mine.update(calm_since=None, value=_finite(value), worst=_finite(worst))
        return
    if incident.calm_since is None:
        mine.update(calm_since=now)
        incident.calm_since = now
    if incident.calm_since + timedelta(seconds=rule.calm_seconds) > now:
        return
    seen = {} if value is None else {"value": _finite(value)}
    still_calm = Q(calm_since__isnull=False)
    with transaction.atomic():
        if mine.filter(still_calm).update(state=_State.ENDED, ended_at=now, **seen):
            logger.info("incident over: %s %s", term.name, incident.kind)
            notices.ended(incident, now)


def _by_default(term: Term) -> AlertRule:
    return AlertRule(
        name=term.name,
        threshold=term.threshold,
        calm_at=term.calm_at,
        for_seconds=term.for_s,
        calm_seconds=_CALM_S,
        severity=term.severity,
        tells_customers=term.customers is not None,
    )


def _finite(value: float) -> float:
    # "never" is an infinite age; neither JSON nor people have that.
    return min(value, 10.0**9)


def _take() -> bool:
    """Whether it is this process' turn. Without Redis it is everybody's: steps are taken once all the same."""
    try:
        # Until shortly before the clock asks the next time.
        return bool(connection().set(_TAKEN, "1", nx=True, px=round(settings.ALERT_SECONDS * 660)))
    except redis.RedisError:
        return True


def _note() -> None:
    try:
        connection().set(_LOOKED, f"{time.time():.3f}")
    except redis.RedisError as problem:
        logger.warning("the look was not noted: %s", problem)


def _in_passing() -> None:
    try:
        logger.warning("nobody has looked after the alerts for %.0f s: a look in passing", OVERDUE_S)
        watch()
    except Exception:  # nobody waits for this thread: the next one to ask looks again
        logger.exception("the look in passing failed")
    finally:
        _passing.release()
        database.close()
