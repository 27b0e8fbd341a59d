"""Tokens of the admin API: who is let in, what a token may do, and how staff make and revoke it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core.errors import Refused
from core.models import AuditEntry, StaffToken
from core.staff_tokens import services
from fulfilment.api.admin.urls import scopes
from tests.staff import enter
from tests.staff_tokens import Script, maker, told

pytestmark = pytest.mark.django_db
READS = "payments.view_refund"


def test_a_token_opens_what_its_scope_says_and_only_while_it_is_good() -> None:
    script = Script("books", READS)
    assert script.get("refunds").status_code == 200
    assert told(script.get("cases")) == (403, "FORBIDDEN")
    assert script.get("me").json()["data"]["scopes"] == [READS]
    assert script.fresh().last_used_at is not None and script.secret not in str(StaffToken.objects.values())
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert told(script.get("refunds")) == (401, "UNAUTHORIZED")
    assert services.revoke(script.token.pk, "ops@shop.example", "left in a public place")
    assert not services.revoke(script.token.pk, "ops@shop.example", "twice")
    assert told(script.get("me")) == (401, "UNAUTHORIZED")
    assert AuditEntry.objects.get(action="token revoked").subject == "token:books"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer gst_guessed", "Basic gst_x", "Bearer " + "x" * 9000])
def test_nobody_else_is_let_in(header: str, client: Client) -> None:
    for path in ("me", "refunds", "nothing"):
        answer = client.get(f"/admin/v2/{path}", headers={"Authorization": header} if header else {})
        assert told(answer) == ((404, "NOT_FOUND") if path == "nothing" else (401, "UNAUTHORIZED"))


def test_a_token_never_does_what_its_maker_may_not() -> None:
    script = Script("nightly", READS)
    with pytest.raises(Refused, match="VALIDATION_ERROR"):
        Script("greedy", READS, "payments.change_refund", by=maker("narrow", READS))
    script.by.user_permissions.clear()
    assert told(script.get("refunds")) == (403, "FORBIDDEN")
    User.objects.filter(pk=script.by.pk).update(status=User.Status.SUSPENDED)
    assert told(script.get("me")) == (401, "UNAUTHORIZED")


def test_too_many_calls_of_one_token_wait_whatever_their_address(settings) -> None:
    settings.RATE_LIMITS, settings.THROTTLES = True, settings.THROTTLES | {"admin_api": 3}
    script = Script("busy", READS)
    for number in range(3):
        script.client = Client(REMOTE_ADDR=f"203.0.113.{number}")
        assert script.get("me").status_code == 200
    script.client = Client(REMOTE_ADDR="203.0.113.9")
    answer = script.get("me")
    assert told(answer) == (429, "RATE_LIMIT_EXCEEDED") and int(answer["Retry-After"]) >= 1


def test_staff_make_a_token_after_a_fresh_confirmation_and_see_its_secret_once(client: Client) -> None:
    user = maker("ani", READS, "core.add_stafftoken", "core.view_stafftoken", "core.change_stafftoken")
    page, sent = "/admin/core/stafftoken/add/", {"name": "accounting", "days": "90", "scopes": [READS]}
    stale = enter(Client(), user, fresh=False)
    assert stale.post(page, sent)["Location"].startswith("/admin/confirm/") and not StaffToken.objects.exists()
    enter(client, user)
    assert client.get(page).content.decode().count('name="scopes"') == 1, "no scope but hers is offered"
    assert client.post(page, sent | {"scopes": ["payments.change_refund"]}).status_code == 200
    assert not StaffToken.objects.exists()
    shown = client.post(page, sent).content.decode()
    secret = shown.partition("data-secret>")[2].partition("<")[0]
    token = StaffToken.objects.get()
    assert secret.startswith(services.PREFIX) and services.authenticate(secret, "203.0.113.1") == token
    assert AuditEntry.objects.get(action="token made").actor == "ani@shop.example"
    row = f"/admin/core/stafftoken/{token.pk}"
    assert secret not in client.get(f"{row}/change/").content.decode()
    client.post(f"{row}/revoke/", {"_form_submitted": "True", "reason": "the script is gone"})
    token.refresh_from_db()
    assert token.revoked_at is not None and token.revoked_by == "ani@shop.example"


def test_every_scope_is_a_permission() -> None:
    assert maker("all", *scopes()).has_perms(scopes())
