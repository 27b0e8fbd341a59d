"""The customer puts the order's account right: once, while nothing is out, checked with the game again.

Two steps, so that the name the game tells is seen before anything changes: `propose`, then `apply` what was proposed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.errors import Refused
from core.wake import wake
from fulfilment import standing
from fulfilment.models import Correction, TopUp
from storefront.orders import services as orders
from storefront.orders.models import Order
from storefront.players import services as players
from storefront.players.services import Account, Checked

_SALT = "fulfilment.correction"
_LIFE_S = 15 * 60


@dataclass(frozen=True, slots=True)
class Proposal:
    """An account as the game knows it (`nickname` "" where nobody can say), and the token that stands for it."""

    account: Account
    token: str

    @property
    def nickname(self) -> str:
        return self.account.checked.nickname or ""


def propose(order: Order, data: Mapping[str, Any]) -> Proposal:
    """The account behind what was typed, asked of the game just now; nothing has changed.

    Raises Refused: CANNOT_CORRECT where it is too late or was done before, VALIDATION_ERROR, ACCOUNT_NOT_FOUND,
    CHECK_UNAVAILABLE, INCONSISTENT_PROVIDER.
    """
    _ensure_open(order)
    account = players.recheck(order.product, data, order.region_id)
    if _values(account.fields) == _values(order.fields):
        raise Refused("VALIDATION_ERROR", _("This is the account the order has already."))
    told = {
        "order": order.number,
        "fields": account.fields,
        "nickname": account.checked.nickname,
        "region": account.checked.region,
    }
    return Proposal(account, signing.dumps(told, salt=_SALT))


@transaction.atomic
def change_for(order: Order, token: str, *, by: str, why: str) -> bool:
    """Staff, or their script, do what `apply` does for the customer, with their reason; False where the order was for
    that account already. Raises Refused as `apply`."""
    before = order.inputs
    if not apply(order, token, by=by):
        return False
    order.refresh_from_db()
    audit.record(by, "account changed", f"order:{order.number}", before=before, after=order.inputs, why=why)
    return True


def apply(order: Order, token: str, *, address: str = "", by: str = "customer") -> bool:
    """The order is for the proposed account, and its units go out to it; the same token again changes nothing (False).

    A sender and this one meet at the units' rows: one that read the account before sends nothing. `by`: the login of
    staff who do it for the customer. Raises Refused (INVALID_TOKEN, CANNOT_CORRECT, PROMO_LIMIT_REACHED), and nothing
    has changed.
    """
    account = _open(order, token)
    now = timezone.now()
    with transaction.atomic():
        locked = orders.lock(order.pk, with_promo=True)
        units = list(locked.topups.select_for_update(no_key=True).order_by("id"))
        if _values(locked.fields) == _values(account.fields):
            return False
        _ensure_open(locked)
        Correction.objects.create(
            order=locked,
            before=locked.fields,
            after=account.fields,
            nickname_before=locked.nickname or "",
            nickname=account.checked.nickname or "",
            address=address,
            at=now,
        )
        reason = "account_corrected" if by == "customer" else "account_changed"
        orders.correct_account(locked, account, now=now, by=by, reason=reason)
        TopUp.objects.filter(pk__in=[unit.pk for unit in units]).update(
            corrections=F("corrections") + 1, not_before=now, waits_for=""
        )
        wake("fulfilment.send", "topups", *[unit.pk for unit in units])
    return True


def _ensure_open(order: Order) -> None:
    seen = standing.of(order)
    if seen is None or not seen.may_correct:
        raise Refused(
            "CANNOT_CORRECT",
            _("The account can no longer be changed."),
            details=_("The order is being sent, has ended, or was corrected once before."),
        )


def _open(order: Order, token: str) -> Account:
    try:
        told = signing.loads(token, salt=_SALT, max_age=_LIFE_S)
    except signing.BadSignature as problem:
        raise _invalid() from problem
    if told["order"] != order.number:
        raise _invalid()
    return Account(order.product, order.region_id, told["fields"], Checked(told["nickname"], told["region"]))


def _invalid() -> Refused:
    return Refused("INVALID_TOKEN", _("That took a while. Please type the account once more."))


def _values(fields: Any) -> dict[str, str]:
    return {field["key"]: field["value"] for field in fields}
