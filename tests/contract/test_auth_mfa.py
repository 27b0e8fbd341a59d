"""API §27, §30 to §32: the second factor is set up, asked for at sign-in and turned off; every code counts once."""

from __future__ import annotations

from base64 import b32encode
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticToken

from accounts import mfa
from accounts.models import Authenticator, Session, User
from tests.accounts.cast import (
    PASSWORD,
    code_of,
    error_of,
    get,
    log_in,
    mails_to,
    member,
    post,
    token_in,
    with_second_factor,
)

pytestmark = pytest.mark.django_db


def begun(client: Client, user: User) -> dict[str, Any]:
    """The first half of a sign-in."""
    answer = post(client, "auth/login", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200
    return answer.json()["data"]


def pay(client: Client, token: str, code: str) -> Any:
    return post(client, "auth/verify-mfa", {"mfaToken": token, "code": code})


def test_setting_up_as_in_the_examples(client: Client) -> None:
    user = member("john.doe@example.com")
    token = log_in(client, user)["accessToken"]
    answer = post(client, "auth/mfa/enable", token=token)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    data = answer.json()["data"]
    assert list(data) == ["step", "qrCode", "qrCodeImage", "secret", "backupCodes"]
    assert data["step"] == "SETUP"
    uri = urlsplit(data["qrCode"])
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Gerbang:john.doe@example.com")
    assert parse_qs(uri.query) == {"secret": [data["secret"]], "issuer": ["Gerbang"]}
    assert len(data["backupCodes"]) >= 5
    assert all(len(code) == 8 and code.isalnum() for code in data["backupCodes"])
    # Nothing is on until the app has shown that it works.
    assert get(client, "user/profile", token).json()["data"]["mfaStatus"] == "INACTIVE"
    assert begun(client, user)["step"] == "SUCCESS"
    error_of(post(client, "auth/mfa/verify-setup", {"code": "000000"}, token), 400, "INVALID_MFA_CODE")
    answer = post(client, "auth/mfa/verify-setup", {"code": code_of(user)}, token)
    assert (answer.status_code, answer.json()) == (
        200,
        {"data": {"step": "SUCCESS", "message": "MFA has been enabled successfully", "mfaStatus": "ACTIVE"}},
    )
    assert get(client, "user/profile", token).json()["data"]["mfaStatus"] == "ACTIVE"
    error_of(post(client, "auth/mfa/enable", token=token), 422, "VALIDATION_ERROR")
    # Its secret is kept sealed, back-up codes as hashes.
    device = Authenticator.objects.get()
    assert b32encode(device.bin_key).decode() == data["secret"]
    assert device.bin_key.hex() not in device.sealed_key and data["secret"] not in device.sealed_key
    assert not StaticToken.objects.filter(token__in=data["backupCodes"]).exists()


def test_the_picture_stands_for_the_secret_without_naming_it(client: Client) -> None:
    token = log_in(client, member())["accessToken"]
    data = post(client, "auth/mfa/enable", token=token).json()["data"]
    address = urlsplit(data["qrCodeImage"])
    assert address.path == "/v2/qr/generate"
    assert data["secret"] not in data["qrCodeImage"]
    drawn = client.get(f"{address.path}?{address.query}")
    assert (drawn.status_code, drawn["Content-Type"], drawn["Cache-Control"]) == (200, "image/png", "no-store")
    error_of(client.get(f"{address.path}?{address.query}x"), 400, "INVALID_TOKEN")
    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        error_of(client.get(f"{address.path}?{address.query}"), 400, "INVALID_TOKEN")
    user = User.objects.get()
    post(client, "auth/mfa/verify-setup", {"code": code_of(user)}, token)
    error_of(client.get(f"{address.path}?{address.query}"), 400, "INVALID_TOKEN")


def test_a_second_set_up_replaces_the_first(client: Client) -> None:
    user = member()
    token = log_in(client, user)["accessToken"]
    post(client, "auth/mfa/enable", token=token)
    first = code_of(user)
    post(client, "auth/mfa/enable", token=token)
    assert Authenticator.objects.count() == 1
    if first != code_of(user):
        error_of(post(client, "auth/mfa/verify-setup", {"code": first}, token), 400, "INVALID_MFA_CODE")
    assert post(client, "auth/mfa/verify-setup", {"code": code_of(user)}, token).status_code == 200


def test_nothing_to_confirm(client: Client) -> None:
    token = log_in(client, member())["accessToken"]
    error = error_of(post(client, "auth/mfa/verify-setup", {"code": "123456"}, token), 422, "VALIDATION_ERROR")
    assert list(error["fields"]) == ["code"]
    for path in ("enable", "verify-setup", "disable"):
        error_of(post(client, f"auth/mfa/{path}", {"code": "123456", "password": "x"}), 401, "UNAUTHORIZED")


def test_signing_in_with_a_code(client: Client) -> None:
    user = member()
    with_second_factor(user)
    data = begun(client, user)
    assert list(data) == ["step", "mfaToken", "expiresAt"]
    assert data["step"] == "MFA_VERIFICATION"
    assert data["expiresAt"].endswith("+07:00")
    assert not Session.objects.exists()
    # It opens nothing by itself.
    answer = get(client, "user/profile", data["mfaToken"])
    error_of(answer, 401, "MFA_REQUIRED")
    error_of(post(client, "auth/refresh-token", {"refreshToken": data["mfaToken"]}), 401, "INVALID_TOKEN")
    error_of(pay(client, data["mfaToken"], "000000"), 401, "INVALID_MFA_CODE")
    answer = pay(client, data["mfaToken"], code_of(user))
    assert answer.status_code == 200
    done = answer.json()["data"]
    assert list(done) == ["step", "token", "user"]
    assert (done["step"], done["user"]["mfaStatus"]) == ("SUCCESS", "ACTIVE")
    assert done["user"]["lastLoginAt"]
    assert get(client, "user/profile", done["token"]["accessToken"]).status_code == 200


def test_the_region_waits_for_the_code(client: Client) -> None:
    user = member()
    member(region="MY")
    with_second_factor(user)
    answer = post(client, "auth/login?region=MY", {"email": user.email, "password": PASSWORD}).json()["data"]
    assert pay(client, answer["mfaToken"], code_of(user)).json()["data"]["user"]["currentRegion"] == "MY"


def test_a_code_counts_once(client: Client) -> None:
    user = member()
    with_second_factor(user)
    first, second, third = (begun(client, user)["mfaToken"] for _ in range(3))
    code = code_of(user)
    assert pay(client, first, code).status_code == 200
    error_of(pay(client, second, code), 401, "INVALID_MFA_CODE")
    # Nor does an older one, once a newer has been seen.
    assert pay(client, second, code_of(user, 1)).status_code == 200
    error_of(pay(client, third, code_of(user)), 401, "INVALID_MFA_CODE")


def test_a_sign_in_is_finished_once(client: Client) -> None:
    user = member()
    with_second_factor(user)
    token = begun(client, user)["mfaToken"]
    assert pay(client, token, code_of(user)).status_code == 200
    error_of(pay(client, token, code_of(user, 1)), 401, "INVALID_TOKEN")
    assert Session.objects.count() == 1


def test_back_up_codes_count_once_each(client: Client) -> None:
    user = member()
    codes = with_second_factor(user)
    for code in codes[:2]:
        assert pay(client, begun(client, user)["mfaToken"], f"{code[:4].lower()} {code[4:]}").status_code == 200
        error_of(pay(client, begun(client, user)["mfaToken"], code), 401, "INVALID_MFA_CODE")
    assert StaticToken.objects.count() == len(codes) - 2


def test_another_member_s_back_up_code(client: Client) -> None:
    user, other = member(), member()
    with_second_factor(user)
    codes = with_second_factor(other)
    error_of(pay(client, begun(client, user)["mfaToken"], codes[0]), 401, "INVALID_MFA_CODE")


def test_codes_are_not_guessed(client: Client, settings: Any) -> None:
    settings.RATE_LIMITS = False
    user = member()
    with_second_factor(user)
    for _ in range(5):
        error_of(pay(client, begun(client, user)["mfaToken"], "000000"), 401, "INVALID_MFA_CODE")
    answer = pay(client, begun(client, user)["mfaToken"], code_of(user))
    error_of(answer, 429, "RATE_LIMIT_EXCEEDED")
    assert int(answer["Retry-After"]) > 600


def test_tokens_that_stand_for_no_sign_in(client: Client) -> None:
    user = member()
    pair = log_in(client, user)
    with_second_factor(user)
    for token in ("x", pair["accessToken"], pair["refreshToken"]):
        error_of(pay(client, token, code_of(user)), 401, "INVALID_TOKEN")
    assert set(error_of(post(client, "auth/verify-mfa"), 422, "VALIDATION_ERROR")["fields"]) == {"mfaToken", "code"}
    token = begun(client, user)["mfaToken"]
    with time_machine.travel(timezone.now() + timedelta(seconds=301)):
        error_of(pay(client, token, code_of(user)), 401, "INVALID_TOKEN")
    # With the password the token was given for, it is gone.
    token = begun(client, user)["mfaToken"]
    post(client, "auth/forgot-password", {"email": user.email})
    link = token_in(mails_to(user.email, "account_reset")[0])
    body = {"token": link, "newPassword": "NewSecureP@ssw0rd", "confirmPassword": "NewSecureP@ssw0rd"}
    assert post(client, "auth/reset-password", body).status_code == 200
    error_of(pay(client, token, code_of(user)), 401, "INVALID_TOKEN")


def test_suspended_between_password_and_code(client: Client) -> None:
    user = member()
    with_second_factor(user)
    token = begun(client, user)["mfaToken"]
    User.objects.update(status="SUSPENDED")
    error_of(pay(client, token, code_of(user)), 401, "ACCOUNT_SUSPENDED")


def test_turning_it_off(client: Client) -> None:
    user = member()
    token = log_in(client, user)["accessToken"]
    off = "auth/mfa/disable"
    error_of(post(client, off, {"code": "123456", "password": PASSWORD}, token), 422, "VALIDATION_ERROR")
    with_second_factor(user)
    error_of(post(client, off, {"code": code_of(user), "password": "wrong"}, token), 400, "INVALID_PASSWORD")
    error_of(post(client, off, {"code": "000000", "password": PASSWORD}, token), 400, "INVALID_MFA_CODE")
    assert set(error_of(post(client, off, {}, token), 422, "VALIDATION_ERROR")["fields"]) == {"code", "password"}
    assert Authenticator.objects.filter(confirmed=True).exists()
    answer = post(client, off, {"code": code_of(user), "password": PASSWORD}, token)
    assert (answer.status_code, answer.json()) == (
        200,
        {"data": {"message": "MFA has been disabled", "mfaStatus": "INACTIVE"}},
    )
    assert not Authenticator.objects.exists() and not StaticToken.objects.exists()
    assert begun(client, user)["step"] == "SUCCESS"


def test_a_new_key_takes_over_and_the_old_one_may_go(settings: Any) -> None:
    user = member()
    with_second_factor(user)
    before = Authenticator.objects.get().bin_key
    fresh, old = Fernet.generate_key().decode(), settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [fresh, *old]
    call_command("reseal_authenticators")
    settings.ENCRYPTION_KEYS = [fresh]
    assert Authenticator.objects.get().bin_key == before
    mfa.verify(user, code_of(user))
