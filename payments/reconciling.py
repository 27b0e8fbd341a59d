"""Our payments and refunds held against the gateways' books, every few minutes, in bounded rounds.

Each payment is compared at set times after it was made (payments.schedule); a gateway that lists its requests is also
read for those that nobody here asked for. Nothing moves by a comparison: what differs is a row, and money that came in
unheard is handed to the poller, which settles it as ever.
"""

from __future__ import annotations

import logging
from collections import Counter
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, stopping
from core.errors import Refused
from core.money import Money
from core.reconciliation import services as reconciliation
from core.reconciliation.models import Discrepancy
from core.reconciliation.services import Finding, Kind, Subject, Thing
from payments import looking
from payments.gateways import CODES, for_code
from payments.gateways.base import GatewayRefused, GatewayUnavailable, Listed, Looked, RefundStanding, Standing
from payments.models import Capture, Payment, Refund
from payments.money_back import adopting
from payments.schedule import NEVER, next_comparison
from payments.settling import strange_money
from storefront.orders import services as orders
from storefront.orders.models import Order

logger = logging.getLogger(__name__)
# Of one gateway and one round: payments compared, rows looked at again, strangers of its list looked up.
MOST_PAYMENTS, MOST_ROWS, MOST_STRANGERS = 40, 10, 20
# How far back its list is read, and at most by so many pages: every few minutes, and once a day.
_RECENT, _RECENT_PAGES = timedelta(hours=2), 3
_WHOLE, _WHOLE_PAGES = timedelta(days=7), 50
# When a payment is compared that its gateway did not answer for.
_AGAIN_AFTER = timedelta(minutes=5)
# So much later than its making a request must be known here.
_JUST_MADE = timedelta(minutes=5)


def reconcile_due(now: datetime | None = None) -> int:
    """One bounded round over every gateway; how many payments and rows were compared. A gateway that does not answer is
    left for the next round."""
    return sum(_round(gateway, _RECENT, _RECENT_PAGES, now) for gateway in CODES)


def reconcile_day(now: datetime | None = None) -> int:
    """The same, and the gateways' lists a week back."""
    return sum(_round(gateway, _WHOLE, _WHOLE_PAGES, now) for gateway in CODES)


def _round(gateway: str, back: timedelta, pages: int, now: datetime | None) -> int:
    moment, done = now or timezone.now(), 0
    try:
        for payment in _due(gateway, moment):
            if stopping.is_asked():
                return done
            done += _compare_due(payment, moment)
        if for_code(gateway).lists_requests:
            _compare_list(gateway, moment - back, pages, moment)
        for row in reconciliation.claim_due(gateway, MOST_ROWS, moment):
            look_again(row)
            done += 1
    except GatewayUnavailable as problem:
        logger.warning("%s cannot be reconciled now: %s", gateway, problem)
    except Exception:
        # Whatever nobody foresaw about one gateway, the others are still compared; its rest waits for the next round.
        logger.exception("reconciling %s", gateway)
    return done


def _due(gateway: str, now: datetime) -> list[Payment]:
    rows = Payment.objects.filter(gateway=gateway, compare_at__lte=now).select_related("order", "deposit")
    return list(rows.order_by("compare_at")[:MOST_PAYMENTS])


def _compare_due(payment: Payment, now: datetime) -> bool:
    """Whether this call compared the payment, which is then due at its next time. Pushed forward first, so that none
    stalls the others; where the gateway did not answer it is due again soon. Raises GatewayUnavailable."""
    mine = Payment.objects.filter(pk=payment.pk, compare_at=payment.compare_at)
    if not mine.update(compare_at=next_comparison(payment.created_at, now)) or not payment.gateway_id:
        return False
    try:
        compare(payment)
    except GatewayUnavailable:
        Payment.objects.filter(pk=payment.pk).update(compare_at=now + _AGAIN_AFTER)
        raise
    except Exception:
        # Whatever nobody foresaw in the books of one payment, the others of the round are compared.
        logger.exception("%s could not be compared", payment.reference)
    return True


