"""Money owed back: who gets it, how it is sent, and what the ledger says meanwhile.

A member's goes to the wallet, at once and in the transaction that owes it; a guest's back the way it came.

A refund stands in `refunds payable` from the row's first moment and leaves it when the money has surely gone. Being
sent is committed before the gateway is asked; an answer that was lost is unknown and never asked for again by itself.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, stopping
from core.cases import open_case
from core.errors import Refused
from core.money import Money
from core.wake import wake
from payments.gateways import for_code, offer
from payments.gateways.base import GatewayNotReached, GatewayRefused, GatewayUnavailable, RefundReply, RefundStanding
from payments.models import Account, Payment, Refund
from payments.points import services as points
from payments.schedule import NEVER
from payments.wallet import services as ledger
from storefront.orders.models import Order

logger = logging.getLogger(__name__)
State = Refund.State
MAX_ATTEMPTS = 10
# Longer than a gateway may take over one call: nobody judges a refund that is just being sent.
_SENDING_FOR = timedelta(minutes=2)
# Refusals that pass by themselves (Xendit's words).
_TRY_LATER = {"INSUFFICIENT_BALANCE", "TEMPORARILY_UNAVAILABLE", "REFUND_IN_PROGRESS"}


def owe(order: Order, payment: Payment, amount: Money, why: Refund.Why, key: str, *, review: bool = False) -> Refund:
    """`amount` of what came in by `payment` is owed to the customer, once per `key`.

    It has moved from customer funds to refunds payable, and for a member on into the wallet. A guest's is sent by
    itself where the channel can take it back; with `review`, or where the channel cannot, a case asks staff. Called
    under the order's lock.
    """
    earlier = Refund.objects.filter(key=key).first()
    if earlier is not None:
        return earlier
    refund = Refund.objects.create(
        key=key,
        reference=f"{order.number}-R{order.refunds.count() + 1}",
        order=order,
        payment=payment,
        amount_minor=amount.minor,
        currency=amount.currency,
        why=why,
        state=State.REVIEW if review else _first_state(order, payment),
    )
    ledger.transfer(
        f"owe:{key}",
        ledger.house(Account.Kind.FUNDS, amount.currency),
        ledger.house(Account.Kind.REFUNDS, amount.currency),
        amount,
        "refund owed",
        order,
        note=refund.reference,
    )
    if refund.state == State.REVIEW:
        _case(
            refund,
            "refund-review",
            "Money that was not expected: pay it back?",
            "Approve the refund, or settle it by hand.",
        )
    else:
        _set_out(refund)
    if why == Refund.Why.NOT_DELIVERED:
        points.take_back(order, amount, key)
    return refund


def send_due(limit: int = 20) -> int:
    """Refunds that are due have been asked of their gateways, and those under way looked at; how many were touched."""
    now = timezone.now()
    due = Refund.objects.filter(state__in=[State.DUE, State.SENDING, State.SENT], not_before__lte=now)
    touched = 0
    for pk, state in list(due.order_by("not_before").values_list("pk", "state")[:limit]):
        if stopping.is_asked():
            break
        # Pushed forward first: a row that raises cannot stall the others.
        mine = Refund.objects.filter(pk=pk, state=state, not_before__lte=now)
        if state == State.DUE:
            claimed = mine.update(state=State.SENDING, attempts=F("attempts") + 1, not_before=now + _SENDING_FOR)
        else:
            claimed = mine.update(not_before=now + timedelta(minutes=5))
        if not claimed:
            continue
        refund = Refund.objects.select_related("payment", "order").get(pk=pk)
        try:
            if state == State.DUE:
                _send(refund)
            elif state == State.SENT:
                look(refund)
            else:
                _ask_after(refund, refund.error or "a worker was lost while it was being sent", is_settled=True)
        except Exception:
            logger.exception("refund %s", refund.reference)
        touched += 1
    return touched


def look(refund: Refund, gateway_id: str = "") -> None:
    """The refund stands as its gateway says it does now. `gateway_id`: what a hint said it is called there.

    Raises GatewayUnavailable; a refund of another reference is left alone.
    """
    reply = for_code(refund.payment.gateway).look_up_refund(refund.gateway_id or gateway_id)
    if reply.reference and reply.reference != refund.reference:
        return
    progress(refund.pk, reply)


@transaction.atomic
def progress(refund_id: int, reply: RefundReply) -> None:
    """The refund has come as far as the gateway's reply says, and only forward."""
    refund = _locked(refund_id)
    if reply.gateway_id and not refund.gateway_id:
        refund.gateway_id = reply.gateway_id[:80]
        refund.save(update_fields=["gateway_id"])
    if reply.standing == RefundStanding.DONE and refund.state in (State.SENDING, State.SENT):
        _finish(refund, ledger.house(Account.Kind.CLEARING, refund.currency, refund.payment.gateway))
    elif reply.standing == RefundStanding.DONE and refund.state != State.DONE:
        _case(
            refund, "refund-odd", "The gateway paid a refund that we held back", "Make sure that it is not paid twice."
        )
    elif reply.standing == RefundStanding.FAILED and refund.state in (State.SENDING, State.SENT):
        _to_manual(refund, reply.error or "the gateway could not pay it back")
    elif reply.standing == RefundStanding.FAILED and refund.state == State.DONE:
        _case(refund, "refund-odd", "The gateway took a finished refund back", "Pay the customer another way.")
    elif reply.standing == RefundStanding.PENDING and refund.state == State.SENDING:
        refund.state, refund.not_before = State.SENT, timezone.now() + timedelta(seconds=30)
        refund.save(update_fields=["state", "not_before"])


