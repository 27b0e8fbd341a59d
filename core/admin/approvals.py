"""What waits for a second person, and what one person may do alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.admin import confirm
from core.admin.bases import ReadOnlyAdmin, ShopAdmin, pretty
from core.admin.bounded import FoundByIndex, LatelyFilter
from core.admin.states import state_column
from core.admin.verbs import Asked, Told, verb
from core.approvals import kinds, limits, services
from core.models import Approval, ApprovalLimit
from core.money import DECIMALS, Money, NotAnAmount
from core.staff_tokens.services import is_same_person

_LOOKS = {"WAITING": "warning", "DONE": "success", "REFUSED": "danger", "LAPSED": "default"}


@admin.register(Approval)
class ApprovalAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["asked_at", "shown_kind", "title", "shown_state", "asked_by", "decided_by", "expires_at"]
    list_filter = ["state", ("kind", LatelyFilter)]
    search_fields = ["about", "subject"]
    search_help_text = _("invoice number, customer's id, or row")
    fields = [
        *("shown_kind", "title", "page", "shown_state"),
        *("why", "asked_by", "asked_at", "expires_at"),
        *("decided_by", "decided_at", "note", "outcome", "shown_payload"),
    ]
    readonly_fields = ["shown_kind", "shown_state", "shown_payload", "page"]
    actions_detail = ["approve", "refuse"]

    @display(description=_("kind"))
    def shown_kind(self, approval: Approval) -> str:
        return str(kinds.named(approval.kind).title)

    shown_state = state_column(_LOOKS)

    @display(description=_("payload"))
    def shown_payload(self, approval: Approval) -> str:
        return pretty(approval.payload)

    @display(description=_("page"))
    def page(self, approval: Approval) -> str:
        """Where the thing itself stands."""
        model, _colon, pk = approval.subject.partition(":")
        try:
            url = reverse(f"admin:{model.replace('.', '_')}_change", args=[pk])
        except NoReverseMatch:
            return approval.subject
        return format_html('<a class="text-primary-600 underline" href="{}">{}</a>', url, approval.about or pk)

    def _waiting(self, request: HttpRequest, object_id: Any) -> Approval | None:
        return Approval.objects.filter(Q(state=Approval.State.WAITING), pk=object_id).first()

    def has_approve_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Shown to whoever may decide; that nobody decides about what they asked for is the service's to say."""
        found = self._waiting(request, object_id)
        return found is not None and bool(request.user.has_perm(kinds.named(found.kind).permission))

    def has_refuse_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        found = self._waiting(request, object_id)
        # By hand or by a token of theirs, as the service has it.
        is_mine = found is not None and is_same_person(found.asked_by, request.user.get_username())
        return is_mine or self.has_approve_permission(request, object_id)

    @verb(
        _("Approve"),
        icon="check_circle",
        may="approve",
        title=_("Approve it, and have it done now?"),
        text=_("It happens with your name beside the one of who asked. Look at its page first."),
        needs_confirmation=True,
    )
    def approve(self, asked: Asked, approval: Approval) -> Told:
        done = services.approve(approval.pk, asked.user, asked.why)
        return Told(f"{done.get_state_display()}. {done.outcome}")

    @verb(
        _("Refuse"),
        icon="block",
        may="refuse",
        title=_("Refuse it?"),
        text=_("Nothing is done. Who asked reads your reason here; who asked may take it back in the same way."),
    )
    def refuse(self, asked: Asked, approval: Approval) -> Told:
        return Told(services.refuse(approval.pk, asked.user, asked.why).get_state_display())


class LimitForm(forms.ModelForm):  # type: ignore[type-arg]
    """Amounts are typed in the currency's own units."""

    kind = forms.ChoiceField(label=_("Kind"), widget=UnfoldAdminSelectWidget)
    unit = forms.CharField(
        label=_("Unit"), max_length=10, help_text=_("IDR, MYR, ... or PERCENT"), widget=UnfoldAdminTextInputWidget
    )
    most = forms.DecimalField(
        label=_("Most"),
        min_value=Decimal(0),
        max_digits=15,
        decimal_places=2,
        help_text=_("Above it a second person has to approve. 0: always."),
        widget=UnfoldAdminDecimalFieldWidget,
    )

    class Meta:
        model = ApprovalLimit
        fields = ["kind", "unit", "most"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = kinds.choices()  # type: ignore[attr-defined]
        if self.instance.pk and self.instance.unit in DECIMALS:
            self.initial["most"] = Money(self.instance.most, self.instance.unit).major

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        unit, most = str(cleaned.get("unit", "")).upper(), cleaned.get("most")
        cleaned["unit"] = unit
        if most is not None:
            try:
                cleaned["most"] = Money.of(most, unit).minor if unit in DECIMALS else int(most)
            except NotAnAmount:
                self.add_error("most", gettext("%(currency)s has no such small amounts.") % {"currency": unit})
        return cleaned


@admin.register(ApprovalLimit)
class ApprovalLimitAdmin(ShopAdmin):
    """Rows stand instead of what the environment or the code says; the list tells what holds now."""

    form = LimitForm
    list_display = ["shown_kind", "unit", "shown_most"]
    list_before_template = "core/admin/limits.html"

    @display(description=_("kind"), ordering="kind")
    def shown_kind(self, limit: ApprovalLimit) -> str:
        return str(kinds.named(limit.kind).title)

    @display(description=_("most"))
    def shown_most(self, limit: ApprovalLimit) -> str:
        return _written(limit.unit, limit.most)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A limit moved is as good as money moved."""
        return confirm.first(request) or super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return confirm.first(request) or super().delete_view(request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        holding = [
            {
                "kind": kind.title,
                "limits": [_written(unit, most) for unit, most in sorted(limits.of(kind.code).items())],
            }
            for kind in kinds.all_kinds()
        ]
        answer: HttpResponse = super().changelist_view(request, {**(extra_context or {}), "holding": holding})
        return answer


def _written(unit: str, most: int) -> str:
    return str(Money(most, unit)) if unit in DECIMALS else f"{most} {unit}"
