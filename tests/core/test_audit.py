"""Every write of staff leaves an entry that nobody can change, and is found by who, what, about what and when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core import audit, cases
from core.admin.bases import ReadOnly, ShopAdmin
from core.models import AuditEntry, StaffCase

pytestmark = pytest.mark.django_db
# Added on a page whose service records it.
MADE_BY_A_SERVICE = {"core.StaffToken"}
SITE = [(model, one) for model, one in admin.site._registry.items()]


@pytest.fixture
def office(admin_user: User) -> HttpRequest:
    request = HttpRequest()
    request.user = admin_user
    return request


def test_what_can_be_written_has_the_base_that_records_it(office: HttpRequest) -> None:
    for model, one in SITE:
        if model._meta.label in MADE_BY_A_SERVICE:
            assert not one.has_change_permission(office) and not one.has_delete_permission(office), model
        elif isinstance(one, ReadOnly):
            may = (one.has_add_permission(office), one.has_change_permission(office), one.has_delete_permission(office))
            assert may == (False, False, False), model
        else:
            assert isinstance(one, ShopAdmin), f"{model}: its changes leave no entry"


def test_who_gets_which_rights_is_kept(admin_client: Client) -> None:
    user = User.objects.create_user("sari@example.com", "x")
    group = Group.objects.create(name="our own")
    given = {"first_name": "", "language": "id", "status": "ACTIVE", "level": "CLASSIC", "is_staff": "on"}
    admin_client.post(f"/admin/accounts/user/{user.pk}/change/", given | {"groups": [str(group.pk)]})
    entries = list(AuditEntry.objects.order_by("id").values_list("before", "after"))
    assert entries == [({"is_staff": False}, {"is_staff": True}), ({"groups": []}, {"groups": ["our own"]})]


def test_a_verb_whose_service_says_nothing_has_its_entry_all_the_same(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases.open_case("double", "double:1", "Paid twice")
    case = StaffCase.objects.get()
    monkeypatch.setattr(cases, "resolve", lambda case, by, why: True)
    said = {"_form_submitted": "True", "reason": "seen to"}
    admin_client.post(f"/admin/core/staffcase/{case.pk}/resolve/", said, headers={"x-request-id": "abcdefgh12345678"})
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject, entry.why) == ("resolve", f"core.staffcase:{case.pk}", "seen to")
    assert entry.trace == "abcdefgh12345678"


def test_the_database_keeps_it_as_it_is() -> None:
    longest = f"{'s' * 242}@example.com"  # that an address may be
    audit.record(longest, "changed", "x:1", after={"a": 1}, why="because")
    entry = AuditEntry.objects.get(actor=longest)
    for do in (
        lambda: AuditEntry.objects.update(why="nothing"),
        lambda: AuditEntry.objects.all().delete(),
        lambda: connection.cursor().execute("UPDATE core_auditentry SET actor = 'dewi'"),
        lambda: entry.delete(),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            do()
    assert AuditEntry.objects.get().why == "because"


def test_a_customers_data_can_be_erased_and_nothing_else_of_an_entry() -> None:
    audit.record("ani@example.com", "refund.claimed", "GATE1-R1", after="wallet")
    audit.record("sari", "changed", "accounts.user:7", before={"phone": "1"}, after={"phone": "2"}, why="moved")
    audit.record("sari", "changed", "accounts.user:8", after={"phone": "3"})
    assert audit.erase(["accounts.user:7"], ["ani@example.com"]) == 2
    told = list(AuditEntry.objects.order_by("id").values_list("actor", "subject", "before", "after", "why"))
    assert told == [
        ("erased", "GATE1-R1", None, None, "erased"),
        ("sari", "accounts.user:7", None, None, "erased"),
        ("sari", "accounts.user:8", None, {"phone": "3"}, ""),
    ]
    with pytest.raises(IntegrityError), transaction.atomic():
        AuditEntry.objects.update(why="erased")
    with pytest.raises(IntegrityError), transaction.atomic():
        connection.cursor().execute("SELECT set_config('gerbang.erasing', 'on', true)")
        AuditEntry.objects.update(subject="x")


def test_it_is_kept_for_five_years() -> None:
    now = timezone.now()
    for days, name in ((1824, "young"), (1826, "old")):
        AuditEntry.objects.create(actor=name, action="changed", subject="x", at=now - timedelta(days=days))
    assert (audit.forget_old(), audit.forget_old()) == (1, 0)
    assert AuditEntry.objects.get().actor == "young"


def test_it_is_found_by_who_what_about_what_and_when(admin_client: Client) -> None:
    now = timezone.now()
    for number in range(3):
        audit.record("sari@example.com", "refund.approve", f"GATE26112{number}-R1", why=f"reason {number}")
    audit.record("dewi@example.com", "price", "user:usr_1", why="another")
    AuditEntry.objects.create(actor="old", action="price", subject="x", at=now - timedelta(days=9), why="long ago")

    def found(**asked: str) -> list[str]:
        page = admin_client.get("/admin/core/auditentry/", asked)
        return [entry.why for entry in page.context["cl"].result_list]

    assert found(who="sari@example.com") == ["reason 2", "reason 1", "reason 0"]
    assert found(what="price") == ["another", "long ago"]
    assert found(about="#GATE261121") == ["reason 1"] and found(about="usr_1") == ["another"]
    assert found(day=f"{timezone.localtime(now - timedelta(days=9)):%Y-%m-%d}") == ["long ago"]
    assert found(day="yesterday") == found(day="9999-12-31") == []
    assert found(who="dewi@example.com", what="refund.approve") == []


def test_a_page_of_it_is_read_by_an_index(admin_client: Client) -> None:
    """However many there are: no filter sorts the table or counts all of it."""
    for asked, indexes in (
        ({"actor": "sari"}, "audit_by_actor"),
        ({"action": "price"}, "audit_by_action"),
        ({"subject": "x"}, "audit_by_subject audit_subject_prefix"),
        ({"subject__startswith": "GATE2611"}, "audit_subject_prefix"),
        ({}, "core_auditentry_at"),
    ):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        plan = AuditEntry.objects.filter(**asked)[:100].explain()
        assert any(index in plan for index in indexes.split()), plan
