"""How long sign-ins are remembered: no longer than they are good for, or than their owner may want to look at them."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.sessions.models import Session as Cookie
from django.utils import timezone

from accounts import sessions, tokens
from accounts.models import FailedSignIn, Lockout, MailedToken, RefreshToken, Session

# A new device is told from an old one by the sessions of this time.
REMEMBERED = timedelta(days=180)


def tidy() -> int:
    """Expired tokens, counts, cookies and long ended sessions are gone; how many rows. Used refresh tokens stay until
    they would have expired: only so is a stolen one noticed."""
    now = timezone.now()
    gone = RefreshToken.objects.filter(expires_at__lt=now).delete()[0]
    gone += MailedToken.objects.filter(expires_at__lt=now - timedelta(days=7)).delete()[0]
    gone += Lockout.objects.filter(until__lt=now).delete()[0]
    gone += Cookie.objects.filter(expire_date__lt=now).delete()[0]
    longest = max(REMEMBERED, tokens.REFRESH, sessions.COOKIE_LIFE)
    gone += FailedSignIn.objects.filter(at__lt=now - REMEMBERED).delete()[0]
    return gone + Session.objects.filter(seen_at__lt=now - longest).delete()[0]
