"""Alerts in the back office: rules, the history of incidents, who is told, silences, and the status page's words."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core import audit
from core.admin.bases import ReadOnlyAdmin, ShopAdmin
from core.admin.states import state_column
from core.admin.verbs import Asked, Told, verb, whoever_has
from core.alerts import posting, telling, watching
from core.alerts.models import AlertAddress, AlertPost, AlertRule, AlertSilence, Incident, StatusNotice
from core.alerts.terms import BY_NAME
from core.messages import links, outbox
from core.models import ChatLink, ChatMessage, MailMessage

_UNITS = {"s": _("seconds"), "h": _("hours"), "": _("number"), "%": _("share, 0 to 1"), "switch": _("0 or 1")}


@admin.register(AlertRule)
class AlertRuleAdmin(ShopAdmin):
    """Thresholds and times are staff's; which figures there are is the code's."""

    list_display = ["name", "says", "beyond", "unit", "for_seconds", "shown_severity", "is_on", "tells_customers"]
    list_filter = ["is_on", "severity", "tells_customers"]
    search_fields = ["name"]
    readonly_fields = ["name", "says", "does", "unit"]
    fields = [
        "name", "says", "does", "is_on", ("threshold", "unit"), "calm_at", ("for_seconds", "calm_seconds"), "severity",
        "tells_customers",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        watching.ensure_rules()  # a shop that was just installed has not looked yet
        return super().get_queryset(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # switch it off instead

    @display(description=_("what is wrong"))
    def says(self, rule: AlertRule) -> str:
        term = BY_NAME.get(rule.name)
        return str(term.summary) % {"kind": "…", "value": "…"} if term else "–"

    @display(description=_("what to do"))
    def does(self, rule: AlertRule) -> str:
        term = BY_NAME.get(rule.name)
        return str(term.action) if term else "–"

    @display(description=_("beyond"))
    def beyond(self, rule: AlertRule) -> str:
        term = BY_NAME.get(rule.name)
        return f"{'<' if term and term.is_low else '>'} {rule.threshold:g}"

    @display(description=_("unit"))
    def unit(self, rule: AlertRule) -> str:
        term = BY_NAME.get(rule.name)
        return str(_UNITS[term.unit]) if term else "–"

    @display(description=_("severity"), label={"page": "danger", "ticket": "info"})
    def shown_severity(self, rule: AlertRule) -> str:
        return rule.severity


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    """What was wrong, from when to when, how bad, and who was told."""

    sortable_by = None
    list_display = ["began_at", "rule", "kind", "shown_state", "shown_worst", "opened_at", "ended_at", "told_at"]
    list_filter = ["state", "rule"]
    list_select_related = ["rule"]
    search_fields = ["kind", "rule__name"]
    fields = [
        ("rule", "kind", "shown_state"), "says", "does", ("shown_value", "shown_worst"), ("began_at", "opened_at"),
        ("calm_since", "ended_at"), ("told_at", "over_told_at"), "told_to",
    ]  # fmt: skip
    readonly_fields = ["says", "does", "shown_value", "shown_worst", "shown_state", "told_to"]

    shown_state = state_column({"PENDING": "info", "OPEN": "danger", "ENDED": "success"})

    @display(description=_("what is wrong"))
    def says(self, incident: Incident) -> str:
        return telling.summary(incident)

    @display(description=_("what to do"))
    def does(self, incident: Incident) -> str:
        return telling.action(incident)

    @display(description=_("last"))
    def shown_value(self, incident: Incident) -> str:
        return self._figure(incident, incident.value)

    @display(description=_("worst"))
    def shown_worst(self, incident: Incident) -> str:
        return self._figure(incident, incident.worst)

    @display(description=_("told to"))
    def told_to(self, incident: Incident) -> str:
        mark = f"alert:{incident.pk}:"
        rows = [
            *((one.to, one.template, one.get_state_display(), one.error)
              for one in MailMessage.objects.filter(about=f"incident-{incident.pk}").order_by("pk")),
            *((one.link.address, one.template, one.get_state_display(), one.error)
              for one in self._chats(mark)),
            *((one.address.address, one.body.get("event"), one.get_state_display(), one.error)
              for one in AlertPost.objects.filter(key__startswith=mark).select_related("address").order_by("pk")),
        ]  # fmt: skip
        return format_html_join("", "<p>{} · {} · {} {}</p>", rows) or "–"

    def _chats(self, mark: str) -> list[ChatMessage]:
        keys = [
            outbox.key_of(ChatLink.Channel.TELEGRAM, f"alert_{event}", one.about, f"{mark}{event}:{one.pk}")
            for one in AlertAddress.objects.filter(channel=AlertAddress.Channel.TELEGRAM)
            for event in (telling.OPENED, telling.OVER)
        ]
        return list(ChatMessage.objects.filter(key__in=keys).select_related("link").order_by("pk"))

    def _figure(self, incident: Incident, value: float) -> str:
        term = BY_NAME.get(incident.rule.name)
        return telling.shown(value, term.unit) or f"{value:g}" if term else f"{value:g}"


@admin.register(AlertAddress)
class AlertAddressAdmin(ShopAdmin):
    list_display = ["channel", "address", "language", "pages_only", "is_on"]
    list_filter = ["channel", "is_on"]
    readonly_fields = ["how"]
    actions_detail = ["try_out"]
    has_try_permission = whoever_has("core.change_alertaddress")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        shown = ["channel", "address", "language", "pages_only", "is_on"]
        return shown if obj is None else [*shown, "how"]

    @display(description=_("how it works"))
    def how(self, address: AlertAddress) -> str:
        if address.channel == AlertAddress.Channel.WEBHOOK:
            return format_html(
                "{} <code>{}</code><br>{}: <code>{}</code>",
                _("Every call carries"), posting.SIGNATURE, _("key of this address"), posting.key_of(address),
            )  # fmt: skip
        if address.channel == AlertAddress.Channel.TELEGRAM and not address.address:
            url = links.start_url(address.about)
            if not url:
                return str(_("The shop has no Telegram bot (docs/messages.md)."))
            return format_html('{} <a class="underline" href="{}">{}</a>', _("Open this in Telegram:"), url, url)
        return "–"

    @verb(
        _("Try it out"),
        icon="send",
        may="try",
        title=_("Send something there now?"),
        text=_("It says that it is a trial. Nothing is wrong."),
        button=_("Send"),
    )
    def try_out(self, asked: Asked, address: AlertAddress) -> Told:
        telling.try_out(address)
        audit.record(asked.by, "alert address tried out", f"alert address:{address.pk}", why=asked.why)
        return Told(_("It is on its way."))


@admin.register(AlertSilence)
class AlertSilenceAdmin(ShopAdmin):
    list_display = ["rule", "kind", "starts_at", "ends_at", "reason", "now"]
    list_select_related = ["rule"]

    @display(description=_("on now"), boolean=True)
    def now(self, silence: AlertSilence) -> bool:
        return silence.starts_at <= timezone.now() < silence.ends_at


@admin.register(StatusNotice)
class StatusNoticeAdmin(ShopAdmin):
    """What customers read under /{language}-{region}/status."""

    long_texts = ("text",)
    list_display = ["began_at", "shown_title", "ended_at", "is_shown", "incident"]
    list_filter = ["is_shown"]
    list_select_related = ["incident__rule"]
    fields = ["title", "text", ("began_at", "ended_at"), "is_shown"]

    @display(description=_("title"))
    def shown_title(self, notice: StatusNotice) -> str:
        return str(notice)