@transaction.atomic
def approve(refund_id: int, by: str, why: str) -> Refund:
    """Staff decided that money under review goes back: it is in the member's wallet, due, or to be paid by hand.

    Raises Refused for a refund that does not wait for it.
    """
    refund = (
        Refund.objects.select_for_update(of=("self",))
        .select_related("payment__channel", "order__user")
        .get(pk=refund_id)
    )
    if refund.state != State.REVIEW:
        raise Refused("VALIDATION_ERROR", _("This refund does not wait for a decision."))
    refund.state, refund.not_before = _first_state(refund.order, refund.payment), timezone.now()
    refund.save(update_fields=["state", "not_before"])
    audit.record(by, "refund.approve", refund.reference, before=State.REVIEW, after=refund.state, why=why)
    _set_out(refund)
    return refund


@transaction.atomic
def paid_by_hand(refund_id: int, by: str, why: str) -> Refund:
    """Staff paid the customer outside the gateway; `why` says how. The ledger says so too. Raises Refused otherwise."""
    refund = _locked(refund_id)
    if refund.state not in (State.MANUAL, State.REVIEW):
        raise Refused("VALIDATION_ERROR", _("This refund is not one to be paid by hand."))
    audit.record(by, "refund.paid_by_hand", refund.reference, before=refund.state, after=State.DONE, why=why)
    _finish(refund, ledger.house(Account.Kind.EXTERNAL, refund.currency))
    return refund


def _locked(refund_id: int) -> Refund:
    rows = Refund.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("payment__channel", "order").get(pk=refund_id)


def _first_state(order: Order, payment: Payment) -> Refund.State:
    if order.user_id is not None:
        return State.DONE
    return State.DUE if payment.gateway_id and _takes_back(payment) else State.MANUAL


def _takes_back(payment: Payment) -> bool:
    """Whether the gateway that took the money can send it back, also after the channel has moved to another one."""
    channel = payment.channel
    if payment.gateway == channel.gateway:
        return channel.is_refundable
    offered = offer(payment.gateway, channel.region_id, payment.gateway_channel)
    return offered is not None and offered.is_refundable


def _set_out(refund: Refund) -> None:
    """What follows from the refund's first state after nobody has to look at it (any more)."""
    if refund.state == State.DONE and refund.order.user is not None:
        _finish(refund, ledger.wallet(refund.order.user, refund.currency))
    elif refund.state == State.MANUAL:
        _case_of_manual(refund, "the channel takes nothing back")
    else:
        wake("payments.refunds", "default")


