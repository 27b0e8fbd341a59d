"""Discrepancies: what a gateway or supplier tells otherwise than our books, and what may be done about each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminTextInputWidget

from core import audit
from core.admin.bases import ReadOnlyAdmin, ReasonForm, back_to, money_column, pretty
from core.errors import Refused
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
_AWAY = (GatewayUnavailable, GatewayRefused, SupplierUnavailable, SupplierDenied)


class OrderForm(ReasonForm):
    """Whose money it is, and how that is known."""

    number = forms.CharField(label=_("Invoice number"), max_length=40, widget=UnfoldAdminTextInputWidget)


class AttemptForm(ReasonForm):
    """Which purchase of ours it is, and how that is known."""

    attempt = forms.IntegerField(label=_("Number of the attempt"), min_value=1, widget=UnfoldAdminIntegerFieldWidget)


def _settle(row: Discrepancy, by: str, why: str, *, arrived: bool) -> None:
    suppliers.settle(row, arrived=arrived, by=by, why=why)


@admin.register(Discrepancy)
class DiscrepancyAdmin(ReadOnlyAdmin):
    list_display = ["last_seen_at", "party", "shown_subject", "shown_kind", "reference", "about", "ours", "theirs"]
    list_display += ["shown_state", "first_seen_at", "looks"]
    list_filter = ["state", "party", "kind", "subject"]
    search_fields = ["reference", "about__istartswith", "note"]
    date_hierarchy = "first_seen_at"
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

    @display(description=_("kind"), label=KIND_LOOKS)
    def shown_kind(self, row: Discrepancy) -> tuple[str, str]:
        return row.kind, row.get_kind_display()

    @display(description=_("state"), label=STATE_LOOKS)
    def shown_state(self, row: Discrepancy) -> tuple[str, str]:
        return row.state, row.get_state_display()

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

    # What may be done is shown only where it may; the services refuse it elsewhere.

    def _may(self, request: HttpRequest, object_id: Any, *fits: Q) -> bool:
        allowed = bool(request.user.has_perm("core.change_discrepancy"))
        return allowed and Discrepancy.objects.filter(_UNRESOLVED, *fits, pk=object_id).exists()

    def has_look_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id)

    def has_settle_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        fits = _THEY_HAVE_MORE & Q(subject=Subject.PAYMENT, target__isnull=False)
        return self._may(request, object_id, fits) and bool(request.user.has_perm("payments.change_refund"))

    def has_adopt_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        fits = Q(party__in=CODES, subject=Subject.PAYMENT, kind=Kind.THEIRS_ONLY, target=None)
        return self._may(request, object_id, fits) and bool(request.user.has_perm("payments.change_refund"))

    def has_book_refund_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        row = Discrepancy.objects.filter(_UNRESOLVED, _THEY_HAVE_MORE, pk=object_id, subject=Subject.REFUND).first()
        allowed = self._may(request, object_id) and bool(request.user.has_perm("payments.change_refund"))
        return allowed and row is not None and gateways.is_made_there(row)

    def _may_at_supplier(self, request: HttpRequest, object_id: Any, kind: str) -> bool:
        allowed = bool(request.user.has_perm("fulfilment.change_attempt"))
        return allowed and self._may(request, object_id, Q(subject=Subject.PURCHASE, kind=kind, target__isnull=False))

    def has_foreign_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_at_supplier(request, object_id, Kind.THEIRS_ONLY)

    def has_lost_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_at_supplier(request, object_id, Kind.OURS_ONLY)

    def has_cost_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may_at_supplier(request, object_id, Kind.DIFFERING)

    def has_explain_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return self._may(request, object_id, Q(state=State.OPEN))

    @action(
        description=_("Look again"),
        icon="refresh",
        permissions=["look"],
        dialog={
            "title": _("Compare both sides once more?"),
            "description": _("The row resolves itself if they agree by now. Nothing moves."),
            "form_class": ReasonForm,
            "form_submit_text": _("Look again"),
        },
    )
    def look_again(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        def look(row: Discrepancy, by: str, why: str) -> None:
            look_at(row)
            audit.record(by, "discrepancy looked at", f"discrepancy:{row.pk}", after=row.state, why=why)

        return self._done(request, object_id, form, look)

    @action(
        description=_("Settle"),
        icon="done_all",
        permissions=["settle"],
        dialog={
            "title": _("Count what the gateway has?"),
            "description": _("It pays the order, or is owed back, as if the gateway had told us in time."),
            "form_class": ReasonForm,
            "form_submit_text": _("Settle"),
        },
    )
    def settle(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._done(request, object_id, form, gateways.settle)

    @action(
        description=_("Give to an order"),
        icon="link",
        permissions=["adopt"],
        dialog={
            "title": _("Whose money is this?"),
            "description": _("It becomes a payment of that order: it pays it if it fits, else it goes back."),
            "form_class": OrderForm,
            "form_submit_text": _("Give it to the order"),
        },
    )
    def give_to_order(self, request: HttpRequest, form: OrderForm, object_id: str) -> HttpResponse:
        def adopt(row: Discrepancy, by: str, why: str) -> None:
            gateways.adopt(row, form.cleaned_data["number"], by, why)

        return self._done(request, object_id, form, adopt)

    @action(
        description=_("Book this refund"),
        icon="undo",
        permissions=["book_refund"],
        dialog={
            "title": _("Did this money really go back?"),
            "description": _("A refund that we owe is done by it; else it is booked as a gift of the shop's."),
            "form_class": ReasonForm,
            "form_submit_text": _("Book it"),
        },
    )
    def book_refund(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        def book(row: Discrepancy, by: str, why: str) -> None:
            gateways.book_refund(row, by, why)

        return self._done(request, object_id, form, book)

    @action(
        description=_("Give to a purchase"),
        icon="link",
        permissions=["foreign"],
        dialog={
            "title": _("Which purchase of ours is this?"),
            "description": _("One of the same player whose outcome is unknown. Nothing is sent."),
            "form_class": AttemptForm,
            "form_submit_text": _("Adopt"),
        },
    )
    def give_to_purchase(self, request: HttpRequest, form: AttemptForm, object_id: str) -> HttpResponse:
        def adopt(row: Discrepancy, by: str, why: str) -> None:
            suppliers.adopt(row, form.cleaned_data["attempt"], by, why)

        return self._done(request, object_id, form, adopt)

    @action(
        description=_("It arrived"),
        icon="check",
        permissions=["lost"],
        dialog={
            "title": _("The supplier has delivered this purchase"),
            "description": _("The unit ends as delivered. Only with the supplier's word for it."),
            "form_class": ReasonForm,
            "form_submit_text": _("Delivered"),
        },
    )
    def mark_arrived(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._done(request, object_id, form, partial(_settle, arrived=True))

    @action(
        description=_("It failed"),
        icon="close",
        permissions=["lost"],
        dialog={
            "title": _("This purchase failed at the supplier"),
            "description": _("The unit looks for another way, or its money goes back. Only with the supplier's word."),
            "form_class": ReasonForm,
            "form_submit_text": _("Failed"),
        },
    )
    def mark_failed(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._done(request, object_id, form, partial(_settle, arrived=False))

    @action(
        description=_("Book their cost"),
        icon="price_change",
        permissions=["cost"],
        dialog={
            "title": _("Does the supplier's figure hold?"),
            "description": _("The ledger then says of this purchase what the supplier says. The order stays as it is."),
            "form_class": ReasonForm,
            "form_submit_text": _("Book it"),
        },
    )
    def book_cost(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        return self._done(request, object_id, form, suppliers.book_cost)

    @action(
        description=_("Explain"),
        icon="fact_check",
        permissions=["explain"],
        dialog={
            "title": _("Why do the two sides differ?"),
            "description": _("Nothing moves. It opens again only if the amounts change."),
            "form_class": ReasonForm,
            "form_submit_text": _("Explained"),
        },
    )
    def explain(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        def explain(row: Discrepancy, by: str, why: str) -> None:
            reconciliation.explain(row, by, why)

        return self._done(request, object_id, form, explain)

    @action(
        description=_("Open a case"),
        icon="front_hand",
        permissions=["explain"],
        dialog={
            "title": _("Somebody has to find out"),
            "description": _("The case carries this row's evidence, and closes when the row does."),
            "form_class": ReasonForm,
            "form_submit_text": _("Open a case"),
        },
    )
    def open_case(self, request: HttpRequest, form: ReasonForm, object_id: str) -> HttpResponse:
        def ask(row: Discrepancy, by: str, why: str) -> None:
            reconciliation.ask(row, by, why)

        return self._done(request, object_id, form, ask)

    def _done(
        self, request: HttpRequest, object_id: str, form: ReasonForm, act: Callable[[Discrepancy, str, str], object]
    ) -> HttpResponse:
        row = Discrepancy.objects.get(pk=object_id)
        try:
            act(row, request.user.get_username(), form.cleaned_data["reason"])
        except Refused as refusal:
            messages.error(request, str(refusal.message))
        except _AWAY as problem:
            messages.error(request, _("The other side does not answer: %(why)s") % {"why": problem})
        else:
            row.refresh_from_db()
            messages.success(request, row.get_state_display())
        return back_to(request, reverse("admin:core_discrepancy_change", args=[object_id]))


def look_at(row: Discrepancy) -> None:
    """Whoever keeps the row compares both sides once more."""
    keeper = gateways if row.party in CODES else suppliers
    keeper.look_again(row)
