"""API §21, §23, §24: registering, proving the address, asking for another link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import MailedToken, User
from core.models import MailMessage
from storefront.orders.models import Order
from tests.accounts.cast import FORM, PASSWORD, error_of, get, mails_to, member, post, token_in, written
from tests.storefront import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _regions(db: None) -> None:
    for code in ("ID", "MY", "PH", "SG", "TH"):
        factories.region(code)


def register(client: Client, query: str = "", **changed: Any) -> Any:
    return post(client, f"auth/register{query}", FORM | changed)


def test_the_example(client: Client) -> None:
    answer = register(client)
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert list(data) == ["step", "user"]
    assert data["step"] == "EMAIL_VERIFICATION"
    user = data["user"]
    assert list(user) == [
        "id", "firstName", "lastName", "email", "phoneNumber", "profilePicture", "status", "primaryRegion",
        "currentRegion", "currency", "balance", "membership", "mfaStatus", "createdAt",
    ]  # fmt: skip
    assert user["id"].startswith("usr_") and len(user["id"]) == 16
    int(user["id"][4:], 16)
    assert user["createdAt"].endswith("+07:00")
    del user["id"], user["createdAt"]
    assert user == {
        "firstName": "John",
        "lastName": "Doe",
        "email": "john.doe@example.com",
        "phoneNumber": "+628123456789",
        "profilePicture": None,
        "status": "INACTIVE",
        "primaryRegion": "ID",
        "currentRegion": "ID",
        "currency": "IDR",
        "balance": {"IDR": 0, "MYR": 0, "PHP": 0, "SGD": 0, "THB": 0},
        "membership": {"level": "CLASSIC", "name": "Classic"},
        "mfaStatus": "INACTIVE",
    }
    row = User.objects.get()
    assert row.check_password(PASSWORD) and PASSWORD not in row.password


def test_the_region_is_the_home_for_good(client: Client) -> None:
    user = register(client, "?region=MY", phoneNumber="012-345 6789").json()["data"]["user"]
    assert (user["primaryRegion"], user["currentRegion"], user["currency"]) == ("MY", "MY", "MYR")
    assert user["phoneNumber"] == "+60123456789"
    error_of(register(client, "?region=XX", email="other@example.com"), 400, "INVALID_REGION")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"firstName": " "}, "firstName"),
        ({"firstName": "x" * 61}, "firstName"),
        ({"firstName": "win at http://evil.example"}, "firstName"),
        ({"email": "john.doe"}, "email"),
        ({"email": 7}, "email"),
        ({"phoneNumber": "12345"}, "phoneNumber"),
        ({"password": "short", "confirmPassword": "short"}, "password"),
        ({"password": "password123", "confirmPassword": "password123"}, "password"),
        ({"password": "john.doe@example.com", "confirmPassword": "john.doe@example.com"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"confirmPassword": PASSWORD + " "}, "confirmPassword"),
    ],
)
def test_what_cannot_be_registered(client: Client, changed: dict[str, Any], field: str) -> None:
    error = error_of(register(client, **changed), 422, "VALIDATION_ERROR")
    assert list(error["fields"]) == [field]
    assert not User.objects.exists() and not MailMessage.objects.exists()


def test_everything_missing_is_named_at_once(client: Client) -> None:
    error = error_of(post(client, "auth/register", {}), 422, "VALIDATION_ERROR")
    assert set(error["fields"]) == {"firstName", "email", "password", "confirmPassword"}


def test_last_name_and_phone_may_be_left_out(client: Client) -> None:
    form = {name: value for name, value in FORM.items() if name not in ("lastName", "phoneNumber")}
    user = post(client, "auth/register", form).json()["data"]["user"]
    assert (user["lastName"], user["phoneNumber"]) == ("", None)


def test_an_address_or_phone_that_is_known(client: Client) -> None:
    member("john.doe@example.com", phone="+628123456789")
    error = error_of(register(client, email="John.Doe@Example.com"), 422, "VALIDATION_ERROR")
    assert set(error["fields"]) == {"email", "phoneNumber"}
    assert User.objects.count() == 1
    # However the same number is written.
    error = error_of(register(client, email="b@example.com", phoneNumber="0812 345 6789"), 422, "VALIDATION_ERROR")
    assert list(error["fields"]) == ["phoneNumber"]


def test_registering_is_throttled(client: Client) -> None:
    member("john.doe@example.com")
    for _ in range(10):
        error_of(register(client), 422, "VALIDATION_ERROR")
    answer = register(client)
    error_of(answer, 429, "RATE_LIMIT_EXCEEDED")
    assert int(answer["Retry-After"]) >= 1


def test_the_link_in_the_mail_proves_the_address_and_signs_in(client: Client) -> None:
    register(client)
    [mail] = mails_to("john.doe@example.com")
    token = token_in(mail)
    # Neither the outbox nor the table gives the token away.
    assert token not in str(mail.context)
    assert not MailedToken.objects.filter(hash=token).exists()
    assert "/en-id/account/verify?email=john.doe%40example.com&token=" in str(written(mail).body)
    answer = post(client, "auth/verify-email", {"email": "john.doe@example.com", "token": token})
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert list(data) == ["step", "token", "user"]
    assert data["step"] == "SUCCESS"
    assert list(data["token"]) == ["accessToken", "refreshToken", "expiresIn", "tokenType"]
    assert (data["token"]["expiresIn"], data["token"]["tokenType"]) == (3600, "Bearer")
    row = User.objects.get()
    assert data["user"] == {
        "id": row.public_id,
        "status": "ACTIVE",
        "emailVerifiedAt": data["user"]["emailVerifiedAt"],
    }
    assert data["user"]["emailVerifiedAt"].endswith("+07:00")
    assert get(client, "user/profile", data["token"]["accessToken"]).json()["data"]["status"] == "ACTIVE"
    # Once.
    error_of(post(client, "auth/verify-email", {"email": row.email, "token": token}), 400, "INVALID_TOKEN")


def test_links_that_prove_nothing(client: Client) -> None:
    register(client)
    [mail] = mails_to("john.doe@example.com")
    token = token_in(mail)
    verify = "auth/verify-email"
    error_of(post(client, verify, {"email": "john.doe@example.com", "token": "abc123xyz"}), 400, "INVALID_TOKEN")
    error_of(post(client, verify, {"email": "other@example.com", "token": token}), 400, "INVALID_TOKEN")
    error = error_of(post(client, verify, {}), 422, "VALIDATION_ERROR")
    assert set(error["fields"]) == {"email", "token"}
    MailedToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    error_of(post(client, verify, {"email": "john.doe@example.com", "token": token}), 400, "TOKEN_EXPIRED")
    MailedToken.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    User.objects.update(status=User.Status.SUSPENDED)
    error_of(post(client, verify, {"email": "john.doe@example.com", "token": token}), 401, "ACCOUNT_SUSPENDED")
    assert User.objects.get().email_verified_at is None


def test_a_guest_s_orders_come_along_with_the_proven_address(client: Client) -> None:
    mine = factories.order(email="John.Doe@example.com")
    other = factories.order(email="jane.doe@example.com")
    register(client)
    mine.refresh_from_db()
    assert mine.user_id is None
    token = token_in(mails_to("john.doe@example.com")[0])
    post(client, "auth/verify-email", {"email": "john.doe@example.com", "token": token})
    assert Order.objects.get(pk=mine.pk).user_id == User.objects.get().pk
    assert Order.objects.get(pk=other.pk).user_id is None


def test_another_link(client: Client) -> None:
    register(client)
    known = post(client, "auth/resend-verification", {"email": "John.Doe@example.com"})
    assert known.status_code == 200
    assert known.json() == {"data": {"message": "Verification email has been sent"}}
    unknown = post(client, "auth/resend-verification", {"email": "nobody@example.com"})
    assert (unknown.status_code, unknown.json()) == (200, known.json())
    first, second = (token_in(mail) for mail in mails_to("john.doe@example.com"))
    assert first != second
    assert not mails_to("nobody@example.com")
    # Mails arrive in any order: either link works, and takes the other with it.
    body = {"email": "john.doe@example.com", "token": first}
    assert post(client, "auth/verify-email", body).status_code == 200
    error_of(post(client, "auth/verify-email", body | {"token": second}), 400, "INVALID_TOKEN")
    # Nothing more to prove, and nobody is told so.
    assert post(client, "auth/resend-verification", {"email": "john.doe@example.com"}).json() == known.json()
    assert len(mails_to("john.doe@example.com", "account_verify")) == 2


def test_nobody_s_mailbox_is_filled(client: Client, settings: Any) -> None:
    register(client)
    settings.RATE_LIMITS = False
    answers = {post(client, "auth/resend-verification", {"email": "john.doe@example.com"}).content for _ in range(9)}
    assert len(answers) == 1
    assert len(mails_to("john.doe@example.com")) == 6


def test_asking_for_links_is_throttled(client: Client) -> None:
    for _ in range(5):
        assert post(client, "auth/resend-verification", {"email": "a@example.com"}).status_code == 200
    error_of(post(client, "auth/resend-verification", {"email": "a@example.com"}), 429, "RATE_LIMIT_EXCEEDED")
