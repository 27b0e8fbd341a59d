"""A member's level with what it gives, and points with what they are worth."""

from __future__ import annotations

import re
import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from accounts import levels
from accounts.models import Level, User
from accounts.pages.common import count, to
from core.errors import Refused
from core.money import Money
from payments.models import Redemption
from payments.pages.account.common import account_page, moment, show
from payments.pages.account.standing import points_shown, standing
from payments.points import services as points
from storefront.pages.shop import Shop

_ENTRIES = 10
# "1.000" is a thousand, and "1.5" no number of points.
_WHOLE = re.compile(r"[0-9]{1,10}|[0-9]{1,3}(?:[.,][0-9]{3}){1,3}")


@account_page
def membership(request: HttpRequest, shop: Shop, user: User) -> HttpResponse:
    """What there is (GET); points turned into balance (POST), once per form however often it is sent."""
    refusal = None
    if request.method == "POST":
        try:
            count(request, "orders")
            redeemed = points.redeem(
                user, _typed(request), shop.region.currency, request.POST.get("nonce", "")[:40] or secrets.token_hex(8)
            )
        except Refused as problem:
            refusal = problem
        else:
            return to(shop, "membership", done=redeemed.number)
    context = {
        "membership": standing(user),
        "levels": [_level(user, level, shop) for level in Level],
        "points": points_shown(user, shop),
        "typed": request.POST.get("points", "")[:12],
        "nonce": secrets.token_hex(8),
        "problem": str(next(iter(refusal.fields.values()), refusal.message)) if refusal else "",
        "redeemed": _redeemed(request.GET.get("done", ""), user),
        "entries": [
            {
                "number": entry.number,
                "reason": _reason(entry.reason),
                "points": f"{entry.points:+d}".replace("-", "−"),
                "is_gain": entry.points > 0,
                "after": str(Money(entry.after, "PTS")),
                "at": moment(shop, entry.at),
            }
            for entry in points.entries(user, slice(_ENTRIES))
        ],
    }
    return show(request, shop, "membership", context, rest="membership", status=refusal.status if refusal else 200)


def _typed(request: HttpRequest) -> int:
    found = _WHOLE.fullmatch("".join(request.POST.get("points", "")[:30].split()))
    return int(re.sub(r"[.,]", "", found[0])) if found else 0


def _redeemed(number: str, user: User) -> dict[str, str] | None:
    found = Redemption.objects.filter(number=number, user=user).first() if number else None
    if found is None:
        return None
    return {
        "points": str(Money(found.points, "PTS")),
        "amount": str(Money(found.amount_minor, found.currency)),
    }


def _level(user: User, level: Level, shop: Shop) -> dict[str, Any]:
    terms = levels.TERMS[level]
    return {
        "code": level.value,
        "name": level.label,
        "from": str(Money(terms.from_minor, levels.CURRENCY)) if terms.from_minor else "",
        "benefits": levels.benefits(level, shop.language),
        "is_mine": user.level == level,
    }


def _reason(reason: str) -> str:
    words = {
        "points earned": _("Earned with an order"),
        "points taken back": _("Taken back with a refund"),
        "points redeemed": _("Turned into balance"),
    }
    return words.get(reason, _("Adjustment by our staff"))
