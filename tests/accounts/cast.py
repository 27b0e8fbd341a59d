"""Members, their tokens and codes, for tests of every door."""

from __future__ import annotations

import itertools
import re
import time
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP

from accounts import mfa
from accounts.models import Authenticator, User
from core.mail import compose
from core.models import MailMessage
from tests.storefront import factories

PASSWORD = "SecureP@ssw0rd"
_numbers = itertools.count(1)

FORM = {
    "firstName": "John",
    "lastName": "Doe",
    "email": "john.doe@example.com",
    "phoneNumber": "+628123456789",
    "password": PASSWORD,
    "confirmPassword": PASSWORD,
}


def member(email: str = "", *, region: str = "ID", **fields: Any) -> User:
    """An ACTIVE member with PASSWORD."""
    home = factories.region(region)
    given = {
        "first_name": "John",
        "last_name": "Doe",
        "primary_region": home,
        "current_region": home,
        "email_verified_at": timezone.now(),
    } | fields
    return User.objects.create_user(email or f"member{next(_numbers)}@example.com", PASSWORD, **given)


def post(client: Client, path: str, body: Any = None, token: str = "", **headers: str) -> Any:
    given = {"Accept-Language": "en"} | ({"Authorization": f"Bearer {token}"} if token else {}) | headers
    return client.post(f"/v2/{path}", body or {}, content_type="application/json", headers=given)


def get(client: Client, path: str, token: str = "", **headers: str) -> Any:
    given = {"Accept-Language": "en"} | ({"Authorization": f"Bearer {token}"} if token else {}) | headers
    return client.get(f"/v2/{path}", headers=given)


def log_in(client: Client, user: User, password: str = PASSWORD, **headers: str) -> dict[str, Any]:
    """The `token` object of a sign-in."""
    answer = post(client, "auth/login", {"email": user.email, "password": password}, **headers)
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]["token"]


def error_of(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    error = answer.json()["error"]
    assert error["code"] == code, error
    assert error["message"]
    return error


def mails_to(email: str, template: str = "") -> list[MailMessage]:
    rows = MailMessage.objects.filter(to=email).order_by("id")
    return list(rows.filter(template=template) if template else rows)


def written(mail: MailMessage) -> EmailMultiAlternatives:
    return compose(mail)


def token_in(mail: MailMessage) -> str:
    """The `token` of the link in the mail, as whoever reads it would click it; the same in text and HTML."""
    message = written(mail)
    texts = [str(message.body), str(message.alternatives[0][0])]
    found = {re.search(r"[?&](?:amp;)?token=([\w-]+)", text)[1] for text in texts}
    assert len(found) == 1
    return found.pop()


def with_second_factor(user: User) -> list[str]:
    """The user's second factor is on; returns the back-up codes. No code of now has been used."""
    setup = mfa.enable(user)
    mfa.confirm_setup(user, code_of(user))
    Authenticator.objects.filter(user=user).update(last_t=-1, drift=0)
    return setup.backup_codes


def code_of(user: User, steps: int = 0) -> str:
    """What the authenticator app shows, `steps` times half a minute from now."""
    device = Authenticator.objects.get(user=user)
    totp = TOTP(device.bin_key)
    totp.time = time.time() + 30 * steps
    return f"{totp.token():06d}"
