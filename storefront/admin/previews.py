"""What customers would see of a form that staff have filled in and not saved: nothing is written."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils import translation
from django.utils.translation import gettext as _

from core import regions
from core.models import Region
from storefront.catalogue.models import ProductField
from storefront.catalogue.shop import field_shown
from storefront.pages.product import inputs


class Previewed:
    """Mixin of an admin with a button that opens, in a tab of its own, what the form would look like in the shop."""

    change_form_after_template = "storefront/admin/preview_button.html"
    preview_template = ""

    def get_urls(self) -> list[URLPattern]:
        admin: Any = self
        view = admin.admin_site.admin_view(self.preview)
        name = f"{admin.opts.app_label}_{admin.opts.model_name}_preview"
        mine = [path("preview/", view, name=f"{name}_new"), path("<int:object_id>/preview/", view, name=name)]
        return mine + super().get_urls()  # type: ignore[misc, no-any-return]

    def shown(self, request: HttpRequest, row: Any, region: Region, language: str) -> dict[str, Any]:
        """What the template shows of the row, in one language."""
        raise NotImplementedError

    def preview(self, request: HttpRequest, object_id: int | None = None) -> HttpResponse:
        admin: Any = self
        row = admin.get_object(request, str(object_id)) if object_id else admin.model()
        if row is None:
            raise Http404
        if not admin.has_view_permission(request, row):
            raise PermissionDenied
        problems: list[str] = []
        if request.method == "POST":
            form = admin.get_form(request, row if object_id else None)(request.POST, request.FILES, instance=row)
            if not form.is_valid():
                problems = [
                    f"{form[name].label}: {' '.join(texts)}"
                    for name, texts in form.errors.items()
                    if name in form.fields
                ]
        self.fill(request, row, problems)
        region = getattr(row, "region", None) or regions.default()
        shops = []
        for code, name in settings.LANGUAGES:
            with translation.override(code):
                shops.append({"language": code, "name": name, **self.shown(request, row, region, code)})
        context = {"title": _("Preview: %(row)s") % {"row": row}, "shops": shops, "problems": problems}
        return render(request, self.preview_template, context)

    def fill(self, request: HttpRequest, row: Any, problems: list[str]) -> None:
        """What else of the form belongs to the preview is put at the row; what is wrong with it joins `problems`."""


def unsaved_fields(admin: Any, request: HttpRequest, row: Any, problems: list[str]) -> list[ProductField]:
    """The inputs of a product as the form holds them, in order; the stored ones where nothing was sent."""
    if request.method != "POST":
        return list(row.fields.all()) if row.pk else []
    found: list[ProductField] = []
    for formset_class, inline in admin.get_formsets_with_inlines(request, row):
        if inline.model is not ProductField:
            continue
        prefix = formset_class.get_default_prefix()
        formset = formset_class(**admin.get_formset_kwargs(request, row, inline, prefix))
        if not formset.is_valid():
            problems += [f"{name}: {' '.join(texts)}" for one in formset.errors for name, texts in one.items()]
            problems += [str(text) for text in formset.non_form_errors()]
        gone = {id(form) for form in getattr(formset, "deleted_forms", [])}
        found = [form.instance for form in formset.forms if form.instance.key and id(form) not in gone]
    return sorted(found, key=lambda one: one.position)


def fields_shown(fields: list[ProductField], language: str) -> list[dict[str, Any]]:
    """The customer's form of these inputs; an input that cannot be shown yet (broken options) is left out."""
    whole = [one for one in fields if isinstance(one.options, list)]
    return inputs([field_shown(one, language) for one in whole], {}, {})


def picture_of(request: HttpRequest, row: Any, stored: str) -> str:
    """The address of the row's picture; of one that was uploaded with the form and is stored nowhere, the picture."""
    file = getattr(row.image, "file", None) if row.image else None
    if isinstance(file, UploadedFile):
        file.seek(0)
        return f"data:{file.content_type};base64,{b64encode(file.read()).decode()}"
    return stored
