"""Filling the wallet: amount, way to pay with its total, a look at all of it, and the deposit's page until it is in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.pages.common import count
from core.errors import Refused, invalid
from core.money import Money, NotAnAmount
from payments import looking, opening
from payments.deposits import creating, history, quoting
from payments.deposits.models import Deposit, DepositInquiry
from payments.models import Payment
from payments.pages.account.common import account_page, moment, page_of, pager, read, show, state
from payments.pages.how_to_pay import how_to_pay
from payments.wallet.services import balances
from storefront.channels import shop as channels
from storefront.channels.models import Channel
from storefront.channels.shop import ChannelShown
from storefront.pages.product import CATEGORY_ICONS
from storefront.pages.shop import SYMBOLS, Shop
from storefront.pictures import picture

Status = Deposit.Status
# Offered as one tap, in major units; any other amount can be typed.
_USUAL = {
    "IDR": (50_000, 100_000, 200_000, 500_000),
    "MYR": (20, 50, 100, 200),
    "PHP": (200, 500, 1_000, 2_000),
    "SGD": (10, 20, 50, 100),
    "THB": (100, 300, 500, 1_000),
}
# "Rp150.000", "150,000.00", "10,5", "100.000,-": signs of thousands stand before three digits, and behind the other one
# are at most two. Guessing more would turn "150.000,00" into a hundred times as much.
_TYPED = re.compile(r"[^\d-]*(\d+|\d{1,3}(?:([.,])\d{3})(?:\2\d{3})*)(?:(?!\2)[.,](\d{1,2}))?[.,-]*")
_GATE = {Status.PENDING: 0.0, Status.SUCCESS: 1.0}


# --- The list ---


@require_GET
@account_page
def deposits(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    asked = read(request, "status", history.STATUSES)
    told = history.overview(user, shop.region, asked.period)
    rows = history.deposits(user, shop.region, asked.period, status=asked.chosen, search=asked.search)
    labels = {"ALL": _("All"), "SUCCESS": _("Done"), "PENDING": _("To pay"), "EXPIRED": _("Not paid in time")}
    labels |= {"FAILED": _("Failed")}
    context = {
        "asked": asked,
        "total": str(told.amount),
        "chips": [
            {
                "label": labels[status],
                "url": asked.link(status=status if status != "ALL" else ""),
                "is_chosen": status == asked.chosen,
            }
            for status in history.STATUSES
        ],
        "deposits": [_row(shop, deposit) for deposit in page_of(rows, asked.window, "channel")],
        "pager": pager(asked, rows.count()),
        "has_any": told.deposits > 0 or asked.is_narrowed,
    }
    return show(request, shop, "deposits", context, rest="deposits")


def waiting(shop: Shop, user: User) -> list[dict[str, Any]]:
    """The member's deposits that still wait to be paid, newest first."""
    rows = Deposit.objects.filter(user=user, region=shop.region, status=Status.PENDING).select_related("channel")
    return [_row(shop, deposit) for deposit in rows.order_by("-id")[:3]]


def _row(shop: Shop, deposit: Deposit) -> dict[str, Any]:
    return {
        "number": deposit.number,
        "url": _url(shop, deposit),
        "amount": str(deposit.amount),
        "channel": deposit.channel_name,
        "image": picture(deposit.channel.image, "channel", deposit.channel_code, deposit.channel_name),
        "at": moment(shop, deposit.created_at),
        "until": shop.clock(deposit.expires_at),
        "state": state(deposit.status),
    }


def _url(shop: Shop, deposit: Deposit, rest: str = "") -> str:
    return shop.url(f"account/deposits/{deposit.number}{rest}")


# --- A new one ---


