"""The back office opens to password and second factor of this very session, and to nothing less."""

from __future__ import annotations

import re
import time
from base64 import b32decode
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django_otp.oath import totp

from accounts import helping, mfa, roles, signing_in
from accounts.models import FailedSignIn, Lockout, Session, User
from core import mail
from core.errors import Refused
from core.models import AuditEntry, MailMessage
from tests.accounts.cast import PASSWORD, code_of, with_second_factor
from tests.staff import enter

pytestmark = pytest.mark.django_db
LOGIN, SET_UP = "/admin/login/", "/admin/second-factor/"


def colleague(name: str = "sari", **fields: object) -> User:
    given = {"is_staff": True} | fields
    return User.objects.create_user(f"{name}@example.com", PASSWORD, **given)


def sign_in(client: Client, user: User, **more: str) -> Any:
    return client.post(LOGIN, {"username": user.email, "password": PASSWORD} | more)


def is_in(client: Client) -> bool:
    return client.get("/admin/").status_code == 200


def token_of(page: HttpResponse) -> str:
    return re.search(r'name="mfa_token" value="([^"]+)"', page.content.decode())[1]


def test_password_and_then_the_code(client: Client) -> None:
    user = colleague()
    with_second_factor(user)
    page = sign_in(client, user)
    assert page.status_code == 200 and PASSWORD not in page.content.decode() and not is_in(client)
    asked = {"mfa_token": token_of(page), "next": "/admin/roles/"}
    assert client.post(LOGIN, asked | {"code": "000000"}).status_code == 200 and not is_in(client)
    answer = client.post(LOGIN, asked | {"code": code_of(user)})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/roles/")
    assert is_in(client) and "Roles" in client.get("/admin/roles/", headers={"accept-language": "en"}).content.decode()
    # The very same answers open nothing again: the token's session is there, the code used up.
    second = Client()
    assert second.post(LOGIN, asked | {"code": code_of(user, 1)}).status_code == 200 and not is_in(second)
    client.post("/admin/logout/")
    assert not is_in(client) and Session.objects.get().ended_why == "LOGOUT"


def test_both_at_once_and_with_a_back_up_code(client: Client) -> None:
    user = colleague()
    codes = with_second_factor(user)
    answer = sign_in(client, user, code=codes[0], next="https://evil.example/admin/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/") and is_in(client)
    assert sign_in(Client(), user, code=codes[0]).status_code == 200


def test_nobody_else_enters(client: Client) -> None:
    customer = colleague("customer", is_staff=False)
    assert sign_in(client, customer).status_code == 200 and not is_in(client)
    user = colleague()
    client.force_login(user)  # as a session does that the password alone opened
    assert not is_in(client)
    with_second_factor(user)
    assert not is_in(client) and client.get(SET_UP).status_code == 302
    assert is_in(enter(client, user))
    mfa.remove(user)  # a factor that is gone was not shown
    assert not is_in(client)


def test_tries_are_counted(client: Client, settings: Any) -> None:
    settings.RATE_LIMITS = False  # business limits stay
    user = colleague()
    for _ in range(10):
        client.post(LOGIN, {"username": user.email, "password": "wrong"})
    assert sign_in(client, user).status_code == 200 and not Session.objects.exists()
    Lockout.objects.all().delete()
    assert sign_in(client, user).status_code == 302


def test_who_has_no_second_factor_is_led_to_set_one_up(client: Client) -> None:
    user = colleague(is_superuser=True)
    answer = sign_in(client, user, next="/admin/roles/")
    assert answer.headers["Location"] == f"{SET_UP}?next=%2Fadmin%2Froles%2F" and not is_in(client)
    assert client.get(LOGIN + "?next=/admin/roles/").headers["Location"] == answer.headers["Location"]
    assert client.get(SET_UP).status_code == 200 and not mfa.is_active(user)
    shown = client.post(SET_UP, {"step": "begin"}).content.decode()
    secret = re.search(r"data-secret>([A-Z2-7 ]+)<", shown)[1]
    sealed = re.search(r'name="sealed" value="([^"]+)"', shown)[1]
    backup = re.findall(r"<code>([A-Z2-9]{8})</code>", shown)
    confirm = {"step": "confirm", "sealed": sealed, "next": "/admin/roles/"}
    again = client.post(SET_UP, confirm | {"code": "000000"}).content.decode()
    assert secret in again and backup[0] in again and not is_in(client)
    code = f"{totp(b32decode(secret.replace(' ', ''))):06d}"
    assert client.post(SET_UP, confirm | {"code": code}).headers["Location"] == "/admin/roles/"
    assert is_in(client) and AuditEntry.objects.get().action == "second factor set up"
    assert sign_in(Client(), user, code=backup[4]).status_code == 302


