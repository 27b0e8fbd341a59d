"""Every change and every deletion, of every list of the back office that can be written, leaves its entry."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from core import audit
from core.admin.bases import _NEVER_RECORDED, ReadOnly
from core.models import AuditEntry
from tests.demo.shop import _loaded, demo_shop  # noqa: F401

pytestmark = pytest.mark.usefixtures("demo_shop")
WRITTEN = [one for one in admin.site._registry.values() if not isinstance(one, ReadOnly)]


@pytest.fixture
def office() -> HttpRequest:
    request = HttpRequest()
    request.user = User.objects.get(email="admin@example.com")
    return request


def other(field: models.Field[Any, Any], value: Any) -> Any:
    """Another value of that type; None where this test knows none."""
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.IntegerField):
        return (value or 0) + 1
    if isinstance(field, models.DecimalField):
        return (value or 0) + 1
    if isinstance(field, models.CharField | models.TextField) and not field.choices and not field.primary_key:
        return "Z" if value != "Z" else "Y"
    if isinstance(field, models.DateTimeField):
        return timezone.now() + timedelta(days=1000)
    return None


def changed(row: models.Model) -> str:
    """The row with one column changed, not yet saved; the column's name."""
    for field in row._meta.concrete_fields:
        if field.primary_key or field.is_relation or not field.editable:
            continue
        if field.attname in _NEVER_RECORDED:
            continue  # what a password is set to nobody may read; that it was set has its own entry
        another = other(field, getattr(row, field.attname))
        if another is not None:
            setattr(row, field.attname, another)
            return str(field.attname)
    raise AssertionError(f"{row!r} has no column that this test can change")


def test_every_change_and_every_deletion_of_every_admin_is_kept(office: HttpRequest) -> None:
    Group.objects.create(name="our own")
    form = SimpleNamespace(changed_data=[], cleaned_data={}, fields={}, files={}, has_changed=lambda: True)
    seen = set()
    for one in WRITTEN:
        row = one.model._base_manager.order_by("pk").first()
        if row is None:
            continue  # the structure, above, is what holds for them
        subject = audit.subject_of(row)
        for do in (change, delete):
            with transaction.atomic():
                entries = do(one, office, row, form)
                transaction.set_rollback(True)
            if entries is not None:
                assert entries == [(office.user.get_username(), subject)], (one.model, do.__name__)
                seen.add((one.model, do.__name__))
    assert len({model for model, _do in seen}) >= 20 and sum(name == "delete" for _model, name in seen) >= 8


def change(one: ModelAdmin[Any], office: HttpRequest, row: models.Model, form: Any) -> list[tuple[str, str]] | None:
    column = changed(row)
    begun = newest()
    one.save_model(office, row, form, True)
    rows = AuditEntry.objects.filter(pk__gt=begun, action="changed")
    assert all(column in entry.after for entry in rows), one.model
    return list(rows.values_list("actor", "subject"))


def delete(one: ModelAdmin[Any], office: HttpRequest, row: models.Model, form: Any) -> list[tuple[str, str]] | None:
    if not one.has_delete_permission(office, row):
        return None
    begun = newest()
    try:
        with transaction.atomic():
            one.delete_model(office, row)
    except (models.ProtectedError, models.RestrictedError):
        return None
    return list(AuditEntry.objects.filter(pk__gt=begun, action="deleted").values_list("actor", "subject"))


def newest() -> int:
    return AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
