"""People in the back office: customers and staff."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django_otp.plugins.otp_static.models import StaticDevice
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from accounts import finding, mails, roles, sessions
from accounts.admin.account_verbs import AccountVerbs
from accounts.admin.found_by_words import FoundByWords
from accounts.models import Benefit, FailedSignIn, Session, User
from core import audit
from core.admin import confirm
from core.admin.bases import ReadOnlyAdmin, ShopAdmin
from core.admin.bounded import Bounded, FoundByIndex

admin.site.unregister(Group)
admin.site.unregister(StaticDevice)  # back-up codes are made by their owner alone
_MANAGE = "accounts.manage_staff"
_SHOWN = 30


def _is_below(request: HttpRequest, user: User | None) -> bool:
    """Whether the reader may act on that person's account: customers', and for owners the staff's."""
    reader: Any = request.user
    if user is None or reader.is_superuser:
        return True
    return not user.is_superuser and (not user.is_staff or bool(reader.has_perm(_MANAGE)))


class NewUserForm(UserCreationForm):
    class Meta:
        model = User
        fields = ("email",)


class UserForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(FoundByWords, AccountVerbs, Bounded, DjangoUserAdmin, ShopAdmin):  # type: ignore[type-arg]
    form = UserForm
    add_form = NewUserForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "first_name", "last_name", "phone", "status", "level", "is_staff", "created_at"]
    list_filter = ["status", "level", "is_staff", "primary_region", "groups"]
    list_per_page = 50
    ordering = ["-pk"]
    readonly_fields = [
        "public_id",
        "created_at",
        "updated_at",
        "last_login",
        "email_verified_at",
        "signed_in",
        "sign_ins",
    ]
    filter_horizontal = ["groups", "user_permissions"]
    autocomplete_fields = ["primary_region", "current_region"]
    actions_detail = ["end_sessions", "reset_second_factor"]
    fieldsets = [
        (None, {"fields": ["email", "password", "public_id"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "phone", "language"]}),
        (_("Shop"), {"fields": ["status", "level", "primary_region", "current_region"]}),
        (_("Back office"), {"fields": ["is_staff", "is_superuser", "groups", "user_permissions"]}),
        (_("Devices"), {"fields": ["signed_in", "sign_ins"]}),
        (_("Dates"), {"fields": ["email_verified_at", "last_login", "created_at", "updated_at"]}),
    ]
    add_fieldsets = [(None, {"classes": ["wide"], "fields": ["email", "usable_password", "password1", "password2"]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Only owners give rights, only a superuser makes another one; an address never changes."""
        fixed = list(super().get_readonly_fields(request, obj))
        if obj is not None:
            fixed.append("email")
        if not request.user.has_perm(_MANAGE):  # type: ignore[union-attr]
            fixed += ["is_staff", "groups", "user_permissions"]
        if not request.user.is_superuser:  # type: ignore[union-attr]
            fixed.append("is_superuser")
        return fixed

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        # Only customers have regions.
        return super().formfield_for_foreignkey(db_field, request, required=False, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Staff are changed by owners only: whoever sets a colleague's password has the colleague's rights. A superuser
        is changed by superusers only."""
        return super().has_change_permission(request, obj) and _is_below(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # orders and the ledger name them; suspend instead

    @display(description=_("signed in on"))
    def signed_in(self, user: User) -> str:
        live = sessions.live(user)[:20]
        lines = ((row.device or row.kind, row.address or "–", date_format(row.seen_at, "j M Y, H:i")) for row in live)
        return format_html_join(mark_safe("<br>"), "{} · {} · {}", lines) or "–"

    @display(description=_("sign-ins, also failed ones"))
    def sign_ins(self, user: User) -> str:
        """The newest of both kinds: when, from where, with what, and how it ended."""
        opened = [
            (row.created_at, row.get_kind_display(), row.device, row.address, row.get_ended_why_display())
            for row in Session.objects.filter(user=user).order_by("-created_at")[:_SHOWN]
        ]
        failed = [
            (row.at, str(_("failed")), row.device, row.address, row.get_why_display())
            for row in FailedSignIn.objects.filter(user=user)[:_SHOWN]
        ]
        newest = sorted(opened + failed, key=lambda one: one[0], reverse=True)[:_SHOWN]
        lines = ((date_format(localtime(one[0]), "j M Y, H:i"), *(part or "–" for part in one[1:])) for one in newest)
        return format_html_join(mark_safe("<br>"), "{} · {} · {} · {} · {}", lines) or "–"

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Whoever can give rights here has shown who they are a moment ago."""
        step = confirm.first(request) if request.user.has_perm(_MANAGE) else None  # type: ignore[union-attr]
        return step or super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        finding.index(obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """A password set by staff ends what was signed in with the old one, as the member's own change does."""
        if (step := confirm.first(request)) is not None:
            return step
        user = self.get_object(request, unquote(id))
        before = user.password if user else ""
        with transaction.atomic():
            response = super().user_change_password(request, id, form_url)
            if user is not None and before != User.objects.values_list("password", flat=True).get(pk=user.pk):
                sessions.end_all(user, Session.End.STAFF)
                audit.record(request.user.get_username(), "password set", f"user:{user.public_id}")
                mails.password_changed(user)
        return response

    def has_end_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_help(request, object_id, "accounts.end_sessions")

    def has_reset_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_help(request, object_id, "accounts.reset_second_factor")

    def _may_help(self, request: HttpRequest, object_id: Any, permission: str) -> bool:
        user = User.objects.filter(pk=object_id).first() if object_id else None
        return bool(request.user.has_perm(permission)) and _is_below(request, user)


class OfStaffFilter(admin.SimpleListFilter):
    """By the few people who are staff, each with an index of their own."""

    title = _("staff")
    parameter_name = "staff"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Yes"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[FailedSignIn]) -> QuerySet[FailedSignIn]:
        if self.value() != "1":
            return queryset
        return queryset.filter(user__in=list(User.objects.filter(is_staff=True).values_list("pk", flat=True)))


@admin.register(FailedSignIn)
class FailedSignInAdmin(FoundByIndex, ReadOnlyAdmin):
    """Who tried to be somebody: mostly a forgotten password, sometimes not. Those of one person stand on their page."""

    list_display = ["at", "user", "is_staff", "why", "address", "device"]
    list_filter = ["why", OfStaffFilter]
    list_select_related = ["user"]
    search_fields = ["user__email"]

    @display(description=_("staff"), boolean=True)
    def is_staff(self, one: FailedSignIn) -> bool:
        return one.user.is_staff


@admin.register(Benefit)
class BenefitAdmin(ShopAdmin):
    """Lines written here replace the shop's own lines of that level."""

    list_display = ["level", "position", "__str__"]
    list_filter = ["level"]


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ShopAdmin):  # type: ignore[type-arg]
    """Groups of the shop's own beside the roles; what a role may do stands in accounts/roles.py, and is shown."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What a group may do, everybody in it may."""
        step = confirm.first(request) if request.user.has_perm("auth.change_group") else None  # type: ignore[union-attr]
        return step or super().changeform_view(request, *args, **kwargs)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With what its permissions are called, which is a row of its own for each."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            named = Prefetch("permissions", Permission.objects.select_related("content_type"))
            prefetch_related_objects([found], named)
        return found

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not _is_role(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not _is_role(obj)


def _is_role(obj: Any) -> bool:
    return obj is not None and obj.name in roles.BY_NAME
