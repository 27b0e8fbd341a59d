"""What gateways tell us: stored first, answered quickly, and then looked up at its source, never believed."""

from __future__ import annotations

import hashlib
import logging

from django.http import HttpRequest
from django.utils import timezone

from core import inbox, stopping
from core.cases import open_case
from core.models import InboxMessage
from core.wake import wake
from payments import reconciling, refunds
from payments.gateways import CODES, for_code
from payments.gateways.base import GatewayRefused, GatewayUnavailable, Hint, Standing
from payments.looking import accept, look
from payments.models import Payment, Refund
from payments.settling import strange_money

logger = logging.getLogger(__name__)


def receive(request: HttpRequest, party: str) -> bool:
    """The message stands in the inbox and somebody is woken to work it off; False when it is not the gateway's.

    What is not authentic is kept as evidence and never acted on.
    """
    gateway = for_code(party)
    body = request.body
    is_authentic = gateway.is_authentic(request.headers, body)
    hint = gateway.read_hint(body)
    key = hint.dedupe if hint and hint.dedupe else ("body", hashlib.sha256(body).hexdigest())
    inbox.store(party, request, key_parts=key, authentic=is_authentic)
    if is_authentic:
        wake("payments.inbox", "default")
    return is_authentic


def work_inbox(limit: int = 50) -> int:
    """Up to `limit` messages were worked off, one at a time so that many workers share them; how many."""
    worked = 0
    for party in CODES:
        while worked < limit and not stopping.is_asked():
            claimed = inbox.claim(party, 1)
            if not claimed:
                break
            _work_off(claimed[0])
            worked += 1
    return worked


def _work_off(message: InboxMessage) -> None:
    try:
        _act(message)
    except (GatewayUnavailable, GatewayRefused) as problem:
        inbox.failed(message, f"{type(problem).__name__}: {problem}")
    except Exception as problem:
        # Whatever nobody foresaw in one message, it is kept for another try and the others are worked off.
        logger.exception("inbox message %s", message.pk)
        inbox.failed(message, f"{type(problem).__name__}: {problem}")


def _act(message: InboxMessage) -> None:
    hint = for_code(message.party).read_hint(message.body.encode())
    if hint is None:
        inbox.ignored(message, "not in the form of the gateway")
    elif hint.refund_id:
        _about_refund(message, hint)
    else:
        _about_payment(message, hint)


def _about_refund(message: InboxMessage, hint: Hint) -> None:
    known = Refund.objects.select_related("payment", "order")
    refund = known.filter(gateway_id=hint.refund_id).first() or known.filter(reference=hint.reference).first()
    if refund is None:
        _about_refund_of_others(message, hint)
        return
    refunds.look(refund, hint.refund_id)
    inbox.done(message, hint.event, about=refund.order.number)


def _about_refund_of_others(message: InboxMessage, hint: Hint) -> None:
    """Money went back that we did not send: somebody did it in the gateway's dashboard, and the books do not know."""
    payment = _payment_of(message.party, hint)
    if payment is None:
        inbox.ignored(message, f"no refund of ours: {hint.reference or hint.refund_id}")
        return
    open_case(
        "refund-strange",
        f"refund-strange:{message.party}:{hint.refund_id}"[:120],
        f"{message.party} speaks of a refund that we did not ask for: {payment.reference}",
        about=payment.bill.number,
        evidence={"payment": payment.reference, "refund": hint.refund_id, "inbox": str(message.pk)},
        actions="Look it up at the gateway. If it is real, book it: mark a refund of this order as paid by hand.",
    )
    Payment.objects.filter(pk=payment.pk).update(compare_at=timezone.now())
    inbox.done(message, "a refund that is not ours", about=payment.bill.number)


def _about_payment(message: InboxMessage, hint: Hint) -> None:
    payment = _payment_of(message.party, hint)
    if payment is None:
        if hint.is_of_money:
            evidence = {"event": hint.event, "payment": hint.payment_id, "inbox": str(message.pk)}
            strange_money(message.party, hint.reference or hint.payment_id, evidence)
            reconciling.note_stranger(message.party, hint.gateway_id, hint.reference, hint.payment_id)
        inbox.ignored(message, f"no payment of ours: {hint.reference or hint.gateway_id}")
        return
    about = payment.bill.number
    if payment.gateway_id:
        looked = look(payment, hint.payment_id, by="webhook")
    else:
        # Our call that made it was never answered: the hint tells us what it is called there.
        looked = for_code(payment.gateway).look_up(hint.gateway_id, hint.payment_id)
        if looked.reference != payment.reference:
            inbox.ignored(message, f"the gateway knows it as {looked.reference!r}", about=about)
            return
        Payment.objects.filter(pk=payment.pk, gateway_id="").update(gateway_id=hint.gateway_id)
        accept(payment, looked, by="webhook")
    if hint.is_of_money and not looked.captures and looked.standing != Standing.HELD:
        inbox.failed(message, f"the gateway shows no money yet ({looked.standing})", about=about)
        return
    inbox.done(message, f"{hint.event}: {looked.standing}", about=about)


def _payment_of(party: str, hint: Hint) -> Payment | None:
    known = Payment.objects.filter(gateway=party).select_related("order", "deposit")
    if hint.gateway_id and (found := known.filter(gateway_id=hint.gateway_id).first()):
        return found
    return known.filter(reference=hint.reference).first() if hint.reference else None
