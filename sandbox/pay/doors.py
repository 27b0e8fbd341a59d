"""/pay/{invoiceNumber}: shows the newest payable payment of an invoice and lets a person pay, cancel or walk away."""

import sqlite3
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from sandbox.emv import MERCHANT
from sandbox.pay import words
from sandbox.payables import parties, truth
from sandbox.state import database
from sandbox.wire import iso_seconds

_STATES = {
    "SUCCEEDED": "paid", "COMPLETED": "paid", "CHALLENGED": "paid", "FAILED": "failed", "REVERSED": "failed",
    "EXPIRED": "expired", "CANCELED": "cancelled",
}  # fmt: skip
_SYMBOL = {"IDR": "Rp", "MYR": "RM", "PHP": "₱", "SGD": "S$", "THB": "฿"}


def _amount(row: sqlite3.Row) -> str:
    symbol, cents = _SYMBOL.get(row["currency"], row["currency"]), row["amount_cents"]
    if row["currency"] == "IDR":
        return f"{symbol}{cents // 100:,}".replace(",", ".")
    return f"{symbol}{cents / 100:,.2f}"


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, name: str) -> HttpResponse:
    """GET shows; POST with `action` pay, fail, decline_then_pay, late or leave acts, and webhooks go out."""
    text = words.choose(request.GET.get("lang") or request.META.get("HTTP_ACCEPT_LANGUAGE", ""))
    if request.method == "POST":
        action = request.POST.get("action", "")
        row, outcome = _act(name, action)
        if row is not None and action == "leave":
            return HttpResponseRedirect(parties.of(row).return_url(row, is_paid=False) or f"/pay/{name}")
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
        party = parties.of(row) if row is not None else None
        if row is not None and party is not None:
            if action == "pay":
                events, outcome = party.apply(running, row, "paid"), "paid"
            elif action == "fail":
                events, outcome = party.apply(running, row, "failed"), "failed"
            elif action == "decline_then_pay" and row["kind"] == "session":
                events = [*party.apply(running, row, "failed"), *party.apply(running, row, "paid")]
                outcome = "paid"
            for event in events:
                party.announce(running, event)
    if row is None:
        return _shown(name), ""
    return database.one("SELECT * FROM payables WHERE id = ?", (row["id"],)), outcome


def _context(row: sqlite3.Row, outcome: str, text: dict[str, str]) -> dict[str, Any]:
    is_card = row["kind"] == "session"
    state = outcome or _STATES.get(row["status"], "open")
    if state == "failed" and is_card and row["status"] == "ACTIVE":
        state = "declined"
    party = parties.of(row)
    back = party.return_url(row, is_paid=state == "paid")
    return {
        "t": text,
        "state": state,
        "title": text.get(state, ""),
        "more": text.get(f"{state}_more", ""),
        "amount": _amount(row),
        "merchant": f"{MERCHANT} ({row['country']})",
        "method": party.label(row),
        "reference": row["reference"],
        "until": iso_seconds(row["expires_ms"]).replace("T", " ").replace("Z", " UTC"),
        "is_card": is_card,
        "can_pay_late": state in ("expired", "cancelled"),
        "can_retry": state == "declined",
        "back": back if state in ("paid", "failed", "expired", "cancelled") else "",
        "goes_back": bool(outcome == "paid" and back),
    }
