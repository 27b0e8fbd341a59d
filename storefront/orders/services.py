"""Orders: how one comes to be, the one table of steps it may take, and the one function that takes them."""

from __future__ import annotations

import secrets
import string
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from math import lcm
from typing import Any

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from core.errors import not_found
from storefront.inquiries.models import Inquiry
from storefront.orders import search_words
from storefront.orders.models import Order, OrderEvent
from storefront.players import services as players
from storefront.players.services import Account
from storefront.promos import services as promos

Status = Order.Status

# Forward only: a late 'failed' finds no way back from PAID (F10). EXPIRED → PAID is money that came late; only
# payments.settling takes that step, once price and promo slot are known to hold still.
NEXT: dict[str, frozenset[str]] = {
    Status.PENDING: frozenset({Status.PAID, Status.EXPIRED}),
    Status.PAID: frozenset({Status.PROCESSING}),
    Status.PROCESSING: frozenset({Status.SUCCESS, Status.FAILED}),
    Status.EXPIRED: frozenset({Status.PAID}),
    Status.SUCCESS: frozenset(),
    Status.FAILED: frozenset(),
}
ENDS = frozenset({Status.SUCCESS, Status.FAILED, Status.EXPIRED})
NUMBER_LETTERS = string.ascii_uppercase + string.digits
NUMBER_LENGTH = 21


class IllegalStep(Exception):
    """An order was told to take a step that its state does not have; nothing was changed."""


def new_number() -> str:
    """A fresh invoice number: the shop's prefix and 21 letters and digits nobody can guess."""
    return settings.INVOICE_PREFIX + "".join(secrets.choice(NUMBER_LETTERS) for _ in range(NUMBER_LENGTH))


def create_from(
    inquiry: Inquiry,
    *,
    number: str,
    owner: str,
    now: datetime,
    expires_at: datetime | None = None,
    user: User | None = None,
    device: str = "",
    address: str = "",
) -> Order:
    """The PENDING order of a quote, at the quoted price, with its first event; two statements.

    `inquiry` comes from `inquiries.services.lock`, so that one token makes one order. `owner` is the owner key of the
    browser that orders; `user` links a guest's quote to the member who orders it; device and address default to the
    quote's. Unpaid it ends at `expires_at`, by default as the channel (or PAYMENT_SECONDS) says.
    """
    product, sku, channel, promo = inquiry.product, inquiry.sku, inquiry.channel, inquiry.promo
    by_key = {field["key"]: field["value"] for field in inquiry.fields}
    order = Order(
        number=number,
        inquiry=inquiry,
        user_id=user.pk if user else inquiry.user_id,
        region_id=inquiry.region_id,
        product=product,
        sku=sku,
        channel=channel,
        promo=promo,
        status=Status.PENDING,
        product_code=product.code,
        product_name=product.title,
        sku_code=sku.code,
        sku_name=sku.name,
        channel_code=channel.code,
        channel_name=channel.name,
        promo_code=promo.code if promo else "",
        fields=inquiry.fields,
        player_id=by_key.get(product.player_field, ""),
        zone=by_key.get(product.zone_field, ""),
        nickname=inquiry.nickname,
        account_region=inquiry.account_region,
        quantity=inquiry.quantity,
        currency=inquiry.currency,
        unit_price_minor=inquiry.unit_price_minor,
        list_price_minor=inquiry.list_price_minor,
        subtotal_minor=inquiry.subtotal_minor,
        discount_minor=inquiry.discount_minor,
        fee_minor=inquiry.fee_minor,
        total_minor=inquiry.total_minor,
        email=inquiry.email,
        phone=inquiry.phone,
        language=inquiry.language,
        owner=owner,
        device=device or inquiry.device,
        address=address or inquiry.address,
        created_at=now,
        updated_at=now,
        expires_at=expires_at or now + timedelta(seconds=settings.PAYMENT_SECONDS or channel.payment_seconds),
    )
    order.save(force_insert=True)
    OrderEvent(order=order, after=Status.PENDING, by="customer", reason="created", at=now).save(force_insert=True)
    return order


def lock(order_id: int, *, with_promo: bool = False) -> Order:
    """The order, locked until the caller's transaction ends; its promo first, where its slot may move (lock order)."""
    if with_promo:
        promo_id = Order.objects.values_list("promo_id", flat=True).get(pk=order_id)
        if promo_id is not None:
            promos.lock(promo_id)
    return Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order_id)


