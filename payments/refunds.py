"""Money owed back: who gets it, how it is sent, and what the ledger says meanwhile.

A member's goes to the wallet, at once and in the transaction that owes it; a guest's back the way it came; where the
channel cannot, the guest says where to (payments.money_back.claims).

A refund stands in `refunds payable` from the row's first moment and leaves it when the money has surely gone. Being
sent is committed before the gateway is asked; an answer that was lost is unknown and never asked for again by itself.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, poison, stopping
from core.cases import close
from core.errors import Refused
from core.money import Money
from core.staff_tokens.services import is_same_person
from core.wake import wake
from payments import own_account
from payments.gateways import for_code, offer
from payments.gateways.base import GatewayNotReached, GatewayRefused, GatewayUnavailable, RefundReply, RefundStanding
from payments.models import Account, Payment, Refund
from payments.money_back import steps
from payments.money_back.steps import open_refund_case
from payments.points import services as points
from payments.schedule import NEVER
from payments.wallet import services as ledger
from storefront.orders import services as orders
from storefront.orders.models import Order

logger = logging.getLogger(__name__)
State = Refund.State
Why = Refund.Why
MAX_ATTEMPTS = 10
SENT_AT_ONCE = 20
# Longer than a gateway may take over one call: nobody judges a refund that is just being sent.
_SENDING_FOR = timedelta(minutes=2)
# Refusals that pass by themselves (Xendit's words).
_TRY_LATER = {"INSUFFICIENT_BALANCE", "TEMPORARILY_UNAVAILABLE", "REFUND_IN_PROGRESS"}
# Points that came of the order go back with these; the others never were the order's price.
_TAKES_POINTS_BACK = (Why.NOT_DELIVERED, Why.GOODWILL)


def owe(
    order: Order,
    payment: Payment,
    amount: Money,
    why: Refund.Why,
    key: str,
    *,
    review: bool = False,
    by: str = "",
    is_told: bool = False,
) -> Refund:
    """`amount` of what came in by `payment` is owed to the customer, once per `key`.

    It has moved from customer funds (a gift: from goodwill) to refunds payable, and for a member on into the wallet.
    A guest's is sent by itself where the channel can take it back, else the guest is asked where to. With `review` a
    person decides first. `by`: the login that gives it; `is_told`: the caller's own mail tells of it. Called under the
    order's lock.
    """
    earlier = Refund.objects.filter(key=key).first()
    if earlier is not None:
        return earlier
    first = State.REVIEW if review else _first_state(order, payment)
    refund = enter(order, payment, amount, why, key, state=first, by=by)
    if review:
        steps.move(refund, State.REVIEW, by=by)
        if why == Why.GOODWILL:
            open_refund_case(
                refund,
                "refund-second-person",
                "A refund above the limit waits for a second person",
                "Somebody else than the one who gave it: approve it on the refund's page, or decline it.",
                given_by=by,
            )
        else:
            open_refund_case(
                refund,
                "refund-review",
                "Money that was not expected",
                "On the refund's page: approve (all of it goes back), or accept it and deliver the order.",
            )
    else:
        _set_out(refund, first, by, is_told=is_told)
    return refund


def enter(
    order: Order, payment: Payment, amount: Money, why: Refund.Why, key: str, *, state: Refund.State, by: str
) -> Refund:
    """A new refund in `state` and its money in refunds payable, and nothing else yet: whoever enters it takes its first
    step (payments.money_back.steps). Under the order's lock."""
    refund = Refund.objects.create(
        key=key,
        reference=f"{order.number}-R{order.refunds.count() + 1}",
        order=order,
        payment=payment,
        amount_minor=amount.minor,
        currency=amount.currency,
        why=why,
        state=state,
        asked_by=by,
    )
    ledger.transfer(
        f"owe:{key}",
        ledger.house(source_of(why), amount.currency),
        ledger.house(Account.Kind.REFUNDS, amount.currency),
        amount,
        "refund owed",
        order,
        note=refund.reference,
    )
    return refund


def source_of(why: str) -> Account.Kind:
    """Whose money a refund is made of: the customer's that lies here, or the shop's own."""
    return Account.Kind.GOODWILL if why == Why.GOODWILL else Account.Kind.FUNDS


