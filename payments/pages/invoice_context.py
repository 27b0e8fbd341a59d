"""What the invoice page says, by the order's state: words first, then what to do, then the bill and the timeline."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core.messages import outbox
from core.messages.models import ChatLink
from core.money import Money
from fulfilment import holding, parts, standing
from fulfilment.pages.codes_shown import codes_shown
from fulfilment.pages.shown import problems, promise
from payments.models import Payment, Refund
from payments.money_back.words import told_refunds
from payments.pages.how_to_pay import how_to_pay
from payments.pages.refund_context import is_moving, shown, steps_of
from payments.wallet.services import balances
from storefront.channels import shop as channels
from storefront.channels.models import Channel
from storefront.orders import invoice as invoices
from storefront.orders import timeline
from storefront.orders.models import Order, OrderEvent
from storefront.pages.shop import Shop
from storefront.pictures import picture

Status = Order.Status
# How far the gate stands open on the way from unpaid to delivered.
_GATE = {Status.PENDING: 0.0, Status.PAID: 0.5, Status.PROCESSING: 0.75, Status.SUCCESS: 1.0}

# A second payment, or one after the deadline, comes soon or never: for that long an ended order's page goes on looking.
_WATCHED_FOR = timedelta(hours=1)


def _looks_every_s(order: Order, refund_states: Iterable[str], now: datetime) -> int:
    """How often the page asks whether it still says what is true; 0: no more."""
    if not order.has_ended:
        return 3
    is_fresh = order.ended_at is not None and now < order.ended_at + _WATCHED_FOR
    return 15 if is_fresh or is_moving(refund_states) else 0


def live_tag(order: Order, shop: Shop, *, is_owner: bool) -> str:
    """Changes whenever the page would say something else; two statements, a few more while the order is under way."""
    payments = order.payments.values_list("pk", "state", "received_minor", "hold")
    refunds = list(order.refunds.values_list("pk", "state", "expected_at"))
    seen = standing.of(order)
    every_s = _looks_every_s(order, [state for _pk, state, _at in refunds], timezone.now())
    says = (order.updated_at, order.status, list(payments), refunds, is_owner, shop.prefix, seen, every_s)
    return hashlib.blake2s(repr(says).encode(), digest_size=10).hexdigest()


def invoice_context(order: Order, shop: Shop, *, is_owner: bool, key: str, user: User | None = None) -> dict[str, Any]:
    """The context of payments/fragments/invoice_live.html, as `user` (None: a guest) sees it."""
    payments = list(order.payments.select_related("channel").order_by("-attempt"))
    payment = payments[0] if payments else None
    is_held = order.paid_at is None and any(row.received_minor for row in payments)
    refunds = told_refunds(order)
    now = timezone.now()
    seen = standing.of(order, now)
    is_confirming = order.status == Status.PENDING and payment is not None and bool(payment.hold)
    if is_confirming:
        headline, text = _confirming(payment, shop)
    else:
        headline, text = standing.words(seen) if seen else _words(order, payment, refunds, is_held)
    base = shop.url(f"invoices/{order.number}")
    suffix = f"?key={key}" if key else ""
    contact = invoices.contact(order, is_full=is_owner)
    product, pieces = order.product, parts.of_order(order)
    invoice: dict[str, Any] = {
        "number": order.number,
        "status": invoices.shown_status(order),
        "headline": headline,
        "text": text,
        "gate_open": _GATE.get(Status(order.status), 0.0),
        "product": {
            "name": order.product_name,
            "url": shop.url(product.slug),
            "thumbnail": picture(product.thumbnail, "product", product.code, product.name, product.artwork),
        },
        "item": order.sku_name,
        "quantity": order.quantity,
        "delivered": order.delivered,
        "parts": [{**part, "all": part["delivered"] + part["refunded"] + part["pending"]} for part in pieces],
        "nickname": order.nickname,
        "inputs": [{"name": field["name"], "value": _shown(field["value"], is_owner)} for field in order.fields],
        "region": order.region.country,
        "subtotal": str(Money(order.subtotal_minor, order.currency)),
        "discount": str(Money(order.discount_minor, order.currency)) if order.discount_minor else "",
        "fee": str(Money(order.fee_minor, order.currency)),
        "total": str(order.total),
        "promo_code": order.promo_code,
        "channel": {
            "code": order.channel_code,
            "name": order.channel_name,
            "kind": order.channel.kind,
            "image": picture(order.channel.image, "channel", order.channel_code, order.channel_name),
        },
        "timeline": _timeline(order, refunds, shop),
        "contact": {"email": contact["email"], "phone": contact["phoneNumber"], "masked": not is_owner},
        "is_owner": is_owner,
        "is_held": is_held,
        "is_confirming": is_confirming,
        "supplier_reference": _supplier_references(order),
        "refunds": [shown(refund, is_owner=is_owner) for refund in refunds],
        "looks_every_s": _looks_every_s(order, [refund.state for refund in refunds], now),
        "buy_again_url": shop.url(f"{product.slug}?sku={order.sku_code}" + _again(order)),
    }
    if seen is not None:
        invoice["promise"] = promise(order, seen, shop, base, suffix, is_owner=is_owner)
    if is_owner and order.sku.gives_code and order.paid_at is not None:
        invoice["codes"] = codes_shown(order, shop, base, suffix)
    if is_owner and not order.has_ended and any(map(outbox.is_on, ChatLink.Channel.values)):
        invoice["news_url"] = f"{base}/news{suffix}"
    if is_owner and order.status != Status.PENDING:
        invoice["problems"] = problems(order, base, suffix)
    if order.status == Status.PENDING and not is_held and not is_confirming:
        invoice["pay"] = how_to_pay(order, payment, shop)
        invoice["other_channels"] = _other_channels(order, shop, base, suffix, now, user) if is_owner else []
    return {
        "invoice": invoice,
        "live_url": f"{base}/live{suffix}",
        "check_again_url": f"{base}/check{suffix}",
        "live_etag": live_tag(order, shop, is_owner=is_owner),
        "help_url": shop.url("help"),
    }


def _again(order: Order) -> str:
    """A member's order is bought again with player and way to pay filled in; the page asks whose it is."""
    return f"&again={order.number}" if order.user_id is not None else ""


