"""Stocks of codes, files of codes, single codes: imported with a dry run, shown and taken back with a reason."""

from __future__ import annotations

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

from core.admin.bases import ReadOnlyAdmin, ReadOnlyInline, ShopAdmin, money_column
from core.admin.bounded import FoundByIndex, on_day
from core.admin.states import state_column
from core.admin.verbs import Asked, Told, verb, whoever_has
from core.errors import Refused
from core.money import Money, NotAnAmount
from core.web.client import client_of
from fulfilment.codes import importing, returning, revealing, secret, stock
from fulfilment.models import Code, CodeBatch, CodeEvent, CodeStock
from storefront.catalogue.models import Sku

_MOST_FOUND = 500
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
    cost = forms.DecimalField(
        label=_("Cost of one code"), min_value=0, max_digits=15, widget=UnfoldAdminDecimalFieldWidget
    )
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[CodeStock]:
        return stock.counted(super().get_queryset(request))

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
        return int(getattr(row, "left_count", 0))

    @display(description=_("paid units that wait"))
    def waiting(self, row: CodeStock) -> int:
        return int(getattr(row, "waiting_count", 0))

    has_import_permission = whoever_has("fulfilment.add_codebatch")

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
    sortable_by = None
    list_display = ["added_at", "stock", "file_name", "shown_state", "good", "bad", "cost", "added_by", "decided_by"]
    list_filter = ["state"]
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

    shown_state = state_column(LOOKS)

    @display(description=_("lines refused"))
    def bad(self, batch: CodeBatch) -> int:
        return len(batch.refused)

    @display(description=_("what was refused"))
    def problems(self, batch: CodeBatch) -> str:
        lines = format_html_join("", "<li>{}: {}</li>", ((one["line"], one["problem"]) for one in batch.refused[:200]))
        return format_html("<ul>{}</ul>", lines) if lines else "–"

    has_decide_permission = whoever_has("fulfilment.change_codebatch")

    @verb(
        _("Put on sale"),
        icon="storefront",
        may="decide",
        title=_("Put these codes on sale?"),
        text=_("Units that wait get theirs at once, and the ledger books what the codes cost."),
    )
    def put_on_sale(self, asked: Asked, batch: CodeBatch) -> Told:
        importing.put_on_sale(batch, by=asked.by, why=asked.why)
        return Told(_("The codes are on sale."))

    @verb(
        _("Discard"),
        icon="delete",
        may="decide",
        title=_("Discard this draft?"),
        text=_("Its codes are forgotten; the same file can be read again."),
    )
    def discard(self, asked: Asked, batch: CodeBatch) -> Told:
        importing.discard(batch, by=asked.by, why=asked.why)
        return Told(_("The draft is discarded."))


class StockFilter(admin.RelatedFieldListFilter):
    """Offers the products that have a stock, without a look at all their codes."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        return field.get_choices(include_blank=False, limit_choices_to={"stock__isnull": False})


class CodeEventInline(ReadOnlyInline):
    model = CodeEvent
    fields = ["at", "what", "topup", "by", "address", "why"]
    ordering = ["id"]


@admin.register(Code)
class CodeAdmin(ReadOnlyAdmin):
    list_display = ["pk", "masked", "product", "shown_state", "order", "sold_at", "seen_at", "expires_on", "batch"]
    list_filter = ["state", ("product", StockFilter)]
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
        either = (Q(digest__in=secret.digests(term)), Q(topup__order__number=term.upper().lstrip("#")))
        # Joined by OR, neither index would be used.
        found = {pk for one in either for pk in Code.objects.filter(one).values_list("pk", flat=True)[:_MOST_FOUND]}
        return queryset.filter(pk__in=found), False

    shown_state = state_column(LOOKS)

    @display(description=_("order"))
    def order(self, code: Code) -> str:
        if code.topup is None:
            return "–"
        sold_to = code.topup.order
        url = reverse("admin:storefront_order_change", args=[sold_to.pk])
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, sold_to.number)

    has_decide_permission = whoever_has("fulfilment.change_code")

    @verb(
        _("Show"),
        icon="visibility",
        may="decide",
        title=_("Show this code to you?"),
        text=_("Your name, address and reason are kept. From then on it cannot be taken back."),
    )
    def reveal(self, asked: Asked, code: Code) -> HttpResponse:
        address = client_of(asked.request).address
        shown = revealing.reveal_to_staff(code, by=asked.by, address=address, why=asked.why)
        response = render(asked.request, "fulfilment/admin/code.html", {"shown": shown})
        response.headers["Cache-Control"] = "no-store"
        return response

    @verb(
        _("Take back"),
        icon="undo",
        may="decide",
        title=_("Take this code back and pay the customer?"),
        text=_("Only as long as nobody has seen it. It is for sale again, and its money goes back."),
    )
    def take_back(self, asked: Asked, code: Code) -> Told:
        returning.take_back(code, by=asked.by, why=asked.why)
        return Told(_("It is for sale again."))

    @verb(
        _("Replace"),
        icon="swap_horiz",
        may="decide",
        title=_("Give the customer another code?"),
        text=_("This one is taken out for good. Do it when the publisher says that it is bad or used."),
    )
    def replace(self, asked: Asked, code: Code) -> Told:
        returning.replace(code, by=asked.by, why=asked.why)
        return Told(_("The order has another code now."))


@admin.register(CodeEvent)
class CodeEventAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["at", "what", "code", "topup", "by", "address", "why"]
    list_filter = ["what", on_day("at")]
    list_filter_submit = True
    list_select_related = ["code", "topup"]
    search_fields = ["topup__order__number__startswith"]
