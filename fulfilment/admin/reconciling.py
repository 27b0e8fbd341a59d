"""Discrepancies: what a gateway or supplier tells otherwise than our books, and what may be done about each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from core import audit
from core.admin.bases import ReadOnlyAdmin, money_column, pretty
from core.admin.bounded import FoundByIndex, LatelyFilter, on_day
from core.admin.states import state_column
from core.admin.verbs import Asked, ReasonForm, Told, verb, whoever_has
from core.models import Discrepancy
from core.reconciliation import services as reconciliation
from fulfilment import reconciling as suppliers
from fulfilment.suppliers.base import SupplierDenied, SupplierUnavailable
from payments import reconciling as gateways
from payments.gateways import CODES
from payments.gateways.base import GatewayRefused, GatewayUnavailable

State, Subject, Kind = Discrepancy.State, Discrepancy.Subject, Discrepancy.Kind
STATE_LOOKS = {"OPEN": "warning", "EXPLAINED": "info", "RESOLVED": "success"}
KIND_LOOKS = {"OURS_ONLY": "danger", "THEIRS_ONLY": "danger", "DIFFERING": "warning"}
_UNRESOLVED = ~Q(state=State.RESOLVED)
_THEY_HAVE_MORE = Q(kind__in=[Kind.THEIRS_ONLY, Kind.DIFFERING])
_OUR_PAYMENT = Q(subject=Subject.PAYMENT, target__isnull=False)
_NOBODYS_PAYMENT = Q(party__in=CODES, subject=Subject.PAYMENT, kind=Kind.THEIRS_ONLY, target=None)
_PURCHASE = Q(subject=Subject.PURCHASE, target__isnull=False)
_MAY, _REFUNDS, _ATTEMPTS = "core.change_discrepancy", "payments.change_refund", "fulfilment.change_attempt"
_AWAY = (GatewayUnavailable, GatewayRefused, SupplierUnavailable, SupplierDenied)


class OrderForm(ReasonForm):
    """Whose money it is, and how that is known."""

    number = forms.CharField(label=_("Invoice number"), max_length=40, widget=UnfoldAdminTextInputWidget)


class AttemptForm(ReasonForm):
    """Which purchase of ours it is, and how that is known."""

    attempt = forms.IntegerField(label=_("Number of the attempt"), min_value=1, widget=UnfoldAdminIntegerFieldWidget)


@admin.register(Discrepancy)
class DiscrepancyAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["last_seen_at", "party", "shown_subject", "shown_kind", "reference", "about", "ours", "theirs"]
    list_display += ["shown_state", "first_seen_at", "looks"]
    list_filter = ["state", ("party", LatelyFilter), "kind", "subject", on_day("first_seen_at")]
    list_filter_submit = True
    list_per_page = 50
    search_fields = ["reference", "about__startswith"]
    newest_searched = ("note",)
    fields = [
        ("party", "shown_subject", "shown_kind"),
        ("reference", "page"),
        ("ours", "theirs"),
        ("shown_state", "decided_by", "decided_at"),
        "note",
        ("first_seen_at", "last_seen_at", "looks", "next_look_at"),
        "shown_evidence",
    ]
    readonly_fields = ["shown_subject", "shown_kind", "shown_state", "shown_evidence", "ours", "theirs", "page"]
    actions_detail = ["look_again", "settle", "give_to_order", "book_refund"]
    actions_detail += ["give_to_purchase", "mark_arrived", "mark_failed", "book_cost", "explain", "open_case"]

    ours = money_column("ours_minor", title=_("ours"))
    theirs = money_column("theirs_minor", title=_("theirs"))

    @display(description=_("what"))
    def shown_subject(self, row: Discrepancy) -> str:
        return row.get_subject_display()

    shown_kind = state_column(KIND_LOOKS, "kind", title=_("kind"))

    shown_state = state_column(STATE_LOOKS)

    @display(description=_("evidence"))
    def shown_evidence(self, row: Discrepancy) -> str:
        return pretty(row.evidence)

    @display(description=_("our row"))
    def page(self, row: Discrepancy) -> str:
        """A link to what of ours the row speaks of."""
        if row.target is None:
            return "–"
        if row.subject == Subject.PAYMENT or (row.subject == Subject.REFUND and gateways.is_made_there(row)):
            address = reverse("admin:payments_payment_change", args=[row.target])
        elif row.subject == Subject.REFUND:
            address = reverse("admin:payments_refund_change", args=[row.target])
        elif row.subject == Subject.FUNDING:
            address = reverse("admin:fulfilment_funding_change", args=[row.target])
        elif row.subject == Subject.PURCHASE:
            model = "historyrow" if row.kind == Kind.THEIRS_ONLY else "attempt"
            address = reverse(f"admin:fulfilment_{model}_change", args=[row.target])
        else:
            return "–"
        return format_html('<a href="{}">{}</a>', address, row.about or row.reference)

    has_look_permission = whoever_has(_MAY, row=_UNRESOLVED)
    has_settle_permission = whoever_has(_MAY, _REFUNDS, row=_UNRESOLVED & _THEY_HAVE_MORE & _OUR_PAYMENT)
    has_adopt_permission = whoever_has(_MAY, _REFUNDS, row=_UNRESOLVED & _NOBODYS_PAYMENT)
    has_foreign_permission = whoever_has(_MAY, _ATTEMPTS, row=_UNRESOLVED & _PURCHASE & Q(kind=Kind.THEIRS_ONLY))
    has_lost_permission = whoever_has(_MAY, _ATTEMPTS, row=_UNRESOLVED & _PURCHASE & Q(kind=Kind.OURS_ONLY))
    has_cost_permission = whoever_has(_MAY, _ATTEMPTS, row=_UNRESOLVED & _PURCHASE & Q(kind=Kind.DIFFERING))
    has_explain_permission = whoever_has(_MAY, row=Q(state=State.OPEN))

    def has_book_refund_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        row = Discrepancy.objects.filter(_UNRESOLVED, _THEY_HAVE_MORE, pk=object_id, subject=Subject.REFUND).first()
        return request.user.has_perms([_MAY, _REFUNDS]) and row is not None and gateways.is_made_there(row)

    @verb(
        _("Look again"),
        icon="refresh",
        may="look",
        title=_("Compare both sides once more?"),
        text=_("The row resolves itself if they agree by now. Nothing moves."),
    )
    def look_again(self, asked: Asked, row: Discrepancy) -> Told:
        def look() -> None:
            look_at(row)
            audit.record(asked.by, "discrepancy looked at", f"discrepancy:{row.pk}", after=row.state, why=asked.why)

        return _told(row, look)

    @verb(
        _("Settle"),
        icon="done_all",
        may="settle",
        title=_("Count what the gateway has?"),
        text=_("It pays the order, or is owed back, as if the gateway had told us in time."),
        needs_confirmation=True,
    )
    def settle(self, asked: Asked, row: Discrepancy) -> Told:
        return _told(row, lambda: gateways.settle(row, asked.by, asked.why))

    @verb(
        _("Give to an order"),
        icon="link",
        may="adopt",
        title=_("Whose money is this?"),
        text=_("It becomes a payment of that order: it pays it if it fits, else it goes back."),
        button=_("Give it to the order"),
        form=OrderForm,
        needs_confirmation=True,
    )
    def give_to_order(self, asked: Asked, row: Discrepancy) -> Told:
        return _told(row, lambda: gateways.adopt(row, asked.said["number"], asked.by, asked.why))

    @verb(
        _("Book this refund"),
        icon="undo",
        may="book_refund",
        title=_("Did this money really go back?"),
        text=_("A refund that we owe is done by it; else it is booked as a gift of the shop's."),
        button=_("Book it"),
        needs_confirmation=True,
    )
    def book_refund(self, asked: Asked, row: Discrepancy) -> Told:
        return _told(row, lambda: gateways.book_refund(row, asked.by, asked.why))

    @verb(
        _("Give to a purchase"),
        icon="link",
        may="foreign",
        title=_("Which purchase of ours is this?"),
        text=_("One of the same player whose outcome is unknown. Nothing is sent."),
        button=_("Adopt"),
        form=AttemptForm,
    )
    def give_to_purchase(self, asked: Asked, row: Discrepancy) -> Told:
        return _told(row, lambda: suppliers.adopt(row, asked.said["attempt"], asked.by, asked.why))

    @verb(
        _("It arrived"),
        icon="check",
        may="lost",
        title=_("The supplier has delivered this purchase"),
        text=_("The unit ends as delivered. Only with the supplier's word for it."),
        button=_("Delivered"),
    )
    def mark_arrived(self, asked: Asked, row: Discrepancy) -> Told:
        return _told(row, lambda: suppliers.settle(row, arrived=True, by=asked.by, why=asked.why))

    @verb(
        _("It failed"),
        icon="close",
        may="lost",
        title=_("This purchase failed at the supplier"),
        text=_("The unit looks for another way, or its money goes back. Only with the supplier's word."),
        button=_("Failed"),
    )
    def mark_failed(self, asked: Asked, row: Discrepancy) -> Told:
        return _told(row, lambda: suppliers.settle(row, arrived=False, by=asked.by, why=asked.why))

    @verb(
        _("Book their cost"),
        icon="price_change",
        may="cost",
        title=_("Does the supplier's figure hold?"),
        text=_("The ledger then says of this purchase what the supplier says. The order stays as it is."),
        button=_("Book it"),
        needs_confirmation=True,
    )
    def book_cost(self, asked: Asked, row: Discrepancy) -> Told:
        return _told(row, lambda: suppliers.book_cost(row, asked.by, asked.why))

    @verb(
        _("Explain"),
        icon="fact_check",
        may="explain",
        title=_("Why do the two sides differ?"),
        text=_("Nothing moves. It opens again only if the amounts change."),
        button=_("Explained"),
    )
    def explain(self, asked: Asked, row: Discrepancy) -> Told:
        return _told(row, lambda: reconciliation.explain(row, asked.by, asked.why))

    @verb(
        _("Open a case"),
        icon="front_hand",
        may="explain",
        title=_("Somebody has to find out"),
        text=_("The case carries this row's evidence, and closes when the row does."),
    )
    def open_case(self, asked: Asked, row: Discrepancy) -> Told:
        return _told(row, lambda: reconciliation.ask(row, asked.by, asked.why))


def _told(row: Discrepancy, act: Callable[[], object]) -> Told:
    """How the row stands after `act`, which may have to ask a gateway or a supplier, and is False where there was
    nothing left to do."""
    try:
        if act() is False:
            return Told.nothing_done(_("That was done before."))
    except _AWAY as problem:
        return Told.refused(_("The other side does not answer: %(why)s") % {"why": problem})
    row.refresh_from_db()
    return Told(row.get_state_display())


def look_at(row: Discrepancy) -> None:
    """Whoever keeps the row compares both sides once more."""
    keeper = gateways if row.party in CODES else suppliers
    keeper.look_again(row)
