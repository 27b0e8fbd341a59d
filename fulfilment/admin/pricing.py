"""Margin rules, endings, and drafts of prices: looked through, ticked, published, undone."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from core.admin.bases import ReadOnlyAdmin, ShopAdmin
from core.admin.states import state_column
from core.admin.tables import link, moment, table
from core.admin.verbs import Asked, Told, back_to, page_of, verb, whoever_has
from core.approvals import services as approvals
from core.errors import Refused
from core.money import Money
from core.wake import wake
from fulfilment.models import MarginRule, PriceDraft, PriceEnding, PriceLine
from fulfilment.pricing import drafts, rules, words
from fulfilment.pricing.arithmetic import Ending
from storefront.admin.forms import AmountsForm

_STATES = {"DRAFT": "info", "WAITING": "warning", "PUBLISHED": "success", "UNDONE": "danger", "DROPPED": "default"}
_MOST_SHOWN = 25


class MarginRuleForm(AmountsForm):
    amounts = ("flat_minor",)


@admin.register(MarginRule)
class MarginRuleAdmin(ShopAdmin):
    form = MarginRuleForm
    list_display = [
        "name",
        "holds_for",
        "margin",
        "jump",
        "bears_promos",
        "publishes_itself",
        "is_active",
    ]
    list_editable = ["is_active"]
    list_filter = ["is_active", "level", "region", "publishes_itself"]
    list_select_related = ["product", "sku", "region"]
    list_before_template = "fulfilment/admin/margin_rules.html"
    search_fields = ["name", "product__code", "product__name", "sku__code"]
    autocomplete_fields = ["product", "sku"]
    fieldsets = [
        (None, {"fields": ["name", "is_active", ("product", "sku"), ("region", "level")]}),
        (_("Margin"), {"fields": [("percent", "flat_minor")]}),
        (_("Floor and guard"), {"fields": ["fees", "bears_promos", "jump_percent", "publishes_itself"]}),
    ]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        wake("fulfilment.reprice", "polls")

    @display(description=_("holds for (higher ranks first)"))
    def holds_for(self, rule: MarginRule) -> str:
        what = rule.sku or rule.product or _("everything")
        where = rule.region_id or _("everywhere")
        who = f" · {rule.get_level_display()}" if rule.level else ""
        return f"{rules.rank(rule)}: {what} · {where}{who}"

    @display(description=_("margin"))
    def margin(self, rule: MarginRule) -> str:
        flat = f" + {Money(rule.flat_minor, rule.region.currency)}" if rule.region and rule.flat_minor else ""
        return f"{rule.percent.normalize():f} %{flat}"

    @display(description=_("jump guard"), ordering="jump_percent")
    def jump(self, rule: MarginRule) -> str:
        return f"{rule.jump_percent.normalize():f} %"


@admin.register(PriceEnding)
class PriceEndingAdmin(ShopAdmin):
    list_display = ["currency", "examples"]
    readonly_fields = ["examples"]
    fields = ["currency", ("step_minor", "ending_minor"), "examples"]

    @display(description=_("prices look like"))
    def examples(self, row: PriceEnding) -> str:
        if row._state.adding:
            return "–"
        ending, near = Ending(row.step_minor, row.ending_minor), 100 * row.step_minor
        return " · ".join(str(Money(ending.up(near + row.step_minor * number), row.currency)) for number in range(3))


@admin.register(PriceDraft)
class PriceDraftAdmin(ReadOnlyAdmin):
    sortable_by = None
    list_display = ["made_at", "cause", "shown_state", "changes", "stopped", "made_by", "published_by", "published_at"]
    list_filter = ["state", "cause"]
    fields = ["what_would_happen", "furthest", "rates_used", "state", "what_happened"]
    readonly_fields = ["what_would_happen", "rates_used", "furthest", "what_happened"]
    actions_list = ["compute"]
    actions_detail = ["publish", "undo", "drop"]

    shown_state = state_column(_STATES)

    @display(description=_("what publishing does"))
    def what_would_happen(self, draft: PriceDraft) -> SafeString:
        lines = drafts.to_publish(draft)
        lists = [
            (_("all lines"), "", draft.lines.count()),
            (_("that change"), "&shown=changes", draft.changes),
            (_("only stopped"), "&shown=stopped", draft.stopped),
        ]
        base = reverse("admin:fulfilment_priceline_changelist") + f"?draft__id__exact={draft.pk}"
        links = format_html_join(
            " · ",
            '<a class="text-primary-600 underline" href="{}{}">{} ({})</a>',
            ((base, more, name, count) for name, more, count in lists),
        )
        told = _("%(count)d prices are set, %(far)d of them move so far that a second person has to approve.")
        waiting = approvals.waiting(f"fulfilment.pricedraft:{draft.pk}")
        asked = link("core_approval", waiting.pk, _("Approve or refuse it")) if waiting else ""
        count = {"count": len(lines), "far": len(drafts.far(lines))}
        return format_html("<p>{} {}</p><p>{}</p>", told % count, asked, links)

    @display(description=_("what happened to it"))
    def what_happened(self, draft: PriceDraft) -> str:
        rows = [
            (_("made"), moment(draft.made_at), draft.made_by, draft.get_cause_display()),
            (_("published"), moment(draft.published_at), draft.published_by, draft.why),
            (_("approved"), "", draft.approved_by, ""),
            (_("undone"), moment(draft.undone_at), draft.undone_by, ""),
        ]
        return table(["", _("at"), _("by"), _("why")], [row for row in rows if row[2]])

    @display(description=_("exchange rates used"))
    def rates_used(self, draft: PriceDraft) -> str:
        rows = [
            (pair, told["rate"], told["since"][:10], _RATE_IS[told.get("problem", "")])
            for pair, told in sorted(draft.rates.items())
        ]
        return table([_("pair"), _("rate"), _("entered"), ""], rows)

    @display(description=_("what moves furthest"))
    def furthest(self, draft: PriceDraft) -> str:
        lines = draft.lines.filter(_CHANGES).select_related("sku", "region").order_by("-moves_percent", "pk")
        rows = [
            (
                link("fulfilment_priceline", line.pk, f"{line.sku.code} {line.region_id}"),
                _from_to(line),
                f"{line.moves_percent} %",
                _standing(line),
            )
            for line in lines[:_MOST_SHOWN]
        ]
        return table([_("price"), _("old → new"), _("moves"), _("guard")], rows)

    has_compute_permission = whoever_has("fulfilment.publish_prices")
    has_publish_permission = whoever_has("fulfilment.publish_prices", row=Q(state="DRAFT"))
    has_undo_permission = whoever_has("fulfilment.publish_prices", row=Q(state="PUBLISHED"))
    has_drop_permission = whoever_has("fulfilment.publish_prices", row=Q(state="DRAFT"))

    @action(
        description=_("Compute new prices"),
        icon="calculate",
        permissions=["compute"],
        dialog={
            "title": _("Compute all prices anew?"),
            "description": _("Nothing is published by this: a draft shows what would change, and why."),
            "form_class": BaseDialogForm,
            "form_submit_text": _("Compute"),
        },
    )
    def compute(self, request: HttpRequest, form: BaseDialogForm) -> HttpResponse:
        try:
            draft = drafts.make(request.user.get_username())
        except Refused as refusal:
            messages.error(request, str(refusal.message))
            return back_to(request, reverse("admin:fulfilment_pricedraft_changelist"))
        return back_to(request, page_of(draft))

    @verb(
        _("Publish"),
        icon="publish",
        may="publish",
        needs_confirmation=True,
        title=_("Publish these prices?"),
        text=_("The shop sells at them at once. Refused, if anything has moved since the draft was made."),
    )
    def publish(self, asked: Asked, draft: PriceDraft) -> Told:
        mine = drafts.publish(draft, by=asked.by, why=asked.why)
        if mine.state == PriceDraft.State.WAITING:
            return Told.nothing_done(_("Some prices move far: somebody else has to approve them."))
        return Told(_("The prices are published."))

    @verb(
        _("Undo"),
        icon="undo",
        may="undo",
        needs_confirmation=True,
        title=_("Bring the former prices back?"),
        text=_("What was changed again since stays as it is."),
    )
    def undo(self, asked: Asked, draft: PriceDraft) -> Told:
        restored, moved = drafts.undo(draft, by=asked.by, why=asked.why)
        told = _("Prices as before: %(restored)d. Changed again since, and left so: %(moved)d.")
        return Told(told % {"restored": restored, "moved": moved})

    @verb(
        _("Drop"),
        icon="delete",
        may="drop",
        title=_("Drop this draft?"),
        text=_("No price changes. A new draft comes when costs, rates or rules move again."),
    )
    def drop(self, asked: Asked, draft: PriceDraft) -> Told:
        drafts.drop(draft, by=asked.by, why=asked.why)
        return Told(_("The draft is dropped."))


_CHANGES = Q(new_minor__isnull=False) & ~Q(new_minor=F("old_minor"))
_SHOWN = {
    "changes": (_("changes"), _CHANGES),
    "stopped": (_("only stopped"), ~Q(guard="")),
    "ticked": (_("ticked or left out"), ~Q(choice="")),
    "same": (_("stays as it is"), Q(new_minor=F("old_minor"))),
}


class ShownFilter(admin.SimpleListFilter):
    title = _("shown")
    parameter_name = "shown"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(key, name) for key, (name, _which) in _SHOWN.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PriceLine]) -> QuerySet[PriceLine]:
        chosen = _SHOWN.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


@admin.register(PriceLine)
class PriceLineAdmin(ReadOnlyAdmin):
    """The newest draft's lines, unless another draft is asked for."""

    sortable_by = None
    list_display = ["place", "shown_change", "moves", "cost", "earns", "rule_name", "shown_guard", "tick"]
    list_filter = [ShownFilter, "guard", "region", ("sku__product", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["sku", "region", "draft"]
    list_per_page = 100
    search_fields = ["sku__code", "sku__name", "rule_name"]
    fields = ["sku", "region", "draft", "shown_change", "moves", "earns", "standing", "how"]
    readonly_fields = ["shown_change", "moves", "earns", "standing", "how"]
    actions = ["allow", "leave_out", "decide_nothing"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceLine]:
        found: QuerySet[PriceLine] = super().get_queryset(request)
        address = request.resolver_match.url_name if request.resolver_match else None
        if address == "fulfilment_priceline_changelist" and "draft__id__exact" not in request.GET:
            newest = PriceDraft.objects.exclude(state=PriceDraft.State.DROPPED).values_list("pk", flat=True).first()
            return found.filter(draft=newest)
        return found

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        return lookup == "draft__id__exact" or bool(super().lookup_allowed(lookup, value, request))

    @display(description=_("price"), ordering="sku__code")
    def place(self, line: PriceLine) -> str:
        return f"{line.sku.code} {line.region_id}"

    @display(description=_("guard"))
    def standing(self, line: PriceLine) -> str:
        return f"{_standing(line)} {line.chosen_by and f'({line.chosen_by})'}"

    @display(description=_("old → new"), ordering="new_minor")
    def shown_change(self, line: PriceLine) -> SafeString | str:
        return _from_to(line)

    @display(description=_("moves"), ordering="moves_percent")
    def moves(self, line: PriceLine) -> str:
        return f"{line.moves_percent} %" if line.is_change else "–"

    @display(description=_("cost"), ordering="cost_minor")
    def cost(self, line: PriceLine) -> str:
        return "–" if line.cost_minor is None else str(Money(line.cost_minor, line.region.currency))

    @display(description=_("margin"))
    def earns(self, line: PriceLine) -> str:
        if line.new_minor is None or not line.cost_minor:
            return "–"
        gain = line.new_minor - line.cost_minor
        return f"{Money(gain, line.region.currency)} ({100 * gain / line.cost_minor:.1f} %)"

    @display(description=_("guard"), label={"": "success", "JUMP": "warning", "FIXED": "info"}, ordering="guard")
    def shown_guard(self, line: PriceLine) -> tuple[str, str]:
        return line.guard, line.get_guard_display()

    @display(description=_("tick"), label={"ALLOWED": "success", "LEFT": "danger"})
    def tick(self, line: PriceLine) -> tuple[str, str]:
        return line.choice, line.get_choice_display() if line.choice else "–"

    @display(description=_("how it came about"))
    def how(self, line: PriceLine) -> SafeString:
        steps = table(["", ""], words.written(line.steps, line.region.currency))
        unknown = _(
            "Not counted, because nobody can know it beforehand: promos that are entered later, members' points (up to"
            " 5 %), what the rate does until an order is sent, what gateways charge beyond the channel's fee."
        )
        return format_html('{}<p class="mt-4">{}</p>', steps, unknown)

    has_publish_permission = whoever_has("fulfilment.publish_prices")

    @action(description=_("Allow to move this far"), permissions=["publish"])
    def allow(self, request: HttpRequest, lines: QuerySet[PriceLine]) -> None:
        self._choose(request, lines, PriceLine.Choice.ALLOWED)

    @action(description=_("Leave out"), permissions=["publish"])
    def leave_out(self, request: HttpRequest, lines: QuerySet[PriceLine]) -> None:
        self._choose(request, lines, PriceLine.Choice.LEFT)

    @action(description=_("Take the tick back"), permissions=["publish"])
    def decide_nothing(self, request: HttpRequest, lines: QuerySet[PriceLine]) -> None:
        self._choose(request, lines, PriceLine.Choice.NONE)

    def _choose(self, request: HttpRequest, lines: QuerySet[PriceLine], choice: str) -> None:
        count = drafts.choose(list(lines.values_list("pk", flat=True)), choice, by=request.user.get_username())
        messages.success(request, _("Lines of the open draft marked so: %(count)d.") % {"count": count})


_RATE_IS = {guard.value: guard.label for guard in PriceLine.Guard} | {"": _("good to price by")}


def _standing(line: PriceLine) -> str:
    """What stops the line, and what somebody decided about it."""
    return " · ".join([line.get_guard_display(), *([line.get_choice_display()] if line.choice else [])])


def _from_to(line: PriceLine) -> SafeString | str:
    old = Money(line.old_minor, line.region.currency)
    if line.new_minor is None:
        return format_html("{} → ?", old)
    if not line.is_change:
        return str(old)
    return format_html(
        '<span class="whitespace-nowrap">{} → <b>{}</b></span>', old, Money(line.new_minor, line.region.currency)
    )
