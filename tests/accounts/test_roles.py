"""The roles as groups: written from the table, again and again, and shown as they are."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.safestring import SafeString

from accounts import roles

pytestmark = pytest.mark.django_db


def said() -> str:
    out = StringIO()
    call_command("sync_roles", stdout=out)
    return out.getvalue()


def test_the_table_names_only_permissions_that_there_are() -> None:
    assert roles.unknown_permissions() == set()


def test_it_says_what_it_changed_and_then_changes_nothing() -> None:
    assert said().count(": made, ") == len(roles.ROLES)
    assert said() == "The roles are as they should be.\n"
    support = Group.objects.get(name="support")
    support.permissions.add(Permission.objects.get(codename="approve_payout"))
    support.permissions.remove(Permission.objects.get(codename="view_order"))
    assert said() == "support: +storefront.view_order -payments.approve_payout\n"
    assert Group.objects.get(name="owner").permissions.count() == Permission.objects.count()


def test_a_mistyped_permission_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = roles.Role("support", SafeString("Support"), (roles.Block("", frozenset({"payments.aprove_refund"})),))
    monkeypatch.setattr(roles, "ROLES", (*roles.ROLES[:2], wrong))
    with pytest.raises(CommandError, match=r"payments\.aprove_refund"):
        said()
    assert not Group.objects.exists()


def test_a_role_s_page_costs_the_same_however_much_it_may_do(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    roles.sync()
    own = Group.objects.create(name="our own")
    own.permissions.set(Permission.objects.all())
    for group in (roles.group("owner"), own):
        with django_assert_max_num_queries(12):
            page = admin_client.get(f"/admin/auth/group/{group.pk}/change/").content.decode()
        assert "Can approve" in page