def compare(payment: Payment) -> list[Finding]:
    """What the payment's gateway tells otherwise of it and its refunds stands as rows. No transaction may be open.
    Raises GatewayUnavailable."""
    looked = for_code(payment.gateway).look_up(payment.gateway_id)
    refunds = list(payment.refunds.filter(way=Refund.Way.GATEWAY).exclude(gateway_id=""))
    replies = {refund.pk: _standing(payment.gateway, refund) for refund in refunds}
    # Read only now: money may have come in while the gateway was asked.
    findings = [*_of_money(payment, looked), *_of_refunds(payment, replies), *_of_strange_refunds(payment, looked)]
    things: list[Thing] = [(Subject.PAYMENT, payment.reference), (Subject.REFUND, payment.reference)]
    things += [(Subject.REFUND, refund.reference) for refund in refunds]
    reconciliation.compared(payment.gateway, things, findings)
    if any(one.subject == Subject.PAYMENT and one.theirs for one in findings):
        # Whatever came in unheard is settled by the next look of the poller.
        Payment.objects.filter(pk=payment.pk, not_before__gt=timezone.now()).update(not_before=timezone.now())
    return findings


def _of_money(payment: Payment, looked: Looked) -> list[Finding]:
    if looked.standing == Standing.HELD:
        return []
    ours, theirs = Counter[str](), Counter[str]()
    for currency, minor in Capture.objects.filter(payment=payment).values_list("currency", "amount_minor"):
        ours[currency] += minor
    for one in () if looked.standing == Standing.REVERSED else looked.captures:
        theirs[one.amount.currency] += one.amount.minor
    if not looked.captures and looked.standing == Standing.CANCELLED and _went_back(payment) >= sum(ours.values()):
        return []  # a card's charge that was undone whole by our refund shows as cancelled
    is_missing = looked.standing == Standing.MISSING and payment.state in Payment.LIVE
    apart = [one for one in [*ours, *theirs] if ours[one] != theirs[one]]
    if not apart and not is_missing:
        return []
    currency = apart[0] if apart else payment.currency
    mine, other = ours[currency], theirs[currency]
    kind = Kind.THEIRS_ONLY if not mine and other else Kind.DIFFERING if other else Kind.OURS_ONLY
    return [
        Finding(
            Subject.PAYMENT,
            kind,
            payment.reference,
            ours=Money(mine, currency) if mine or is_missing else None,
            theirs=Money(other, currency) if other else None,
            target=payment.pk,
            about=payment.bill.number,
            evidence=_evidence(payment, looked),
        )
    ]


def _went_back(payment: Payment) -> int:
    done = payment.refunds.filter(way=Refund.Way.GATEWAY, state=Refund.State.DONE)
    return sum(done.values_list("amount_minor", flat=True))


def _standing(gateway: str, refund: Refund) -> RefundStanding | None:
    """How the gateway says the refund stands; None where it has none."""
    try:
        return for_code(gateway).look_up_refund(refund.gateway_id).standing
    except GatewayRefused as refusal:
        if refusal.status == 404:
            return None
        raise GatewayUnavailable(str(refusal)) from refusal


def _of_refunds(payment: Payment, replies: dict[int, RefundStanding | None]) -> list[Finding]:
    """Refunds that we asked for, and the gateway does not know or says have ended otherwise."""
    findings = []
    for refund in payment.refunds.filter(pk__in=replies, way=Refund.Way.GATEWAY):
        standing = replies[refund.pk]
        is_done, is_out = refund.state == Refund.State.DONE, refund.state == Refund.State.SENT
        agreed = standing is not None and (
            (is_done and standing == RefundStanding.DONE)
            or (is_out and standing in (RefundStanding.PENDING, RefundStanding.DONE, RefundStanding.FAILED))
            or not (is_done or is_out)
        )
        if agreed:
            continue  # one that is out follows the gateway by itself
        told = standing.value if standing else "unknown there"
        findings.append(
            Finding(
                Subject.REFUND,
                Kind.OURS_ONLY if standing is None else Kind.DIFFERING,
                refund.reference,
                ours=refund.amount,
                theirs=None if standing is None else Money(0, refund.currency),
                target=refund.pk,
                about=payment.bill.number,
                evidence={"refund": refund.reference, "gateway_id": refund.gateway_id, "standing": told},
            )
        )
    return findings


