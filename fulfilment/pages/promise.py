"""What an owner may do while an order waits: cancel it, or put its account right. Each is shown first and done on a
second word."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from core.errors import Refused
from core.translated import pick
from core.web.client import client_of
from fulfilment import correcting, promises, standing
from fulfilment.pages.owner import Owned, owners_only
from payments.sales import undelivered
from storefront.orders.models import Order


@owners_only
def cancel(request: HttpRequest, owned: Owned) -> HttpResponse:
    """What goes back if the order is cancelled (GET), and the cancelling (POST)."""
    order = owned.order
    if request.method == "POST":
        try:
            promises.cancel(order)
        except Refused as refusal:
            order.refresh_from_db(fields=["status"])
            # Pressed twice, or ended meanwhile: the page says how.
            return owned.back() if order.has_ended else owned.refused(request, refusal)
        return owned.back()
    seen = standing.of(order)
    if seen is None or not seen.may_cancel:
        return owned.back()
    context = {"amount": str(undelivered(order)) if order.total_minor else "", "because": standing.because(seen.reason)}
    return owned.show(request, "cancel", context)


@owners_only
def correct(request: HttpRequest, owned: Owned) -> HttpResponse:
    """The account to be typed again (GET), who that is (POST), and the order going on with it (POST with a token)."""
    order, token = owned.order, request.POST.get("token", "")
    if request.method == "GET":
        seen = standing.of(order)
        if seen is None or not seen.may_correct:
            return owned.back()
        return _form(request, owned, {field["key"]: field["value"] for field in order.fields})
    try:
        if token:
            correcting.apply(order, token, address=client_of(request).address_key)
            return owned.back()
        typed = {key: request.POST.get(key, "") for key in _keys(order)}
        proposal = correcting.propose(order, typed)
    except Refused as refusal:
        if refusal.code == "CANNOT_CORRECT":
            order.refresh_from_db(fields=["status"])
            return owned.back() if order.has_ended else owned.refused(request, refusal)
        return _form(request, owned, {key: request.POST.get(key, "") for key in _keys(order)}, refusal)
    context = {
        "nickname": proposal.nickname,
        "fields": proposal.account.fields,
        "token": proposal.token,
        "before": order.inputs,
    }
    return owned.show(request, "account_confirm", context)


def _keys(order: Order) -> list[str]:
    return [field.key for field in order.product.fields.all()]


def _form(request: HttpRequest, owned: Owned, values: dict[str, str], refusal: Refused | None = None) -> HttpResponse:
    language = owned.shop.language
    wrong = refusal.fields if refusal else {}
    fields: list[dict[str, Any]] = [
        {
            "key": field.key,
            "label": pick(field.name, language) or field.key,
            "type": field.type,
            "required": field.is_required,
            "placeholder": field.placeholder,
            "options": [
                {"value": str(option.get("value")), "label": option.get("label") or option.get("value")}
                for option in field.options
            ],
            "value": values.get(field.key, ""),
            "error": wrong.get(field.key, ""),
        }
        for field in owned.order.product.fields.all()
    ]
    error = "" if refusal is None or wrong else f"{refusal.message} {refusal.details}".strip()
    return owned.show(request, "account", {"fields": fields, "error": error}, status=refusal.status if refusal else 200)
