"""/pay/{invoiceNumber}: shows the newest payable payment of an invoice and lets a person pay, cancel or walk away."""

import json
import sqlite3
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from sandbox.emv import MERCHANT
from sandbox.pay import words
from sandbox.state import database
from sandbox.wire import iso_seconds
from sandbox.xendit import channels, truth, webhooks

_STATES = {"SUCCEEDED": "paid", "COMPLETED": "paid", "FAILED": "failed", "EXPIRED": "expired", "CANCELED": "cancelled"}
_SYMBOL = {"IDR": "Rp", "MYR": "RM", "PHP": "₱", "SGD": "S$", "THB": "฿"}


def _amount(row: sqlite3.Row) -> str:
    symbol, cents = _SYMBOL.get(row["currency"], row["currency"]), row["amount_cents"]
    if row["currency"] == "IDR":
        return f"{symbol}{cents // 100:,}".replace(",", ".")
    return f"{symbol}{cents / 100:,.2f}"


def _return_url(row: sqlite3.Row, kind: str) -> str:
    """Where the merchant wants the person back; '' when it did not say."""
    details = json.loads(row["details"])
    given = details if row["kind"] == "session" else details.get("channel_properties", {})
    if kind == "success":
        return str(given.get("success_return_url") or "")
    return str(given.get("cancel_return_url") or given.get("failure_return_url") or "")


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, name: str) -> HttpResponse:
    """GET shows; POST with `action` pay, fail, decline_then_pay, late or leave acts, and webhooks go out."""
    text = words.choose(request.GET.get("lang") or request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
    if request.method == "POST":
        action = request.POST.get("action", "")
        row, outcome = _act(name, action)
        if row is not None and action == "leave":
            return HttpResponseRedirect(_return_url(row, "cancel") or f"/pay/{name}")
    else:
        row, outcome = _shown(name), ""
    if row is None:
        context: dict[str, Any] = {"t": text, "title": text["missing"], "more": text["missing_more"], "state": "failed"}
        return render(request, "sandbox/pay.html", context, status=404)
    return render(request, "sandbox/pay.html", _context(row, outcome, text))


def _shown(name: str) -> sqlite3.Row | None:
    rows = truth.of(name)
    return truth.newest_open(rows) or (rows[0] if rows else None)


def _act(name: str, action: str) -> tuple[sqlite3.Row | None, str]:
    """Does what the person chose, if that can still be done; answers the row afterwards and how the try ended."""
    with database.transaction() as running:
        rows = truth.of(name)
        row, outcome, events = truth.newest_open(rows), "", []
        if row is None and action == "late":
            row, action = truth.newest_late(rows), "pay"
        if row is not None and action == "pay":
            events, outcome = truth.apply(running, row, "paid"), "paid"
        elif row is not None and action == "fail":
            events, outcome = truth.apply(running, row, "failed"), "failed"
        elif row is not None and action == "decline_then_pay" and row["kind"] == "session":
            events = [*truth.apply(running, row, "failed"), *truth.apply(running, row, "paid")]
            outcome = "paid"
        for event in events:
            webhooks.announce(running, event)
    if row is None:
        return _shown(name), ""
    return database.one("SELECT * FROM payables WHERE id = ?", (row["id"],)), outcome


def _context(row: sqlite3.Row, outcome: str, text: dict[str, str]) -> dict[str, Any]:
    is_card = row["kind"] == "session"
    state = outcome or _STATES.get(row["status"], "open")
    if state == "failed" and is_card and row["status"] == "ACTIVE":
        state = "declined"
    channel = channels.find(row["channel_code"], row["country"])
    back = _return_url(row, "success" if state == "paid" else "cancel")
    return {
        "t": text,
        "state": state,
        "title": text.get(state, ""),
        "more": text.get(f"{state}_more", ""),
        "amount": _amount(row),
        "merchant": f"{MERCHANT} ({row['country']})",
        "method": channel.label if channel else row["channel_code"],
        "reference": row["reference"],
        "until": iso_seconds(row["expires_ms"]).replace("T", " ").replace("Z", " UTC"),
        "is_card": is_card,
        "can_pay_late": state in ("expired", "cancelled"),
        "can_retry": state == "declined",
        "back": back if state in ("paid", "failed", "expired", "cancelled") else "",
        "goes_back": bool(outcome == "paid" and back),
    }