@account_page
def new(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    """The amount and the ways to pay it (GET); what exactly will be paid, with the price held (POST)."""
    if request.method != "POST":
        return _form(request, shop, user, request.GET)
    if "show" in request.POST:
        # Without script the totals are asked for.
        return _form(request, shop, user, request.POST)
    try:
        count(request, "order_inquiry")
        amount = _amount(request.POST.get("amount", ""), shop.region.currency)
        code = request.POST.get("paymentCode", "")
        if not code:
            raise invalid({"paymentCode": _("Choose how you want to pay.")})
        quoted = quoting.quote(user, shop.region, code[:30], amount, shop.language, timezone.now())
    except Refused as refusal:
        return _form(request, shop, user, request.POST, refusal)
    return show(request, shop, "deposit_confirm", _confirm(shop, quoted), rest="deposits/new")


@require_GET
@account_page
def ways(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    """The ways to pay with their totals for the amount that is typed just now."""
    return render(request, "account/fragments/ways.html", _ways(shop, request.GET))


@require_POST
@account_page
def place(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    """From the last look to the deposit's page; twice or going back lead to the same deposit."""
    try:
        count(request, "orders")
        deposit = creating.place(request.POST.get("validationToken", "")[:500], user)[0]
    except Refused as refusal:
        number = refusal.extra.get("invoiceNumber")
        if number:
            return HttpResponseRedirect(shop.url(f"account/deposits/{number}"))
        return _form(request, shop, user, {}, refusal)
    return HttpResponseRedirect(_url(shop, deposit))


def _form(
    request: HttpRequest, shop: Shop, user: User, typed: Mapping[str, str], refusal: Refused | None = None
) -> HttpResponse:
    currency = shop.region.currency
    errors: dict[str, str] = {}
    if refusal is not None:
        errors = {name: str(text) for name, text in refusal.fields.items()}
        if not errors:
            about = "amount" if refusal.code.startswith("AMOUNT_") else "paymentCode"
            errors = {about: " ".join(filter(None, (str(refusal.message), str(refusal.details))))}
    context = _ways(shop, typed) | {
        "typed": typed.get("amount", "")[:20],
        "symbol": SYMBOLS.get(currency, currency),
        "errors": errors,
        "balance": str(balances(user).get(currency, Money(0, currency))),
        "usual": [{"value": str(major), "label": str(Money.of(major, currency))} for major in _USUAL.get(currency, ())],
    }
    return show(request, shop, "deposit_new", context, rest="deposits/new", status=refusal.status if refusal else 200)


def _amount(typed: str, currency: str) -> Money:
    """The amount as a person types or pastes it: with or without the currency's sign and separators, of either custom.
    Raises VALIDATION_ERROR."""
    found = _TYPED.fullmatch("".join(typed[:30].split()))
    try:
        if found is None:
            raise InvalidOperation
        whole, _sign, parts = found.groups(default="0")
        amount = Money.of(Decimal("".join(filter(str.isdigit, whole)) + "." + parts), currency)
    except (InvalidOperation, NotAnAmount) as problem:
        raise invalid({"amount": _("Enter an amount, for example %(amount)s.") % {"amount": _example(currency)}}) from (
            problem
        )
    # More than a column holds is more than any way to pay takes.
    return amount if amount.minor < 10**15 else Money(10**15, currency)


def _example(currency: str) -> Money:
    return Money.of(_USUAL.get(currency, (100,))[0], currency)


def _ways(shop: Shop, typed: Mapping[str, str]) -> dict[str, Any]:
    currency = shop.region.currency
    amount = None
    if typed.get("amount"):
        with suppress(Refused):
            amount = _amount(typed["amount"], currency)
    offered = [
        row
        for row in channels.channels(shop.region, shop.language, "deposit", now=timezone.now())
        if row.kind != Channel.Kind.BALANCE
    ]
    groups: dict[str, dict[str, Any]] = {}
    for row in offered:
        icon = CATEGORY_ICONS.get(row.category_code, "wallet")
        group = groups.setdefault(row.category_code, {"title": row.category_title, "icon": icon, "channels": []})
        group["channels"].append(_way(row, amount, typed.get("paymentCode", "")))
    for group in groups.values():
        group["is_open"] = any(way["is_chosen"] for way in group["channels"])
    if groups and not any(group["is_open"] for group in groups.values()):
        next(iter(groups.values()))["is_open"] = True
    return {"groups": list(groups.values()), "has_amount": amount is not None}


def _way(row: ChannelShown, amount: Money | None, chosen: str) -> dict[str, Any]:
    reason = ""
    if row.is_closed:
        reason = row.closed_reason or _("Not open right now.")
    elif amount is not None and amount < row.least:
        reason = _("From %(amount)s") % {"amount": row.least}
    elif amount is not None and row.most < amount:
        reason = _("Up to %(amount)s") % {"amount": row.most}
    total = amount + row.fee + amount.percent(row.percent) if amount is not None and not reason else None
    return {
        "code": row.code,
        "name": row.name,
        "image": row.image,
        "note": reason or row.description,
        "is_closed": bool(reason),
        "is_chosen": row.code == chosen and not reason,
        "is_featured": row.is_featured,
        "total": str(total) if total is not None else "",
    }


def _confirm(shop: Shop, quoted: DepositInquiry) -> dict[str, Any]:
    left = int((quoted.expires_at - timezone.now()).total_seconds())
    return {
        "token": quoting.token_of(quoted),
        "amount": str(quoted.amount),
        "fee": str(quoted.fee),
        "total": str(quoted.amount + quoted.fee),
        "channel": quoted.channel.name,
        "image": picture(quoted.channel.image, "channel", quoted.channel.code, quoted.channel.name),
        "seconds_left": max(0, left),
        "until": shop.clock(quoted.expires_at),
        "back_url": shop.url(f"account/deposits/new?amount={quoted.amount.major:f}&paymentCode={quoted.channel.code}"),
    }


# --- Its page ---


@require_GET
@account_page
def deposit(request: HttpRequest, shop: Shop, user: User, number: str) -> HttpResponse:
    context = _context(_mine(number, user), shop)
    return show(request, shop, "deposit", context, rest=f"deposits/{number}")


@require_GET
@account_page
def live(request: HttpRequest, shop: Shop, user: User, number: str) -> HttpResponse:
    """The part of the page that changes; 304 as long as it would say the same."""
    found = _mine(number, user)
    headers = {"ETag": f'"{_tag(found, shop)}"', "Cache-Control": "no-store"}
    if request.headers.get("If-None-Match") == headers["ETag"]:
        return HttpResponseNotModified(headers=headers)
    response = render(request, "account/fragments/deposit_live.html", _context(found, shop))
    for name, value in headers.items():
        response.headers[name] = value
    return response


@require_POST
@account_page
def check_again(request: HttpRequest, shop: Shop, user: User, number: str) -> HttpResponse:
    """The gateway has been asked once more; a payment that could not be opened is tried again."""
    found = _mine(number, user)
    count(request, "orders")
    looking.check_again(found)
    found.refresh_from_db(fields=["status"])
    if found.status == Status.PENDING:
        # What stands in the way, the page says.
        with suppress(Refused):
            opening.ensure_open(found)
    return HttpResponseRedirect(_url(shop, found))


def _mine(number: str, user: User) -> Deposit:
    try:
        return creating.find(number, user)
    except Refused as refusal:
        raise Http404 from refusal


def _tag(found: Deposit, shop: Shop) -> str:
    payments = found.payments.values_list("pk", "state", "received_minor")
    parts = (found.updated_at, found.status, found.credited_minor, list(payments), shop.prefix)
    return hashlib.blake2s(repr(parts).encode(), digest_size=10).hexdigest()


def _context(found: Deposit, shop: Shop) -> dict[str, Any]:
    """The context of account/fragments/deposit_live.html."""
    payment = found.payments.select_related("channel").order_by("-attempt").first()
    headline, text = _words(found, payment)
    told: dict[str, Any] = {
        "number": found.number,
        "status": found.status,
        "headline": headline,
        "text": text,
        "gate_open": _GATE.get(Status(found.status), 0.0),
        "amount": str(found.amount),
        "asked": str(Money(found.amount_minor, found.currency)),
        "fee": str(Money(found.fee_minor, found.currency)),
        "total": str(found.total),
        "channel": {
            "name": found.channel_name,
        },
        "placed_at": moment(shop, found.created_at),
        "paid_at": moment(shop, found.paid_at) if found.paid_at else "",
    }
    if found.status == Status.PENDING:
        told["pay"] = how_to_pay(found, payment, shop)
    elif found.status == Status.SUCCESS:
        told["balance"] = str(balances(found.user).get(found.currency, Money(0, found.currency)))
    return {
        "deposit": told,
        "live_url": _url(shop, found, "/live"),
        "live_etag": f'"{_tag(found, shop)}"',
        "check_again_url": _url(shop, found, "/check"),
        "again_url": shop.url(f"account/deposits/new?amount={found.amount.major:f}&paymentCode={found.channel_code}"),
        "wallet_url": shop.url("account/wallet"),
    }


def _words(found: Deposit, payment: Payment | None) -> tuple[str, str]:
    """Headline and sentence: what happened, what we do, what you do."""
    if found.status == Status.SUCCESS:
        return _("It is in your wallet"), _("You can pay with it at once. Nothing more to do.")
    if found.status == Status.FAILED:
        return _("This payment did not go through"), _("Nothing was charged by us. You can try another way to pay.")
    if found.status == Status.EXPIRED:
        return _("Not paid in time"), _("This deposit is closed. Nothing was charged by us.")
    if payment is None or payment.state not in Payment.LIVE:
        return _("This way to pay does not answer"), _("Nothing was charged. Try again in a moment, or start anew.")
    return _("Waiting for your payment"), _("Pay the exact amount; this page moves on by itself.")
