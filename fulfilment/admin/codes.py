"""Stocks of codes, files of codes, single codes: imported with a dry run, shown and taken back with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
)

from core.admin.bases import ReadOnlyAdmin, ReadOnlyInline, ReasonForm, ShopAdmin, back_to, money_column
from core.errors import Refused
from core.money import Money, NotAnAmount
from core.web.client import client_of
from fulfilment.codes import importing, returning, revealing, secret, shelf, stock
from fulfilment.models import Code, CodeBatch, CodeEvent, CodeStock
from storefront.catalogue.models import Sku

LOOKS = {"DRAFT": "info", "FREE": "success", "SOLD": "warning", "VOID": "danger", "ON_SALE": "success"}


class OpenForm(forms.ModelForm):  # type: ignore[type-arg]
    """Opening a stock: for which SKU."""

    sku = forms.ModelChoiceField(
        Sku.objects.none(),
        label="SKU",
        help_text=_("sold from this stock first, in every region where it has a price"),
        widget=UnfoldAdminSelectWidget,
    )

    class Meta:
        model = CodeStock
        fields = ["low_at"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = cast("forms.ModelChoiceField[Sku]", self.fields["sku"])
        choice.queryset = Sku.objects.exclude(code__in=CodeStock.objects.values("product__code"))


class ImportForm(forms.Form):
    file = forms.FileField(label=_("File"), widget=UnfoldAdminFileFieldWidget)
    cost = forms.DecimalField(label=_("Cost of one code"), min_value=0, widget=UnfoldAdminDecimalFieldWidget)
    expires_on = forms.DateField(
        label=_("Last day to redeem"),
        required=False,
        widget=UnfoldAdminSingleDateWidget,
        help_text=_("for lines without a day of their own; empty: they do not expire"),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("whom they were bought from, which bill"),
    )


@admin.register(CodeStock)
class CodeStockAdmin(ShopAdmin):
    list_display = ["product", "left", "waiting", "low_at"]
    list_select_related = ["product"]
    search_fields = ["product__code", "product__name"]
    readonly_fields = ["product", "left", "waiting"]
    actions_detail = ["import_codes"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None:
            kwargs["form"] = OpenForm
        return super().get_form(request, obj, change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["sku", "low_at"] if obj is None else ["product", "left", "waiting", "low_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [] if obj is None else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # its codes were bought and sold; switch its routes off instead

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        opened = stock.open_for(form.cleaned_data["sku"], by=request.user.get_username(), low_at=obj.low_at)
        obj.pk, obj.product = opened.pk, opened.product
        obj._state.adding = False

    @display(description=_("left to sell"))
    def left(self, row: CodeStock) -> int:
        return shelf.for_sale(row.product).count()

    @display(description=_("paid units that wait"))
    def waiting(self, row: CodeStock) -> int:
        return sum(stock.waiting(sku) for sku in row.product.routes.values_list("sku", flat=True).distinct())

    def has_import_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("fulfilment.add_codebatch"))

    @action(description=_("Import a file"), icon="upload_file", permissions=["import"])
    def import_codes(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:fulfilment_codestock_import", args=[object_id]))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.import_view)
        mine = path("<int:object_id>/import/", view, name="fulfilment_codestock_import")
        return [mine, *super().get_urls()]

    def import_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The dry run: the file is read into a draft, whose page says what is good and what is not."""
        if not self.has_import_permission(request):
            raise PermissionDenied
        row = CodeStock.objects.select_related("product__account").filter(pk=object_id).first()
        if row is None:
            raise Http404
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            given, file = form.cleaned_data, form.cleaned_data["file"]
            try:
                batch = importing.draft(
                    row,
                    file.read(importing.MOST_BYTES + 1),
                    file_name=file.name or "",
                    cost=Money.of(given["cost"], row.product.account.currency),
                    expires_on=given["expires_on"],
                    note=given["note"],
                    by=request.user.get_username(),
                )
            except Refused as refusal:
                form.add_error("file", str(refusal.message))
            except NotAnAmount:
                form.add_error("cost", _("This is not an amount of %s.") % row.product.account.currency)
            else:
                messages.info(request, importing.summary(batch))
                return HttpResponseRedirect(reverse("admin:fulfilment_codebatch_change", args=[batch.pk]))
        context = self.admin_site.each_context(request) | {
            "title": _("Import codes: %(stock)s") % {"stock": row},
            "opts": self.opts,
            "form": form,
        }
        return render(request, "fulfilment/admin/import.html", context)


