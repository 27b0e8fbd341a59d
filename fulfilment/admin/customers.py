"""The customer desk: one page per customer, and what staff may do for them."""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts import suspending
from accounts.admin.account_verbs import AccountVerbs, CheckedForm
from accounts.admin.found_by_words import FoundByWords
from core import audit, notes
from core.admin.bases import ReadOnlyAdmin
from core.admin.note_verb import NoteVerb
from core.admin.tables import link, moment, raw, table
from core.admin.verbs import Asked, ReasonForm, Told, back_to, verb, whoever_has
from core.money import DECIMALS, Money, NotAnAmount
from fulfilment.admin.order_sections import approvals_table
from fulfilment.desk import erasing, exporting
from fulfilment.desk.person import Person
from fulfilment.models import Customer
from payments.wallet import adjusting
from payments.wallet.services import POINTS
from storefront.orders import claiming

_EXPORT_LIFE_S = 300
_SALT = "fulfilment.customer.export"


class AdjustForm(ReasonForm):
    """By how much, of which wallet; `wish` makes one wish of two clicks."""

    amount = forms.DecimalField(
        label=_("By how much (minus takes away)"),
        max_digits=15,
        decimal_places=2,
        widget=UnfoldAdminTextInputWidget,
    )
    currency = forms.ChoiceField(
        label=_("currency"), choices=[(code, code) for code in DECIMALS if code != POINTS],
        widget=UnfoldAdminSelectWidget,
    )  # fmt: skip
    wish = forms.CharField(widget=forms.HiddenInput, max_length=32)
    field_order = ["amount", "currency", "reason", "wish"]

    def __init__(self, request: HttpRequest, object_id: int | str | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        self.fields["wish"].initial = secrets.token_hex(8)

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        if "amount" in told and "currency" in told:
            minus = told["amount"] < 0
            try:
                positive = Money.of(abs(Decimal(told["amount"])), told["currency"])
            except NotAnAmount as problem:
                raise forms.ValidationError(gettext("That is finer than the smallest coin.")) from problem
            told["money"] = Money(-positive.minor if minus else positive.minor, positive.currency)
        return told


class EraseForm(CheckedForm):
    """What still stands against it is shown beforehand."""

    form_before_template = "fulfilment/admin/foresight.html"

    def get_before_template_context(self, request: HttpRequest, object_id: int | str | None = None) -> dict[str, Any]:
        customer = Customer.objects.get(pk=int(object_id or 0))
        says = gettext("Names, addresses, numbers, devices and texts go for good. Orders and the books stay, nameless.")
        return {"foresight": {"says": says, "against": erasing.against(customer)}}


def person_of(customer: Any) -> Person:
    """The customer's sections, one per page."""
    if not hasattr(customer, "person"):
        customer.person = Person(customer)
    found: Person = customer.person
    return found


@admin.register(Customer)
class CustomerAdmin(FoundByWords, NoteVerb, AccountVerbs, ReadOnlyAdmin):
    list_display = ["email", "first_name", "last_name", "phone", "status", "level", "created_at"]
    list_filter = ["status", "level"]
    list_per_page = 50
    ordering = ["-pk"]
    actions = None
    actions_detail = [
        "write_note",
        "adjust_balance",
        {
            "title": _("Account"),
            "items": ["suspend", "restore", "end_sessions", "reset_second_factor", "claim_orders"],
        },
        {"title": _("Personal data"), "items": ["export", "erase"]},
    ]
    fieldsets = [
        (None, {"fields": [("email", "public_id"), ("first_name", "last_name"), ("phone", "language"),
                           ("status", "level", "volume"), ("primary_region", "current_region"),
                           ("email_verified_at", "created_at", "last_login"), "account"]}),
        (_("Notes"), {"fields": ["notes_shown"]}),
        (_("Orders"), {"fields": ["orders", "refunds", "problems"]}),
        (_("Wallets and points"), {"fields": ["wallets", "mutations", "deposits", "approvals_shown"]}),
        (_("Sign-ins and devices"), {"fields": ["devices"]}),
        (_("Mails"), {"fields": ["mails"]}),
        (_("Audit trail"), {"fields": ["acts"]}),
    ]  # fmt: skip
    readonly_fields = [
        *("volume", "account", "notes_shown", "orders", "refunds", "problems", "wallets", "mutations", "deposits"),
        *("approvals_shown", "devices", "mails", "acts"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        found: QuerySet[Customer] = super().get_queryset(request).filter(is_staff=False, is_superuser=False)
        return found

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """One per request: its sections are asked for once, whichever verb looks."""
        kept: dict[str, Any] = request.__dict__.setdefault("_customers", {})
        if object_id not in kept:
            kept[object_id] = super().get_object(request, object_id, from_field)
        return kept[object_id]

    # --- What the page shows ---

    @display(description=_("paid in 90 days"))
    def volume(self, customer: Customer) -> str:
        return str(person_of(customer).paid_volume)

    @display(description=_("account"))
    def account(self, customer: Customer) -> str:
        return link("accounts_user", customer.pk, _("as the owners see it"))

    @display(description=_("notes"))
    def notes_shown(self, customer: Customer) -> str:
        rows = person_of(customer).notes
        return table([_("at"), _("by"), _("text")], [(moment(one.at), one.author, raw(one.text)) for one in rows])

    @display(description=_("orders"))
    def orders(self, customer: Customer) -> str:
        return table(
            [_("order"), _("status"), _("goods"), _("account"), _("total"), _("created at")],
            [
                (
                    link("storefront_order", one.pk, one.number), one.get_status_display(),
                    f"{one.product_name}: {one.sku_name} × {one.quantity}", one.inputs, one.total,
                    moment(one.created_at),
                )
                for one in person_of(customer).orders
            ],
        )  # fmt: skip

    @display(description=_("refunds"))
    def refunds(self, customer: Customer) -> str:
        return table(
            [_("refund"), _("amount"), _("why"), _("state"), _("created at")],
            [
                (
                    link("payments_refund", one.pk, one.reference), one.amount, one.get_why_display(),
                    one.get_state_display(), moment(one.created_at),
                )
                for one in person_of(customer).refunds
            ],
        )  # fmt: skip

    @display(description=_("problem reports"))
    def problems(self, customer: Customer) -> str:
        return table(
            [_("reported"), _("order"), _("topic"), _("text"), _("state")],
            [
                (
                    link("fulfilment_problemreport", one.pk, moment(one.created_at)), one.order.number,
                    one.get_topic_display(), one.text, one.get_state_display(),
                )
                for one in person_of(customer).problems
            ],
        )  # fmt: skip

    @display(description=_("balances"))
    def wallets(self, customer: Customer) -> str:
        return table(
            [_("account"), _("balance")],
            [
                (link("payments_account", one.pk, one.get_kind_display()), Money(one.balance_minor or 0, one.currency))
                for one in person_of(customer).accounts
            ],
        )

    @display(description=_("mutations"))
    def mutations(self, customer: Customer) -> str:
        return table(
            [_("at"), _("reason"), _("order"), _("amount"), _("note")],
            [
                (
                    moment(row.at), link("payments_transfer", row.pk, row.reason),
                    row.order.number if row.order else "–", Money(sign * row.amount_minor, row.currency), row.note,
                )
                for row, sign in person_of(customer).mutations
            ],
        )  # fmt: skip

    @display(description=_("deposits"))
    def deposits(self, customer: Customer) -> str:
        return table(
            [_("deposit"), _("amount"), _("status"), _("created at")],
            [
                (
                    link("payments_deposit", one.pk, one.number), Money(one.amount_minor, one.currency),
                    one.get_status_display(), moment(one.created_at),
                )
                for one in person_of(customer).deposits
            ],
        )  # fmt: skip

    @display(description=_("approvals"))
    def approvals_shown(self, customer: Customer) -> str:
        return approvals_table(person_of(customer).approvals)

    @display(description=_("signed in on"))
    def devices(self, customer: Customer) -> str:
        return table(
            [_("device"), _("kind"), _("address"), _("signed in"), _("last seen"), _("ended")],
            [
                (
                    one.device or "–", one.get_kind_display(), one.address or "–", moment(one.created_at),
                    moment(one.seen_at), f"{moment(one.ended_at)} {one.get_ended_why_display()}",
                )
                for one in person_of(customer).sessions
            ],
        )  # fmt: skip

    @display(description=_("mails"))
    def mails(self, customer: Customer) -> str:
        return table(
            [_("queued"), _("mail"), _("about"), _("state"), _("sent")],
            [
                (
                    moment(one.created_at), link("core_mailmessage", one.pk, one.template), one.about,
                    one.get_state_display(), moment(one.sent_at),
                )
                for one in person_of(customer).mails
            ],
        )  # fmt: skip

    @display(description=_("what staff did"))
    def acts(self, customer: Customer) -> str:
        return table(
            [_("at"), _("by"), _("what"), _("before"), _("after"), _("why")],
            [
                (moment(one.at), one.actor, one.action, one.before or "–", one.after or "–", one.why)
                for one in person_of(customer).acts
            ],
        )

    # --- What staff may do ---

    has_adjust_permission = whoever_has("payments.adjust_balance")
    has_suspend_permission = whoever_has("fulfilment.suspend_customer")
    has_merge_permission = whoever_has("fulfilment.merge_guests")
    has_export_permission = whoever_has("fulfilment.export_customer")
    has_erase_permission = whoever_has("fulfilment.erase_customer")

    def note_about(self, customer: Customer) -> str:
        return notes.about_user(customer.public_id)

    @verb(
        _("Adjust the balance"),
        icon="account_balance_wallet",
        may="adjust",
        title=_("By how much does the balance change?"),
        text=_("Another person approves it before anything moves, unless an owner has set a limit."),
        button=_("Ask for it"),
        form=AdjustForm,
        needs_confirmation=True,
    )
    def adjust_balance(self, asked: Asked, customer: Customer) -> Told:
        said = asked.said
        waits = adjusting.adjust(customer, said["money"], key=said["wish"], by=asked.by, why=asked.why)
        if waits is None:
            return Told(_("The balance is adjusted."))
        return Told(_("It waits for a second person."), messages.INFO)

    @verb(
        _("Suspend"),
        icon="block",
        may="suspend",
        title=_("Shut this customer out?"),
        text=_("Signed out everywhere, no sign-in any more. What was paid is still delivered."),
    )
    def suspend(self, asked: Asked, customer: Customer) -> Told:
        if not suspending.suspend(customer, asked.user, asked.why):
            return Told.nothing_done(_("That was so before."))
        return Told(_("Nobody signs in to this account any more."))

    @verb(
        _("Restore"),
        icon="lock_open",
        may="suspend",
        title=_("Let this customer in again?"),
        text=_("With the password as it was; an address that was never proved has to be proved first."),
    )
    def restore(self, asked: Asked, customer: Customer) -> Told:
        if not suspending.restore(customer, asked.user, asked.why):
            return Told.nothing_done(_("This account is not suspended."))
        return Told(_("The customer may sign in again."))

    @verb(
        _("Take over guest orders"),
        icon="person_add",
        may="merge",
        title=_("Give this member the orders placed as a guest?"),
        text=_("Those with the member's own address, which has to be proved."),
    )
    def claim_orders(self, asked: Asked, customer: Customer) -> Told:
        count = claiming.give(customer, asked.by, asked.why)
        if not count:
            return Told.nothing_done(_("There are no guest orders with this address."))
        return Told(gettext("%(count)d orders are the member's now.") % {"count": count})

    @verb(
        _("Export personal data"),
        icon="download",
        may="export",
        title=_("Hand out what is kept about this customer?"),
        text=_("As a ZIP archive, for a customer who asked and has shown who they are. It is kept who took it."),
        button=_("Download"),
        form=CheckedForm,
        needs_confirmation=True,
    )
    def export(self, asked: Asked, customer: Customer) -> HttpResponse:
        after = {"check": asked.said["check"]}
        audit.record(asked.by, "customer exported", f"user:{customer.public_id}", after=after, why=asked.why)
        ticket = signing.dumps([asked.user.pk, customer.pk], salt=_SALT)
        return back_to(asked.request, reverse("admin:fulfilment_customer_archive", args=[ticket]))

    @verb(
        _("Erase"),
        icon="delete_forever",
        may="erase",
        title=_("Forget this customer for good?"),
        text=_("At the customer's own wish, who has shown who they are. Nobody can undo it."),
        button=_("Erase for good"),
        form=EraseForm,
        needs_confirmation=True,
    )
    def erase(self, asked: Asked, customer: Customer) -> Told:
        if not erasing.erase(customer.pk, asked.user, f"{asked.said['check']}: {asked.why}"):
            return Told.nothing_done(_("That was done before."))
        return Told(_("The customer is forgotten."))

    # --- The archive ---

    def get_urls(self) -> list[URLPattern]:
        name = "fulfilment_customer_archive"
        archive = path("archive/<str:ticket>/", self.admin_site.admin_view(self.archive), name=name)
        return [archive, *super().get_urls()]

    def archive(self, request: HttpRequest, ticket: str) -> HttpResponse:
        """The archive, for whoever asked for it a moment ago."""
        try:
            reader, customer_id = signing.loads(ticket, salt=_SALT, max_age=_EXPORT_LIFE_S)
        except (signing.BadSignature, ValueError) as problem:
            raise Http404 from problem
        customer = self.get_queryset(request).filter(pk=customer_id).first()
        if reader != request.user.pk or not self.has_export_permission(request):
            raise PermissionDenied
        if customer is None:
            raise Http404
        name = f"{customer.public_id}.zip"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return HttpResponse(exporting.archive(customer), content_type="application/zip", headers=headers)
