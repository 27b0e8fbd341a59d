import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from core.models import AuditEntry

pytestmark = [pytest.mark.urls("tests.core.doors"), pytest.mark.django_db]


@pytest.fixture
def customer() -> User:
    return User.objects.create_user("customer@example.com", "demo-Passw0rd!")


@pytest.fixture
def clerk(client: Client) -> Client:
    """Staff who may change users but are no superuser."""
    user = User.objects.create_user("clerk@example.com", "x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    client.force_login(user)
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