def send_due(limit: int = SENT_AT_ONCE) -> int:
    """Refunds that are due have been asked of their gateways, and those under way looked at; how many had come up."""
    now = timezone.now()
    due = Refund.objects.filter(state__in=[State.DUE, State.SENDING, State.SENT], not_before__lte=now)
    due = due.exclude(pk__in=poison.resting(Refund)).order_by("not_before")
    found = list(due.values_list("pk", "state")[:limit])
    for pk, state in found:
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
        refund = Refund.objects.select_related("payment__channel", "order__user", "order__region").get(pk=pk)
        with poison.counted(Refund, refund.pk, about=refund.order.number):
            if state == State.DUE:
                _send(refund)
            elif state == State.SENT:
                _look_again(refund)
            else:
                _ask_after(refund, refund.error or "a worker was lost while it was being sent", is_settled=True)
    return len(found)


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
    refund = steps.locked(refund_id)
    if reply.gateway_id and not refund.gateway_id:
        refund.gateway_id = reply.gateway_id[:80]
        refund.save(update_fields=["gateway_id"])
    is_out = refund.state in (State.SENDING, State.SENT)
    if reply.standing == RefundStanding.DONE and is_out:
        steps.paid_by_gateway(refund)
    elif reply.standing == RefundStanding.DONE and (refund.state != State.DONE or refund.way != Refund.Way.GATEWAY):
        open_refund_case(
            refund,
            "refund-odd",
            "The gateway paid a refund that goes, or went, another way",
            "Make sure that it is not paid twice: return its pay-out, or ask the customer for one of the two.",
        )
    elif reply.standing == RefundStanding.FAILED and is_out:
        _another_way(refund, reply.error or "the gateway could not pay it back")
    elif reply.standing == RefundStanding.FAILED and refund.state == State.DONE and refund.way == Refund.Way.GATEWAY:
        open_refund_case(
            refund, "refund-odd", "The gateway took a finished refund back", "Pay the customer another way."
        )
    elif reply.standing == RefundStanding.PENDING and refund.state == State.SENDING:
        steps.move(refund, State.SENT, way=Refund.Way.GATEWAY)


@transaction.atomic
def approve(refund_id: int, by: str, why: str) -> Refund:
    """Staff decided that money under review goes back: it is in the member's wallet, due, or the guest is asked.

    Raises Refused for a refund that does not wait for it, for a gift whoever gave it, and for one's own order.
    """
    refund = _reviewed(refund_id, by)
    own_account.ensure_not_their_order(refund.order, by)
    first = _first_state(refund.order, refund.payment)
    audit.record(by, "refund.approve", refund.reference, before=State.REVIEW, after=first, why=why)
    _set_out(refund, first, by)
    return refund


@transaction.atomic
def decline(refund_id: int, by: str, why: str) -> Refund:
    """A gift that waited for a second person is not given: nothing is owed. Raises Refused for any other refund."""
    refund = _reviewed(refund_id, "")
    if refund.why != Why.GOODWILL:
        raise Refused("VALIDATION_ERROR", _("This money is the customer's: it can only go back or pay the order."))
    withdraw(refund, Account.Kind.GOODWILL, by=by, reason=why)
    return refund


def withdraw(refund: Refund, to: Account.Kind, *, by: str, reason: str) -> None:
    """A refund under review is no longer owed; its money went back to where it came from. Under the order's lock."""
    payable, target = ledger.house(Account.Kind.REFUNDS, refund.currency), ledger.house(to, refund.currency)
    ledger.transfer(
        f"withdraw:{refund.key}",
        payable,
        target,
        refund.amount,
        "refund withdrawn",
        refund.order,
        note=refund.reference,
    )
    audit.record(by, "refund.withdraw", refund.reference, before=refund.state, after=State.WITHDRAWN, why=reason)
    steps.move(refund, State.WITHDRAWN, by=by, note=reason)


@transaction.atomic
def send_again(refund_id: int, by: str, why: str) -> Refund:
    """Staff saw at the gateway that a refund whose answer was lost was never made: it is asked for once more.

    Raises Refused for any other refund.
    """
    refund = _unanswered(refund_id)
    audit.record(by, "refund.send_again", refund.reference, before=State.SENDING, after=State.DUE, why=why)
    Refund.objects.filter(pk=refund.pk).update(state=State.DUE, not_before=timezone.now(), error="")
    refund.state = State.DUE
    close("refund-unknown", refund.pk, f"{by}: {why}")
    wake("payments.refunds", "default")
    return refund


@transaction.atomic
def confirm_paid(refund_id: int, by: str, why: str) -> Refund:
    """Staff saw at the gateway that a refund whose answer was lost was paid. Raises Refused for any other refund."""
    refund = _unanswered(refund_id)
    audit.record(by, "refund.confirm_paid", refund.reference, before=State.SENDING, after=State.DONE, why=why)
    steps.paid_by_gateway(refund)
    return refund


def _unanswered(refund_id: int) -> Refund:
    refund = steps.locked(refund_id)
    if refund.state != State.SENDING or refund.not_before < NEVER:
        raise Refused("VALIDATION_ERROR", _("This refund has an answer, or is just being sent."))
    return refund


