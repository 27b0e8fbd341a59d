"""API §25, §33, §34: signing in, fresh tokens, signing out; and what a bearer is worth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts import tokens
from accounts.models import Lockout, RefreshToken, Session, User
from core.money import Money
from payments.wallet import services as wallet
from payments.wallet.models import Account
from tests.accounts.cast import PASSWORD, error_of, get, log_in, mails_to, member, post
from tests.storefront import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _regions(db: None) -> None:
    for code in ("ID", "MY", "PH", "SG", "TH"):
        factories.region(code)


def login(client: Client, user: User, query: str = "", password: str = PASSWORD) -> Any:
    return post(client, f"auth/login{query}", {"email": user.email, "password": password})


def test_the_example(client: Client) -> None:
    user = member("john.doe@example.com", phone="+628123456789", level="PRESTIGE", picture="profiles/user123.jpg")
    for currency, minor in (("IDR", 150000), ("MYR", 50050)):
        pocket = wallet.wallet(user, currency)
        house = wallet.house(Account.Kind.CLEARING, currency, "test")
        wallet.transfer(f"test:{currency}", house, pocket, Money(minor, currency), "deposit")
    answer = login(client, user)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    data = answer.json()["data"]
    assert list(data) == ["step", "token", "user"]
    assert list(data["token"]) == ["accessToken", "refreshToken", "expiresIn", "tokenType"]
    shown = data["user"]
    assert list(shown) == [
        "id", "firstName", "lastName", "email", "phoneNumber", "profilePicture", "status", "primaryRegion",
        "currentRegion", "currency", "balance", "membership", "mfaStatus", "createdAt", "lastLoginAt",
    ]  # fmt: skip
    assert shown["profilePicture"].startswith("http") and shown["profilePicture"].endswith("profiles/user123.jpg")
    assert shown["balance"] == {"IDR": 150000, "MYR": 500.5, "PHP": 0, "SGD": 0, "THB": 0}
    assert shown["membership"] == {"level": "PRESTIGE", "name": "Prestige"}
    assert (shown["status"], shown["mfaStatus"], shown["id"]) == ("ACTIVE", "INACTIVE", user.public_id)
    assert shown["lastLoginAt"].endswith("+07:00")
    session = Session.objects.get()
    assert (session.user, session.kind, session.address) == (user, "API", "127.0.0.1")
    # Tokens are nowhere in the database.
    assert data["token"]["refreshToken"] not in str(list(RefreshToken.objects.values()))


def test_the_address_may_be_typed_in_any_case(client: Client) -> None:
    member("john.doe@example.com")
    assert (
        post(client, "auth/login", {"email": " John.Doe@EXAMPLE.com ", "password": PASSWORD}).json()["data"]["step"]
        == "SUCCESS"
    )


def test_signing_in_goes_to_the_region_that_is_asked_for_or_home(client: Client) -> None:
    user = member(region="ID")
    shown = login(client, user, "?region=MY").json()["data"]["user"]
    assert (shown["primaryRegion"], shown["currentRegion"], shown["currency"]) == ("ID", "MY", "MYR")
    shown = login(client, user).json()["data"]["user"]
    assert (shown["primaryRegion"], shown["currentRegion"]) == ("ID", "ID")
    error_of(login(client, user, "?region=XX"), 400, "INVALID_REGION")


def test_who_is_not_let_in(client: Client) -> None:
    user = member()
    wrong = error_of(login(client, user, password="wrong"), 401, "INVALID_CREDENTIALS")
    unknown = error_of(
        post(client, "auth/login", {"email": "nobody@example.com", "password": PASSWORD}), 401, "INVALID_CREDENTIALS"
    )
    assert wrong == unknown
    User.objects.update(status="INACTIVE")
    # Only the right password tells what stands in the way.
    error_of(login(client, user, password="wrong"), 401, "INVALID_CREDENTIALS")
    error_of(login(client, user), 401, "EMAIL_NOT_VERIFIED")
    User.objects.update(status="SUSPENDED")
    error_of(login(client, user), 401, "ACCOUNT_SUSPENDED")
    assert set(error_of(post(client, "auth/login"), 422, "VALIDATION_ERROR")["fields"]) == {"email", "password"}
    assert not Session.objects.exists()


def test_a_password_is_not_guessed(client: Client, settings: Any) -> None:
    """Ten tries, whoever asks, also with RATE_LIMITS off; the right password comes too late."""
    settings.RATE_LIMITS = False
    user = member()
    for _ in range(10):
        error_of(login(client, user, password="wrong"), 401, "INVALID_CREDENTIALS")
    answer = login(client, user)
    error_of(answer, 429, "RATE_LIMIT_EXCEEDED")
    assert 800 < int(answer["Retry-After"]) <= 900
    # An address nobody has looks the same.
    for _ in range(10):
        post(client, "auth/login", {"email": "nobody@example.com", "password": "x"})
    error_of(post(client, "auth/login", {"email": "nobody@example.com", "password": "x"}), 429, "RATE_LIMIT_EXCEEDED")
    assert "nobody" not in str(list(Lockout.objects.values()))
    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        assert login(client, user).status_code == 200
    assert not Lockout.objects.filter(tries=11, key__startswith="login:").exclude(until__gt=timezone.now()).exists()


def test_a_right_password_is_forgiven_the_wrong_ones(client: Client, settings: Any) -> None:
    settings.RATE_LIMITS = False
    user = member()
    for _ in range(3):
        for _ in range(9):
            login(client, user, password="wrong")
        assert login(client, user).status_code == 200


def test_logins_are_throttled_by_address(client: Client) -> None:
    for number in range(10):
        post(client, "auth/login", {"email": f"{number}@example.com", "password": "x"})
    error_of(post(client, "auth/login", {"email": "z@example.com", "password": "x"}), 429, "RATE_LIMIT_EXCEEDED")


def test_a_new_device_is_told_of(client: Client) -> None:
    user = member(language="en")
    phone = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Chrome/120.0 Mobile Safari/537.36", "X-Device-Id": "one"}
    log_in(client, user, **phone)
    log_in(client, user, **phone)
    assert not mails_to(user.email)
    log_in(client, user, **{"User-Agent": "python-requests/2.32", "X-Device-Id": "two"})
    [mail] = mails_to(user.email, "account_sign_in")
    assert mail.context["device"] == "python-requests"
    assert {row.device for row in Session.objects.all()} == {"Chrome · Android", "python-requests"}


# --- Bearers ---


def test_an_access_token_says_who_it_is(client: Client) -> None:
    user = member()
    token = log_in(client, user)["accessToken"]
    assert get(client, "user/profile", token).json()["data"]["id"] == user.public_id
    ends = datetime.fromtimestamp(jwt.decode(token, options={"verify_signature": False})["exp"], UTC)
    assert timedelta(seconds=3590) < ends - timezone.now() <= timedelta(seconds=3600)
    with time_machine.travel(ends - timedelta(seconds=1), tick=False):
        assert get(client, "user/profile", token).status_code == 200
    with time_machine.travel(ends + timedelta(seconds=1), tick=False):
        error_of(get(client, "user/profile", token), 401, "UNAUTHORIZED")


@pytest.mark.parametrize("path", ["user/profile", "invoices?invoiceNumber=GATE1"])
def test_bad_bearers(client: Client, path: str) -> None:
    """Refused even where nobody has to sign in."""
    user = member()
    pair = log_in(client, user)
    session = Session.objects.get()
    now = timezone.now()
    claims = {"use": "access", "iat": now, "exp": now + timedelta(hours=1), "sid": session.pk.hex}
    forged = jwt.encode(claims, "another secret, as long as it has to be", algorithm="HS256")
    unsigned = jwt.encode(claims, None, algorithm="none")
    for token in ("x", "a.b.c", forged, unsigned, pair["refreshToken"], "\u00fc", "x" * 9000):
        answer = get(client, path, token)
        error_of(answer, 401, "UNAUTHORIZED")
        assert answer["WWW-Authenticate"] == "Bearer"


def test_members_only(client: Client) -> None:
    error_of(get(client, "user/profile"), 401, "UNAUTHORIZED")
    error_of(post(client, "auth/logout"), 401, "UNAUTHORIZED")
    basic = client.get("/v2/user/profile", headers={"Authorization": "Basic am9objpkb2U="})
    error_of(basic, 401, "UNAUTHORIZED")


def test_suspension_acts_at_once(client: Client) -> None:
    user = member()
    pair = log_in(client, user)
    User.objects.update(status="SUSPENDED")
    error_of(get(client, "user/profile", pair["accessToken"]), 401, "ACCOUNT_SUSPENDED")
    error_of(post(client, "auth/refresh-token", {"refreshToken": pair["refreshToken"]}), 401, "ACCOUNT_SUSPENDED")
    User.objects.update(status="ACTIVE")
    assert get(client, "user/profile", pair["accessToken"]).status_code == 200


def test_a_bearer_costs_one_query(client: Client, django_assert_num_queries: Any) -> None:
    token = log_in(client, member())["accessToken"]
    with django_assert_num_queries(1):
        user, session = tokens.authenticate(token)
        assert user.email and session.user_id == user.pk


# --- Refresh ---


def refresh(client: Client, token: str) -> Any:
    return post(client, "auth/refresh-token", {"refreshToken": token})


def test_fresh_tokens(client: Client) -> None:
    user = member()
    first = log_in(client, user)
    answer = refresh(client, first["refreshToken"])
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert list(data) == ["accessToken", "refreshToken", "expiresIn", "tokenType"]
    assert (data["expiresIn"], data["tokenType"]) == (3600, "Bearer")
    assert data["refreshToken"] != first["refreshToken"]
    for token in (first["accessToken"], data["accessToken"]):
        assert get(client, "user/profile", token).status_code == 200
    assert Session.objects.count() == 1


def test_refresh_tokens_that_are_worth_nothing(client: Client) -> None:
    pair = log_in(client, member())
    for token in ("x", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.x", pair["accessToken"]):
        error_of(refresh(client, token), 401, "INVALID_TOKEN")
    assert "refreshToken" in error_of(post(client, "auth/refresh-token"), 422, "VALIDATION_ERROR")["fields"]
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        error_of(refresh(client, pair["refreshToken"]), 401, "INVALID_TOKEN")
    assert Session.objects.get().ended_at is None


def test_a_replay_at_once_is_only_refused(client: Client) -> None:
    first = log_in(client, member())
    second = refresh(client, first["refreshToken"]).json()["data"]
    error_of(refresh(client, first["refreshToken"]), 401, "INVALID_TOKEN")
    assert refresh(client, second["refreshToken"]).status_code == 200


def test_a_later_replay_ends_the_family(client: Client) -> None:
    user = member()
    other = log_in(client, user)
    first = log_in(client, user)
    second = refresh(client, first["refreshToken"]).json()["data"]
    with time_machine.travel(timezone.now() + timedelta(seconds=11)):
        error_of(refresh(client, first["refreshToken"]), 401, "INVALID_TOKEN")
        error_of(refresh(client, second["refreshToken"]), 401, "INVALID_TOKEN")
        error_of(get(client, "user/profile", second["accessToken"]), 401, "UNAUTHORIZED")
        # The member's other device goes on.
        assert refresh(client, other["refreshToken"]).status_code == 200
    assert Session.objects.get(ended_at__isnull=False).ended_why == "REPLAY"


def test_signing_out(client: Client) -> None:
    user = member()
    mine, other = log_in(client, user), log_in(client, user)
    answer = post(client, "auth/logout", token=mine["accessToken"])
    assert (answer.status_code, answer.json()) == (200, {"data": {"message": "Logged out successfully"}})
    error_of(get(client, "user/profile", mine["accessToken"]), 401, "UNAUTHORIZED")
    error_of(refresh(client, mine["refreshToken"]), 401, "INVALID_TOKEN")
    error_of(post(client, "auth/logout", token=mine["accessToken"]), 401, "UNAUTHORIZED")
    assert get(client, "user/profile", other["accessToken"]).status_code == 200


def test_an_expired_bearer_does_not_stand_in_the_way_of_a_fresh_one(client: Client) -> None:
    """Apps send their last access token with everything they ask."""
    user = member()
    pair = log_in(client, user)
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        error_of(get(client, "user/profile", pair["accessToken"]), 401, "UNAUTHORIZED")
        body = {"refreshToken": pair["refreshToken"]}
        assert post(client, "auth/refresh-token", body, pair["accessToken"]).status_code == 200
        body = {"email": user.email, "password": PASSWORD}
        assert post(client, "auth/login", body, pair["accessToken"]).status_code == 200
