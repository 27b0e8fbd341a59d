"""Reports of problems: read with their picture, answered with one word of staff's."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from core.admin.bases import ReadOnlyAdmin
from core.admin.bounded import FoundByIndex, on_day
from core.admin.states import state_column
from core.admin.tables import link
from core.admin.verbs import Asked, Told, verb, whoever_has
from fulfilment.pages.problem import picture_of
from fulfilment.problems import services as problems
from fulfilment.problems.models import ProblemReport


class AnswerForm(BaseDialogForm):
    """What the customer is written, word for word."""

    answer = forms.CharField(label=_("Answer"), min_length=5, max_length=2000, widget=UnfoldAdminTextareaWidget)


@admin.register(ProblemReport)
class ProblemReportAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["created_at", "order_number", "topic", "shown_state", "answered_by", "answered_at"]
    list_filter = ["state", "topic", on_day("created_at")]
    list_filter_submit = True
    list_select_related = ["order", "answered_by"]
    search_fields = ["order__number__startswith"]
    newest_searched = ("text",)
    fields = ["order_link", "topic", "text", "shown_picture", "shown_state", "created_at"]
    fields += ["answer", "answered_by", "answered_at"]
    readonly_fields = ["order_link", "shown_picture", "shown_state"]
    actions_detail = ["answer_it"]

    shown_state = state_column({"OPEN": "warning", "ANSWERED": "success"})

    @display(description=_("order"))
    def order_number(self, made: ProblemReport) -> str:
        return made.order.number

    @display(description=_("order"))
    def order_link(self, made: ProblemReport) -> str:
        return link("storefront_order", made.order_id, made.order.number)

    @display(description=_("picture"))
    def shown_picture(self, made: ProblemReport) -> str:
        if not made.picture:
            return "–"
        url = reverse("admin:fulfilment_problemreport_picture", args=[made.pk])
        return format_html(
            '<a href="{}" target="_blank" rel="noopener"><img src="{}" alt="{}" class="max-w-md"></a>',
            url, url, _("picture of the report"),
        )  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        name = "fulfilment_problemreport_picture"
        return [path("<int:pk>/picture", self.admin_site.admin_view(self.picture), name=name), *super().get_urls()]

    def picture(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return picture_of(ProblemReport.objects.filter(pk=pk).first())

    has_answer_permission = whoever_has("fulfilment.change_problemreport")

    @verb(
        _("Answer"),
        icon="reply",
        may="answer",
        title=_("Answer the customer"),
        text=_("It goes out by mail, and stands on the order's page. Once: it cannot be taken back."),
        button=_("Send the answer"),
        form=AnswerForm,
    )
    def answer_it(self, asked: Asked, made: ProblemReport) -> Told:
        if not problems.answer(made.pk, asked.user, asked.said["answer"]):
            return Told.nothing_done(_("Somebody had answered it before."))
        return Told(_("The answer is on its way."))
