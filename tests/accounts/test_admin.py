from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from accounts import helping, keeping, suspending
from accounts.models import Lockout, MailedToken, RefreshToken, Session, User
from core.errors import Refused
from core.models import ApprovalLimit, AuditEntry, MailMessage, SearchToken
from tests.staff import enter

pytestmark = [pytest.mark.urls("tests.core.doors"), pytest.mark.django_db]


@pytest.fixture
def customer() -> User:
    return User.objects.create_user("customer@example.com", "demo-Passw0rd!")


@pytest.fixture
def clerk(client: Client) -> Client:
    """Staff who may change users but are no superuser."""
    user = User.objects.create_user("clerk@example.com", "x", is_staff=True)
    codes = ["view_user", "change_user", "end_sessions", "reset_second_factor"]
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    enter(client, user)
    return client


def _given(**fields: str) -> dict[str, str]:
    return {"first_name": "Sari", "language": "id", "status": "ACTIVE", "level": "CLASSIC"} | fields


def test_a_user_s_page_opens_and_saves(admin_client: Client, customer: User) -> None:
    address = f"/admin/accounts/user/{customer.pk}/change/"
    assert admin_client.get(address).status_code == 200
    assert admin_client.post(address, _given(email="other@example.com")).status_code == 302
    customer.refresh_from_db()
    assert (customer.first_name, customer.email) == ("Sari", "customer@example.com")
    entry = AuditEntry.objects.get()
    assert entry.after == {"first_name": "Sari"}
    assert SearchToken.objects.filter(target=customer.public_id, word="sari").exists(), "found by the new name"


def test_the_list_finds_people_by_a_word_and_counts_nobody(admin_client: Client, customer: User) -> None:
    found = admin_client.get("/admin/accounts/user/", {"q": "custom"}).context["cl"]
    assert list(found.result_list) == [customer] and found.full_result_count is None


def test_a_user_is_added_with_a_password(admin_client: Client) -> None:
    given = {"email": "New@Example.com", "password1": "demo-Passw0rd!", "password2": "demo-Passw0rd!"}
    given["usable_password"] = "true"
    assert admin_client.get("/admin/accounts/user/add/").status_code == 200
    assert admin_client.post("/admin/accounts/user/add/", given).status_code == 302
    added = User.objects.get(email__iexact="new@example.com")
    assert added.check_password("demo-Passw0rd!")
    assert "password" not in str(AuditEntry.objects.get().after)


def test_a_password_can_be_set(admin_client: Client, customer: User) -> None:
    address = f"/admin/accounts/user/{customer.pk}/password/"
    assert admin_client.get(address).status_code == 200
    assert admin_client.get("/admin/accounts/user/nobody/password/").status_code == 404


def test_rights_and_limits_are_given_by_whoever_has_just_shown_who_they_are(admin_user: User, customer: User) -> None:
    client = enter(Client(), admin_user, fresh=False)
    limits = "/admin/core/approvallimit/add/"
    for address in (f"/admin/accounts/user/{customer.pk}/change/", limits, "/admin/auth/group/add/"):
        given = _given(is_staff="on") | {"kind": "refunds", "unit": "IDR", "most": "1000000000"}
        for answer in (client.get(address), client.post(address, given)):
            assert answer.status_code == 302 and answer["Location"].startswith("/admin/confirm/")
    customer.refresh_from_db()
    assert not customer.is_staff and not ApprovalLimit.objects.exists()


def test_nobody_makes_himself_a_superuser(clerk: Client, customer: User) -> None:
    address = f"/admin/accounts/user/{customer.pk}/change/"
    assert clerk.post(address, _given(is_superuser="on", is_staff="on")).status_code == 302
    customer.refresh_from_db()
    assert (customer.first_name, customer.is_superuser, customer.is_staff) == ("Sari", False, False)


def test_nobody_below_changes_a_superuser(clerk: Client, admin_user: User) -> None:
    assert clerk.post(f"/admin/accounts/user/{admin_user.pk}/change/", _given()).status_code == 403
    assert clerk.get(f"/admin/accounts/user/{admin_user.pk}/password/").status_code == 403


def test_people_are_suspended_and_not_deleted(admin_client: Client, customer: User) -> None:
    assert admin_client.post(f"/admin/accounts/user/{customer.pk}/delete/", {"post": "yes"}).status_code == 403


def _signed_in(user: User) -> Session:
    return Session.objects.create(user=user, kind=Session.Kind.API, device="Gerbang-App")


def test_where_somebody_is_signed_in_and_out_everywhere(admin_client: Client, customer: User) -> None:
    session = _signed_in(customer)
    assert b"Gerbang-App" in admin_client.get(f"/admin/accounts/user/{customer.pk}/change/").content
    address = f"/admin/accounts/user/{customer.pk}/end_sessions/"
    for _twice in range(2):
        admin_client.post(address, {"_form_submitted": "True", "reason": "the phone was stolen"})
    session.refresh_from_db()
    assert session.ended_why == "STAFF"
    assert MailMessage.objects.get().template == "account_signed_out", "who was signed in nowhere gets none"
    assert {entry.why for entry in AuditEntry.objects.all()} == {"the phone was stolen"}


def test_a_password_set_by_staff_ends_what_was_signed_in(admin_client: Client, customer: User) -> None:
    session = _signed_in(customer)
    address = f"/admin/accounts/user/{customer.pk}/password/"
    given = {"password1": "Another-Passw0rd", "password2": "Another-Passw0rd", "usable_password": "true"}
    assert admin_client.post(address, given | {"password2": "x"}).status_code == 200
    session.refresh_from_db()
    assert session.ended_at is None
    assert admin_client.post(address, given).status_code == 302
    session.refresh_from_db()
    assert session.ended_why == "STAFF"
    assert MailMessage.objects.get().template == "account_password"


def test_clerks_do_nothing_to_superusers(clerk: Client, admin_user: User) -> None:
    session = _signed_in(admin_user)
    clerk.post(
        f"/admin/accounts/user/{admin_user.pk}/end_sessions/", {"_form_submitted": "True", "reason": "just because"}
    )
    by = User.objects.get(email="clerk@example.com")
    for act in (helping.end_sessions, suspending.suspend, suspending.restore):
        with pytest.raises(Refused):
            act(admin_user, by, "whichever door forgets to ask")
    session.refresh_from_db()
    assert session.ended_at is None


def test_benefits_are_written_by_staff(admin_client: Client) -> None:
    assert admin_client.get("/admin/accounts/benefit/add/").status_code == 200


def test_what_nobody_can_use_is_thrown_away(customer: User) -> None:
    now = timezone.now()
    old, live = _signed_in(customer), _signed_in(customer)
    Session.objects.filter(pk=old.pk).update(seen_at=now - timedelta(days=181))
    for days, name in ((-1, "old"), (1, "new")):
        at = now + timedelta(days=days)
        RefreshToken.objects.create(session=live, hash=name, expires_at=at, used_at=now)
        Lockout.objects.create(key=name, until=at)
        MailedToken.objects.create(user=customer, purpose="RESET", hash=name, expires_at=now + timedelta(days=8 * days))
    keeping.tidy()
    assert list(Session.objects.all()) == [live]
    assert list(RefreshToken.objects.values_list("hash", flat=True)) == ["new"]
    assert list(Lockout.objects.values_list("key", flat=True)) == ["new"]
    assert list(MailedToken.objects.values_list("hash", flat=True)) == ["new"]