def _shown(value: str, is_owner: bool) -> str:
    """An id as whoever knows only the number may see it: its last digits."""
    return value if is_owner else "•" * max(0, len(value) - 3) + value[-3:]


def _event(order: Order, event: OrderEvent, shop: Shop) -> dict[str, str]:
    return {
        "status": event.after,
        "label": timeline.message(order, event),
        "text": "",
        "at_text": shop.clock(event.at),
    }


def _timeline(order: Order, refunds: list[Refund], shop: Shop) -> list[dict[str, str]]:
    """The order's steps, what the game said to them, and its refunds', oldest first."""
    own = [(event.at, _event(order, event, shop)) for event in order.events.all()]
    refused = [(at, _refused(order, at, shop)) for at in holding.refused_at(order)]
    return [entry for _at, entry in sorted(own + refused + steps_of(refunds, shop), key=lambda one: one[0])]


def _refused(order: Order, at: datetime, shop: Shop) -> dict[str, str]:
    text = _("The game does not know this account")
    return {"status": order.status, "label": text, "text": "", "at_text": shop.clock(at)}


def _supplier_references(order: Order) -> str:
    """What the supplier calls the delivered units, for a talk with anybody's support."""
    delivered = order.topups.filter(state="DELIVERED").values_list("attempts__transaction_id", flat=True)
    return ", ".join(sorted({reference for reference in delivered if reference}))


