"""People in the back office: customers and staff."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts.models import User
from core.admin.bases import ShopAdmin

admin.site.unregister(Group)


class NewUserForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email",)


class UserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ShopAdmin):  # type: ignore[type-arg]
    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "first_name", "last_name", "phone", "status", "level", "is_staff", "created_at"]
    list_filter = ["status", "level", "is_staff", "primary_region", "groups"]
    search_fields = ["email", "first_name", "last_name", "phone", "public_id"]
    ordering = ["-created_at"]
    date_hierarchy = "created_at"
    readonly_fields = ["public_id", "created_at", "updated_at", "last_login", "email_verified_at"]
    filter_horizontal = ["groups", "user_permissions"]
    autocomplete_fields = ["primary_region", "current_region"]
    fieldsets = [
        (None, {"fields": ["email", "password", "public_id"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "phone", "language"]}),
        (_("Shop"), {"fields": ["status", "level", "primary_region", "current_region"]}),
        (_("Back office"), {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"]}),
        (_("Dates"), {"fields": ["email_verified_at", "last_login", "created_at", "updated_at"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Who is not a superuser makes nobody one, and gives nobody rights; an address never changes."""
        fixed = list(super().get_readonly_fields(request, obj))
        if obj is not None:
            fixed.append("email")
        if not request.user.is_superuser:  # type: ignore[union-attr]
            fixed += ["is_staff", "is_superuser", "groups", "user_permissions"]
        return fixed

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # Only customers have regions.
        return super().formfield_for_foreignkey(db_field, request, required=False, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A superuser is changed by superusers only."""
        is_above = obj is not None and obj.is_superuser and not request.user.is_superuser  # type: ignore[union-attr]
        return not is_above and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # orders and the ledger name them; suspend instead


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass
