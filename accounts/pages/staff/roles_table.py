"""The page that shows what each role may do: permissions down, roles across, and why a role has what it has."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth.models import Permission
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from accounts import roles


def show(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """For all staff: who knows what the others may do, asks the right person."""
    named = Permission.objects.select_related("content_type").order_by("content_type__app_label", "codename")
    rows = []
    for one in named:
        name = f"{one.content_type.app_label}.{one.codename}"
        has = [role.has_all or name in role.permissions for role in roles.ROLES]
        if sum(has) > 1 or not one.codename.startswith(_DJANGOS):
            rows.append({"name": name, "title": _title(one), "has": has})
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": _("Roles"),
        "roles": [
            {"title": role.title, "name": role.name, "reasons": [block.why for block in role.blocks]}
            for role in roles.ROLES
        ],
        "rows": rows,
    }
    return TemplateResponse(request, "accounts/admin/roles.html", context)


_DJANGOS = ("view_", "add_", "change_", "delete_")
_VERBS = {"view": _("see"), "add": _("add"), "change": _("change"), "delete": _("delete")}


def _title(one: Permission) -> str:
    """Django's own are four to a model, by its name in the reader's language; ours say what they allow."""
    verb, _underscore, model = one.codename.partition("_")
    model_class = one.content_type.model_class()
    if verb in _VERBS and model_class is not None and model == one.content_type.model:
        return f"{str(model_class._meta.verbose_name_plural).capitalize()}: {_VERBS[verb]}"
    given = dict(model_class._meta.permissions) if model_class is not None else {}
    return str(given.get(one.codename, one.name))
