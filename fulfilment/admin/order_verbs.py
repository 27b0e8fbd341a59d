"""What staff do about an order on its page. Each dialog says what the verb would do now, or shows what speaks against
it; the services behind it look again under their locks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core import notes
from core.admin.bulk import bulk_verb
from core.admin.note_verb import NoteVerb
from core.admin.verbs import Asked, ReasonForm, Told, verb, whoever_has
from core.errors import Refused
from core.money import Money
from fulfilment import correcting
from fulfilment.desk import acting
from fulfilment.desk.weighing import Foresight, units_of
from fulfilment.models import TopUp
from storefront.catalogue.models import ProductField
from storefront.orders.models import Order


class ForeseenForm(ReasonForm):
    """Says beforehand what the verb would do; with something against it, it is not even asked for."""

    form_before_template = "fulfilment/admin/foresight.html"
    foresee: ClassVar[Callable[..., Foresight]]

    def __init__(self, request: HttpRequest, object_id: int | str | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        self.order = Order.objects.select_related("product", "sku").get(pk=int(object_id or 0))
        self.foresight = type(self).foresee(self.order)

    def get_before_template_context(self, request: HttpRequest, object_id: int | str | None = None) -> dict[str, Any]:
        return {"foresight": self.foresight}


class CheckForm(ForeseenForm):
    foresee = staticmethod(acting.foresee_check)


class SendForm(ForeseenForm):
    foresee = staticmethod(acting.foresee_send)


class CancelForm(ForeseenForm):
    foresee = staticmethod(acting.foresee_cancel)


class SwitchForm(ForeseenForm):
    """By which product; what shuts a way now stands beside it."""

    foresee = staticmethod(acting.foresee_switch)
    product = forms.TypedChoiceField(label=_("By which product"), coerce=int, widget=UnfoldAdminSelectWidget)
    field_order = ["product", "reason"]

    def __init__(self, request: HttpRequest, object_id: int | str | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        self.fields["product"].choices = list(self._ways().items())  # type: ignore[attr-defined]

    def _ways(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for unit in units_of(self.order):
            if unit.state != TopUp.State.QUEUED:
                continue
            unit.order = self.order
            for product, way in acting.ways_of(unit):
                cost = Money(product.cost_minor, product.account.currency)
                is_shut = f" – {way.shut}" if way.shut else ""
                found.setdefault(product.pk, f"{product.account.name}: {product.name}, {cost}{is_shut}")
        return found


class AccountForm(ReasonForm):
    """The new account, asked of the game first: the name it tells is shown, and the second click means that one."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, request: HttpRequest, object_id: int | str | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, object_id, *args, **kwargs)
        self.order = Order.objects.select_related("product").get(pk=int(object_id or 0))
        now = {field["key"]: field["value"] for field in self.order.fields}
        for field in ProductField.objects.filter(product=self.order.product).order_by("position"):
            self.fields[f"field_{field.key}"] = forms.CharField(
                label=str(field.name), max_length=120, initial=now.get(field.key, ""), widget=UnfoldAdminTextInputWidget
            )
        self.order_fields([*(name for name in self.fields if name.startswith("field_")), "reason", "seen"])

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        if self.errors:
            return told
        typed = {name.removeprefix("field_"): told[name] for name in self.fields if name.startswith("field_")}
        try:
            proposed = correcting.propose(self.order, typed)
        except Refused as refusal:
            wrong = " ".join(str(text) for text in refusal.fields.values())
            raise forms.ValidationError(f"{refusal.message} {wrong}".strip()) from refusal
        told["token"] = proposed.token
        shown = f"{sorted(typed.items())} {proposed.nickname}"
        if told.get("seen") != shown:
            again = QueryDict(mutable=True)
            again.update(self.data)  # type: ignore[has-type]
            again["seen"] = shown
            self.data = again
            nickname = proposed.nickname or gettext("(nobody can say)")
            raise forms.ValidationError(
                gettext("The game says: %(nickname)s. Send it once more if that is the customer.")
                % {"nickname": nickname}
            )
        return told


class OrderVerbs(NoteVerb):
    """Mixin: the verbs on an order's page."""

    # Shown whatever the order's state: the dialog says why not now, which a missing button would not.
    has_recheck_permission = whoever_has("storefront.recheck_order")
    has_resend_permission = whoever_has("storefront.resend_order")
    has_switch_permission = whoever_has("storefront.switch_supplier")
    has_correct_permission = whoever_has("storefront.correct_account")
    has_cancel_permission = whoever_has("storefront.cancel_order")

    def note_about(self, order: Order) -> str:
        return notes.about_order(order.number)

    @verb(
        _("Check again"),
        icon="search",
        may="recheck",
        title=_("Ask how this order stands?"),
        text=_("Safe at any time."),
        form=CheckForm,
    )
    def check_again(self, asked: Asked, order: Order) -> Told:
        open_ones = acting.check_again(order.pk, asked.by, asked.why)
        if not open_ones:
            return Told.nothing_done(_("Nothing of it is open: there is nobody to ask."))
        return Told(_("It is asked for within seconds; look at this page again."))

    @verb(
        _("Send again"),
        icon="replay",
        may="resend",
        title=_("Try what waits of this order now?"),
        text=_("For units that wait for something which is over."),
        form=SendForm,
    )
    def send_again(self, asked: Asked, order: Order) -> Told:
        if not acting.send_again(order.pk, asked.by, asked.why):
            return Told.nothing_done(_("It is being tried already."))
        return Told(_("It is tried within seconds; look at this page again."))

    @bulk_verb(
        _("Check them again"), may="storefront.recheck_order",
        text=_("Gateway and supplier are asked how each of them stands. Safe at any time."),
    )  # fmt: skip
    def check_all_again(self, asked: Asked, order: Order) -> bool:
        return bool(acting.check_again(order.pk, asked.by, asked.why))

    @bulk_verb(
        _("Send them again"), may="storefront.resend_order",
        text=_("What waits of them is tried at once. Whatever is, or may be, with a supplier is left alone."),
    )  # fmt: skip
    def send_all_again(self, asked: Asked, order: Order) -> bool:
        return bool(acting.send_again(order.pk, asked.by, asked.why))

    @verb(
        _("Switch supplier"),
        icon="alt_route",
        may="switch",
        title=_("Send what waits by another supplier?"),
        text=_("Only where the first surely made nothing."),
        form=SwitchForm,
    )
    def switch_supplier(self, asked: Asked, order: Order) -> Told:
        if not acting.switch_supplier(order.pk, asked.said["product"], asked.by, asked.why):
            return Told.nothing_done(_("That was chosen before."))
        return Told(_("It goes out by the chosen product within seconds."))

    @verb(
        _("Change the player id"),
        icon="edit",
        may="correct",
        title=_("For which account is it?"),
        text=_("Once per order, while it is on hold and nothing is out. The game is asked first."),
        button=_("Change it"),
        form=AccountForm,
    )
    def change_account(self, asked: Asked, order: Order) -> Told:
        if not correcting.change_for(order, asked.said["token"], by=asked.by, why=asked.why):
            return Told.nothing_done(_("It is for that account already."))
        return Told(_("It goes out to the new account."))

    @verb(
        _("Cancel and pay back"),
        icon="cancel",
        may="cancel",
        title=_("Give up what was not delivered?"),
        text=_("Its promise over or not. Final."),
        form=CancelForm,
    )
    def cancel_order(self, asked: Asked, order: Order) -> Told:
        if not acting.cancel(order.pk, asked.by, asked.why):
            return Told.nothing_done(_("It had ended before."))
        return Told(_("It is given up, and its money on its way back."))
