"""The live page of operations, and its verbs: each on a page of its own that says what it does and asks why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, cast

import redis
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from core import poison
from core.admin.tables import in_percent
from core.models import PoisonRow
from fulfilment import circuit, overview
from fulfilment.models import SupplierAccount
from payments import gateway_stops
from payments.gateways import CODES

View = Callable[..., HttpResponse]
_LABELS = {"CLOSED": "success", "HALF_OPEN": "warning", "OPEN": "danger"}
_SLOW_CLOCK_S = 30


class WhyForm(forms.Form):
    """Nobody acts without saying why."""

    reason = forms.CharField(label=_lazy("Reason"), min_length=5, max_length=500, widget=UnfoldAdminTextareaWidget)


def _staff(permission: str) -> Callable[[View], View]:
    """For staff with that permission; whoever is not signed in is sent to the back office's own sign-in."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **named)

        return cast("View", admin.site.admin_view(checked))

    return decorate


@_staff("core.view_operations")
def live(request: HttpRequest) -> HttpResponse:
    """The whole page; for htmx, which asks every few seconds, only the figures."""
    context: dict[str, Any] = {"as_of": timezone.localtime(), "address": reverse("operations")}
    context |= _waiting(request) | _suppliers(request)
    try:
        context |= _machinery() | _gateways(request)
    except redis.RedisError as problem:
        context["broken"] = type(problem).__name__
    if request.headers.get("HX-Request"):
        return render(request, "fulfilment/admin/operations_figures.html", context)
    return render(
        request, "fulfilment/admin/operations.html",
        {**admin.site.each_context(request), "title": _("Operations"), **context},
    )  # fmt: skip


@_staff("fulfilment.change_supplieraccount")
def supplier(request: HttpRequest, code: str, verb: str) -> HttpResponse:
    """Opens or closes the circuit of a supplier account."""
    account = SupplierAccount.objects.filter(code=code, is_active=True).first()
    if account is None or account.is_stock or verb not in ("open", "close"):
        raise Http404
    is_opening = verb == "open"
    told = (
        _("Nothing more is bought there until somebody closes the circuit again. Purchases under way are not touched.")
        if is_opening
        else _("Everything that waits for it is sent at once. By itself it would try with one purchase first.")
    )
    title = (_("Stop buying at %s") if is_opening else _("Buy at %s again")) % account.name

    def act(by: str, why: str) -> str:
        if is_opening:
            return _("Buying has stopped there.") if circuit.open_by_hand(account, by, why) else ""
        return _("Buying goes on.") if circuit.close(account, why, by=by) else ""

    return _ask(request, title, told, act)


@_staff("storefront.stop_gateway")
def gateway(request: HttpRequest, code: str, verb: str) -> HttpResponse:
    """Closes or opens all channels of a gateway."""
    if code not in CODES or verb not in ("open", "close"):
        raise Http404
    is_closing = verb == "close"
    told = (
        _("None of its channels is offered until somebody opens it again. What is open there can still be paid.")
        if is_closing
        else _("Its channels are offered again at once, but for those with closing times of their own.")
    )
    title = (_("Close the gateway %s") if is_closing else _("Open the gateway %s")) % code

    def act(by: str, why: str) -> str:
        if is_closing:
            return _("Its channels are closed.") if gateway_stops.close(code, by, why) else ""
        return _("Its channels are open.") if gateway_stops.reopen(code, by, why) else ""

    return _ask(request, title, told, act)


@_staff("core.replay_poisonrow")
def again(request: HttpRequest, row_id: int) -> HttpResponse:
    """Has a failing row tried again."""
    row = PoisonRow.objects.filter(pk=row_id).first()
    if row is None:
        raise Http404
    told = _("It goes on where it stood, with all its tries. Say what was mended.")

    def act(by: str, why: str) -> str:
        return _("It is tried again within seconds.") if poison.replay(row_id, by, why) else ""

    return _ask(request, _("Try %s again") % row, told, act, shown=row.error)


def _ask(request: HttpRequest, title: str, told: str, act: Callable[[str, str], str], shown: str = "") -> HttpResponse:
    """The question with its reason (GET), or what was decided (POST), once however often it is sent."""
    form = WhyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = act(request.user.get_username(), form.cleaned_data["reason"])
        if done:
            messages.success(request, done)
        else:
            messages.warning(request, _("It stood like that already; nothing was changed."))
        return HttpResponseRedirect(reverse("operations"))
    context = {"title": title, "told": told, "form": form, "shown": shown, "back": reverse("operations")}
    return render(request, "fulfilment/admin/operations_verb.html", {**admin.site.each_context(request), **context})


def _waiting(request: HttpRequest) -> dict[str, Any]:
    seen = overview.waiting()
    callbacks = max(seen.callbacks.values(), default=0.0)
    can_replay = request.user.has_perm("core.replay_poisonrow")
    cards = [
        (_("Outcome unknown"), seen.unknown, _since(seen.unknown_s) if seen.unknown else "", bool(seen.unknown)),
        (_("Units that wait to be sent"), seen.queued, "", False),
        (_("Paid, not taken up"), _since(seen.untaken_s) if seen.untaken_s else "0", "", seen.untaken_s > 30),
        (_("Oldest callback not worked off"), _since(callbacks) if callbacks else "0",
         ", ".join(seen.callbacks), callbacks > 60),
        (_("Given up, for staff"), round(sum(seen.given_up.values())), "", any(seen.given_up.values())),
    ]  # fmt: skip
    rows = [
        [
            str(row),
            row.failures,
            _since((timezone.now() - row.last_at).total_seconds()),
            _label(_("resting"), "warning") if row.again_at else _label(_("set aside"), "danger"),
            row.error.strip().rpartition("\n")[2][:160],
            _link("operations_again", _("Try again"), row_id=row.pk) if can_replay else "",
        ]
        for row in seen.failing
    ]
    heads = [_("Row"), _("Failures"), _("Last"), _("State"), _("Error"), ""]
    return {"cards": cards, "failing": {"headers": heads, "rows": rows}}