def _send(refund: Refund) -> None:
    payment, amount = refund.payment, Money(refund.amount_minor, refund.currency)
    try:
        reply = for_code(payment.gateway).refund(payment.gateway_id, amount, refund.reference)
    except GatewayNotReached as problem:
        _again_later(refund, str(problem))
    except GatewayUnavailable as problem:
        Refund.objects.filter(pk=refund.pk, state=State.SENDING).update(error=str(problem)[:2000])
        _ask_after(refund, str(problem), is_settled=False)
    except GatewayRefused as problem:
        if problem.code in _TRY_LATER:
            _again_later(refund, str(problem))
        else:
            _to_manual(refund, str(problem))
    else:
        progress(refund.pk, reply)


def _ask_after(refund: Refund, error: str, *, is_settled: bool) -> None:
    """What became of a refund whose asking was never answered, by the gateway's own word; it is sent again only when
    the gateway has not got it, `is_settled`: long enough after the call. A person decides where nobody can tell."""
    payment = refund.payment
    try:
        amount = Money(refund.amount_minor, refund.currency)
        reply = for_code(payment.gateway).find_refund(payment.gateway_id, amount, refund.reference)
    except GatewayUnavailable as problem:
        # It stays SENDING, and the next sweep asks again.
        logger.warning("%s could not be asked after: %s", refund.reference, problem)
        return
    is_ours = reply is not None and (reply.reference == refund.reference or not _has_siblings(refund))
    if reply is None or not is_ours:
        _unknown(refund, error)
    elif reply.standing != RefundStanding.ABSENT:
        progress(refund.pk, reply)
    elif is_settled:
        _again_later(refund, error)


def _has_siblings(refund: Refund) -> bool:
    """Whether other money of the same payment went back at the gateway, so that a sum says nothing about this one."""
    others = Refund.objects.filter(payment=refund.payment, state__in=[State.SENDING, State.SENT, State.DONE])
    return others.exclude(pk=refund.pk).exists()


def _again_later(refund: Refund, error: str) -> None:
    """Surely nothing was sent: due again after a pause that grows."""
    if refund.attempts >= MAX_ATTEMPTS:
        _to_manual(refund, error)
        return
    pause = timedelta(seconds=min(15 * 2**refund.attempts, 6 * 3600))
    Refund.objects.filter(pk=refund.pk, state=State.SENDING).update(
        state=State.DUE, error=error[:2000], not_before=timezone.now() + pause
    )


@transaction.atomic
def _unknown(refund: Refund, error: str) -> None:
    """Nobody knows whether it was sent. It stays SENDING until the gateway's webhook or a person says so."""
    Refund.objects.filter(pk=refund.pk, state=State.SENDING).update(error=error[:2000], not_before=NEVER)
    _case(
        refund,
        "refund-unknown",
        "A refund may or may not have been sent",
        "Look at the gateway's own list of refunds for this reference. Only if it is not there: pay it by hand.",
        error=error,
    )


@transaction.atomic
def _to_manual(refund: Refund, error: str) -> None:
    moved = Refund.objects.filter(pk=refund.pk, state__in=[State.SENDING, State.SENT])
    if moved.update(state=State.MANUAL, error=error[:2000], not_before=NEVER):
        _case_of_manual(refund, error)


def _finish(refund: Refund, target: Account) -> None:
    amount = Money(refund.amount_minor, refund.currency)
    payable = ledger.house(Account.Kind.REFUNDS, refund.currency)
    ledger.transfer(f"refund:{refund.key}", payable, target, amount, "refund paid", refund.order, note=refund.reference)
    refund.state, refund.done_at, refund.error = State.DONE, timezone.now(), ""
    refund.save(update_fields=["state", "done_at", "error"])


def _case_of_manual(refund: Refund, reason: str) -> None:
    _case(
        refund,
        "refund-manual",
        "A refund has to be paid out by hand",
        "Pay the customer, then mark the refund as paid.",
        error=reason,
    )


def _case(refund: Refund, kind: str, title: str, actions: str, **evidence: Any) -> None:
    open_case(
        kind,
        f"{kind}:{refund.pk}",
        f"{title}: {refund.reference}",
        about=refund.order.number,
        actions=actions,
        evidence={
            "refund": refund.reference,
            "payment": refund.payment.reference,
            "gateway_id": refund.payment.gateway_id,
            "amount": str(Money(refund.amount_minor, refund.currency)),
            "why": refund.why,
            **evidence,
        },
    )
