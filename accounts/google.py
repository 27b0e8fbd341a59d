"""Google's word on who somebody is: id tokens checked against its published keys, and the two steps of the page login.

The keys are read from GOOGLE_CERTS_URL and kept for as long as Google says; a key that is not among them makes us look
again, at most every few seconds. No transaction is open while Google is asked.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

import jwt
import requests
from django.conf import settings
from django.utils.translation import gettext as _

from core.errors import Refused

logger = logging.getLogger(__name__)
ISSUERS = ("https://accounts.google.com", "accounts.google.com")
_TIMEOUT_S = (3.05, 10)
_LOOK_AGAIN_S = 5.0
_LONGEST = 8192
_LEEWAY_S = 10


@dataclass(frozen=True, slots=True)
class Person:
    """Who Google says it is. `subject` never changes; the address is verified."""

    subject: str
    email: str
    first_name: str
    last_name: str
    picture: str


@dataclass(slots=True)
class _Keys:
    by_id: dict[str, jwt.PyJWK]
    good_until: float
    asked_at: float


_kept = _Keys({}, 0.0, 0.0)


def read_id_token(token: str, *, nonce: str = "") -> Person:
    """Who the id token is about, once signature, issuer, audience, expiry and (on pages) nonce hold.

    Raises INVALID_TOKEN (400), EMAIL_NOT_VERIFIED (401), CHECK_UNAVAILABLE when Google's keys cannot be read.
    """
    claims = _verified(token)
    if nonce and claims.get("nonce") != nonce:
        raise _invalid("nonce")
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not 0 < len(subject) <= 64 or not isinstance(email, str) or "@" not in email:
        raise _invalid("sub, email")
    # Google sends a boolean, older documents show a string.
    if claims.get("email_verified") not in (True, "true"):
        raise Refused(
            "EMAIL_NOT_VERIFIED",
            _("Google has not verified this address. Please register with it here."),
            details="email_verified",
        )
    return Person(
        subject=subject,
        email=email.strip().lower()[:254],
        first_name=_name(claims.get("given_name") or claims.get("name") or email.partition("@")[0]),
        last_name=_name(claims.get("family_name")),
        picture=_picture(claims.get("picture")),
    )


def _verified(token: str) -> dict[str, Any]:
    if len(token) > _LONGEST:
        raise _invalid("size")
    try:
        key_id = jwt.get_unverified_header(token).get("kid", "")
    except (jwt.InvalidTokenError, ValueError) as problem:
        raise _invalid("format") from problem
    key = _key(str(key_id))
    if key is None:
        raise _invalid("kid")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            audience=settings.GOOGLE_CLIENT_ID,
            issuer=ISSUERS,
            leeway=_LEEWAY_S,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except (jwt.InvalidTokenError, ValueError) as problem:
        raise _invalid(type(problem).__name__) from problem
    return claims


def _invalid(what: str) -> Refused:
    return Refused(
        "INVALID_TOKEN", _("Google's confirmation is not valid. Please sign in with Google again."), details=what
    )


def _key(key_id: str) -> jwt.PyJWK | None:
    now = time.monotonic()
    if now >= _kept.good_until or (key_id not in _kept.by_id and now - _kept.asked_at >= _LOOK_AGAIN_S):
        _read_keys(now)
    return _kept.by_id.get(key_id)


def _read_keys(now: float) -> None:
    global _kept
    try:
        answer = requests.get(settings.GOOGLE_CERTS_URL, timeout=_TIMEOUT_S)
        answer.raise_for_status()
        keys = {
            str(one["kid"]): jwt.PyJWK.from_dict(one, algorithm="RS256")
            for one in answer.json()["keys"]
            if one.get("kty") == "RSA" and one.get("kid")
        }
    except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError) as problem:
        logger.warning("Google's keys could not be read: %s", type(problem).__name__)
        if now < _kept.good_until:
            return
        raise Refused(
            "CHECK_UNAVAILABLE", _("Google does not answer right now. Please try again, or sign in with your password.")
        ) from problem
    told = re.search(r"max-age=(\d{1,6})", answer.headers.get("Cache-Control", ""))
    _kept = _Keys(keys, now + (int(told[1]) if told else 300), now)


def _name(given: Any) -> str:
    name = " ".join(str(given or "").split())
    return "".join(letter for letter in name if letter.isprintable() and letter not in "<>{}[]")[:60]


def _picture(given: Any) -> str:
    return given if isinstance(given, str) and given.startswith("https://") and len(given) <= 500 else ""


# --- The page login: OAuth's authorization code with PKCE ---


@dataclass(frozen=True, slots=True)
class Errand:
    """What the browser keeps while it is at Google's: the values that must fit when it comes back."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def fresh(cls) -> Errand:
        return cls(*(secrets.token_urlsafe(size) for size in (24, 24, 48)))


def authorize_url(errand: Errand, redirect_uri: str, *, language: str) -> str:
    """Google's page on which a person agrees; it sends the browser back to `redirect_uri` with a code."""
    challenge = urlsafe_b64encode(sha256(errand.verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": settings.GOOGLE_CLIENT_ID,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": "openid email profile",
        "state": errand.state,
        "nonce": errand.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "prompt": "select_account",
        "hl": language,
    }
    return f"{settings.GOOGLE_AUTHORIZE_URL}?{urlencode(asked)}"


def exchange(code: str, errand: Errand, redirect_uri: str) -> Person:
    """Who agreed, for the code that Google sent along. Raises INVALID_TOKEN, EMAIL_NOT_VERIFIED, CHECK_UNAVAILABLE."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": settings.GOOGLE_CLIENT_ID,
        "redirect_uri": redirect_uri,
        "code_verifier": errand.verifier,
    }
    if settings.GOOGLE_CLIENT_SECRET:
        form["client_secret"] = settings.GOOGLE_CLIENT_SECRET
    try:
        answer = requests.post(settings.GOOGLE_TOKEN_URL, data=form, timeout=_TIMEOUT_S)
        given = answer.json() if answer.status_code < 500 else None
    except (requests.RequestException, ValueError) as problem:
        logger.warning("Google's token address did not answer: %s", type(problem).__name__)
        given = None
    if given is None:
        raise Refused(
            "CHECK_UNAVAILABLE", _("Google does not answer right now. Please try again, or sign in with your password.")
        )
    if not isinstance(given, dict) or not isinstance(given.get("id_token"), str):
        raise _invalid("code")
    return read_id_token(given["id_token"], nonce=errand.nonce)
