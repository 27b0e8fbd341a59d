"""Who may do what: every operation of the API and every address, for five people.

Each row says, in this order, what becomes of nobody in particular, of the owner of everything that is named in the
request, of another customer, of a customer who was suspended after signing in, and of staff at the shop's own doors.
A number is the status of the answer, `in` leads to the sign-in. Nobody but the owner is ever told what is theirs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode

import pytest
from django.db import transaction
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import get_resolver, resolve
from django.urls.resolvers import URLResolver
from drf_spectacular.generators import SchemaGenerator

from accounts.models import Session, User
from payments.models import Deposit
from payments.money_back import links
from storefront.inquiries.services import token_of
from tests.accounts.cast import FORM, PASSWORD, log_in, member, post, with_second_factor
from tests.conftest import Sandbox
from tests.payments.back import claimable
from tests.payments.cast import unplaced
from tests.payments.members import by_balance, funded
from tests.payments.past import order_of
from tests.storefront import factories

pytestmark = pytest.mark.django_db
PEOPLE = ("nobody", "owner", "other", "suspended", "staff")
ALL = "200 200 200 200 200"
MEMBERS = "401 200 200 401 200"  # of the API
BEARERS = "200 200 200 401 200"  # guests may, but a bearer has to be a good one
PAGE = "in 200 200 in 200"  # of the account
ACT = "in 302 302 in 302"
SHUT = "200 302 302 200 302"  # for whoever is not signed in

EMAIL, PHONE, PLAYER, WALLET = "owner.of.it@example.com", "+628170009123", "771234567", 78_361_945
NEW = "NewSecureP@ssw0rd"
NEW_PASSWORD = {"newPassword": NEW, "confirmPassword": NEW}
CHANGE = NEW_PASSWORD | {"currentPassword": PASSWORD}
GOODS = {"productCode": "MLBB", "skuCode": "MLBB_172", "region": "ID", "paymentCode": "QRIS", "quantity": 1}
BUYER = {"userId": "656696292", "zoneId": "8610", "email": "{mine}", "phoneNumber": "+628123456780"}
BOUGHT = GOODS | BUYER | {"contactEmail": "{mine}"}

Row = tuple[str, dict[str, Any]]
# What is sent: the query of a GET, the body of everything else. {words} are of the owner's, but {mine} and {my_...}.
API: dict[str, Row] = {
    "POST /v2/auth/register": ("201 201 201 201 201", FORM),
    "POST /v2/auth/register/google": ("201 201 201 201 201", {"idToken": "{google_token}"}),
    "POST /v2/auth/verify-email": ("400 400 400 400 400", {"email": EMAIL, "token": "x" * 43}),
    "POST /v2/auth/resend-verification": (ALL, {"email": EMAIL}),
    "POST /v2/auth/login": ("401 200 200 401 200", {"email": "{mine}", "password": PASSWORD}),
    "POST /v2/auth/login/google": ("401 200 200 401 401", {"idToken": "{google_token}"}),
    "POST /v2/auth/verify-mfa": ("401 401 401 401 401", {"mfaToken": "{mfa_token}", "code": "000000"}),
    "POST /v2/auth/forgot-password": (ALL, {"email": EMAIL}),
    "POST /v2/auth/reset-password": ("400 400 400 400 400", {"email": EMAIL, "token": "x" * 43} | NEW_PASSWORD),
    "POST /v2/auth/mfa/enable": ("401 422 200 401 200", {}),
    "POST /v2/auth/mfa/verify-setup": ("401 422 422 401 422", {"code": "000000"}),
    "POST /v2/auth/mfa/disable": ("401 200 422 401 422", {"password": PASSWORD, "code": "{backup}"}),
    "POST /v2/auth/refresh-token": ("401 200 200 401 200", {"refreshToken": "{my_refresh}"}),
    "POST /v2/auth/logout": (MEMBERS, {}),
    "GET /v2/user/profile": (MEMBERS, {}),
    "PUT /v2/user/profile": (MEMBERS, {"firstName": "Ani", "lastName": "Budi"}),
    "POST /v2/user/change-password": (MEMBERS, CHANGE),
    "GET /v2/regions": (ALL, {}),
    "GET /v2/languages": (ALL, {}),
    "GET /v2/contacts": (ALL, {}),
    "GET /v2/popups": (ALL, {"region": "ID"}),
    "GET /v2/banners": (ALL, {"region": "ID"}),
    "GET /v2/categories": (ALL, {"region": "ID"}),
    "GET /v2/products": (ALL, {"region": "ID"}),
    "GET /v2/populars": (ALL, {"region": "ID"}),
    "GET /v2/fields": (ALL, {"region": "ID", "productCode": "MLBB"}),
    "GET /v2/sections": (ALL, {"region": "ID", "productCode": "MLBB"}),
    "GET /v2/skus": (ALL, {"region": "ID", "productCode": "MLBB"}),
    "GET /v2/sku/promos": (ALL, {"region": "ID"}),
    "POST /v2/account/inquiries": (BEARERS, {"productCode": "MLBB", "userId": "656696292", "zoneId": "8610"}),
    "GET /v2/payment-channel/categories": (ALL, {"region": "ID", "paymentType": "purchase"}),
    "GET /v2/payment-channels": (ALL, {"region": "ID", "paymentType": "purchase"}),
    "GET /v2/promos": (ALL, {"region": "ID", "productCode": "MLBB"}),
    "POST /v2/promos/validate": (BEARERS, GOODS | BUYER | {"promoCode": "WELCOME10", "quantity": 2}),
    "POST /v2/orders/inquiries": (BEARERS, GOODS | BUYER),
    "POST /v2/orders": ("400 201 400 401 400", {"validationToken": "{order_token}"}),
    "GET /v2/invoices": (BEARERS, {"invoiceNumber": "{order}"}),
    "GET /v2/transactions": (MEMBERS, {"search": "{order}"}),
    "GET /v2/mutations": (MEMBERS, {}),
    "GET /v2/reports": (MEMBERS, {}),
    "POST /v2/deposits/inquiries": (MEMBERS, {"amount": 100_000, "paymentCode": "QRIS"}),
    "GET /v2/deposits": (MEMBERS, {"search": "{deposit}"}),
    "POST /v2/deposits": ("401 201 400 401 400", {"validationToken": "{deposit_token}"}),
    "GET /v2/qr/generate": (ALL, {"data": "{deposit_qr}"}),
}

# By decision the API's invoice names the account of whoever knows the number (its page does not).
KNOWN = {("GET /v2/invoices", PLAYER)}

# ~ stands for a language and region of the shop.
PAGES: dict[str, Row] = {
    "GET /healthz": (ALL, {}),
    "GET /readyz": ("503 503 503 503 503", {}),  # no worker runs here
    "GET /metrics": ("403 403 403 403 403", {}),
    "GET /media/avatars/none.webp": ("404 404 404 404 404", {}),
    "GET /v2/schema": (ALL, {}),
    "GET /v2/docs": (ALL, {}),
    "POST /hooks/telegram": ("401 401 401 401 401", {"update_id": "1"}),
    "POST /hooks/xendit": ("401 401 401 401 401", {"event": "payment.capture"}),
    "POST /hooks/digiflazz": ("401 401 401 401 401", {"data": {"ref_id": "GATE1-1-1", "status": "Sukses", "rc": "00"}}),
    "POST /hooks/hitpay": ("401 401 401 401 401", {"payment_request_id": "x", "status": "completed"}),
    "POST /hooks/midtrans": ("401 401 401 401 401", {"order_id": "GATE1", "transaction_status": "settlement"}),
    "POST /hooks/gemgo/guessed": ("404 404 404 404 404", {"id": "1"}),
    "GET /": ("302 302 302 302 302", {}),
    "GET /sitemap.xml": (ALL, {}),
    "GET /robots.txt": (ALL, {}),
    "GET /art/social/MLBB.png": (ALL, {}),
    "GET /art/product/MLBB.svg": (ALL, {}),
    "GET ~/": (ALL, {}),
    "GET ~/search": (ALL, {"q": "mobile"}),
    "GET ~/help": (ALL, {}),
    "GET ~/status": (ALL, {}),
    "GET ~/mobile-legends": (ALL, {"again": "{order}"}),
    "POST ~/mobile-legends/check": (ALL, BUYER),
    "POST ~/mobile-legends/promo": (ALL, BOUGHT | {"promoCode": "WELCOME10"}),
    "POST ~/mobile-legends/quote": (ALL, BOUGHT),
    "POST ~/place": ("400 302 400 400 400", {"validationToken": "{order_token}"}),
    "GET ~/track": (ALL, {}),
    "POST ~/track": (ALL, {"email": EMAIL}),
    "GET /invoices/{order}": ("302 302 302 302 302", {}),
    "GET /invoices/{deposit}": ("302 302 302 302 302", {}),
    "GET ~/invoices/{order}": (ALL, {}),
    "GET ~/invoices/{order}/live": (ALL, {}),
    "POST ~/invoices/{order}/check": ("302 302 302 302 302", {}),
    "GET ~/invoices/{order}/channel/OVO": ("404 200 404 404 404", {}),
    "POST ~/invoices/{order}/channel/OVO": ("404 422 404 404 404", {"shown": "1"}),
    "GET ~/invoices/{order}/cancel": ("404 302 404 404 404", {}),
    "POST ~/invoices/{order}/cancel": ("404 400 404 404 404", {}),
    "GET ~/invoices/{order}/account": ("404 302 404 404 404", {}),
    "POST ~/invoices/{order}/account": ("404 400 404 404 404", {"userId": "1", "zoneId": "1"}),
    "GET ~/invoices/{order}/codes": ("404 302 404 404 404", {}),
    "POST ~/invoices/{order}/codes": ("404 404 404 404 404", {}),  # to its owner: there is no code yet
    "GET ~/invoices/{order}/news": ("404 200 404 404 404", {}),
    "POST ~/invoices/{order}/news": ("404 302 404 404 404", {"phone": "081234567890", "consent": "yes"}),
    "GET ~/invoices/{order}/problem": ("404 200 404 404 404", {}),
    "POST ~/invoices/{order}/problem": ("404 302 404 404 404", {"topic": "OTHER", "text": "It is odd."}),
    "GET ~/invoices/{order}/problem/picture": ("404 404 404 404 404", {"report": "1"}),
    # Whoever holds the link of a guest's mail; a balance to put it into is a member's.
    "GET ~/refunds/{refund}": (ALL, {}),
    "POST ~/refunds/{refund}": ("in 302 302 in 302", {"into": "wallet"}),
    "GET ~/account/": (PAGE, {}),
    "GET ~/account/head": (ALL, {}),
    "GET ~/account/orders": (PAGE, {"search": "{order}"}),
    "GET ~/account/orders.csv": (PAGE, {}),
    "GET ~/account/wallet": (PAGE, {}),
    "GET ~/account/wallet.csv": (PAGE, {}),
    "GET ~/account/deposits": (PAGE, {}),
    "GET ~/account/deposits/new": (PAGE, {}),
    "POST ~/account/deposits/new": (PAGE, {"amount": "100000", "paymentCode": "QRIS"}),
    "GET ~/account/deposits/ways": (PAGE, {"amount": "100000"}),
    "POST ~/account/deposits/place": ("in 302 400 in 400", {"validationToken": "{deposit_token}"}),
    "GET ~/account/deposits/{deposit}": ("in 200 404 in 404", {}),
    "GET ~/account/deposits/{deposit}/live": ("in 200 404 in 404", {}),
    "POST ~/account/deposits/{deposit}/check": ("in 302 404 in 404", {}),
    "GET ~/account/report": (PAGE, {}),
    "GET ~/account/membership": (PAGE, {}),
    "POST ~/account/membership": ("in 422 422 in 422", {"points": "5", "nonce": "one"}),
    "GET ~/account/players": (PAGE, {}),
    "POST ~/account/players/{order}": ("in 302 404 in 404", {"name": "My sister"}),
    "GET ~/account/profile": (PAGE, {}),
    "POST ~/account/profile": (ACT, {"firstName": "Ani", "lastName": "Budi"}),
    "GET ~/account/security": (PAGE, {}),
    "POST ~/account/security/password": (ACT, CHANGE),
    "POST ~/account/security/mfa": ("in 422 200 in 200", {}),
    "POST ~/account/security/mfa/confirm": ("in 422 422 in 422", {"code": "000000"}),
    "POST ~/account/security/mfa/disable": ("in 302 422 in 422", {"code": "{backup}", "password": PASSWORD}),
    "POST ~/account/security/mfa/codes": ("in 200 422 in 422", {"code": "{backup}", "password": PASSWORD}),
    "POST ~/account/security/devices": ("in 302 404 in 404", {"device": "{device}"}),
    "GET ~/account/sign-in": (SHUT, {}),
    "POST ~/account/sign-in": ("401 302 302 401 302", {"email": "{mine}", "password": PASSWORD}),
    "POST ~/account/code": ("401 401 401 401 401", {"mfaToken": "{mfa_token}", "code": "000000"}),
    "POST ~/account/sign-out": ("302 302 302 302 302", {}),
    "GET ~/account/google": ("302 302 302 302 302", {}),
    "GET /account/google/callback": ("302 302 302 302 302", {"state": "x", "code": "x"}),
    "GET ~/account/register": (SHUT, {}),
    "POST ~/account/register": (SHUT, FORM),
    "GET ~/account/verify": (ALL, {"email": EMAIL, "token": "x" * 43}),
    "POST ~/account/verify": ("400 400 400 400 400", {"email": EMAIL, "token": "x" * 43}),
    "GET ~/account/resend": (ALL, {}),
    "POST ~/account/resend": (ALL, {"email": EMAIL}),
    "GET ~/account/forgot": (ALL, {}),
    "POST ~/account/forgot": (ALL, {"email": EMAIL}),
    "GET ~/account/reset": (ALL, {"email": EMAIL, "token": "x" * 43}),
    "POST ~/account/reset": ("400 400 400 400 400", {"email": EMAIL, "token": "x" * 43} | NEW_PASSWORD),
}
# Its own sign-in, to which the staff's shop sign-in is not enough: they are led to set up the second factor. The rest
# of it below, and by role in test_roles.
BACK: dict[str, Row] = {"GET /admin/": ("in in in in in", {}), "GET /admin/second-factor/": ("in in in in 200", {})}


@dataclass
class Person:
    """One of PEOPLE, with a browser that is signed in, a bearer of the API, and what only they can send."""

    name: str
    user: User | None
    pages: Client
    bearer: str = ""
    own: dict[str, str] = field(default_factory=dict)


@dataclass
class Town:
    """The five, what the owner has, and how each of it may be written."""

    people: dict[str, Person]
    words: dict[str, str]
    secrets: set[str]


def arrived(name: str, number: int, **fields: Any) -> Person:
    user = None if name == "nobody" else member(EMAIL if name == "owner" else f"{name}@example.com", **fields)
    browser = Client(REMOTE_ADDR=f"203.0.113.{number}")
    person = Person(name, user, browser, own={"mine": user.email if user else "nobody@example.com", "my_refresh": "x"})
    if user is not None:
        form = {"email": user.email, "password": PASSWORD}
        assert browser.post("/en-id/account/sign-in", form).status_code == 302
        token = log_in(Client(), user)
        person.bearer, person.own["my_refresh"] = token["accessToken"], token["refreshToken"]
    return person


@pytest.fixture
def town(db: None, sandbox: Sandbox, settings: Any) -> Town:
    settings.RATE_LIMITS = False  # many rows in one minute
    factories.channel()
    factories.channel("OVO", fee_percent="1")
    by_balance()
    factories.sku()
    factories.promo()
    more: dict[str, dict[str, Any]] = {"owner": {"phone": PHONE}, "staff": {"is_staff": True}}
    people = {name: arrived(name, number, **more.get(name, {})) for number, name in enumerate(PEOPLE, 1)}
    owner, suspended = people["owner"].user, people["suspended"].user
    assert owner is not None and suspended is not None
    User.objects.filter(pk=suspended.pk).update(status=User.Status.SUSPENDED)

    funded(owner, WALLET)
    quote = {"user": owner, "email": EMAIL, "phone": PHONE, "fields": [
        {"key": "userId", "name": "User ID", "value": PLAYER},
        {"key": "zoneId", "name": "Zone ID", "value": "8610"},
    ]}  # fmt: skip
    order_of(**quote)
    order, _payment = unplaced(**quote)

    def deposit_token() -> str:
        asked = {"amount": 100_000, "paymentCode": "QRIS"}
        answer = post(Client(), "deposits/inquiries", asked, people["owner"].bearer)
        return answer.json()["data"]["validationToken"]

    made = post(Client(), "deposits", {"validationToken": deposit_token()}, people["owner"].bearer)
    assert made.status_code == 201, made.content
    deposit = Deposit.objects.get(user=owner)
    device = Session.objects.get(user=owner, kind=Session.Kind.API)
    backup_codes = with_second_factor(owner)
    half = post(Client(), "auth/login", {"email": EMAIL, "password": PASSWORD}).json()["data"]
    words = {
        "order": order.number,
        "order_token": token_of(factories.inquiry(**quote)),
        "refund": links.token(claimable(email="guest@example.com")),
        "deposit": deposit.number,
        "deposit_token": deposit_token(),
        "deposit_qr": made.json()["data"]["deposit"]["payment"]["qrCode"],
        "device": device.pk.hex,
        "backup": backup_codes[0],
        "mfa_token": half["mfaToken"],
    }
    national = "0" + PHONE.removeprefix("+62")
    wallet = {str(WALLET), f"{WALLET:,}", f"{WALLET:,}".replace(",", ".")}
    secrets = {EMAIL, PHONE, PHONE.removeprefix("+"), national, PLAYER, device.pk.hex, deposit.number}
    return Town(people, words, secrets | wallet | set(backup_codes))


def filled(given: Any, words: dict[str, str]) -> Any:
    if isinstance(given, dict):
        return {key: filled(value, words) for key, value in given.items()}
    return re.sub(r"\{(\w+)\}", lambda word: words[word[1]], given) if isinstance(given, str) else given


def ask(person: Person, method: str, path: str, sent: dict[str, Any]) -> HttpResponseBase:
    client, headers = Client(REMOTE_ADDR=person.pages.defaults["REMOTE_ADDR"]), {"Accept-Language": "en"}
    if not path.startswith("/v2/"):
        client.cookies = deepcopy(person.pages.cookies)  # what this answer sets, the next request does not send
    elif person.bearer:
        headers["Authorization"] = f"Bearer {person.bearer}"
    if method == "GET":
        return client.get(path, sent, headers=headers)
    if path.startswith(("/v2/", "/hooks/")):
        return client.generic(method, path, json.dumps(sent), content_type="application/json", headers=headers)
    return client.generic(method, path, *_form(sent), headers=headers | {"Origin": "http://testserver"})


def _form(sent: dict[str, Any]) -> tuple[str, str]:
    return urlencode(sent), "application/x-www-form-urlencoded"


def outcome(answer: HttpResponseBase) -> str:
    place = answer.headers.get("Location", "").partition("?")[0]
    is_sign_in = place.endswith(("/account/sign-in", "/admin/login/"))
    return "in" if answer.status_code == 302 and is_sign_in else str(answer.status_code)


def body_of(answer: HttpResponseBase) -> str:
    raw = b"".join(answer) if answer.streaming else answer.content  # type: ignore[attr-defined]
    return raw.decode(errors="replace") + unquote(answer.headers.get("Location", ""))


@pytest.mark.parametrize("table", [API, PAGES, BACK], ids=["api", "pages", "back office"])
def test_who_may_do_what(table: dict[str, Row], town: Town, sandbox: Sandbox) -> None:
    outcomes, leaks = {}, []
    for row, (_expected, given) in table.items():
        method, _space, address = row.partition(" ")
        seen = []
        for name, person in town.people.items():
            words = town.words | person.own
            if "{google_token}" in str(given):
                email = f"new.{name}@example.com" if "register" in row else words["mine"]
                words["google_token"] = sandbox.google_id_token(email=email, sub=email)
            path, sent = filled(address.replace("~", "/en-id"), words), filled(given, words)
            with transaction.atomic():  # what a row changes, the next does not see
                answer = ask(person, method, path, sent)
                told = body_of(answer)
                transaction.set_rollback(True)
            seen.append(outcome(answer))
            # What somebody typed may be said back to them.
            typed = path + json.dumps(sent)
            found = {secret for secret in town.secrets if secret in told and secret not in typed}
            if name != "owner":
                leaks += [(row, name, secret) for secret in found if (row, secret) not in KNOWN]
        outcomes[row] = " ".join(seen)
    assert outcomes == {row: expected for row, (expected, _given) in table.items()}
    assert leaks == []


def test_the_owner_is_told_all_of_it(town: Town) -> None:
    """Else the matrix would look for what no answer ever holds."""
    owner = town.people["owner"]
    reads = ["GET ~/account/", "GET ~/account/players", "GET ~/account/profile", "GET ~/account/security",
             "GET ~/account/deposits", "GET /v2/user/profile", "GET ~/invoices/{order}"]  # fmt: skip
    told = ""
    for row in reads:
        method, _space, address = row.partition(" ")
        told += body_of(ask(owner, method, filled(address.replace("~", "/en-id"), town.words), {}))
    for secret in (EMAIL, PHONE, PLAYER, f"{WALLET:,}".replace(",", "."), town.words["device"], town.words["deposit"]):
        assert secret in told, secret


def addresses(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        here = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from addresses(entry, here)
        else:
            yield here


def test_no_operation_and_no_address_is_missing() -> None:
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    assert set(API) == {f"{method.upper()} {path}" for path, operations in paths.items() for method in operations}
    words = {"order": "GATE1", "deposit": "DEP1", "refund": "GATE1-R1.x"}
    named = {filled(row.partition(" ")[2].replace("~", "/en-id"), words) for row in [*API, *PAGES]}
    all_routes = {route for route in addresses(get_resolver()) if not route.startswith("admin/")}
    assert {resolve(path).route for path in named} == all_routes


def test_what_the_table_does_not_name_is_refused(town: Town) -> None:
    """Of addresses that hold somebody's own; the rest only ever reads."""
    for row in PAGES:
        method, _space, address = row.partition(" ")
        unnamed = "POST" if method == "GET" else "GET"
        if address.startswith(("~/account/", "~/invoices/", "~/place")) and f"{unnamed} {address}" not in PAGES:
            path = filled(address.replace("~", "/en-id"), town.words)
            assert ask(town.people["other"], unnamed, path, {}).status_code == 405, (unnamed, path)


def test_the_back_office_is_shut_to_customers(town: Town) -> None:
    open_to_all = {"admin/login/", "admin/logout/"}
    routes = {route for route in addresses(get_resolver()) if route.startswith("admin/")} - open_to_all
    routes = {route for route in routes if not route.startswith("admin/v2")}  # test_admin_api_matrix
    assert len(routes) > 100
    for name in ("nobody", "other", "suspended"):
        for route in routes:
            path = "/" + re.sub(r"<[^>]+>", "1", route)
            if "^" in path or "(" in path:
                continue
            answer = town.people[name].pages.get(path)
            assert outcome(answer) == "in", (name, path, answer.status_code)