@admin.register(CodeBatch)
class CodeBatchAdmin(ReadOnlyAdmin):
    list_display = ["added_at", "stock", "file_name", "shown_state", "good", "bad", "cost", "added_by", "decided_by"]
    list_filter = ["state", "stock"]
    list_select_related = ["stock__product__account"]
    search_fields = ["file_name", "note", "stock__product__code"]
    date_hierarchy = "added_at"
    fields = [
        ("stock", "file_name", "shown_state"),
        ("good", "bad", "cost"),
        "problems",
        "note",
        ("added_by", "added_at"),
        ("decided_by", "decided_at"),
    ]
    readonly_fields = ["shown_state", "bad", "cost", "problems"]
    actions_detail = ["put_on_sale", "discard"]
    cost = money_column("cost_minor", currency="stock.product.account.currency", title=_("cost of one code"))

    @display(description=_("state"), label=LOOKS)
    def shown_state(self, batch: CodeBatch) -> str:
        return batch.state

    @display(description=_("lines refused"))
    def bad(self, batch: CodeBatch) -> int:
        return len(batch.refused)

    @display(description=_("what was refused"))
    def problems(self, batch: CodeBatch) -> str:
        lines = format_html_join("", "<li>{}: {}</li>", ((one["line"], one["problem"]) for one in batch.refused[:200]))
        return format_html("<ul>{}</ul>", lines) if lines else "–"

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("fulfilment.change_codebatch"))

    @action(
        description=_("Put on sale"),
        icon="storefront",
        permissions=["decide"],
        dialog={
            "title": _("Put these codes on sale?"),
            "description": _("Units that wait get theirs at once, and the ledger books what the codes cost."),
            "form_class": ReasonForm,
            "form_submit_text": _("Put on sale"),
        },
    )
    def put_on_sale(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._decided(request, object_id, form, importing.put_on_sale, _("The codes are on sale."))

    @action(
        description=_("Discard"),
        icon="delete",
        permissions=["decide"],
        dialog={
            "title": _("Discard this draft?"),
            "description": _("Its codes are forgotten; the same file can be read again."),
            "form_class": ReasonForm,
            "form_submit_text": _("Discard"),
        },
    )
    def discard(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._decided(request, object_id, form, importing.discard, _("The draft is discarded."))

    def _decided(
        self, request: HttpRequest, object_id: str, form: ReasonForm, decide: Callable[..., Any], done: Any
    ) -> HttpResponse:
        batch = CodeBatch.objects.select_related("stock__product__account").get(pk=object_id)
        _tell(request, lambda: decide(batch, by=request.user.get_username(), why=form.cleaned_data["reason"]), done)
        return back_to(request, reverse("admin:fulfilment_codebatch_change", args=[object_id]))


class CodeEventInline(ReadOnlyInline):
    model = CodeEvent
    fields = ["at", "what", "topup", "by", "address", "why"]
    ordering = ["id"]


@admin.register(Code)
class CodeAdmin(ReadOnlyAdmin):
    list_display = ["pk", "masked", "product", "shown_state", "order", "sold_at", "seen_at", "expires_on", "batch"]
    list_filter = ["state", ("product", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["product", "topup__order", "batch__stock__product"]
    search_fields = ["pk"]
    search_help_text = _("invoice number, or a whole code")
    fields = [
        ("masked", "shown_state"),
        ("product", "batch", "expires_on"),
        ("order", "sold_at", "seen_at"),
        ("cost", "added_at"),
    ]
    readonly_fields = ["masked", "shown_state", "order", "cost"]
    inlines = [CodeEventInline]
    actions_detail = ["reveal", "take_back", "replace"]
    cost = money_column("cost_minor", currency="product.account.currency", title=_("cost"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Code], search_term: str
    ) -> tuple[QuerySet[Code], bool]:
        """By invoice number, or by the code itself, found by its digest: nothing is opened."""
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(
            Q(digest__in=secret.digests(term)) | Q(topup__order__number=term.upper().lstrip("#"))
        ), False

    @display(description=_("state"), label=LOOKS)
    def shown_state(self, code: Code) -> str:
        return code.state

    @display(description=_("order"))
    def order(self, code: Code) -> str:
        if code.topup is None:
            return "–"
        sold_to = code.topup.order
        url = reverse("admin:storefront_order_change", args=[sold_to.pk])
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, sold_to.number)

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("fulfilment.change_code"))

    @action(
        description=_("Show"),
        icon="visibility",
        permissions=["decide"],
        dialog={
            "title": _("Show this code to you?"),
            "description": _("Your name, address and reason are kept. From then on it cannot be taken back."),
            "form_class": ReasonForm,
            "form_submit_text": _("Show"),
        },
    )
    def reveal(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        name, address = request.user.get_username(), client_of(request).address
        try:
            shown = revealing.reveal_to_staff(
                self._code(object_id), by=name, address=address, why=form.cleaned_data["reason"]
            )
        except Refused as refusal:
            messages.error(request, str(refusal.message))
            return self._back(request, object_id)
        response = render(request, "fulfilment/admin/code.html", {"shown": shown})
        response.headers["Cache-Control"] = "no-store"
        return response

    @action(
        description=_("Take back"),
        icon="undo",
        permissions=["decide"],
        dialog={
            "title": _("Take this code back and pay the customer?"),
            "description": _("Only as long as nobody has seen it. It is for sale again, and its money goes back."),
            "form_class": ReasonForm,
            "form_submit_text": _("Take back"),
        },
    )
    def take_back(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._done(request, object_id, form, returning.take_back, _("It is for sale again."))

    @action(
        description=_("Replace"),
        icon="swap_horiz",
        permissions=["decide"],
        dialog={
            "title": _("Give the customer another code?"),
            "description": _("This one is taken out for good. Do it when the publisher says that it is bad or used."),
            "form_class": ReasonForm,
            "form_submit_text": _("Replace"),
        },
    )
    def replace(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._done(request, object_id, form, returning.replace, _("The order has another code now."))

    def _done(
        self, request: HttpRequest, object_id: str, form: ReasonForm, act: Callable[..., Any], done: Any
    ) -> HttpResponse:
        code, name = self._code(object_id), request.user.get_username()
        _tell(request, lambda: act(code, by=name, why=form.cleaned_data["reason"]), done)
        return self._back(request, object_id)

    def _code(self, object_id: str) -> Code:
        return Code.objects.select_related("topup__order", "product__account").get(pk=object_id)

    def _back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return back_to(request, reverse("admin:fulfilment_code_change", args=[object_id]))


@admin.register(CodeEvent)
class CodeEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "what", "code", "topup", "by", "address", "why"]
    list_filter = ["what"]
    list_select_related = ["code", "topup"]
    search_fields = ["by", "topup__order__number"]
    date_hierarchy = "at"


def _tell(request: HttpRequest, act: Callable[[], Any], done: Any) -> None:
    try:
        act()
    except Refused as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, done)
