"""Import and export: which files there are, reading one, its preview, and what may be done with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminFileFieldWidget

from core.admin import confirm
from core.admin.bases import ReadOnlyAdmin
from core.admin.states import state_column
from core.approvals import services as approvals
from core.errors import Refused
from core.models import SheetImport, SheetRow
from core.sheets import files, importing, rights
from core.sheets.columns import Column, Info
from core.sheets.comparing import is_number
from core.sheets.sheet import Sheet
from storefront.sheets.asking import publish_or_ask

_STATE_LOOKS = {"READ": "info", "ASKED": "warning", "PUBLISHED": "success", "DISCARDED": "default", "UNDONE": "danger"}
_PER_PAGE = 100
_MOST_JUMPS_SHOWN = 200
_JUMPS = "JUMP"


class Sheeted:
    """Mixin of a list whose rows also come as files: the way to them, and an export of the rows that were chosen."""

    sheets: ClassVar[tuple[Sheet, ...]] = ()
    actions_list: Any = ["files"]
    actions: Any = ["export_csv", "export_xlsx"]

    @action(description=gettext_lazy("Import and export"), icon="table_view", permissions=["view"])
    def files(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('admin:core_sheetimport_files')}#{self.sheets[0].code}")

    @admin.action(description=gettext_lazy("Export as CSV"), permissions=["view"])
    def export_csv(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        return self._export(queryset, "csv")

    @admin.action(description=gettext_lazy("Export as XLSX"), permissions=["view"])
    def export_xlsx(self, request: HttpRequest, queryset: Any) -> HttpResponse:
        return self._export(queryset, "xlsx")

    def _export(self, chosen: Any, form: str) -> HttpResponse:
        sheet = self.sheets[0]
        return as_file(sheet, form, sheet.rows().filter(pk__in=chosen.order_by().values("pk")))


def as_file(sheet: Sheet, form: str, rows: Iterable[Any] | None = None) -> HttpResponse:
    """The rows as an answer that browsers store."""
    if form == "xlsx":
        content, kind = files.to_xlsx(str(sheet.title), sheet.heads, sheet.table(rows)), files.XLSX
    else:
        content, kind = files.to_csv(sheet.heads, sheet.table(rows)), files.CSV
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{sheet.code}-{timezone.localdate():%Y-%m-%d}.{form}"'
    response["Cache-Control"] = "no-store"
    return response


def all_sheets() -> dict[str, Sheet]:
    """Every sheet that a list of the back office names, by code and in the order of the lists."""
    admins: Iterable[Any] = admin.site._registry.values()
    return {sheet.code: sheet for one in admins for sheet in getattr(one, "sheets", ())}


class FileForm(forms.Form):
    file = forms.FileField(label=gettext_lazy("File"), widget=UnfoldAdminFileFieldWidget)


@admin.register(SheetImport)
class SheetImportAdmin(ReadOnlyAdmin):
    sortable_by = None
    list_display = [
        "added_at", "kind_of_rows", "file_name", "shown_state", "new", "changed", "same", "wrong", "added_by",
        "published_by",
    ]  # fmt: skip
    list_display_links = ["added_at", "file_name"]
    list_filter = ["state", "sheet"]
    search_fields = ["file_name", "added_by"]
    date_hierarchy = "added_at"
    actions_list: ClassVar[list[str]] = ["to_files"]

    @action(description=gettext_lazy("Import and export"), icon="table_view", permissions=["view"])
    def to_files(self, request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:core_sheetimport_files"))

    @display(description=gettext_lazy("rows of"))
    def kind_of_rows(self, one: SheetImport) -> str:
        sheet = all_sheets().get(one.sheet)
        return str(sheet.title) if sheet else one.sheet

    shown_state = state_column(_STATE_LOOKS)

    def get_urls(self) -> list[URLPattern]:
        def to(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"core_sheetimport_{name}")

        mine = [
            to("files/", self.files, "files"),
            to("files/<slug:code>.<slug:form>", self.export, "export"),
            to("files/<slug:code>/read", self.read, "read"),
            to("<int:object_id>/publish", self.publish, "publish"),
            to("<int:object_id>/undo", self.undo, "undo"),
            to("<int:object_id>/again", self.again, "again"),
            to("<int:object_id>/discard", self.discard, "discard"),
        ]
        return mine + super().get_urls()

    def files(self, request: HttpRequest) -> HttpResponse:
        """Every kind of file this person may take out of the shop, and which of them may come back."""
        kinds = [
            {"sheet": sheet, "may_read": rights.may(_reader(request), "change", sheet), "columns": _guide(sheet)}
            for sheet in all_sheets().values()
            if rights.may(_reader(request), "view", sheet)
        ]
        if not kinds:
            raise PermissionDenied
        return self._page(request, "files", {"title": _("Import and export"), "kinds": kinds})

    def export(self, request: HttpRequest, code: str, form: str) -> HttpResponse:
        sheet = _sheet(code)
        if form not in ("csv", "xlsx"):
            raise Http404
        _ask(request, "view", sheet)
        return as_file(sheet, form)

    def read(self, request: HttpRequest, code: str) -> HttpResponse:
        sheet = _sheet(code)
        _ask(request, "change", sheet)
        form = FileForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                one = importing.read_file(
                    sheet,
                    file.read(files.MOST_BYTES + 1),
                    file_name=file.name or "",
                    by=request.user.get_username(),
                )
            except Refused as refusal:
                form.add_error("file", str(refusal.message))
            else:
                return _to_preview(one.pk)
        title = _("Read a file: %(kind)s") % {"kind": sheet.title}
        return self._page(request, "read", {"title": title, "form": form, "sheet": sheet, "columns": _guide(sheet)})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The preview: what each line would change, or changed, and what may be done about the file."""
        one, sheet = self._import(request, object_id, "view")
        kind = request.GET.get("kind") or _first_kind(one)
        rows = one.rows.filter(is_jump=True) if kind == _JUMPS else one.rows.filter(kind=kind)
        page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("p"))
        jumps = list(one.rows.filter(is_jump=True)[: _MOST_JUMPS_SHOWN + 1])
        is_read = one.state == SheetImport.State.READ
        context = {
            "title": _("%(kind)s from %(file)s") % {"kind": str(sheet.title).capitalize(), "file": one.file_name},
            "one": one,
            "sheet": sheet,
            "kinds": _kinds(one),
            "kind": kind,
            "page": page,
            "table": _rows_shown(page, is_undone=one.state == SheetImport.State.UNDONE),
            "jumps": jumps[:_MOST_JUMPS_SHOWN],
            "are_too_many_jumps": len(jumps) > _MOST_JUMPS_SHOWN,
            "may_publish": is_read and one.new + one.changed > 0 and rights.may_publish(_reader(request), one, sheet),
            "may_undo": one.state == SheetImport.State.PUBLISHED and rights.may_undo(_reader(request), sheet),
            "may_discard": is_read and rights.may(_reader(request), "change", sheet),
            "approval": approvals.waiting(f"core.sheetimport:{one.pk}"),
            "stays": one.rows.exclude(outcome="").count() if one.state == SheetImport.State.UNDONE else 0,
        }
        return self._page(request, "preview", context)

    def publish(self, request: HttpRequest, object_id: int) -> HttpResponse:
        one, sheet = self._import(request, object_id, "change")
        if not rights.may_publish(_reader(request), one, sheet):
            raise PermissionDenied
        if sheet.is_money and request.method == "POST" and (step := self._confirmed_first(request, one)):
            return step
        given = request.POST
        jumps = None if given.get("all_jumps") else {int(line) for line in given.getlist("jump") if is_number(line)}

        def act() -> str:
            count = publish_or_ask(
                sheet,
                one,
                by=request.user.get_username(),
                why=given.get("why", "")[:500],
                only_good=bool(given.get("only_good")),
                jumps=jumps,
            )
            if count is None:
                return _("It waits for a second person, under Approvals.")
            return _("%(count)d rows are in the shop.") % {"count": count}

        return self._done(request, object_id, act)

    def undo(self, request: HttpRequest, object_id: int) -> HttpResponse:
        one, sheet = self._import(request, object_id, "change")
        if not rights.may_undo(_reader(request), sheet):
            raise PermissionDenied
        if sheet.is_money and request.method == "POST" and (step := self._confirmed_first(request, one)):
            return step

        def act() -> str:
            why = request.POST.get("why", "").strip()[:500]
            if len(why) < 5:
                raise Refused("VALIDATION_ERROR", _("Say why; it stays with the import and in the audit trail."))
            back, stays = importing.undo(sheet, one, by=request.user.get_username(), why=why)
            told = _("%(back)d rows are as they were before.") % {"back": back}
            return told + (" " + _("%(stays)d stay as they are; each says why.") % {"stays": stays} if stays else "")

        return self._done(request, object_id, act)

    def again(self, request: HttpRequest, object_id: int) -> HttpResponse:
        one, sheet = self._import(request, object_id, "change")
        made: list[int] = []

        def act() -> str:
            made.append(importing.read_again(sheet, one, by=request.user.get_username()).pk)
            return _("The file was compared with the shop as it is now.")

        response = self._done(request, object_id, act)
        return _to_preview(made[0]) if made else response

    def discard(self, request: HttpRequest, object_id: int) -> HttpResponse:
        one, _sheet_of = self._import(request, object_id, "change")

        def act() -> str:
            importing.discard(one, by=request.user.get_username())
            return _("The file is put away; nothing of it was in the shop.")

        return self._done(request, object_id, act)

    def _confirmed_first(self, request: HttpRequest, one: SheetImport) -> HttpResponse | None:
        """The way over a fresh confirmation, back to the preview; None for whoever gave one a moment ago."""
        return confirm.first(request, reverse("admin:core_sheetimport_change", args=[one.pk]))

    def _done(self, request: HttpRequest, object_id: int, act: Callable[[], str]) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            messages.success(request, act())
        except Refused as refusal:
            messages.error(request, str(refusal.message))
        return _to_preview(object_id)

    def _import(self, request: HttpRequest, object_id: int | str, verb: str) -> tuple[SheetImport, Sheet]:
        one = SheetImport.objects.filter(pk=object_id).first() if is_number(str(object_id)) else None
        sheet = all_sheets().get(one.sheet) if one else None
        if one is None or sheet is None:
            raise Http404
        _ask(request, verb, sheet)
        return one, sheet

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        around = self.admin_site.each_context(request) | {"opts": self.opts}
        return render(request, f"core/admin/sheets/{name}.html", around | context)