def _suppliers(request: HttpRequest) -> dict[str, Any]:
    may = request.user.has_perm("fulfilment.change_supplieraccount")
    heads = [
        _("Supplier"), _("circuit"), _("Purchases"), _("success"), "p50", "p95", "p99", _("balance"),
        _("Hours left"), "",
    ]  # fmt: skip
    rows = []
    for one in overview.suppliers():
        verb, word = ("close", _("Buy again")) if one.is_shut else ("open", _("Stop buying"))
        standing = _label(one.standing.value, _LABELS[one.standing.value])
        if one.account.circuit_why:
            standing = format_html('{} <span class="text-xs">{}</span>', standing, one.account.circuit_why)
        if one.account.paused_at:
            standing = format_html("{} {}", standing, _label(one.account.paused_why or _("paused"), "danger"))
        rows.append([
            one.account.name, standing, one.seen.calls, in_percent(one.seen.success_percent), *_times(one.seen),
            str(one.balance or "–"), _hours(one.hours_left),
            _link("operations_supplier", word, code=one.account.code, verb=verb) if may else "",
        ])  # fmt: skip
    return {"suppliers": {"headers": heads, "rows": rows}}


def _gateways(request: HttpRequest) -> dict[str, Any]:
    may = request.user.has_perm("storefront.stop_gateway")
    heads = [_("Gateway"), _("State"), _("Calls"), _("success"), "p50", "p95", "p99", ""]
    rows = []
    for one in overview.gateways():
        verb, word = ("open", _("Open it")) if one.closed_at else ("close", _("Close it"))
        state = _label(_("closed by hand"), "danger") if one.closed_at else _label(_("open"), "success")
        rows.append([
            one.code, state, one.seen.calls, in_percent(one.seen.success_percent), *_times(one.seen),
            _link("operations_gateway", word, code=one.code, verb=verb) if may else "",
        ])  # fmt: skip
    return {"gateways": {"headers": heads, "rows": rows}}


def _machinery() -> dict[str, Any]:
    seen = overview.machinery()
    queues = [
        [
            queue.name,
            queue.waiting,
            "–" if queue.oldest_s is None else _since(queue.oldest_s),
            _label(_("silent"), "danger") if queue.is_silent else _label(_since(queue.seen_s), "success"),
        ]
        for queue in seen.queues
    ]
    tasks = [
        [one.task, one.per_minute, one.runs, one.failures, one.retries, one.void,
         "–" if one.mean_ms is None else f"{one.mean_ms:g} ms"]
        for one in seen.tasks
    ]  # fmt: skip
    entries = [
        [
            one.name,
            one.every,
            "–" if one.sent_s is None else _since(one.sent_s),
            "–" if one.ended_s is None else _since(one.ended_s),
            "" if one.last is None else f"{one.last.state} · {one.last.ms:g} ms",
        ]
        for one in seen.entries
    ]
    return {
        "queues": {
            "headers": [_("Queue"), _("Waiting"), _("Oldest"), _("Worker seen")],
            "rows": queues,
        },
        "under_way": seen.under_way,
        "tasks": {
            "headers": [
                _("Task"), _("Per minute"), _("Runs"), _("Failures"), _("Retries"), _("Not taken in time"), _("Mean"),
            ],
            "rows": tasks,
        },
        "runs_per_minute": seen.runs_per_minute,
        "failures": seen.failures,
        "clock": {
            "headers": [_("Job"), _("Every"), _("Last sent"), _("Last ended"), _("How")],
            "rows": entries,
        },
        "clock_seen": _since(seen.clock_s),
        "is_clock_late": seen.clock_s > _SLOW_CLOCK_S,
    }  # fmt: skip


def _label(text: Any, looks: str) -> SafeString:
    colours = {
        "success": "bg-green-100 text-green-700 dark:bg-green-500/20 dark:text-green-400",
        "warning": "bg-orange-100 text-orange-700 dark:bg-orange-500/20 dark:text-orange-400",
        "danger": "bg-red-100 text-red-700 dark:bg-red-500/20 dark:text-red-400",
    }
    shape = "inline-block font-semibold rounded-default text-[11px] whitespace-nowrap h-6 leading-6 px-2"
    return format_html('<span class="{} {}">{}</span>', shape, colours[looks], text)


def _link(name: str, word: str, **where: Any) -> SafeString:
    form = '<a class="text-primary-600 underline whitespace-nowrap dark:text-primary-400" href="{}">{}</a>'
    return format_html(form, reverse(name, kwargs=where), word)


def _times(seen: Any) -> Iterable[str]:
    return ["–" if took is None else f"{took:.2f} s" for took in (seen.p50, seen.p95, seen.p99)]


def _hours(value: float | None) -> str | SafeString:
    if value is None:
        return "–"
    text = f"{value:g}" if value < 100 else ">100"
    return _label(text, "danger") if value < 6 else text


def _since(seconds: float) -> str:
    """An age as people say it, short."""
    if seconds == float("inf"):
        return _("never")
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
