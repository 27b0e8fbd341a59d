"""Signing in and out: password, then perhaps a code, then a session with tokens (apps) or with a cookie (browsers)."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth import BACKEND_SESSION_KEY, update_session_auth_hash
from django.contrib.auth import login as django_login
from django.contrib.auth import logout as django_logout
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django_otp import login as otp_login

from accounts import lockouts, mails, mfa, sessions, tokens
from accounts.models import Authenticator, FailedSignIn, Session, User
from core import regions
from core.errors import Refused

# Where the browser's session keeps which of the member's sessions it is.
SESSION_KEY = "accounts.session"
# And when its owner last showed a password or a code, in seconds since 1970.
_FRESH_KEY = "accounts.shown_at"
FRESH = timedelta(minutes=10)
_DIGITS = 6
_BACKEND = "accounts.backends.Guarded"


@dataclass(frozen=True, slots=True)
class MfaStep:
    """Who has shown the password still owes a code; `token` stands for that until `expires_at`."""

    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An app's sign-in: the member as they are now, the session, and its first tokens."""

    user: User
    session: Session
    pair: tokens.Pair


def wrong_credentials() -> Refused:
    return Refused(
        "INVALID_CREDENTIALS",
        _("E-mail or password is not right."),
        details=_("Nobody has an account with this e-mail address and password."),
    )


def check_credentials(email: str, password: str, device: sessions.Device | None = None) -> User:
    """The member with that address and password. Who the address belongs to, only the right password tells.
    A failed try at somebody's account is kept, with the `device` it came from.

    Raises INVALID_CREDENTIALS, EMAIL_NOT_VERIFIED, ACCOUNT_SUSPENDED (401), RATE_LIMIT_EXCEEDED.
    """
    email = email.strip().lower()
    lockouts.attempt(lockouts.LOGIN, email)
    user = User.objects.filter(email=email).select_related("primary_region").first()
    if user is None:
        make_password(password)  # as long as a comparison takes: time must not tell who has an account
        raise wrong_credentials()
    if not user.check_password(password):
        _failed(user, FailedSignIn.Why.PASSWORD, device)
        raise wrong_credentials()
    lockouts.forgive(lockouts.LOGIN, email)
    try:
        ensure_admissible(user)
    except Refused:
        _failed(user, FailedSignIn.Why.SHUT, device)
        raise
    return user


def _failed(user: User, why: FailedSignIn.Why, device: sessions.Device | None) -> None:
    label, address = (device.label[:80], device.address or None) if device else ("", None)
    FailedSignIn.objects.create(user=user, why=why, device=label, address=address)


def ensure_admissible(user: User) -> None:
    """Raises ACCOUNT_SUSPENDED or EMAIL_NOT_VERIFIED (401)."""
    if user.status == User.Status.SUSPENDED:
        raise tokens.suspended()
    if user.status == User.Status.INACTIVE:
        raise Refused(
            "EMAIL_NOT_VERIFIED",
            _("Please open the link in the mail we sent you first."),
            details=_("The e-mail address has not been verified yet."),
        )


def owed(user: User, region_code: str = "") -> MfaStep | None:
    """The step that is left where the member has a second factor; None where the password is enough.

    `region_code` is the region to sign in to, "" for the member's own.
    """
    if not mfa.is_active(user):
        return None
    return MfaStep(*tokens.mfa_token(user, region_code, timezone.now()))


def pay_code(token: str, code: str, device: sessions.Device | None = None) -> tuple[User, tokens.MfaClaim]:
    """The code that was owed is right and used up. The claim's session can be opened once. A wrong one is kept as a
    failed sign-in.

    Raises INVALID_TOKEN, INVALID_MFA_CODE, ACCOUNT_SUSPENDED (401), RATE_LIMIT_EXCEEDED.
    """
    claim = tokens.read_mfa(token)
    user = User.objects.select_related("primary_region").filter(public_id=claim.public_id).first()
    if user is None or tokens.password_mark(user) != claim.password_mark:
        raise tokens.invalid_token()
    if Session.objects.filter(pk=claim.session_id).exists():
        raise tokens.invalid_token(_("The sign-in took too long, or was finished before."))
    ensure_admissible(user)
    try:
        mfa.verify(user, code, status=401)
    except Refused as refusal:
        if refusal.code == "INVALID_MFA_CODE":
            _failed(user, FailedSignIn.Why.CODE, device)
        raise
    return user, claim


