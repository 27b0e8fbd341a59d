"""A member's wallet: what is in it, what moved, and the same as a file."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.models import User
from core.money import Money
from payments.api.mutations import file_of
from payments.pages.account.common import account_page, moment, pager, read, show
from payments.pages.account.deposits import waiting
from payments.wallet import mutations
from payments.wallet.mutations import Selection
from payments.wallet.services import balances
from storefront.pages.shop import Shop


@require_GET
@account_page
def wallet(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    asked = read(request, "type", mutations.TYPES)
    currency = shop.region.currency
    told = mutations.overview(user, currency, asked.period)
    selection = Selection(user, currency, asked.period, asked.chosen, asked.search)
    kept = balances(user)
    labels = {"ALL": _("All"), "CREDIT": _("Money in"), "DEBIT": _("Money out")}
    context = {
        "asked": asked,
        "balance": str(kept.get(currency, Money(0, currency))),
        "others": [str(money) for code, money in sorted(kept.items()) if code != currency and money],
        "waiting": waiting(shop, user),
        "money_in": str(told.credit),
        "money_out": str(told.debit),
        "chips": [
            {
                "label": labels[kind],
                "url": asked.link(type=kind if kind != "ALL" else ""),
                "is_chosen": kind == asked.chosen,
            }
            for kind in ("ALL", "CREDIT", "DEBIT")
        ],
        "mutations": [
            {
                "number": one.number,
                "url": _page_of(shop, one.number),
                "description": one.description,
                "is_credit": one.type == "CREDIT",
                "amount": str(one.amount),
                "after": str(one.after),
                "at": moment(shop, one.at),
            }
            for one in mutations.page(selection, asked.window)
        ],
        "pager": pager(asked, mutations.count(selection)),
        "file_url": shop.url("account/wallet.csv") + asked.link(),
        "has_any": told.count > 0 or asked.is_narrowed,
    }
    return show(request, shop, "wallet", context, rest="wallet")


@require_GET
@account_page
def wallet_file(request: HttpRequest, shop: Shop, user: User) -> HttpResponseBase:
    """All rows of the list, as a CSV file."""
    asked = read(request, "type", mutations.TYPES)
    return file_of(Selection(user, shop.region.currency, asked.period, asked.chosen, asked.search))


def _page_of(shop: Shop, number: str) -> str:
    """The page of the order or deposit that a mutation belongs to; "" for other money."""
    if number.startswith(settings.DEPOSIT_PREFIX):
        return shop.url(f"account/deposits/{number}")
    return shop.url(f"invoices/{number}") if number.startswith(settings.INVOICE_PREFIX) else ""