def _other_channels(
    order: Order, shop: Shop, base: str, suffix: str, now: datetime, user: User | None
) -> list[dict[str, str]]:
    """The other ways to pay with their totals; the member's own balance where it suffices."""
    if order.promo_id is not None and order.promo is not None and order.promo.channels.exists():
        return []
    subtotal = Money(order.subtotal_minor, order.currency)
    discount = Money(order.discount_minor, order.currency)
    is_mine = user is not None and user.pk == order.user_id
    held = balances(user).get(order.currency) if user is not None and is_mine else None
    others = []
    for row in channels.channels(shop.region, shop.language, "purchase", now=now):
        total = subtotal - discount + row.fee + subtotal.percent(row.percent)
        fits = row.least <= total <= row.most
        if row.kind == Channel.Kind.BALANCE and (held is None or held < total):
            continue
        if row.code != order.channel_code and not row.is_closed and fits:
            url = f"{base}/channel/{row.code}{suffix}"
            others.append({"code": row.code, "name": row.name, "total": str(total), "url": url})
    return others


def _confirming(payment: Payment | None, shop: Shop) -> tuple[str, str]:
    """Money is at the gateway, which has not let it go yet."""
    until = payment.held_until if payment is not None else None
    if until is not None:
        return (
            _("Your payment is here; the bank confirms it"),
            _("Banks may take such a payment back for a few minutes. We send your item at %(time)s. Do not pay again.")
            % {"time": shop.clock(until)},
        )
    return (
        _("Your card payment is being checked"),
        _("The bank wants a closer look, which may take hours. You need not do anything. Please do not pay again."),
    )


def _words(order: Order, payment: Payment | None, refunds: list[Refund], is_held: bool) -> tuple[str, str]:
    """Headline and sentence of an order that is not under way: what happened, what we do, what you do."""
    is_asked = any(refund.state == Refund.State.CLAIMABLE for refund in refunds)
    if is_held and is_asked:
        return _("Your money goes back"), _("Nothing was sent. Say below where your money should go.")
    if is_held and refunds and all(refund.state != Refund.State.REVIEW for refund in refunds):
        return (
            _("Your money goes back"),
            _("It came too late, or was not the amount of the order, so nothing was sent. You need not do anything."),
        )
    if is_held:
        return (
            _("Your money is here, and somebody is looking at it"),
            _(
                "What arrived is not the amount of the order, so nothing is sent by itself. "
                "You get it delivered or back; you need not do anything."
            ),
        )
    if order.status == Status.PENDING:
        if payment is not None and payment.opened_at and payment.state not in Payment.LIVE:
            return (
                _("This payment did not go through"),
                _("Nothing was charged. Choose another way to pay below, or try again."),
            )
        if payment is None or payment.state not in Payment.LIVE:
            return (
                _("This way to pay does not answer"),
                _("Nothing was charged. Choose another way to pay below, or try again in a moment."),
            )
        return _("Waiting for your payment"), _("Pay the exact amount; this page moves on by itself.")
    if order.status == Status.SUCCESS:
        if order.partly:
            return _("A part of it has arrived"), _("The rest could not be delivered and is paid back.")
        if order.failed:
            return (
                _("%(delivered)d of %(quantity)d have arrived")
                % {"delivered": order.delivered, "quantity": order.quantity},
                _("The rest could not be delivered and is paid back."),
            )
        if order.sku.gives_code:
            return _("Your code is ready"), _("It is kept here for you, hidden until you ask to see it.")
        return _("It has arrived"), _("Enjoy it. Look into your game; a restart may help it to show.")
    is_cancelled = order.status == Status.FAILED and any(event.reason == "cancelled" for event in order.events.all())
    if is_cancelled and is_asked:
        return _("Cancelled, as you asked"), _("Nothing was sent. Say below where your money should go.")
    if is_cancelled:
        return _("Cancelled, as you asked"), _("Nothing was sent, and you get back what you paid.")
    if order.status == Status.FAILED and is_asked:
        return _("We could not deliver it"), _("You get back what you paid: say below where it should go.")
    if order.status == Status.FAILED:
        return _("We could not deliver it"), _("You get back what you paid. You need not do anything.")
    return _("Not paid in time"), _("The order is closed. Nothing was charged by us.")
