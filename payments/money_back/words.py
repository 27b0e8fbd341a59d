"""What a customer is told of a refund: on the invoice, in the timeline, in mails. In the active language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from payments.money_back.models import Payout, Refund
from storefront.orders.models import Order

State, Why, Way = Refund.State, Refund.Why, Refund.Way
_REVIEW_DAYS = 1


@dataclass(frozen=True, slots=True)
class Told:
    """`clock` says by when, and is empty where nobody waits for us."""

    headline: str
    text: str
    clock: str


def is_told(refund: Refund) -> bool:
    """False while a gift waits for its second person: nothing is promised before."""
    return refund.why != Why.GOODWILL or refund.state not in (State.REVIEW, State.WITHDRAWN)


def told_refunds(order: Order) -> list[Refund]:
    """The order's refunds that its customer knows of, oldest first."""
    rows = order.refunds.select_related("payment__channel", "order__region").prefetch_related("events").order_by("id")
    return [refund for refund in rows if is_told(refund)]


def expected(refund: Refund, state: Refund.State, now: datetime) -> datetime | None:
    """By when the step after `state` is usually there: review and pay-out by our staff's time, the gateway's by the
    channel's. None where the customer is asked, or where it is over."""
    days = {
        State.REVIEW: _REVIEW_DAYS,
        State.DUE: refund.payment.channel.refund_days,
        State.CLAIMED: settings.PAYOUT_WORKING_DAYS,
    }
    if state in (State.SENDING, State.SENT):
        return refund.expected_at
    return _working_days_on(now, days[state], refund.order.region.time_zone) if state in days else None


def _working_days_on(now: datetime, days: int, zone: str) -> datetime:
    moment = now.astimezone(ZoneInfo(zone))
    while days > 0 or moment.weekday() > 4:
        moment += timedelta(days=1)
        days -= moment.weekday() < 5
    return moment.replace(hour=23, minute=59, second=0, microsecond=0)


def told(refund: Refund, *, is_owner: bool = True) -> Told:
    """Where the money goes and how far it is. Of an account only its owner reads more than that it was named."""
    words = {"amount": refund.amount, "channel": refund.payment.channel.name, "where": where(refund, is_owner=is_owner)}
    state = State(refund.state)
    headline = _("%(amount)s goes back to %(where)s")
    if state == State.REVIEW:
        headline = _("We hold %(amount)s for you")
        text = _("Our staff look at it first: you get your item, or this money back. You need not do anything.")
    elif state in (State.DUE, State.SENDING):
        text = _("We are asking your payment provider now.")
    elif state == State.SENT:
        text = _("Your payment provider has it and pays it back.")
    elif state == State.CLAIMABLE:
        headline = _("%(amount)s is yours: say where it should go")
        text = _("%(channel)s cannot take money back. Choose your balance here, or a bank or e-wallet account.")
        if refund.error:
            text = _("The account you named could not be paid. Please name another one.")
    elif state == State.CLAIMED:
        text = _("Our staff pay it out; two of them look at every payment.")
    elif state == State.WITHDRAWN:
        headline = _("%(amount)s paid your order")
        text = _("It was not the exact amount, and our staff let it pay the order.")
    else:
        headline = _("%(amount)s went back to %(where)s")
        text = _done(refund)
    return Told(headline % words, text % words, clock(refund))


def _done(refund: Refund) -> str:
    if refund.way == Way.WALLET:
        return _("It can be used at once.")
    if refund.way == Way.PAYOUT:
        return _("It has been paid. A bank may need until its next working day to show it.")
    return _("It has been paid back. Your payment provider may need a little longer to show it.")


def clock(refund: Refund) -> str:
    if refund.expected_at is None or refund.state in (State.CLAIMABLE, *Refund.ENDED):
        return ""
    if refund.expected_at < timezone.now():
        return _("It takes longer than usual. Our staff are at it.")
    zone = ZoneInfo(refund.order.region.time_zone)
    day = formats.date_format(refund.expected_at.astimezone(zone), "j F")
    return _("Usually by %(day)s.") % {"day": day}


def where(refund: Refund, *, is_owner: bool = True) -> str:
    """Who or what gets the money, as a part of a sentence."""
    if refund.way == Way.WALLET:
        is_buyers = refund.wallet_of_id == refund.order.user_id
        return _("your balance") if is_buyers or is_owner else _("a balance in this shop")
    if refund.way == Way.GATEWAY:
        return refund.payment.channel.name
    if refund.way == Way.PAYOUT and is_owner:
        masked = (
            Payout.objects.filter(refund=refund).exclude(state=Payout.State.RETURNED).values_list("masked", flat=True)
        )
        return masked.first() or _("you")
    if refund.way == Way.PAYOUT:
        return _("the account that was named")
    return _("you")


def step(refund: Refund, after: str, *, is_again: bool) -> str:
    """One entry of the timeline; `is_again`: asked where to for a second time."""
    told_of = {
        State.REVIEW: _("%(amount)s arrived that does not fit the order; our staff look at it"),
        State.DUE: _("Refund of %(amount)s begun"),
        State.SENT: _("Your payment provider works on the refund"),
        State.CLAIMABLE: _("Refund of %(amount)s waits to hear where to"),
        State.CLAIMED: _("An account was named for the refund"),
        State.DONE: _("Refund of %(amount)s paid"),
        State.WITHDRAWN: _("%(amount)s paid the order after all"),
    }
    if after == State.CLAIMABLE and is_again:
        return _("The account could not be paid; another one is needed")
    return told_of.get(State(after), after) % {"amount": refund.amount}
