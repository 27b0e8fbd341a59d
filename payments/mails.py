"""The mails an order or a deposit causes, in its language; each goes out once, queued in the transaction that causes
it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import translation

from core import mail
from core.messages import outbox
from core.money import Money
from payments.models import Bill, Deposit, Refund
from payments.money_back import links, words
from storefront.content.shop import contacts
from storefront.orders import invoice
from storefront.orders.models import Order

# How far the gate of the mail's head stands open.
_GATE: dict[str, float] = {Order.Status.PAID: 0.5, Order.Status.PROCESSING: 0.75, Order.Status.SUCCESS: 1.0}


def page_url(bill: Bill) -> str:
    """The page of an order or a deposit."""
    place = f"{settings.PUBLIC_BASE_URL}/{bill.language}-{bill.region_id.lower()}"
    if isinstance(bill, Deposit):
        return f"{place}/account/deposits/{bill.number}"
    return f"{place}/invoices/{bill.number}"


def invoice_url(order: Order, *, with_key: bool = False) -> str:
    """The order's page; with its key, whoever holds the link sees what only the owner may."""
    page = page_url(order)
    return f"{page}?key={invoice.view_key(order)}" if with_key else page


def context(order: Order, refund: Money | None = None) -> dict[str, Any]:
    """What the templates mail/order_*.{txt,html} show, as plain JSON; `refund` is what goes back to the customer."""
    with translation.override(order.language):
        return {
            "invoice": {
                "number": order.number,
                "product": {"name": order.product_name},
                "item": order.sku_name,
                "quantity": order.quantity,
                "gives_code": order.sku.gives_code,
                "delivered": order.delivered,
                "is_partly": order.arrived < 1,
                "nickname": order.nickname or "",
                "inputs": order.inputs,
                "total": str(order.total),
                "channel": {"name": order.channel_name},
                "refund": _goes_back(order) if refund else None,
            },
            "invoice_url": invoice_url(order, with_key=True),
            "gate_open": _GATE.get(order.status, 0.0),
            "contacts": contacts(),
        }


def _goes_back(order: Order) -> dict[str, str] | None:
    """What of the order's money goes back because it was not delivered, as it stands now."""
    rows = order.refunds.filter(why=Refund.Why.NOT_DELIVERED).select_related("payment__channel", "order__region")
    row = rows.order_by("-id").first()
    return _shown(row) if row else None


def _shown(refund: Refund) -> dict[str, str]:
    told = words.told(refund)
    return {
        "headline": told.headline,
        "state_text": f"{told.text} {told.clock}".strip(),
        "reference": refund.reference,
        "claim_url": links.url(refund) if refund.state == Refund.State.CLAIMABLE else "",
    }


def refund_told(refund: Refund, key: str, *, is_reminder: bool = False) -> None:
    """The customer is told where the refund stands now, once per `key`."""
    order = refund.order
    with translation.override(order.language):
        filled = context(order) | {"is_reminder": is_reminder}
        filled["invoice"]["refund"] = _shown(refund)
    if order.email:
        mail.queue(key, order.email, order.language, "refund", filled, about=order.number)
    _queue_chat(order, "refund", filled, key)


def order_paid(order: Order) -> None:
    _queue(order, "order_paid", context(order))


def order_expired(order: Order) -> None:
    _queue(order, "order_expired", context(order))


def order_done(order: Order, refund: Money | None = None) -> None:
    """All or some units arrived; `refund` is what the rest was worth."""
    _queue(order, "order_done", context(order, refund))


def order_failed(order: Order, refund: Money | None = None) -> None:
    _queue(order, "order_failed", context(order, refund))


def deposit_credited(deposit: Deposit, came: Money, credited: Money, key: str, *, is_as_asked: bool) -> None:
    """Of `came`, `credited` is in the wallet. `key` makes one capture cause one mail."""
    filled = {
        "name": deposit.user.get_short_name(),
        "number": deposit.number,
        "channel": deposit.channel_name,
        "amount": str(credited),
        "came": str(came),
        "fee": str(came - credited) if came != credited else "",
        "is_as_asked": is_as_asked,
        "url": page_url(deposit),
    }
    user, language = deposit.user, deposit.language
    mail.queue(f"deposit_credited:{key}", user.email, language, "deposit_credited", filled, about=deposit.number)


def order_late(order: Order, because: str, *, may_cancel: bool) -> None:
    """The promise is over; `because` says why, in the order's language."""
    _queue(order, "order_late", context(order) | {"because": because, "may_cancel": may_cancel})


def problem_answered(order: Order, report: int, asked: str, answer: str) -> None:
    """Staff answered what the customer had reported under that number."""
    _queue(order, "problem_answered", context(order) | {"asked": asked, "answer": answer}, once_per=str(report))


def order_held(order: Order) -> None:
    """The game knows no such account: it can be corrected on the order's page, or the order cancelled."""
    _queue(order, "order_held", context(order))


def _queue(order: Order, template: str, filled: dict[str, Any], once_per: str = "") -> None:
    """Once per order and template, or per `once_per` of it: by mail, and by the messengers the customer chose."""
    key = f"{template}:{order.number}" + (f":{once_per}" if once_per else "")
    if order.email:
        mail.queue(key, order.email, order.language, template, filled, about=order.number)
    _queue_chat(order, template, filled, once_per)


def _queue_chat(order: Order, template: str, filled: dict[str, Any], once_per: str) -> None:
    chat, detail = _chat(template, filled)
    if chat:
        item = f"{order.sku_name}, {order.product_name}"
        path = filled["invoice_url"].removeprefix(f"{settings.PUBLIC_BASE_URL}/")
        outbox.queue(order.number, chat, order.language, item=item, detail=detail, path=path, once_per=once_per)


def _chat(template: str, filled: dict[str, Any]) -> tuple[str, str]:
    """Which words of templates/chat/ say the same by a messenger ("": none), and the one detail beside number and item.
    Each has its detail always or never: approved templates take a fixed number."""
    refund = filled["invoice"]["refund"]
    goes_back = str(refund["headline"]) if refund else ""
    match template:
        case "order_paid":
            return template, ""
        case "order_late":
            return template, str(filled["because"])
        case "order_held":
            return template, str(filled["invoice"]["inputs"])
        case "order_done":
            return ("order_done_partly", goes_back) if goes_back else (template, "")
        case "order_failed":
            return (template, goes_back) if goes_back else ("order_failed_free", "")
        case "refund":
            return template, goes_back
        case "problem_answered":
            return template, str(filled["answer"])
    return "", ""
