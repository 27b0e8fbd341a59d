"""Money verbs ask who has not shown password or code for ten minutes; nothing moves before, nothing typed is lost."""

from __future__ import annotations

import re
import time
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from core.models import AuditEntry
from payments.models import Payout
from tests.accounts.cast import code_of
from tests.payments.back import claimed, staff
from tests.staff import enter

pytestmark = pytest.mark.django_db
SAID = {"_form_submitted": "True", "reason": "number <compared>"}


@pytest.fixture
def ani() -> User:
    person = staff("ani")
    person.set_password("demo-Passw0rd!")
    person.save(update_fields=["password"])
    return person


def state() -> str:
    return str(Payout.objects.get().state)


def test_the_step_stands_before_the_dialog_and_keeps_what_was_typed(ani: User) -> None:
    verb = reverse("admin:payments_payout_prepare", args=[claimed().pk])
    office = enter(Client(), ani, fresh=False)
    asked = office.get(verb, headers={"accept-language": "en", "hx-request": "true"})
    assert "Show that it is you" in asked.content.decode() and 'name="reason"' not in asked.content.decode()
    assert asked.headers["HX-Retarget"] == "#dialog"
    asked = office.post(verb, SAID)
    assert 'name="proof"' in asked.content.decode() and state() == "ASKED"
    kept = unescape(re.search(r'name="kept" value="([^"]*)"', asked.content.decode())[1])

    def prove(proof: str) -> str:
        answer = office.post(verb, SAID | {"proof": proof, "kept": kept})
        assert answer.status_code == 200 and state() == "ASKED"
        return answer.content.decode()

    wrong = prove("wrong")
    assert 'name="proof"' in wrong and unescape(re.search(r'name="kept" value="([^"]*)"', wrong)[1]) == kept
    dialog = prove("demo-Passw0rd!")
    assert 'name="proof"' not in dialog and "number &lt;compared&gt;" in dialog
    assert office.post(verb, SAID).status_code == 302 and state() == "PREPARED"
    assert AuditEntry.objects.get(action="payout.prepare").why == "number <compared>"


def test_a_code_is_as_good_and_a_right_is_asked_for_first(ani: User) -> None:
    verb = reverse("admin:payments_payout_prepare", args=[claimed().pk])
    office = enter(Client(), ani, fresh=False)
    assert 'name="reason"' in office.post(verb, {"proof": code_of(ani)}).content.decode()
    ani.user_permissions.clear()
    assert enter(Client(), ani, fresh=False).get(verb).status_code == 403


def test_it_wears_off(ani: User, monkeypatch: pytest.MonkeyPatch) -> None:
    verb = reverse("admin:payments_payout_prepare", args=[claimed().pk])
    office = enter(Client(), ani)
    now = time.time()

    def at(seconds: int) -> Any:
        monkeypatch.setattr(time, "time", lambda: now + seconds)
        return office.get(verb).content.decode()

    assert 'name="reason"' in at(590) and 'name="proof"' in at(601)


def test_pages_lead_through_a_page(admin_client: Client, admin_user: User) -> None:
    customer = User.objects.create_user("customer@example.com", "x")
    password = reverse("admin:auth_user_password_change", args=[customer.pk])
    assert admin_client.get(password).status_code == 200
    office = enter(Client(), admin_user, fresh=False)
    leads = office.get(password).headers["Location"]
    assert leads == f"/admin/confirm/?next={password.replace('/', '%2F')}"
    admin_user.set_password("demo-Passw0rd!")
    admin_user.save(update_fields=["password"])
    office = enter(Client(), admin_user, fresh=False)
    assert office.get(leads).status_code == 200
    assert office.post("/admin/confirm/", {"next": password, "proof": "wrong"}).status_code == 200
    answer = office.post("/admin/confirm/", {"next": password, "proof": "demo-Passw0rd!"})
    assert answer.headers["Location"] == password and office.get(password).status_code == 200
    away = office.post("/admin/confirm/", {"next": "https://evil.example/", "proof": "demo-Passw0rd!"})
    assert away.headers["Location"] == "/admin/"