def advance(
    order: Order, to: str, *, by: str, reason: str = "", note: str = "", now: datetime | None = None
) -> OrderEvent:
    """The order stands in `to`, with its stamps and one more event; `order` shows it. Two statements.

    `reason` is a code of orders.timeline, `by` who acted ("customer", a job's name, a login). The caller holds the
    order's lock. Raises IllegalStep where NEXT has no such step, or the row has moved meanwhile.
    """
    before = order.status
    if to not in NEXT[before]:
        raise IllegalStep(f"{order.number}: {before} → {to}")
    moment = now or timezone.now()
    stamps: dict[str, datetime | None] = {"updated_at": moment}
    if to == Status.PAID:
        stamps |= {"paid_at": moment, "ended_at": None}
    elif to in ENDS:
        stamps |= {"ended_at": moment}
    # Conditional, so that even a caller without the lock cannot take a step twice.
    if not Order.objects.filter(pk=order.pk, status=before).update(status=to, **stamps):
        raise IllegalStep(f"{order.number}: no longer {before}")
    order.status = to
    for name, value in stamps.items():
        setattr(order, name, value)
    event = OrderEvent(order=order, before=before, after=to, by=by, reason=reason, note=note, at=moment)
    event.save(force_insert=True)
    return event


def advance_all(found: Sequence[Order], before: str, to: str, *, by: str, reason: str, now: datetime) -> None:
    """All of `found` stand in `to` with one more event each, as by `advance`. Two statements, however many they are.

    For a step that neither pays nor ends an order. The caller holds their locks. Raises IllegalStep, and its
    transaction is to be given up, where NEXT has no such step or one of them is not in `before`.
    """
    if to not in NEXT[before] or to == Status.PAID or to in ENDS:
        raise IllegalStep(f"{before} → {to}")
    moved = Order.objects.filter(pk__in=[order.pk for order in found], status=before).update(status=to, updated_at=now)
    if moved != len(found):
        raise IllegalStep(f"{len(found) - moved} of {len(found)} orders are no longer {before}")
    for order in found:
        order.status, order.updated_at = to, now
    OrderEvent.objects.bulk_create(
        OrderEvent(order=order, before=before, after=to, by=by, reason=reason, at=now) for order in found
    )


def count_unit(
    order: Order, *, delivered: int = 0, failed: int = 0, part: Fraction | None = None, cost: int | None = 0
) -> None:
    """That many more units of the order are known to be delivered or failed (one that came back: -1 and 1), or one of
    which `part` (between 0 and 1) arrived and the rest never will; what arrived just now cost us `cost` minor units
    (None: nobody knows, and then nobody knows the order's). The caller holds the order's lock; the database refuses
    more units than were bought."""
    order.cost_minor = None if order.cost_minor is None or cost is None else order.cost_minor + cost
    order.delivered += delivered
    order.failed += failed
    if part is not None:
        shares = lcm(order.shares, part.denominator)
        order.part_shares = order.part_shares * (shares // order.shares) + part.numerator * (shares // part.denominator)
        order.shares = shares
        order.partly += 1
    order.updated_at = timezone.now()
    order.save(update_fields=["delivered", "failed", "partly", "shares", "part_shares", "cost_minor", "updated_at"])


def correct_account(
    order: Order, account: Account, *, now: datetime, by: str = "customer", reason: str = "account_corrected"
) -> None:
    """The order is for another account of the same product, told in its timeline by `reason`; `order` shows it.

    The caller holds the order's lock, taken `with_promo`, and knows that nothing is out for the account before.
    Raises PROMO_LIMIT_REACHED where the order's promo may not be used for that account, and nothing has changed.
    """
    if order.promo_id is not None:
        promos.move(order.number, promos.target_of(order.product_id, account.fields))
    product = account.product
    changed: dict[str, Any] = {
        "fields": account.fields,
        "player_id": players.value_of(account.fields, product.player_field),
        "zone": players.value_of(account.fields, product.zone_field),
        "nickname": account.checked.nickname,
        "account_region": account.checked.region,
        "updated_at": now,
    }
    for name, value in changed.items():
        setattr(order, name, value)
    order.save(update_fields=list(changed))
    OrderEvent(order=order, before=order.status, after=order.status, by=by, reason=reason, at=now).save(
        force_insert=True
    )
    search_words.index(order)


def expire(order: Order, *, by: str, now: datetime, reason: str = "expired") -> None:
    """An unpaid order is over and its promo slot free. The caller holds its lock, taken `with_promo`."""
    advance(order, Status.EXPIRED, by=by, reason=reason, now=now)
    if order.promo_id is not None:
        promos.release(order.number, now)


def clean_number(typed: str) -> str:
    """An invoice number as it was written, however it was typed or pasted."""
    return "".join(typed.split()).upper().lstrip("#")[:30]


def find_for_track(number: str) -> Order:
    """The order of that invoice number. Raises NOT_FOUND. What may be shown of it, orders.invoice says."""
    order = Order.objects.filter(number=clean_number(number)).first()
    if order is None:
        raise not_found()
    return order