def _reviewed(refund_id: int, by: str) -> Refund:
    """The refund under review, its order locked before it; `by` must not be who gave it."""
    orders.lock(Refund.objects.values_list("order_id", flat=True).get(pk=refund_id))
    refund = steps.locked(refund_id)
    if refund.state != State.REVIEW:
        raise Refused("VALIDATION_ERROR", _("This refund does not wait for a decision."))
    if by and refund.asked_by and is_same_person(refund.asked_by, by):
        raise Refused("VALIDATION_ERROR", _("You gave this refund yourself: another person has to approve it."))
    return refund


def _first_state(order: Order, payment: Payment) -> Refund.State:
    if order.user_id is not None:
        return State.DONE
    return State.DUE if payment.gateway_id and _takes_back(payment) else State.CLAIMABLE


def _takes_back(payment: Payment) -> bool:
    """Whether the gateway that took the money can send it back, also after the channel has moved to another one."""
    channel = payment.channel
    if payment.gateway == channel.gateway:
        return channel.is_refundable
    offered = offer(payment.gateway, channel.region_id, payment.gateway_channel)
    return offered is not None and offered.is_refundable


def _set_out(refund: Refund, first: Refund.State, by: str, *, is_told: bool = False) -> None:
    """What follows once nobody has to look at the refund (any more). Under the order's lock."""
    if first == State.DONE and refund.order.user is not None:
        steps.into_wallet(refund, refund.order.user, by=by, is_told=is_told)
    else:
        is_sent = first == State.DUE
        steps.move(refund, first, by=by, way=Refund.Way.GATEWAY if is_sent else None, is_told=is_told)
        if is_sent:
            wake("payments.refunds", "default")
    if refund.why in _TAKES_POINTS_BACK:
        points.take_back(refund.order, refund.amount, refund.key)


def _send(refund: Refund) -> None:
    payment = refund.payment
    try:
        reply = for_code(payment.gateway).refund(payment.gateway_id, refund.amount, refund.reference)
    except GatewayNotReached as problem:
        _again_later(refund, str(problem))
    except GatewayUnavailable as problem:
        Refund.objects.filter(pk=refund.pk, state=State.SENDING).update(error=str(problem)[:2000])
        _ask_after(refund, str(problem), is_settled=False)
    except GatewayRefused as problem:
        if problem.code in _TRY_LATER:
            _again_later(refund, str(problem))
        else:
            _gave_up(refund, str(problem))
    else:
        progress(refund.pk, reply)


def _ask_after(refund: Refund, error: str, *, is_settled: bool) -> None:
    """What became of a refund whose asking was never answered, by the gateway's own word; it is sent again only when
    the gateway has not got it, `is_settled`: long enough after the call. A person decides where nobody can tell."""
    payment = refund.payment
    try:
        reply = for_code(payment.gateway).find_refund(payment.gateway_id, refund.amount, refund.reference)
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


def _look_again(refund: Refund) -> None:
    try:
        look(refund)
    except GatewayUnavailable as problem:
        # That speaks of the gateway, not of the refund: the next sweep asks again.
        logger.warning("%s could not be looked up: %s", refund.reference, problem)


def _has_siblings(refund: Refund) -> bool:
    """Whether other money of the same payment went back at the gateway, so that a sum says nothing about this one."""
    others = Refund.objects.filter(payment=refund.payment, state__in=[State.SENDING, State.SENT, State.DONE])
    return others.exclude(pk=refund.pk).exists()


def _again_later(refund: Refund, error: str) -> None:
    """Surely nothing was sent: due again after a pause that grows."""
    if refund.attempts >= MAX_ATTEMPTS:
        _gave_up(refund, error)
        return
    pause = timedelta(seconds=min(15 * 2**refund.attempts, 6 * 3600))
    Refund.objects.filter(pk=refund.pk, state=State.SENDING).update(
        state=State.DUE, error=error[:2000], not_before=timezone.now() + pause
    )


@transaction.atomic
def _unknown(refund: Refund, error: str) -> None:
    """Nobody knows whether it was sent. It stays SENDING until the gateway's webhook or a person says so."""
    Refund.objects.filter(pk=refund.pk, state=State.SENDING).update(error=error[:2000], not_before=NEVER)
    open_refund_case(
        refund,
        "refund-unknown",
        "A refund may or may not have been sent",
        "Look at the gateway's own list of refunds for this reference. There: confirm that it is paid. "
        "Not there: send it again. Both on the refund's page.",
        again=refund.attempts,
        error=error,
    )


@transaction.atomic
def _gave_up(refund: Refund, error: str) -> None:
    mine = steps.locked(refund.pk)
    if mine.state in (State.SENDING, State.SENT):
        _another_way(mine, error)


def _another_way(refund: Refund, error: str) -> None:
    """The gateway surely sent nothing and will not: the member's wallet has it, or the guest is asked where to."""
    if refund.order.user is not None:
        steps.into_wallet(refund, refund.order.user)
    else:
        steps.move(refund, State.CLAIMABLE, note=error)