def _of_strange_refunds(payment: Payment, looked: Looked) -> list[Finding]:
    """More went back than we asked for: somebody did it in the dashboard."""
    if looked.given_back is None:
        return []
    out = (Refund.State.SENDING, Refund.State.SENT, Refund.State.DONE)
    asked = payment.refunds.filter(state__in=out, currency=looked.given_back.currency)
    # One that is being sent has no way yet.
    ours = sum(asked.filter(way__in=[Refund.Way.GATEWAY, ""]).values_list("amount_minor", flat=True))
    if looked.given_back.minor <= ours:
        return []
    return [
        Finding(
            Subject.REFUND,
            Kind.THEIRS_ONLY if not ours else Kind.DIFFERING,
            payment.reference,
            ours=Money(ours, looked.given_back.currency) if ours else None,
            theirs=looked.given_back,
            target=payment.pk,
            about=payment.bill.number,
            evidence=_evidence(payment, looked),
        )
    ]


def _evidence(payment: Payment, looked: Looked) -> dict[str, object]:
    return {
        "gateway_id": payment.gateway_id,
        "asked_for": str(Money(payment.amount_minor, payment.currency)),
        "state": payment.state,
        "standing": looked.standing.value,
        "captures": [f"{one.ref}: {one.amount}" for one in looked.captures],
        "given_back": str(looked.given_back) if looked.given_back is not None else "",
    }


# --- What stands there and nobody here asked for ---


def _compare_list(gateway: str, since: datetime, pages: int, now: datetime) -> None:
    looked_up = 0
    for number in range(1, pages + 1):
        page = for_code(gateway).newest(number)
        for one in _strangers(gateway, page, now):
            if looked_up >= MOST_STRANGERS:
                return
            looked_up += 1
            note_stranger(gateway, one.gateway_id, one.reference)
        if not page or any(one.made_at is not None and one.made_at < since for one in page):
            return


def _strangers(gateway: str, page: tuple[Listed, ...], now: datetime) -> list[Listed]:
    """What of the page is no payment of ours, and was not made just now by a call that has not ended."""
    known = Payment.objects.filter(gateway=gateway)
    ids = set(known.filter(gateway_id__in=[one.gateway_id for one in page]).values_list("gateway_id", flat=True))
    # A second request under our reference is one that a lost answer left behind: its payment looks for it.
    nameless = known.filter(gateway_id="", reference__in=[one.reference for one in page])
    names = set(nameless.values_list("reference", flat=True))
    return [
        one
        for one in page
        if one.gateway_id not in ids
        and one.reference not in names
        and (one.made_at is None or one.made_at < now - _JUST_MADE)
    ]


def note_stranger(gateway: str, gateway_id: str, reference: str, payment_id: str = "") -> None:
    """A request of no payment of ours stands as a row, and staff have a case, if there is money in it."""
    looked = for_code(gateway).look_up(gateway_id, payment_id)
    name = gateway_id or payment_id
    findings = []
    if looked.captures:
        currency = looked.captures[0].amount.currency
        came = sum(one.amount.minor for one in looked.captures if one.amount.currency == currency)
        evidence = {
            "gateway_id": gateway_id,
            "payment_id": payment_id,
            "reference": looked.reference or reference,
            "standing": looked.standing.value,
            "captures": [f"{one.ref}: {one.amount}" for one in looked.captures],
        }
        findings.append(
            Finding(Subject.PAYMENT, Kind.THEIRS_ONLY, name, theirs=Money(came, currency), evidence=evidence)
        )
        told = {"gateway_id": gateway_id, "amount": str(Money(came, currency))}
        strange_money(gateway, looked.reference or reference or name, told)
    reconciliation.compared(gateway, [(Subject.PAYMENT, name)], findings)


# --- What staff may do about a row ---


def look_again(row: Discrepancy) -> None:
    """Both sides were compared once more; the row resolves itself if they agree. Raises GatewayUnavailable."""
    payment = payment_of(row)
    if payment is not None:
        compare(payment)
        row.refresh_from_db()
        return
    gateway_id, payment_id = str(row.evidence.get("gateway_id", "")), str(row.evidence.get("payment_id", ""))
    if gateway_id and Payment.objects.filter(gateway=row.party, gateway_id=gateway_id).exists():
        reconciliation.vanished(row)
    elif gateway_id or payment_id:
        note_stranger(row.party, gateway_id, row.reference, payment_id)
    row.refresh_from_db()


