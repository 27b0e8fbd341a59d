"""The stand-in for Google: tokens that verify against its key set, and the two steps of the page login."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import requests

from tests.sandbox.conftest import KEYS, World

CLIENT = KEYS["GOOGLE_CLIENT_ID"]
BACK = "http://127.0.0.1:9/accounts/google/login/callback/"


def claims(world: World, token: str, **options: Any) -> dict[str, Any]:
    key = jwt.PyJWKClient(f"{world.url}/google/certs").get_signing_key_from_jwt(token)
    read: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], audience=CLIENT, **options)
    return read


def test_an_id_token_verifies_and_may_be_bent(world: World):
    person = {"email": "a@example.com", "sub": "1", "given_name": "A", "family_name": "B", "email_verified": False}
    token = requests.post(f"{world.url}/control/google/id-token", json=person).json()["idToken"]
    read = claims(world, token)
    assert read["iss"] == "https://accounts.google.com"
    assert {name: read[name] for name in person} == person
    bent = requests.post(f"{world.url}/control/google/id-token", json={"aud": "x", "iss": "y", "exp": 1}).json()
    read = jwt.decode(bent["idToken"], options={"verify_signature": False})
    assert (read["aud"], read["iss"], read["exp"]) == ("x", "y", 1)


def authorize(world: World, **more: str) -> requests.Response:
    asked = {"client_id": CLIENT, "redirect_uri": BACK, "response_type": "code", "scope": "openid", "state": "s"}
    return requests.get(f"{world.url}/google/authorize", params={**asked, **more}, allow_redirects=False)


def exchange(world: World, code: str, **more: str) -> requests.Response:
    form = {"grant_type": "authorization_code", "client_id": CLIENT, "code": code, "redirect_uri": BACK}
    return requests.post(f"{world.url}/google/token", data={**form, **more})


def test_a_person_agrees_and_the_code_is_good_once(world: World):
    assert "Choose an account" in authorize(world).text
    agreed = authorize(world, login_hint="customer@example.com", nonce="n")
    given = parse_qs(urlsplit(agreed.headers["Location"]).query)
    assert given["state"] == ["s"]
    answer = exchange(world, given["code"][0]).json()
    read = claims(world, answer["id_token"])
    assert (read["email"], read["nonce"]) == ("customer@example.com", "n")
    info = requests.get(
        f"{world.url}/google/userinfo", headers={"Authorization": f"Bearer {answer['access_token']}"}
    ).json()
    assert info["email"] == "customer@example.com"
    assert exchange(world, given["code"][0]).json()["error"] == "invalid_grant"


def test_the_verifier_has_to_fit_the_challenge(world: World):
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"verifier").digest()).rstrip(b"=").decode()

    def code() -> str:
        asked = authorize(world, login_hint="a@example.com", code_challenge=challenge, code_challenge_method="S256")
        return parse_qs(urlsplit(asked.headers["Location"]).query)["code"][0]

    assert exchange(world, code(), code_verifier="wrong").status_code == 400
    assert exchange(world, code(), code_verifier="verifier").status_code == 200


def test_strangers_are_refused(world: World):
    assert authorize(world, client_id="other").status_code == 400
    assert exchange(world, "x", client_id="other").status_code == 401
