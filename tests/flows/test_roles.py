"""Who of the staff may do what, and see what: permissions and pages. Verbs, by every door: test_verb_matrix.

The lists come from accounts/roles.py; what moves money or gives rights is written down here once more by hand, so that
a slip in that table is seen here.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse

from accounts import roles
from accounts.models import User
from core.approvals import kinds
from tests.staff import enter

pytestmark = pytest.mark.django_db
NAMES = [role.name for role in roles.ROLES]
# Catalogue, marketing, support, finance, ops, owner: + may, - may not.
MONEY_AND_RIGHTS = {
    "payments.add_refund":             "--++-+",
    "payments.change_refund":          "---+-+",
    "payments.change_payout":          "--++-+",
    "payments.approve_payout":         "---+-+",
    "payments.approve_any_payout":     "-----+",
    "payments.adjust_balance":         "--++-+",
    "payments.approve_adjustment":     "---+-+",
    "core.view_approval":              "+-++-+",
    "core.change_approvallimit":       "-----+",
    "core.change_discrepancy":         "---+++",
    "fulfilment.change_statement":     "---+-+",
    "fulfilment.change_attempt":       "----++",
    "fulfilment.change_supplieraccount": "----++",
    "storefront.resend_order":         "--+-++",
    "storefront.cancel_order":         "--++-+",
    "storefront.change_skuprice":      "+----+",
    "storefront.change_promo":         "-+---+",
    "storefront.change_channel":       "----++",
    "core.add_exchangerate":           "---+-+",
    "core.view_auditentry":            "---+++",
    "accounts.change_user":            "-----+",
    "accounts.manage_staff":           "-----+",
    "accounts.end_sessions":           "--+--+",
    "accounts.reset_second_factor":    "--+--+",
    "auth.change_group":               "-----+",
}  # fmt: skip
# Seen by a permission of their own.
OWN = {"fulfilment.DayFigures": "fulfilment.view_profit"}


@pytest.fixture
def offices() -> dict[str, Client]:
    """A person of each role, signed in."""
    roles.sync()
    return {name: enter(Client(), person(name)) for name in NAMES}


def person(role: str) -> User:
    user = User.objects.create_user(f"{role}@shop.example", "x", is_staff=True)
    user.groups.add(roles.group(role))
    return user


def row(allowed: Any) -> str:
    return "".join("+" if one else "-" for one in allowed)


def test_money_and_rights_are_whose_they_should_be(offices: dict[str, Client]) -> None:
    people = [User.objects.get(email=f"{name}@shop.example") for name in NAMES]
    assert {name: row(one.has_perm(name) for one in people) for name in MONEY_AND_RIGHTS} == MONEY_AND_RIGHTS
    # Whoever decides about what others asked for is never who only asks.
    for kind in kinds.all_kinds():
        assert people[NAMES.index("support")].has_perm(kind.permission) is False, kind.code


def test_a_page_opens_to_whoever_may_see_it_and_to_nobody_else(offices: dict[str, Client]) -> None:
    """What every page of the back office asks, for every role; expected from the table. A few are opened."""
    wrong, request = [], HttpRequest()
    for role in roles.ROLES:
        request.user = User.objects.get(email=f"{role.name}@shop.example")  # knows its permissions after the first
        for model, one in admin.site._registry.items():
            app, name = model._meta.app_label, model._meta.model_name
            has = [role.has_all or f"{app}.{verb}_{name}" in role.permissions for verb in ("view", "change", "add")]
            asked = (one.has_view_permission(request), one.has_add_permission(request))
            may_see = has[0] or has[1] or OWN.get(model._meta.label) in role.permissions
            expected = (role.has_all or may_see, has[2])
            if asked[0] is not expected[0] or (asked[1] and not expected[1]):
                wrong.append((role.name, model._meta.label, asked, expected))
    assert wrong == []
    for name, listed in {
        "storefront_sku": "++++++",
        "payments_transfer": "---+-+",
        "core_approvallimit": "---+-+",
    }.items():
        address = reverse(f"admin:{name}_changelist")
        assert row(offices[role].get(address).status_code == 200 for role in NAMES) == listed, name


def test_staff_without_a_role_reach_nothing(offices: dict[str, Client]) -> None:
    stranger = enter(Client(), User.objects.create_user("eyes@shop.example", "x", is_staff=True))
    for model in admin.site._registry:
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        assert stranger.get(address).status_code == 403, model