def payment_of(row: Discrepancy) -> Payment | None:
    """The payment of ours that a gateway's row speaks of; None where it speaks of none."""
    known = Payment.objects.select_related("order", "deposit").exclude(gateway_id="")
    if row.target is None or row.party not in CODES:
        return None
    if row.subject == Subject.REFUND and not is_made_there(row):
        return known.filter(refunds=row.target).first()
    return known.filter(pk=row.target).first()


def is_made_there(row: Discrepancy) -> bool:
    """Whether the row speaks of a refund made at the gateway without us: then its reference is the payment's."""
    if row.subject != Subject.REFUND or row.kind == Kind.OURS_ONLY or row.target is None:
        return False
    return Payment.objects.filter(pk=row.target, reference=row.reference).exists()


def settle(row: Discrepancy, by: str, why: str) -> None:
    """What the gateway has for our payment is settled here too, as any look does: it pays the order, or is owed back.
    Raises GatewayUnavailable, and Refused where the row speaks of no payment of ours."""
    payment = payment_of(row)
    if payment is None or row.subject != Subject.PAYMENT:
        raise Refused("VALIDATION_ERROR", _("This speaks of no payment of ours. Give it to an order first."))
    audit.record(by, "discrepancy settled", f"discrepancy:{row.pk}", before=payment.state, why=why)
    looking.look(payment, by=by)
    compare(payment)
    row.refresh_from_db()


def adopt(row: Discrepancy, number: str, by: str, why: str) -> Payment:
    """Money at the gateway that belonged to nothing is a payment of the order of that number from now on, and settled
    like any: it pays the order, or is owed back. Raises Refused and GatewayUnavailable."""
    gateway_id = str(row.evidence.get("gateway_id", ""))
    order = Order.objects.select_related("channel").filter(number=number.strip()).first()
    if order is None or row.target is not None or not gateway_id or row.state == Discrepancy.State.RESOLVED:
        raise Refused("VALIDATION_ERROR", _("There is no order of that number, or the row belongs to one already."))
    try:
        payment = _made_ours(row, order, gateway_id, by, why)
    except IntegrityError as problem:
        raise Refused("VALIDATION_ERROR", _("Somebody gave it to an order meanwhile.")) from problem
    looking.look(payment, by=by)
    reconciliation.vanished(row)
    row.refresh_from_db()
    return payment


@transaction.atomic
def _made_ours(row: Discrepancy, order: Order, gateway_id: str, by: str, why: str) -> Payment:
    locked = orders.lock(order.pk)
    Discrepancy.objects.select_for_update(no_key=True).get(pk=row.pk)  # one of two persons at a time
    if Payment.objects.filter(gateway=row.party, gateway_id=gateway_id).exists():
        raise Refused("VALIDATION_ERROR", _("Somebody gave it to an order meanwhile."))
    number = (locked.payments.aggregate(last=Max("attempt"))["last"] or 0) + 1
    now = timezone.now()
    payment = Payment.objects.create(
        order=locked,
        attempt=number,
        # What the gateway calls it may be anything; ours has to be one of its kind.
        reference=f"{locked.number}-a{number}",
        channel=locked.channel,
        gateway=row.party,
        amount_minor=locked.total_minor,
        currency=locked.currency,
        state=Payment.State.CANCELLED,
        gateway_id=gateway_id,
        expires_at=locked.expires_at,
        not_before=NEVER,
        created_at=now,
        ended_at=now,
        error=f"made at the gateway by others, given to the order by {by}"[:2000],
    )
    audit.record(by, "discrepancy adopted", f"discrepancy:{row.pk}", after=payment.reference, why=why)
    return payment


def book_refund(row: Discrepancy, by: str, why: str) -> Refund:
    """What went back at the gateway without us asking is booked (payments.money_back.adopting), and the row resolved.
    Raises Refused and GatewayUnavailable."""
    payment = payment_of(row)
    if payment is None or not is_made_there(row) or row.theirs_minor is None:
        raise Refused("VALIDATION_ERROR", _("This row speaks of no refund that was made at the gateway alone."))
    more = Money(row.theirs_minor - (row.ours_minor or 0), row.currency)
    refund = adopting.adopt(payment.pk, more, f"there:{row.pk}:{row.theirs_minor}", by=by, why=why)
    compare(payment)
    row.refresh_from_db()
    return refund