def _reader(request: HttpRequest) -> Any:
    return request.user


def _sheet(code: str) -> Sheet:
    found = all_sheets().get(code)
    if found is None:
        raise Http404
    return found


def _ask(request: HttpRequest, verb: str, sheet: Sheet) -> None:
    if not rights.may(_reader(request), verb, sheet):
        raise PermissionDenied


def _to_preview(pk: int) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("admin:core_sheetimport_change", args=[pk]))


def _guide(sheet: Sheet) -> list[dict[str, Any]]:
    def told(column: Column) -> str:
        if column.is_key:
            return _("names the row")
        if isinstance(column, Info) and not column.is_read:
            return _("for the eye")
        return _("needed in a new row") if column.needed else ""

    return [{"name": column.name, "is": told(column), "told": column.told} for column in sheet.columns]


def _kinds(one: SheetImport) -> list[tuple[str, str, int]]:
    counted = [
        (SheetRow.Kind.WRONG.value, _("Wrong"), one.wrong),
        (_JUMPS, _("Price jumps"), one.jumps),
        (SheetRow.Kind.CHANGED.value, _("Changed"), one.changed),
        (SheetRow.Kind.NEW.value, _("New"), one.new),
        (SheetRow.Kind.SAME.value, _("Unchanged"), one.same),
    ]
    return [kind for kind in counted if kind[2]]


def _first_kind(one: SheetImport) -> str:
    kinds = _kinds(one)
    return kinds[0][0] if kinds else SheetRow.Kind.SAME.value


def _rows_shown(rows: Iterable[SheetRow], *, is_undone: bool) -> list[dict[str, Any]]:
    return [
        {
            "line": row.line,
            "key": row.key,
            "moves": [(name, row.before.get(name), after) for name, after in row.after.items()],
            "problems": [(column, text) for column, text in row.problems],
            "is_jump": row.is_jump,
            "is_applied": row.is_applied,
            "outcome": row.outcome or (_("taken back") if is_undone and row.is_applied else ""),
        }
        for row in rows
    ]
