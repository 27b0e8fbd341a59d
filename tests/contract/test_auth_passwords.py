"""API §28, §29, §37: a forgotten password, a new one by mail, and changing it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import MailedToken, RefreshToken, Session, User
from tests.accounts.cast import PASSWORD, error_of, get, log_in, mails_to, member, post, token_in

pytestmark = pytest.mark.django_db
NEW = "NewSecureP@ssw0rd"


def reset(client: Client, token: str, password: str = NEW, confirmed: str = NEW) -> Any:
    body = {"token": token, "newPassword": password, "confirmPassword": confirmed}
    return post(client, "auth/reset-password", body)


def asked(client: Client, user: User) -> str:
    answer = post(client, "auth/forgot-password", {"email": user.email.upper()})
    assert answer.json() == {"data": {"message": "Password reset link has been sent to your email"}}
    return token_in(mails_to(user.email, "account_reset")[-1])


def test_forgot_says_the_same_to_everybody(client: Client) -> None:
    user = member()
    known = post(client, "auth/forgot-password", {"email": user.email})
    unknown = post(client, "auth/forgot-password", {"email": "nobody@example.com"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert [len(mails_to(email)) for email in (user.email, "nobody@example.com")] == [1, 0]
    error_of(post(client, "auth/forgot-password"), 422, "VALIDATION_ERROR")
    suspended = member(status="SUSPENDED")
    assert post(client, "auth/forgot-password", {"email": suspended.email}).content == known.content
    assert not mails_to(suspended.email)


def test_forgot_is_throttled(client: Client) -> None:
    for number in range(5):
        post(client, "auth/forgot-password", {"email": f"{number}@example.com"})
    error_of(post(client, "auth/forgot-password", {"email": "z@example.com"}), 429, "RATE_LIMIT_EXCEEDED")


def test_a_new_password_by_mail(client: Client) -> None:
    user = member()
    pair = log_in(client, user)
    token = asked(client, user)
    answer = reset(client, token)
    assert (answer.status_code, answer.json()) == (200, {"data": {"message": "Password has been reset successfully"}})
    # Whoever was signed in is not any more.
    error_of(get(client, "user/profile", pair["accessToken"]), 401, "UNAUTHORIZED")
    error_of(post(client, "auth/refresh-token", {"refreshToken": pair["refreshToken"]}), 401, "INVALID_TOKEN")
    old = post(client, "auth/login", {"email": user.email, "password": PASSWORD})
    error_of(old, 401, "INVALID_CREDENTIALS")
    assert log_in(client, user, NEW)
    error_of(reset(client, token), 400, "INVALID_TOKEN")
    assert mails_to(user.email, "account_password")


def test_a_new_password_ends_a_lockout(client: Client, settings: Any) -> None:
    settings.RATE_LIMITS = False
    user = member()
    for _ in range(11):
        answer = post(client, "auth/login", {"email": user.email, "password": "wrong"})
    error_of(answer, 429, "RATE_LIMIT_EXCEEDED")
    reset(client, asked(client, user))
    assert log_in(client, user, NEW)


def test_the_link_proves_the_address_as_well(client: Client) -> None:
    user = member(status="INACTIVE", email_verified_at=None)
    reset(client, asked(client, user))
    user.refresh_from_db()
    assert user.status == "ACTIVE" and user.email_verified_at


def test_links_that_set_nothing(client: Client) -> None:
    user = member()
    token = asked(client, user)
    error_of(reset(client, "reset_token_from_email"), 400, "INVALID_TOKEN")
    fields = error_of(reset(client, token, "short", "short"), 422, "VALIDATION_ERROR")["fields"]
    assert list(fields) == ["newPassword"]
    fields = error_of(reset(client, token, NEW, "other"), 422, "VALIDATION_ERROR")["fields"]
    assert list(fields) == ["confirmPassword"]
    MailedToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    error_of(reset(client, token), 400, "TOKEN_EXPIRED")
    MailedToken.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    User.objects.update(status="SUSPENDED")
    error_of(reset(client, token), 401, "ACCOUNT_SUSPENDED")
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_link_of_one_kind_is_none_of_the_other(client: Client) -> None:
    user = member(status="INACTIVE", email_verified_at=None)
    token = asked(client, user)
    body = {"email": user.email, "token": token}
    error_of(post(client, "auth/verify-email", body), 400, "INVALID_TOKEN")


def change(client: Client, token: str, current: str = PASSWORD, new: str = NEW, confirmed: str = NEW) -> Any:
    body = {"currentPassword": current, "newPassword": new, "confirmPassword": confirmed}
    return post(client, "user/change-password", body, token)


def test_the_example_of_section_37(client: Client) -> None:
    user = member()
    mine, other = log_in(client, user), log_in(client, user)
    link = asked(client, user)
    answer = change(client, mine["accessToken"])
    assert (answer.status_code, answer.json()) == (200, {"data": {"message": "Password changed successfully"}})
    # Every refresh token is invalid, the changing device's own too; other devices are out at once.
    for pair in (mine, other):
        error_of(post(client, "auth/refresh-token", {"refreshToken": pair["refreshToken"]}), 401, "INVALID_TOKEN")
    error_of(get(client, "user/profile", other["accessToken"]), 401, "UNAUTHORIZED")
    assert get(client, "user/profile", mine["accessToken"]).status_code == 200
    assert not RefreshToken.objects.filter(used_at=None, session__ended_at=None).exists()
    # A link that was asked for before is worth nothing now.
    error_of(reset(client, link, "Another-Passw0rd", "Another-Passw0rd"), 400, "INVALID_TOKEN")
    assert log_in(client, user, NEW)


def test_the_current_password_is_asked_for(client: Client) -> None:
    user = member()
    token = log_in(client, user)["accessToken"]
    answer = post(
        client,
        "user/change-password",
        {"currentPassword": "wrong", "newPassword": NEW, "confirmPassword": NEW},
        token,
    )
    error = error_of(answer, 400, "INVALID_PASSWORD")
    assert set(error) == {"code", "message", "details"}
    fields = error_of(change(client, token, confirmed="other"), 422, "VALIDATION_ERROR")["fields"]
    assert list(fields) == ["confirmPassword"]
    fields = error_of(change(client, token, new="password", confirmed="password"), 422, "VALIDATION_ERROR")["fields"]
    assert list(fields) == ["newPassword"]
    fields = error_of(post(client, "user/change-password", token=token), 422, "VALIDATION_ERROR")["fields"]
    assert set(fields) == {"currentPassword", "newPassword", "confirmPassword"}
    error_of(change(client, ""), 401, "UNAUTHORIZED")
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert Session.objects.get().ended_at is None


def test_the_current_password_is_not_guessed(client: Client, settings: Any) -> None:
    settings.RATE_LIMITS = False
    token = log_in(client, member())["accessToken"]
    for _ in range(5):
        error_of(change(client, token, "wrong"), 400, "INVALID_PASSWORD")
    error_of(change(client, token), 429, "RATE_LIMIT_EXCEEDED")


def test_messages_speak_the_caller_s_language(client: Client) -> None:
    token = log_in(client, member())["accessToken"]
    body = {"currentPassword": "wrong", "newPassword": NEW, "confirmPassword": NEW}
    answer = post(client, "user/change-password", body, token, **{"Accept-Language": "id"})
    assert error_of(answer, 400, "INVALID_PASSWORD")["message"] == "Password saat ini salah"
