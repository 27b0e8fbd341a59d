"""Google's three addresses: signing keys, the page where a person agrees, and the exchange of the code."""

import base64
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import jwt
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sandbox import surroundings
from sandbox.google import tokens
from sandbox.state import database
from sandbox.wire import answer, now_ms

_CODE_LIFE_MS = 600_000
PEOPLE = (
    {"email": "google.customer@example.com", "given_name": "Gita", "family_name": "Customer"},
    {"email": "customer@example.com", "given_name": "Demo", "family_name": "Customer"},
    {"email": "new.player@example.com", "given_name": "Nadia", "family_name": "Player"},
    {"email": "unverified@example.com", "given_name": "Umar", "family_name": "Unverified", "email_verified": False},
)


@require_GET
def certs(request: HttpRequest) -> HttpResponse:
    """The JWK set."""
    response = answer(tokens.key_set())
    response["Cache-Control"] = "public, max-age=300"
    return response


def _with_query(address: str, added: dict[str, str]) -> str:
    parts = urlsplit(address)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *added.items()])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))


@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponse:
    """A page to choose a made-up person; with `login_hint` the person is taken without asking."""
    asked = request.GET
    redirect_uri, state = asked.get("redirect_uri", ""), asked.get("state", "")
    if asked.get("client_id") != surroundings.GOOGLE_CLIENT_ID or urlsplit(redirect_uri).scheme not in (
        "http",
        "https",
    ):
        return HttpResponseBadRequest("Error 400: client_id or redirect_uri", content_type="text/plain")
    if asked.get("response_type") != "code":
        return HttpResponseRedirect(_with_query(redirect_uri, {"error": "unsupported_response_type", "state": state}))
    if request.POST.get("cancel"):
        return HttpResponseRedirect(_with_query(redirect_uri, {"error": "access_denied", "state": state}))
    email = (request.POST.get("email") or asked.get("login_hint") or "").strip()
    if "@" not in email:
        return render(request, "sandbox/google.html", {"people": PEOPLE})
    person: dict[str, Any] = dict(next((known for known in PEOPLE if known["email"] == email), {"email": email}))
    if asked.get("nonce"):
        person["nonce"] = asked["nonce"]
    code = f"4/{secrets.token_urlsafe(32)}"
    kept = {"person": person, "redirect_uri": redirect_uri, "challenge": asked.get("code_challenge", "")}
    with database.transaction() as running:
        values = (code, json.dumps(kept), now_ms() + _CODE_LIFE_MS)
        running.execute("INSERT INTO google_codes VALUES (?, ?, ?)", values)
    granted = {"code": code, "state": state, "scope": asked.get("scope", "")}
    return HttpResponseRedirect(_with_query(redirect_uri, granted))


def _no_grant(text: str) -> HttpResponse:
    return answer({"error": "invalid_grant", "error_description": text}, 400)


@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Exchanges a code, once, for an access token and an id token. The client's secret is not looked at."""
    given = request.POST
    if given.get("grant_type") != "authorization_code":
        return answer({"error": "unsupported_grant_type"}, 400)
    client_id = given.get("client_id") or _basic_user(request)
    if client_id != surroundings.GOOGLE_CLIENT_ID:
        return answer({"error": "invalid_client"}, 401)
    with database.transaction() as running:
        row = running.one(
            "DELETE FROM google_codes WHERE code = ? AND expires_ms > ? RETURNING claims",
            (given.get("code", ""), now_ms()),
        )
    if row is None:
        return _no_grant("Malformed, used or expired code")
    kept = json.loads(row["claims"])
    if kept["redirect_uri"] != given.get("redirect_uri"):
        return _no_grant("redirect_uri_mismatch")
    if kept["challenge"] and kept["challenge"] not in _challenges(given.get("code_verifier", "")):
        return _no_grant("Invalid code verifier")
    id_token = tokens.id_token(kept["person"])
    return answer(
        {
            "access_token": id_token,  # opaque to the store; /google/userinfo reads it back
            "expires_in": tokens.LIFE_S,
            "scope": "openid email profile",
            "token_type": "Bearer",
            "id_token": id_token,
        }
    )


def _basic_user(request: HttpRequest) -> str:
    scheme, _, encoded = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    try:
        return base64.b64decode(encoded).decode().partition(":")[0] if scheme.lower() == "basic" else ""
    except ValueError:
        return ""


def _challenges(verifier: str) -> tuple[str, str]:
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@require_GET
def userinfo(request: HttpRequest) -> HttpResponse:
    """The person behind an access token."""
    bearer = request.META.get("HTTP_AUTHORIZATION", "").removeprefix("Bearer ")
    key = jwt.PyJWK.from_dict(tokens.key_set()["keys"][0])
    try:
        claims = jwt.decode(bearer, key.key, algorithms=["RS256"], options={"verify_aud": False})
    except jwt.InvalidTokenError:
        return answer({"error": "invalid_token"}, 401)
    names = ("sub", "email", "email_verified", "given_name", "family_name", "name")
    return answer({name: claims[name] for name in names if name in claims})