def test_an_old_session_sets_nothing_up(client: Client) -> None:
    user = colleague()
    sign_in(client, user)
    session = client.session
    session[signing_in._FRESH_KEY] = int(time.time()) - 601
    session.save()
    assert client.post(SET_UP, {"step": "begin"}).headers["Location"].startswith(LOGIN)
    assert "_auth_user_id" not in client.session


def test_a_lost_second_factor_is_reset_after_a_check(client: Client) -> None:
    roles.sync()
    owner, support, sari = colleague("owner", is_superuser=True), colleague("support"), colleague()
    customer = colleague("customer", is_staff=False)
    support.groups.set([roles.group("support")])
    for one in (sari, customer, owner):
        with_second_factor(one)
    sign_in(client, sari, code=code_of(sari))
    said = {"_form_submitted": "True", "reason": "met at the counter"}

    def reset(by: User, of: User, check: str) -> int:
        address = f"/admin/accounts/user/{of.pk}/reset_second_factor/"
        return enter(Client(), by).post(address, said | {"check": check}).status_code

    assert reset(support, sari, "IN_PERSON") == 403 and mfa.is_active(sari)
    assert reset(owner, sari, "CALLED_BACK") == 302 and mfa.is_active(sari)  # not enough for a colleague
    with pytest.raises(Refused):
        helping.reset_second_factor(owner, owner, helping.Check.IN_PERSON, "I myself")
    assert is_in(client)
    assert reset(owner, sari, "IN_PERSON") == 302 and not mfa.is_active(sari)
    assert not is_in(client)
    assert reset(support, customer, "PURCHASES") == 302 and not mfa.is_active(customer)
    told = [(one.to, mail.compose(one).body.splitlines()[0]) for one in MailMessage.objects.order_by("id")]
    assert [to for to, _line in told] == [sari.email, customer.email], "and nobody for what was refused"
    assert all("second factor" in line or "faktor kedua" in line for _to, line in told)
    entries = list(AuditEntry.objects.order_by("id").values_list("actor", "subject", "after", "why"))
    assert entries == [
        ("owner@example.com", f"user:{sari.public_id}", {"check": "IN_PERSON"}, "met at the counter"),
        ("support@example.com", f"user:{customer.public_id}", {"check": "PURCHASES"}, "met at the counter"),
    ]


def test_sign_ins_and_failed_ones_stand_on_the_persons_page(client: Client, admin_client: Client) -> None:
    user = colleague()
    with_second_factor(user)
    client.post(LOGIN, {"username": user.email, "password": "wrong"}, headers={"user-agent": "Mozilla Firefox/1"})
    page = sign_in(client, user)
    client.post(LOGIN, {"mfa_token": token_of(page), "code": "000000"})
    assert sign_in(client, user, code=code_of(user)).status_code == 302
    client.post(LOGIN, {"username": "nobody@example.com", "password": "wrong"})
    assert list(FailedSignIn.objects.order_by("id").values_list("why", "user", "device", "address")) == [
        ("PASSWORD", user.pk, "Firefox", "127.0.0.1"),
        ("CODE", user.pk, "", "127.0.0.1"),
    ]
    shown = admin_client.get(f"/admin/accounts/user/{user.pk}/change/", headers={"accept-language": "en"})
    lines = [line for line in shown.content.decode().split("<br>") if "127.0.0.1" in line]
    assert "right password, wrong code" in "".join(lines) and "wrong password" in "".join(lines) and len(lines) >= 3
    listed = admin_client.get("/admin/accounts/failedsignin/", {"q": user.email}).content.decode()
    assert listed.count("Firefox") == 1
