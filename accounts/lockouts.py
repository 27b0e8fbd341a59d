"""Business limits on tries at a secret, counted in PostgreSQL: they hold for many at once, without Redis and with
RATE_LIMITS off.

A try is counted before the secret is compared, in one statement, so that any number of guesses at once gets no more
than the rule allows. Whoever was right is forgiven (`forgive`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Lockout
from core.errors import Refused
from core.web.client import digest


@dataclass(frozen=True, slots=True)
class Rule:
    """`most` tries within `span` of the first; then none until the span is over."""

    name: str
    most: int
    span: timedelta


LOGIN = Rule("login", 10, timedelta(minutes=15))
PASSWORD = Rule("password", 5, timedelta(minutes=15))
CODE = Rule("code", 5, timedelta(minutes=15))
MAILS = Rule("mails", 5, timedelta(hours=1))

_COUNT = """
INSERT INTO accounts_lockout AS kept (key, tries, until) VALUES (%s, 1, %s)
ON CONFLICT (key) DO UPDATE SET
    tries = CASE WHEN kept.until <= %s THEN 1 ELSE kept.tries + 1 END,
    until = CASE WHEN kept.until <= %s THEN excluded.until ELSE kept.until END
RETURNING tries, until
"""


def take(rule: Rule, whom: str) -> bool:
    """One more try of `rule` is counted for `whom`; False if there was none left. Not inside a transaction that may
    roll back: the count would be forgotten with it."""
    return _counted(rule, whom)[0] <= rule.most


def attempt(rule: Rule, whom: str) -> None:
    """As `take`; raises RATE_LIMIT_EXCEEDED with Retry-After where no try is left."""
    tries, wait_s = _counted(rule, whom)
    if tries > rule.most:
        raise Refused(
            "RATE_LIMIT_EXCEEDED",
            _("That was tried too often. Please wait a while and try again."),
            headers={"Retry-After": str(wait_s)},
        )


def forgive(rule: Rule, whom: str) -> None:
    """The next try is the first one again."""
    Lockout.objects.filter(key=_key(rule, whom)).delete()


def _counted(rule: Rule, whom: str) -> tuple[int, int]:
    """(tries so far with this one, seconds until the count begins anew)."""
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [_key(rule, whom), now + rule.span, now, now])
        tries, until = cursor.fetchone()
    return tries, max(1, round((until - now).total_seconds()))


def _key(rule: Rule, whom: str) -> str:
    # Hashed: addresses that nobody here has must not pile up in a table.
    return f"{rule.name}:{digest('lockout', whom)}"
