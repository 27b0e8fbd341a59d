"""API §22, §26: Google's word is checked in full, and says who somebody is; never more."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client

from accounts import google
from accounts.models import User
from tests.accounts.cast import FORM, PASSWORD, code_of, error_of, get, log_in, member, post, with_second_factor
from tests.conftest import Sandbox
from tests.storefront import factories

pytestmark = pytest.mark.django_db
PERSON = {"email": "john.doe@gmail.com", "sub": "117562748392847562", "given_name": "John", "family_name": "Doe"}


@pytest.fixture(autouse=True)
def _regions(db: None) -> None:
    for code in ("ID", "MY", "PH", "SG", "TH"):
        factories.region(code)


def register(client: Client, token: str, query: str = "") -> Any:
    return post(client, f"auth/register/google{query}", {"idToken": token})


def login(client: Client, token: str, query: str = "") -> Any:
    return post(client, f"auth/login/google{query}", {"idToken": token})


def test_the_example_of_section_22(client: Client, sandbox: Sandbox) -> None:
    token = sandbox.google_id_token(**PERSON, picture="https://lh3.googleusercontent.com/a/x")
    answer = register(client, token)
    assert answer.status_code == 201
    data = answer.json()["data"]
    assert list(data) == ["step", "token", "user"]
    assert data["step"] == "SUCCESS"
    user = data["user"]
    assert list(user) == [
        "id", "firstName", "lastName", "email", "phoneNumber", "profilePicture", "status", "primaryRegion",
        "currentRegion", "currency", "balance", "membership", "mfaStatus", "googleId", "createdAt",
    ]  # fmt: skip
    assert (user["firstName"], user["lastName"], user["email"]) == ("John", "Doe", "john.doe@gmail.com")
    assert (user["phoneNumber"], user["status"], user["googleId"]) == (None, "ACTIVE", "117562748392847562")
    assert user["profilePicture"] == "https://lh3.googleusercontent.com/a/x"
    profile = get(client, "user/profile", data["token"]["accessToken"]).json()["data"]
    assert profile["id"] == user["id"] and profile["emailVerifiedAt"]
    # There is no password to be guessed.
    wrong = post(client, "auth/login", {"email": user["email"], "password": "!"})
    error_of(wrong, 401, "INVALID_CREDENTIALS")


def test_section_26(client: Client, sandbox: Sandbox) -> None:
    token = sandbox.google_id_token(**PERSON)
    error_of(login(client, token), 401, "INVALID_CREDENTIALS")
    assert not User.objects.exists()
    register(client, token, "?region=MY")
    answer = login(client, token, "?region=SG")
    assert answer.status_code == 200
    user = answer.json()["data"]["user"]
    assert (user["primaryRegion"], user["currentRegion"]) == ("MY", "SG")
    assert "lastLoginAt" in user and "googleId" not in user
    # Twice registered is signed in.
    assert register(client, token).json()["data"]["user"]["id"] == user["id"]
    error_of(register(client, token, "?region=XX"), 400, "INVALID_REGION")


@pytest.mark.parametrize("path", ["register", "login"])
@pytest.mark.parametrize(
    ("bent", "status", "code"),
    [
        ({"iss": "https://accounts.evil.example"}, 400, "INVALID_TOKEN"),
        ({"aud": "another-shop"}, 400, "INVALID_TOKEN"),
        ({"exp": 1}, 400, "INVALID_TOKEN"),
        ({"sub": ""}, 400, "INVALID_TOKEN"),
        ({"sub": 7}, 400, "INVALID_TOKEN"),
        ({"email": "nothing"}, 400, "INVALID_TOKEN"),
        ({"email_verified": False}, 401, "EMAIL_NOT_VERIFIED"),
        ({"email_verified": None}, 401, "EMAIL_NOT_VERIFIED"),
    ],
)
def test_tokens_that_do_not_hold(
    client: Client, sandbox: Sandbox, path: str, bent: dict[str, Any], status: int, code: str
) -> None:
    member("john.doe@gmail.com")
    token = sandbox.google_id_token(**PERSON | bent)
    error_of(post(client, f"auth/{path}/google", {"idToken": token}), status, code)
    assert User.objects.get().google_id is None


def test_signatures_that_do_not_hold(client: Client, sandbox: Sandbox, settings: Any) -> None:
    settings.RATE_LIMITS = False
    good = sandbox.google_id_token(**PERSON)
    claims = jwt.decode(good, options={"verify_signature": False})
    key_id = jwt.get_unverified_header(good)["kid"]
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    head, body, signature = good.split(".")
    forged = [
        jwt.encode(claims, stranger, algorithm="RS256", headers={"kid": key_id}),
        jwt.encode(claims, stranger, algorithm="RS256", headers={"kid": "unknown"}),
        jwt.encode(claims, stranger, algorithm="RS256"),
        jwt.encode(claims, None, algorithm="none", headers={"kid": key_id}),
        # The old trick: Google's public key as the secret of a symmetric signature.
        jwt.encode(claims, "a" * 64, algorithm="HS256", headers={"kid": key_id}),
        f"{head}.{body}.{signature[:-4]}AAAA",
        f"{head}.{body}.",
        "x",
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IjZmODI4...",
        "x" * 8000,
    ]
    for token in forged:
        error_of(register(client, token), 400, "INVALID_TOKEN")
    assert not User.objects.exists()
    assert "idToken" in error_of(post(client, "auth/login/google"), 422, "VALIDATION_ERROR")["fields"]
    assert register(client, good).status_code == 201


def test_a_verified_account_is_linked(client: Client, sandbox: Sandbox) -> None:
    user = member("john.doe@gmail.com", phone="+628123456789")
    assert login(client, sandbox.google_id_token(**PERSON)).status_code == 200
    user.refresh_from_db()
    assert (user.google_id, user.phone) == (PERSON["sub"], "+628123456789")
    assert log_in(client, user)  # the password goes on


def test_an_unverified_password_account_is_taken_from_whoever_made_it(client: Client, sandbox: Sandbox) -> None:
    post(client, "auth/register", FORM | {"email": "john.doe@gmail.com", "firstName": "Mallory"})
    answer = register(client, sandbox.google_id_token(**PERSON))
    assert answer.status_code == 201
    user = User.objects.get()
    assert (user.first_name, user.phone, user.status) == ("John", None, "ACTIVE")
    assert user.email_verified_at and not user.has_usable_password()
    wrong = post(client, "auth/login", {"email": user.email, "password": PASSWORD})
    error_of(wrong, 401, "INVALID_CREDENTIALS")


def test_the_lasting_id_counts_more_than_the_address(client: Client, sandbox: Sandbox) -> None:
    register(client, sandbox.google_id_token(**PERSON))
    moved = sandbox.google_id_token(**PERSON | {"email": "new.address@gmail.com"})
    assert login(client, moved).json()["data"]["user"]["email"] == "john.doe@gmail.com"
    # Somebody else got the old address at Google.
    error_of(login(client, sandbox.google_id_token(**PERSON | {"sub": "9"})), 401, "INVALID_CREDENTIALS")


def test_the_second_factor_is_asked_for_as_well(client: Client, sandbox: Sandbox) -> None:
    user = member("john.doe@gmail.com")
    with_second_factor(user)
    token = sandbox.google_id_token(**PERSON)
    for answer in (login(client, token), register(client, token)):
        assert answer.status_code in (200, 201)
        assert answer.json()["data"]["step"] == "MFA_VERIFICATION"
    body = {"mfaToken": answer.json()["data"]["mfaToken"], "code": code_of(user)}
    assert post(client, "auth/verify-mfa", body).status_code == 200


def test_suspended_and_staff(client: Client, sandbox: Sandbox) -> None:
    user = member("john.doe@gmail.com", status="SUSPENDED")
    token = sandbox.google_id_token(**PERSON)
    error_of(login(client, token), 401, "ACCOUNT_SUSPENDED")
    error_of(register(client, token), 401, "ACCOUNT_SUSPENDED")
    User.objects.update(status="ACTIVE", is_staff=True)
    error_of(login(client, token), 401, "INVALID_CREDENTIALS")
    user.refresh_from_db()
    assert user.google_id is None


def test_google_away(client: Client, sandbox: Sandbox, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    token = sandbox.google_id_token(**PERSON)
    monkeypatch.setattr(google, "_kept", google._Keys({}, 0.0, 0.0))
    settings.GOOGLE_CERTS_URL = "http://127.0.0.1:9/certs"
    error_of(login(client, token), 503, "CHECK_UNAVAILABLE")


def test_the_keys_are_read_once_and_again_for_a_new_key(
    client: Client, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(google, "_kept", google._Keys({}, 0.0, 0.0))
    asked: list[str] = []
    real = requests.get

    def counted(url: str, **rest: Any) -> requests.Response:
        asked.append(url)
        return real(url, **rest)

    monkeypatch.setattr(requests, "get", counted)
    token = sandbox.google_id_token(**PERSON)
    for _ in range(3):
        google.read_id_token(token)
    assert len(asked) == 1
    # A key that was not among them makes us look again, but not for every forgery.
    monkeypatch.setattr(google, "_kept", google._Keys({}, time.monotonic() + 60, time.monotonic() - 6))
    google.read_id_token(token)
    assert len(asked) == 2
