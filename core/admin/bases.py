"""Bases of the back office's pages: read-only records, and things of the shop whose every change is kept and shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, ClassVar

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import format_html
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import display

from core import audit
from core.admin.bounded import Bounded
from core.admin.translated import TranslatedFormField, TranslatedWidget
from core.money import Money
from core.translated import TranslatedField, TranslatedListField
from core.web import prebuilt

_OWN_PAGES = ("_change", "_history", "_delete")
_NEVER_RECORDED = {"password", "password_changed_at", "updated_at", "last_login"}


class TranslatedTexts:
    """Mixin: translated columns get an input per language; `html_texts` are cleaned, `long_texts` get room."""

    html_texts: ClassVar[tuple[str, ...]] = ()
    long_texts: ClassVar[tuple[str, ...]] = ()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if not isinstance(db_field, TranslatedField):
            return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        is_html = db_field.name in self.html_texts
        return TranslatedFormField(
            is_html=is_html,
            required=not db_field.blank,
            label=str(db_field.verbose_name).capitalize(),
            help_text=str(db_field.help_text),
            initial=db_field.get_default,
            widget=TranslatedWidget(
                is_long=is_html or db_field.name in self.long_texts,
                is_list=isinstance(db_field, TranslatedListField),
            ),
        )


class FoundByWhatIsShown:
    """Mixin: the address of a list filters by columns that the list shows or offers as filters, and by no others.
    Django allows any column of the row: asked often enough, yes or no, the list would read out what pages keep back,
    such as hashes of passwords and the keys in mails' links."""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        admin: Any = self
        return _is_shown(admin, lookup.split("__")[0], request) and bool(
            super().lookup_allowed(lookup, value, request)  # type: ignore[misc]
        )

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Some values are refused only when the statement is made, such as a year that no calendar has: Django takes
        those for its own error."""
        try:
            return super().get_changelist_instance(request)  # type: ignore[misc]
        except (ValueError, OverflowError) as problem:
            if not request.GET:
                raise  # nobody asked for anything: the fault is ours
            raise IncorrectLookupParameters(problem) from problem


def _is_shown(admin: Any, name: str, request: HttpRequest) -> bool:
    columns = {field.name: field.attname for field in admin.opts.concrete_fields}
    field = next((one for one, attname in columns.items() if name in (one, attname)), None)
    if field is None or field == admin.opts.pk.name:
        return True  # a filter's own word, or a row by its number
    offered = admin.get_list_filter(request)
    named = [one[0] if isinstance(one, tuple | list) else getattr(one, "parameter_name", one) for one in offered]
    paths = [*admin.list_display, *(one for one in named if isinstance(one, str)), admin.date_hierarchy or ""]
    return field in {path.split("__")[0] for path in paths if isinstance(path, str)}


class ReadOnly:
    """Mixin: may be looked at, never added, changed or deleted by hand."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class VerbsOfRows:
    """Mixin: the verbs on a row's page answer 404 where there is no such row; they need not ask again."""

    def get_urls(self) -> list[URLPattern]:
        urls: list[URLPattern] = super().get_urls()  # type: ignore[misc]
        for url in urls:
            # Django's own pages say it themselves; its nameless one only leads to them.
            if "object_id" in url.pattern.converters and url.name and not url.name.endswith(_OWN_PAGES):
                url.callback = self._of_a_row(url.callback)
        return urls

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """None for what cannot be a row's number: they look the row up, before the page says that there is none."""
        try:
            self.opts.pk.to_python(unquote(str(object_id)))  # type: ignore[attr-defined]
        except ValidationError:
            return []
        return list(super().get_actions_detail(request, object_id))  # type: ignore[misc]

    def _of_a_row(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
            admin: Any = self
            is_staff = admin.admin_site.has_permission(request)  # whoever is not is sent to sign in by the view
            if is_staff and admin.get_object(request, unquote(str(named["object_id"]))) is None:
                raise Http404
            return view(request, *args, **named)

        return checked


class ReadOnlyAdmin(VerbsOfRows, FoundByWhatIsShown, ReadOnly, Bounded, ModelAdmin):
    """Money, history, messages: what happened is not edited. A list that stays small sets `sortable_by` to None."""

    list_fullwidth = True
    compressed_fields = True


class ReadOnlyInline(ReadOnly, TabularInline):
    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = True
    tab = False


class ShopInline(TranslatedTexts, StackedInline):
    extra = 0


class ShopTabularInline(TranslatedTexts, TabularInline):
    extra = 0


class ShopAdmin(VerbsOfRows, FoundByWhatIsShown, TranslatedTexts, ModelAdmin):
    """What the shop shows: every write, related rows and bulk deletes too, is recorded and renews the ready answers."""

    warn_unsaved_form = True
    compressed_fields = True

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        before = row_of(type(obj)._base_manager.filter(pk=obj.pk).first()) if change else None
        super().save_model(request, obj, form, change)
        self.kept(request, "changed" if change else "added", obj, before, row_of(obj))

    def save_formset(
        self, request: HttpRequest, form: Any, formset: BaseModelFormSet[Any, ModelForm[Any]], change: bool
    ) -> None:
        stored = {one.pk: one for one in _touched_by(formset)}
        before = {pk: row_of(one) for pk, one in stored.items()}
        super().save_formset(request, form, formset, change)
        for one in getattr(formset, "new_objects", []):
            self.kept(request, "added", one, None, row_of(one))
        for one, _fields in getattr(formset, "changed_objects", []):
            self.kept(request, "changed", one, before.get(one.pk), row_of(one))
        left = {one.pk for one in _rows_of(formset, list(stored))}
        for pk in stored.keys() - left:
            self.kept(request, "deleted", stored[pk], before[pk], None)

    def save_related(self, request: HttpRequest, form: Any, formsets: Iterable[Any], change: bool) -> None:
        before = _linked(form)
        super().save_related(request, form, formsets, change)
        self.kept(request, "changed", form.instance, before, _linked(form))
        prebuilt.touch()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        before = row_of(obj)
        subject = audit.subject_of(obj)
        super().delete_model(request, obj)
        self.kept(request, "deleted", obj, before, None, subject=subject)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        gone = [(one, audit.subject_of(one), row_of(one)) for one in queryset]
        super().delete_queryset(request, queryset)
        for one, subject, before in gone:
            self.kept(request, "deleted", one, before, None, subject=subject)

    def kept(
        self, request: HttpRequest, action: str, obj: Any, before: Any, after: Any, *, subject: str = "", why: str = ""
    ) -> None:
        """The change stands in the audit trail (of a change only the columns that differ), and pages go stale."""
        if before is not None and after is not None:
            moved = [name for name in after if before.get(name) != after[name]]
            if not moved:
                return
            before, after = {name: before.get(name) for name in moved}, {name: after[name] for name in moved}
        name = request.user.get_username()
        audit.record(name, action, subject or audit.subject_of(obj), before=before, after=after, why=why)
        prebuilt.touch()


def _in_utc(value: Any) -> Any:
    # A form gives the same instant in the reader's zone, which is no change.
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


def row_of(obj: models.Model | None, **instead: Any) -> dict[str, Any] | None:
    """The row's columns as plain JSON, without secrets; None for no row."""
    if obj is None:
        return None
    columns = {
        field.attname: _in_utc(field.value_from_object(obj))
        for field in obj._meta.concrete_fields
        if field.attname not in _NEVER_RECORDED
    }
    plain: dict[str, Any] = json.loads(json.dumps(columns, cls=DjangoJSONEncoder, default=str))
    return plain | instead


def _linked(form: Any) -> dict[str, list[str]]:
    """What the form's row is linked to by its many-to-many fields, by field."""
    fields = [field.name for field in form.instance._meta.many_to_many if field.name in form.fields]
    return {name: sorted(str(one) for one in getattr(form.instance, name).all()) for name in fields}


def _touched_by(formset: BaseModelFormSet[Any, ModelForm[Any]]) -> list[Any]:
    """The rows as they are now of which `formset` may change or delete something."""
    forms_with_rows = [form for form in formset.initial_forms if form.has_changed()]
    pks = [form.instance.pk for form in forms_with_rows]
    return list(_rows_of(formset, pks))


def _rows_of(formset: BaseModelFormSet[Any, ModelForm[Any]], pks: list[Any]) -> Iterable[Any]:
    return formset.model._base_manager.filter(pk__in=pks) if pks and formset.model else []


def money_column(
    column: str, *, currency: str | Callable[[Any], str] = "currency", title: Any = None
) -> Callable[[Any, Any], str]:
    """A list or page column that writes `column` (minor units) as people do: money_column("total_minor").

    `currency` is the name of the column with the code (dots follow relations: "region.currency"), or a function.
    """

    @display(description=title or column.removesuffix("_minor").replace("_", " "), ordering=column)  # type: ignore[untyped-decorator]
    def written(_admin: Any, obj: Any) -> str:
        minor = getattr(obj, column)
        if minor is None:
            return "–"
        code = currency(obj) if callable(currency) else _follow(obj, currency)
        return format_html('<span class="whitespace-nowrap">{}</span>', str(Money(minor, code)))

    return written  # type: ignore[no-any-return]


def _follow(obj: Any, path: str) -> str:
    for name in path.split("."):
        obj = getattr(obj, name)
    return str(obj)


_KEY = re.compile(r"([?&](?:key|token)=|/refunds/)[A-Za-z0-9_.:~%-]+")


def without_keys(context: dict[str, Any]) -> dict[str, Any]:
    """What a mail or message is made of, without what makes its bearer the order's owner, or has the refund: links'
    keys and one-time codes are the customer's alone."""
    shown: dict[str, Any] = json.loads(_KEY.sub(r"\1***", json.dumps(context)))
    return shown | {"code": "***"} if "code" in shown else shown


def pretty(value: Any) -> str:
    """JSON evidence, readable on a page."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    return format_html('<pre class="overflow-x-auto text-xs whitespace-pre-wrap">{}</pre>', text)