def open_app(
    user: User, device: sessions.Device, *, region_code: str = "", session_id: uuid.UUID | None = None
) -> SignedIn:
    """An app is signed in; the member's current region is `region_code`, by default the primary one.

    With `session_id` (of an MfaClaim) only once: raises INVALID_TOKEN (401) after that. Raises INVALID_CREDENTIALS
    where the password changed, and ACCOUNT_SUSPENDED where the account was closed, a moment ago.
    """
    is_new = sessions.is_new_device(user, device)
    with transaction.atomic():
        _admit(user, region_code)
        session, pair = sessions.open_api(user, device, session_id=session_id)
        if is_new:
            mails.new_sign_in(user, session)
    return SignedIn(user, session, pair)


def open_browser(
    request: HttpRequest, user: User, *, region_code: str = "", session_id: uuid.UUID | None = None
) -> Session:
    """The browser is signed in, with a fresh session cookie. With `session_id` (of an MfaClaim) it has shown the second
    factor. Raises as `open_app`."""
    device = sessions.device_of(request)
    is_new = sessions.is_new_device(user, device)
    with transaction.atomic():
        _admit(user, region_code)
        django_login(request, user, backend=_BACKEND)
        request.session.save()
        session = sessions.open_page(user, device, str(request.session.session_key), session_id=session_id)
        request.session[SESSION_KEY] = session.pk.hex
        refresh(request)
        if session_id is not None:
            keep_second_factor(request, user)
        if is_new:
            mails.new_sign_in(user, session)
    return session


def keep_second_factor(request: HttpRequest, user: User) -> None:
    """The browser's session counts as one whose owner has shown the second factor, for as long as there is one."""
    otp_login(request, Authenticator.objects.filter(user=user, confirmed=True).first())


def has_shown_second_factor(request: HttpRequest) -> bool:
    """Whether the second factor that the user has now was shown in this browser's session."""
    return getattr(request.user, "otp_device", None) is not None


def refresh(request: HttpRequest) -> None:
    """Somebody has just shown in this browser who they are, by password or code."""
    request.session[_FRESH_KEY] = int(time.time())


def confirm(request: HttpRequest, proof: str) -> None:
    """Whoever is signed in has shown once more who they are, by `proof`: six digits of the app, else the password.

    Raises INVALID_MFA_CODE, INVALID_PASSWORD, RATE_LIMIT_EXCEEDED.
    """
    assert isinstance(request.user, User)
    if len(proof) == _DIGITS and proof.isascii() and proof.isdigit():
        mfa.verify(request.user, proof)  # no password is that short
    else:
        mfa.check_password(request.user, proof)
    refresh(request)


def is_fresh(request: HttpRequest) -> bool:
    """Whether somebody has shown in this browser, within FRESH, who they are."""
    return bool(time.time() - request.session.get(_FRESH_KEY, 0) < FRESH.total_seconds())


def _admit(user: User, region_code: str) -> None:
    """Region and last sign-in are written, on the condition that password and status are still those that were
    checked: a password change at the same moment sees the session that follows, or forbids it."""
    region = regions.named(region_code) if region_code else (user.primary_region or regions.first())
    now = timezone.now()
    still = User.objects.filter(pk=user.pk, password=user.password, status=User.Status.ACTIVE)
    if not still.update(current_region=region, last_login=now, updated_at=now):
        user.refresh_from_db(fields=["status"])
        ensure_admissible(user)
        raise wrong_credentials()
    user.current_region, user.last_login, user.updated_at = region, now, now


def log_out(session: Session) -> None:
    """The session is over: its access and refresh tokens are worth nothing from now on."""
    sessions.end(session.user, session.pk, Session.End.LOGOUT)


def log_out_browser(request: HttpRequest) -> None:
    """The browser is signed out, its session over."""
    session_id = request.session.get(SESSION_KEY)
    if session_id and isinstance(request.user, User):
        sessions.end(request.user, session_id, Session.End.LOGOUT)
    django_logout(request)


def browser_session_id(request: HttpRequest) -> str:
    """Which of the member's sessions this browser's is; "" where it was opened elsewhere (the back office)."""
    return str(request.session.get(SESSION_KEY, ""))


def keep_browser(request: HttpRequest, user: User) -> None:
    """The browser in which the password was changed stays signed in; its cookie is a fresh one."""
    request.session.setdefault(BACKEND_SESSION_KEY, _BACKEND)
    update_session_auth_hash(request, user)
    session_id = browser_session_id(request)
    if session_id:
        request.session.save()
        Session.objects.filter(pk=session_id).update(cookie=str(request.session.session_key))
