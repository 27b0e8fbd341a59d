"""Daily statements of supplier accounts and what was paid into them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import MinValueValidator
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSplitDateTimeWidget, UnfoldAdminTextInputWidget

from core.admin.bases import ReadOnlyAdmin, ReadOnlyInline, money_column, pretty
from core.admin.verbs import Asked, ReasonForm, Told, verb, whoever_has
from core.money import Money, NotAnAmount
from fulfilment.books import fundings, statements
from fulfilment.models import Funding, Statement
from payments.api.listing import as_file

_AMOUNTS = ("opening", "funding", "spent", "foreign", "closing", "difference", "rest")
_UNEXPLAINED = Q(closed_at__isnull=False, explained_at=None) & ~Q(rest_minor=0)


class FundingForm(ReasonForm):
    """What was paid in, and how that is known."""

    amount = forms.DecimalField(
        label=_("amount"), validators=[MinValueValidator(0)], max_digits=15, widget=UnfoldAdminDecimalFieldWidget
    )
    reference = forms.CharField(label=_("Reference"), max_length=80, widget=UnfoldAdminTextInputWidget)
    made_at = forms.SplitDateTimeField(label=_("Paid at"), initial=timezone.now, widget=UnfoldAdminSplitDateTimeWidget)


class FundingInline(ReadOnlyInline):
    model = Funding
    fields = ["reference", "amount", "status", "made_at", "by"]
    readonly_fields = ["amount"]
    amount = money_column("amount_minor", title=_("amount"))


@admin.register(Statement)
class StatementAdmin(ReadOnlyAdmin):
    sortable_by = None
    list_display = ["day", "account", *_AMOUNTS, "shown_standing"]
    list_filter = ["account"]
    list_select_related = ["account"]
    date_hierarchy = "day"
    fields = [
        ("day", "account", "shown_standing"),
        ("opened_at", "closed_at", "is_exact"),
        ("opening", "funding", "spent", "closing"),
        ("difference", "foreign", "rest"),
        ("explained_by", "explained_at"),
        "explanation",
        "shown_sums",
    ]
    readonly_fields = [*_AMOUNTS, "shown_standing", "shown_sums"]
    inlines = [FundingInline]
    actions_list = ["export"]
    actions_detail = ["explain", "book_funding"]

    opening = money_column("opening_minor", title=_("opening balance"))
    funding = money_column("funding_minor", title=_("paid in"))
    spent = money_column("spent_minor", title=_("purchases"))
    foreign = money_column("foreign_minor", title=_("purchases of others"))
    closing = money_column("closing_minor", title=_("closing balance"))
    difference = money_column("difference_minor", title=_("difference"))
    rest = money_column("rest_minor", title=_("unexplained"))

    @display(
        description=_("standing"),
        label={"RUNNING": "info", "EVEN": "success", "EXPLAINED": "info", "OFF": "danger"},
    )
    def shown_standing(self, statement: Statement) -> tuple[str, Any]:
        return statements.standing(statement)

    @display(description=_("both sides at opening and closing"))
    def shown_sums(self, statement: Statement) -> str:
        return pretty({"opening": statement.at_opening, "closing": statement.at_closing})

    has_explain_permission = whoever_has("fulfilment.change_statement", row=_UNEXPLAINED)

    def has_fund_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        statement = Statement.objects.select_related("account").filter(pk=object_id).first()
        allowed = bool(request.user.has_perm("fulfilment.change_statement"))
        return allowed and statement is not None and fundings.is_by_hand(statement.account)

    has_export_permission = whoever_has("fulfilment.view_statement")

    @action(description=_("Download as CSV"), icon="download", url_path="export", permissions=["export"])
    def export(self, request: HttpRequest) -> HttpResponseBase:
        head = ["day", "account", "currency", "opened_at", "closed_at", *_AMOUNTS, "standing", "explanation"]
        return as_file("supplier-statements", head, _lines())

    @verb(
        _("Explain"),
        icon="fact_check",
        may="explain",
        title=_("What is the rest of this day?"),
        text=_("Nothing moves. The day's case closes with what you say."),
        button=_("Explained"),
    )
    def explain(self, asked: Asked, statement: Statement) -> Told:
        if not statements.explain(statement.pk, asked.by, asked.why):
            return Told.nothing_done(_("Somebody had explained it before, or the day is not over."))
        return Told(_("Explained"))

    @verb(
        _("Book a funding"),
        icon="savings",
        may="fund",
        title=_("What was paid into this account?"),
        text=_("For suppliers that do not tell of it themselves. It stands in the ledger at once."),
        button=_("Book it"),
        form=FundingForm,
        needs_confirmation=True,
    )
    def book_funding(self, asked: Asked, statement: Statement) -> Told:
        account, said = statement.account, asked.said
        try:
            amount = Money.of(said["amount"], account.currency)
        except NotAnAmount as problem:
            return Told.refused(str(problem))
        fundings.by_hand(account, said["reference"], amount, said["made_at"], by=asked.by, why=asked.why)
        return Told(_("Saved."))


def _lines() -> Iterator[list[Any]]:
    for one in Statement.objects.select_related("account").iterator(chunk_size=500):
        amounts: list[Any] = []
        for name in _AMOUNTS:
            minor = getattr(one, f"{name}_minor")
            amounts.append("" if minor is None else Money(minor, one.currency))
        told = [one.day, one.account.code, one.currency, one.opened_at, one.closed_at]
        yield [*told, *amounts, statements.standing(one)[0], one.explanation]


@admin.register(Funding)
class FundingAdmin(ReadOnlyAdmin):
    sortable_by = None
    list_display = ["made_at", "account", "reference", "amount", "method", "status", "booked_at", "by"]
    list_filter = ["account", "status"]
    list_select_related = ["account"]
    search_fields = ["reference"]
    date_hierarchy = "made_at"
    exclude = ["amount_minor"]
    readonly_fields = ["amount"]
    amount = money_column("amount_minor", title=_("amount"))
