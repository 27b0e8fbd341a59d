"""The month's rows, written in bulk as the store's own services would have left them. Nobody outside is called.

What sweeps look for lies behind them: payments are looked at NEVER and compared never, those of the last day have no
gateway's id, purchases by reference are confirmed, and what is under way waits for a person. docs/demo.md.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction

from core import rates
from core.models import MailMessage
from core.money import Money
from core.web.client import digest
from demo.month import plan
from demo.month.books import Books, Kind
from demo.month.plan import Bought, End, Month, Paid
from fulfilment.models import Attempt, TopUp
from payments import mails, sales
from payments.deposits.models import Deposit, DepositInquiry
from payments.gateway_fees.models import GatewayFee
from payments.models import Capture, Payment, Refund, RefundEvent
from payments.schedule import NEVER
from storefront.channels.models import Channel
from storefront.inquiries.models import Inquiry
from storefront.orders.models import Order, OrderEvent
from storefront.promos import services as promos
from storefront.promos.models import Promo, PromoSlot

BALANCE = "balance"
_LETTERS = string.ascii_uppercase + string.digits
# The nightly proof asks gateways about payments that got money within a day; suppliers' histories are compared for
# three days.
_ASKED_FOR, _COMPARED_FOR = timedelta(hours=30), timedelta(hours=80)
_MAILED = 40
_BATCH = 1000


@dataclass
class Written:
    """The rows of one order that later ones hang on."""

    bought: Bought
    order: Order
    payment: Payment | None = None
    second: Payment | None = None
    captures: list[Capture] = field(default_factory=list)
    topups: list[TopUp] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)


class Writer:
    def __init__(self, now: datetime, promo: Promo) -> None:
        self.now, self.promo = now, promo
        self.books, self.rates = Books(), rates.Rates()
        self.fees = {one.channel_id: one for one in GatewayFee.objects.order_by("valid_from")}
        self.written: list[Written] = []
        self.refunds: list[tuple[Refund, datetime, str]] = []

    def write(self, month: Month) -> None:
        """The month's rows stand, and what moved is in `books`, to be written when all of it is known."""
        self._orders(month)
        self._events()
        self._payments()
        self._units()
        self._captures()
        self._book_orders()
        self._deposits(month.deposits)
        self._refunds()
        self._slots()
        self._mails()

    # --- Quotes and orders ---

    def _orders(self, month: Month) -> None:
        quotes = [self._quote(one) for one in month.orders]
        left = [self._quote(one) for one in month.looked]
        Inquiry.objects.bulk_create([*quotes, *left], batch_size=_BATCH)
        orders = [
            self._order(one, quote, place) for place, (one, quote) in enumerate(zip(month.orders, quotes, strict=True))
        ]
        Order.objects.bulk_create(orders, batch_size=_BATCH)
        self.written = [Written(one, order) for one, order in zip(month.orders, orders, strict=True)]

    def _quote(self, one: Bought) -> Inquiry:
        price, sku = one.item.price, one.item.price.sku
        return Inquiry(
            user=one.buyer, region_id=price.region_id, product=sku.product, sku=sku, channel=one.channel,
            promo=self.promo if one.is_promo else None, fields=one.fields, nickname=one.nickname,
            account_region=price.region_id if one.nickname else "", quantity=one.quantity, currency=one.currency,
            unit_price_minor=price.price_minor, list_price_minor=price.original_minor,
            subtotal_minor=one.subtotal_minor, discount_minor=one.discount_minor, fee_minor=one.fee_minor,
            total_minor=one.total.minor, email=one.email, phone=one.phone, language=one.language,
            owner=digest("owner", one.email), device=digest("device", one.email), address=digest("address", one.email),
            created_at=one.at - timedelta(seconds=40), expires_at=one.at + timedelta(minutes=15),
        )  # fmt: skip

    def _order(self, one: Bought, quote: Inquiry, place: int) -> Order:
        sku, values = one.item.price.sku, {entry["key"]: entry["value"] for entry in one.fields}
        status = {
            End.FAILED: "FAILED", End.EXPIRED: "EXPIRED", End.LATE_MONEY: "EXPIRED", End.AMOUNT: "EXPIRED",
            End.PENDING: "PENDING", End.SET_ASIDE: "PAID", End.HELD: "PROCESSING", End.UNKNOWN: "PROCESSING",
            End.ACCEPTED: "PROCESSING",
        }.get(one.end, "SUCCESS")  # fmt: skip
        deadline = one.at + timedelta(seconds=one.channel.payment_seconds or 3600)
        if one.end == End.PENDING:
            deadline = self.now + timedelta(hours=20)
        is_paid = one.end in (*plan.ENDED, *plan.UNDER_WAY)
        ended_at = one.ended_at if status in ("SUCCESS", "FAILED", "EXPIRED") else None
        if one.end == End.AMOUNT:
            ended_at = min(deadline, self.now - timedelta(minutes=1))
        return Order(
            number=number_of("GATE", place), inquiry=quote, user=one.buyer, region_id=quote.region_id,
            product=sku.product, sku=sku, channel=one.channel, promo=quote.promo, status=status,
            product_code=sku.product.code, product_name=sku.product.title, sku_code=sku.code, sku_name=sku.name,
            channel_code=one.channel.code, channel_name=one.channel.name,
            promo_code=self.promo.code if one.is_promo else "", fields=one.fields,
            player_id=values.get(sku.product.player_field, ""), zone=values.get(sku.product.zone_field, ""),
            nickname=one.nickname, account_region=quote.account_region, quantity=one.quantity,
            delivered=one.delivered if is_paid else 0,
            failed=one.quantity - one.delivered if is_paid and ended_at else 0, currency=one.currency,
            unit_price_minor=quote.unit_price_minor, list_price_minor=quote.list_price_minor,
            subtotal_minor=one.subtotal_minor, discount_minor=one.discount_minor, fee_minor=one.fee_minor,
            total_minor=one.total.minor, cost_minor=self._unit_cost(one) * one.delivered if is_paid else 0,
            email=one.email, phone=one.phone, language=one.language, owner=quote.owner, device=quote.device,
            address=quote.address, created_at=one.at, updated_at=ended_at or one.paid_at, expires_at=deadline,
            paid_at=one.paid_at if is_paid else None, ended_at=ended_at,
        )  # fmt: skip

    def _cost(self, one: Bought) -> Money:
        return Money(one.item.supplied.cost_minor, one.item.supplied.account.currency)

    def _unit_cost(self, one: Bought) -> int:
        return self.rates.convert(self._cost(one), one.currency, one.paid_at, round_up=True).minor

    def _events(self) -> None:
        rows: list[OrderEvent] = []
        for one in self.written:
            order, before = one.order, ""
            for after, reason, by, at in self._steps(one):
                rows.append(OrderEvent(order=order, before=before, after=after, by=by, reason=reason, at=at))
                before = after
        rows.sort(key=lambda row: row.at)
        OrderEvent.objects.bulk_create(rows, batch_size=_BATCH * 2)

    def _steps(self, one: Written) -> Iterable[tuple[str, str, str, datetime]]:
        order = one.order
        yield "PENDING", "created", "customer", order.created_at
        if order.paid_at:
            yield "PAID", "paid", "checkout" if one.bought.channel.gateway == BALANCE else "gateway", order.paid_at
            if order.status == "PAID":
                return
            yield "PROCESSING", "taken", "fulfilment", order.paid_at + timedelta(seconds=1)
        if order.ended_at:
            reason = {"SUCCESS": "partly" if order.failed else "delivered", "FAILED": "undelivered"}
            by = "fulfilment" if order.paid_at else "clock"
            yield order.status, reason.get(order.status, "expired"), by, order.ended_at

    # --- Payments ---

    def _payments(self) -> None:
        rows = []
        for one in self.written:
            order, end = one.order, one.bought.end
            one.payment = self._payment(one, 1, {
                End.EXPIRED: "EXPIRED", End.AMOUNT: "FAILED", End.PENDING: "OPEN",
            }.get(end, "SETTLED"))  # fmt: skip
            if end == End.AMOUNT:
                one.payment.error = f"{self._came(one)} came in"
            rows.append(one.payment)
            if end == End.DOUBLE:
                one.second = self._payment(one, 2, "SETTLED")
                one.second.created_at = order.created_at + timedelta(seconds=20)
                rows.append(one.second)
        Payment.objects.bulk_create(rows, batch_size=_BATCH)

    def _payment(self, one: Written, attempt: int, state: str) -> Payment:
        order, channel, bought = one.order, one.bought.channel, one.bought
        is_balance = channel.gateway == BALANCE
        is_paid = state == "SETTLED"
        is_old = order.created_at < self.now - _ASKED_FOR
        received = self._came(one).minor if is_paid or bought.end == End.AMOUNT else 0
        ended = bought.paid_at if is_paid else order.ended_at
        return Payment(
            order=order, attempt=attempt, reference=order.number if attempt == 1 else f"{order.number}-{attempt}",
            channel=channel, gateway=channel.gateway, gateway_channel=channel.gateway_channel,
            amount_minor=order.total_minor, currency=order.currency, state=state,
            gateway_id=f"demo-{order.number[4:16].lower()}-{attempt}" if is_old and not is_balance else "",
            instructions=_instructions(channel, order.number), received_minor=received, expires_at=order.expires_at,
            not_before=order.expires_at if state == "OPEN" else NEVER, compare_at=None, created_at=order.created_at,
            opened_at=None if is_balance else order.created_at, settled_at=bought.paid_at if is_paid else None,
            ended_at=None if state == "OPEN" else ended,
        )  # fmt: skip

    def _came(self, one: Written) -> Money:
        total = one.bought.total
        return total - Money(max(1, total.minor // 10), total.currency) if one.bought.end == End.AMOUNT else total

    def _captures(self) -> None:
        rows = []
        for one in self.written:
            for payment, effect in self._paying(one):
                at = one.bought.paid_at + timedelta(seconds=30 * (payment.attempt - 1))
                capture = Capture(
                    payment=payment, gateway=payment.gateway,
                    gateway_ref=one.order.number if payment.gateway == BALANCE else f"demo-{payment.reference[4:]}",
                    amount_minor=self._came(one).minor, currency=one.order.currency, effect=effect, captured_at=at,
                    created_at=at,
                )  # fmt: skip
                one.captures.append(capture)
                rows.append(capture)
        Capture.objects.bulk_create(rows, batch_size=_BATCH)

    def _paying(self, one: Written) -> Iterable[tuple[Payment, str]]:
        assert one.payment is not None
        end = one.bought.end
        if end in (End.EXPIRED, End.PENDING):
            return
        yield one.payment, "SURPLUS" if end in (End.LATE_MONEY, End.AMOUNT) else "PAID"
        if one.second is not None:
            yield one.second, "SURPLUS"

    # --- Units and purchases ---

    def _units(self) -> None:
        topups, attempts = [], []
        for one in self.written:
            if one.order.paid_at is None or one.bought.end == End.SET_ASIDE:
                continue
            one.topups = [self._unit(one, unit) for unit in range(1, one.order.quantity + 1)]
            topups += one.topups
        TopUp.objects.bulk_create(topups, batch_size=_BATCH)
        for one in self.written:
            one.attempts = [self._attempt(one, topup) for topup in one.topups]
            attempts += one.attempts
        Attempt.objects.bulk_create(attempts, batch_size=_BATCH)

    def _unit(self, one: Written, unit: int) -> TopUp:
        order, end = one.order, one.bought.end
        state = {End.HELD: "QUEUED", End.UNKNOWN: "UNKNOWN", End.ACCEPTED: "ACCEPTED"}.get(end, "")
        arrived = not state and unit <= order.delivered
        state = state or ("DELIVERED" if arrived else "FAILED")
        taken = one.bought.paid_at + timedelta(seconds=1)
        return TopUp(
            order=order, unit=unit, state=state, not_before=NEVER if order.ended_at is None else taken,
            waits_for="account" if end == End.HELD else "", why="" if state != "FAILED" else "refused",
            cost_minor=self._unit_cost(one.bought) if arrived else None, created_at=taken, ended_at=order.ended_at,
        )  # fmt: skip

    def _attempt(self, one: Written, topup: TopUp) -> Attempt:
        bought, order, supplied = one.bought, one.order, one.bought.item.supplied
        by_reference = supplied.account.code == "digiflazz"
        state = {"QUEUED": "REJECTED", "UNKNOWN": "UNKNOWN", "ACCEPTED": "ACCEPTED", "FAILED": "REJECTED"}.get(
            topup.state, "ACCEPTED"
        )
        sent = bought.paid_at + timedelta(seconds=1)
        is_compared = not by_reference and sent > self.now - _COMPARED_FOR and state == "ACCEPTED"
        verdict = {"QUEUED": "PLAYER", "FAILED": "REFUSED"}.get(topup.state, "")
        return Attempt(
            topup=topup, number=1, account=supplied.account, product=supplied, game_code=supplied.game_code,
            product_code=supplied.code, product_name=supplied.name, cost_minor=supplied.cost_minor,
            player_id=order.player_id, zone=order.zone,
            reference=f"{order.number}-{topup.unit}"[-40:] if by_reference else "",
            customer_no=supplied.customer_no(order.player_id, order.zone) if by_reference else "",
            callback_token=hashlib.sha256(f"demo {order.number} {topup.unit}".encode()).hexdigest()[:43],
            state=state, verdict=verdict, sent_at=sent,
            # Without it nobody misses the purchase in a history that never had it.
            answered_at=None if is_compared else sent + timedelta(seconds=2),
            http_status=200 if state != "UNKNOWN" else None, is_named_alike=state == "ACCEPTED",
            transaction_id=f"DEMO{topup.pk}" if state == "ACCEPTED" else "",
            made_at=sent if state == "ACCEPTED" else None,
            blames_account=True if verdict == "PLAYER" else None,
            confirmed_at=order.ended_at if by_reference and state == "ACCEPTED" else None, created_at=sent,
            ended_at=order.ended_at or (sent + timedelta(seconds=2) if state == "REJECTED" else None),
        )  # fmt: skip

    # --- The ledger ---

    def _book_orders(self) -> None:
        for one in self.written:
            for capture in one.captures:
                self._book_capture(one, capture)
            if one.order.ended_at and one.order.paid_at:
                self._book_end(one)
            for capture in one.captures:
                if capture.effect == "SURPLUS":
                    self._book_surplus(one, capture)
            if one.bought.end == End.GIFT:
                self._give(one)

    def _book_capture(self, one: Written, capture: Capture) -> None:
        order, books, at = one.order, self.books, capture.created_at
        amount = Money(capture.amount_minor, capture.currency)
        funds, note = books.house(Kind.FUNDS, amount.currency), capture.payment.reference
        if capture.gateway == BALANCE:
            assert order.user is not None
            wallet = books.wallet(order.user, amount.currency)
            books.move(at, f"capture:balance:{order.number}", wallet, funds, amount, "purchase", order, note=note)
            return
        clearing = books.house(Kind.CLEARING, amount.currency, capture.gateway)
        key = f"capture:{capture.gateway}:{capture.gateway_ref}"
        books.move(at, key, clearing, funds, amount, "capture", order, note=note)
        self._book_fee(capture, amount, order=order)

    def _book_fee(
        self, capture: Capture, amount: Money, *, order: Order | None = None, deposit: Deposit | None = None
    ) -> None:
        agreed = self.fees.get(capture.payment.channel_id)
        if agreed is None:
            return
        kept = min(Money(agreed.fixed_minor, amount.currency) + amount.percent(agreed.percent), amount)
        charges = self.books.house(Kind.CHARGES, amount.currency, capture.gateway)
        clearing = self.books.house(Kind.CLEARING, amount.currency, capture.gateway)
        self.books.move(
            capture.created_at, f"charge:{capture.pk}", charges, clearing, kept, "gateway fee", order, deposit=deposit,
            note=capture.payment.reference,
        )  # fmt: skip

    def _book_end(self, one: Written) -> None:
        """As payments.sales.book, finishing.deliver and points.earn do it."""
        order, books = one.order, self.books
        at = order.ended_at
        assert at is not None and one.payment is not None
        for attempt in one.attempts:
            if attempt.state == "ACCEPTED" and attempt.cost_minor:
                cost = Money(attempt.cost_minor, attempt.account.currency)
                prepaid = books.house(Kind.PREPAID, cost.currency, attempt.account.code)
                costs = books.house(Kind.COSTS, cost.currency)
                books.move(at, f"cost:{attempt.pk}", prepaid, costs, cost, "cost of goods", order)
        owed = sales.undelivered(order)
        kept = order.total - owed
        arrived: Fraction = order.arrived
        fee = min(Money(order.fee_minor, order.currency).part(arrived.numerator, arrived.denominator), kept)
        funds = books.house(Kind.FUNDS, order.currency)
        fees, sold = books.house(Kind.FEES, order.currency), books.house(Kind.SALES, order.currency)
        books.move(at, f"fees:{order.number}", funds, fees, fee, "payment fee", order)
        books.move(at, f"sales:{order.number}", funds, sold, kept - fee, "sale", order)
        if owed:
            self._owe(one, one.payment, owed, "NOT_DELIVERED", f"undelivered:{order.number}", at)
        if order.user is not None and arrived:
            goods = Money(order.subtotal_minor - order.discount_minor, order.currency)
            missing = 1 - arrived
            goods -= goods.part(missing.numerator, missing.denominator)
            earned = Money(plan.points_of(one.bought, goods, self.rates), "PTS")
            issued = books.house(Kind.ISSUED, "PTS")
            books.move(
                at, f"points-earned:{order.number}", issued, books.points(order.user), earned, "points earned", order
            )

    def _book_surplus(self, one: Written, capture: Capture) -> None:
        why = {End.LATE_MONEY: "LATE", End.DOUBLE: "DOUBLE"}.get(one.bought.end, "AMOUNT")
        amount = Money(capture.amount_minor, capture.currency)
        at = capture.created_at + timedelta(seconds=1)
        self._owe(one, capture.payment, amount, why, f"surplus:{capture.pk}", at)

    def _give(self, one: Written) -> None:
        order = one.order
        amount = order.total.part(1, 10)
        at = min(one.bought.ended_at + timedelta(days=2, hours=3), self.now - timedelta(minutes=2))
        assert one.payment is not None
        self._owe(one, one.payment, amount, "GOODWILL", f"staff:{order.number}:0:{amount.minor}", at)

    def _owe(self, one: Written, payment: Payment, amount: Money, why: str, key: str, at: datetime) -> None:
        """As payments.refunds.owe: a member's is in the wallet; a guest's went the way it came, or waits."""
        order, books = one.order, self.books
        source = books.house(Kind.GOODWILL if why == "GOODWILL" else Kind.FUNDS, amount.currency)
        payable = books.house(Kind.REFUNDS, amount.currency)
        reference = f"{order.number}-R{sum(refund.order is order for refund, _a, _n in self.refunds) + 1}"
        books.move(at, f"owe:{key}", source, payable, amount, "refund owed", order, note=reference)
        by_gateway = payment.channel.is_refundable
        state, way = "DONE", "GATEWAY" if by_gateway else "PAYOUT"
        if why == "AMOUNT":
            state, way = "REVIEW", ""
        elif order.user is not None:
            way = "WALLET"
        elif not by_gateway:
            state, way = self._unclaimed(at)
        elif at > self.now - timedelta(days=3):
            state = "SENT"
        done = None if state != "DONE" else at + (timedelta(0) if way == "WALLET" else timedelta(days=1, hours=5))
        refund = Refund(
            key=key, reference=reference, order=order, payment=payment, amount_minor=amount.minor,
            currency=amount.currency, why=why, state=state, way=way,
            wallet_of=order.user if way == "WALLET" else None, not_before=NEVER, created_at=at, done_at=done,
            asked_by="staff@example.com" if why == "GOODWILL" else "",
            gateway_id=f"demo-rf-{reference[-12:].lower()}" if way == "GATEWAY" else "",
        )  # fmt: skip
        self.refunds.append((refund, at, reference))
        if done is None:
            return
        target = books.house(Kind.EXTERNAL, amount.currency)
        if way == "WALLET" and order.user is not None:
            target = books.wallet(order.user, amount.currency)
        elif way == "GATEWAY":
            target = books.house(Kind.CLEARING, amount.currency, payment.gateway)
        books.move(done, f"refund:{key}", payable, target, amount, "refund paid", order, note=reference)

    def _unclaimed(self, at: datetime) -> tuple[str, str]:
        """A guest's whose channel takes nothing back: paid out once it is old, else somebody has to act."""
        if at < self.now - timedelta(days=8):
            return "DONE", "PAYOUT"
        waiting = sum(refund.state == "CLAIMED" for refund, _at, _number in self.refunds)
        return ("CLAIMED", "PAYOUT") if waiting < 3 else ("CLAIMABLE", "")

    def _refunds(self) -> None:
        rows = [refund for refund, _at, _number in self.refunds]
        Refund.objects.bulk_create(rows, batch_size=_BATCH)
        steps = []
        for refund in rows:
            passed = {"REVIEW": ["REVIEW"], "SENT": ["DUE", "SENDING", "SENT"], "CLAIMABLE": ["CLAIMABLE"],
                      "CLAIMED": ["CLAIMABLE", "CLAIMED"]}.get(refund.state)  # fmt: skip
            if passed is None:
                passed = {"WALLET": ["DONE"], "GATEWAY": ["DUE", "SENDING", "SENT", "DONE"]}.get(
                    refund.way, ["CLAIMABLE", "CLAIMED", "DONE"]
                )
            for place, after in enumerate(passed):
                at = refund.done_at if after == "DONE" and refund.done_at else refund.created_at
                steps.append(RefundEvent(refund=refund, after=after, at=at + timedelta(seconds=place)))
        RefundEvent.objects.bulk_create(steps, batch_size=_BATCH)

    # --- Deposits ---

    def _deposits(self, found: list[Paid]) -> None:
        inquiries = [
            DepositInquiry(
                user=one.member, region_id=one.channel.region_id, channel=one.channel, currency=one.amount.currency,
                amount_minor=one.amount.minor, fee_minor=one.fee.minor, created_at=one.at,
                expires_at=one.at + timedelta(minutes=15),
            )
            for one in found
        ]  # fmt: skip
        DepositInquiry.objects.bulk_create(inquiries, batch_size=_BATCH)
        deposits = [
            Deposit(
                number=number_of("DEP", place), inquiry=quote, user=one.member, region_id=one.channel.region_id,
                channel=one.channel, channel_code=one.channel.code, channel_name=one.channel.name, status="SUCCESS",
                currency=one.amount.currency, amount_minor=one.amount.minor, fee_minor=one.fee.minor,
                total_minor=one.amount.minor + one.fee.minor, credited_minor=one.amount.minor, created_at=one.at,
                expires_at=one.at + timedelta(seconds=one.channel.payment_seconds), paid_at=one.at + _IN_A_MINUTE,
                ended_at=one.at + _IN_A_MINUTE, updated_at=one.at + _IN_A_MINUTE,
            )
            for place, (one, quote) in enumerate(zip(found, inquiries, strict=True))
        ]  # fmt: skip
        Deposit.objects.bulk_create(deposits, batch_size=_BATCH)
        payments = [
            Payment(
                deposit=one, reference=one.number, channel=one.channel, gateway=one.channel.gateway,
                gateway_channel=one.channel.gateway_channel, amount_minor=one.total_minor, currency=one.currency,
                state="SETTLED", received_minor=one.total_minor, expires_at=one.expires_at, not_before=NEVER,
                gateway_id=f"demo-{one.number[3:15].lower()}" if one.created_at < self.now - _ASKED_FOR else "",
                compare_at=None, created_at=one.created_at, opened_at=one.created_at, settled_at=one.paid_at,
                ended_at=one.paid_at,
            )
            for one in deposits
        ]  # fmt: skip
        Payment.objects.bulk_create(payments, batch_size=_BATCH)
        captures = [
            Capture(
                payment=payment, gateway=payment.gateway, gateway_ref=f"demo-{payment.reference}",
                amount_minor=payment.amount_minor, currency=payment.currency, effect="CREDITED",
                captured_at=payment.settled_at, created_at=payment.settled_at or self.now,
            )
            for payment in payments
        ]  # fmt: skip
        Capture.objects.bulk_create(captures, batch_size=_BATCH)
        for deposit, capture in zip(deposits, captures, strict=True):
            self._book_deposit(deposit, capture)

    def _book_deposit(self, deposit: Deposit, capture: Capture) -> None:
        books, at, currency = self.books, capture.created_at, deposit.currency
        came, fee = Money(capture.amount_minor, currency), Money(deposit.fee_minor, currency)
        funds = books.house(Kind.FUNDS, currency)
        clearing = books.house(Kind.CLEARING, currency, capture.gateway)
        key = f"capture:{capture.gateway}:{capture.gateway_ref}"
        books.move(at, key, clearing, funds, came, "capture", deposit=deposit, note=deposit.number)
        fees = books.house(Kind.FEES, currency)
        books.move(at, f"fees:{deposit.number}", funds, fees, fee, "payment fee", deposit=deposit)
        wallet = books.wallet(deposit.user, currency)
        books.move(
            at, f"deposit:{capture.pk}", funds, wallet, came - fee, "deposit", deposit=deposit, note=deposit.number
        )
        self._book_fee(capture, came, deposit=deposit)

    # --- What hangs on orders ---

    def _slots(self) -> None:
        slots = []
        for one in self.written:
            order = one.order
            if order.promo_id is None:
                continue
            is_free = order.status in ("FAILED", "EXPIRED")
            slots.append(
                PromoSlot(
                    promo=self.promo, holder=order.number, day=promos.today(self.promo, order.created_at),
                    target=promos.target_of(order.product_id, order.fields), device=order.device,
                    address=order.address, taken_at=order.created_at, released_at=order.ended_at if is_free else None,
                )
            )  # fmt: skip
        PromoSlot.objects.bulk_create(slots, batch_size=_BATCH)
        self.promo.used += sum(slot.released_at is None for slot in slots)
        self.promo.save(update_fields=["used"])

    def _mails(self) -> None:
        rows = []
        ended = [one.order for one in self.written if one.order.status in ("SUCCESS", "FAILED")][-_MAILED:]
        for order in ended:
            template = "order_done" if order.status == "SUCCESS" else "order_failed"
            rows.append(
                MailMessage(
                    key=f"{template}:{order.number}", to=order.email, language=order.language, template=template,
                    context=mails.context(order), about=order.number, state=MailMessage.State.SENT,
                    subject=f"{order.sku_name} · {order.number}", attempts=1, created_at=order.ended_at or self.now,
                    sent_at=order.ended_at,
                )
            )  # fmt: skip
        MailMessage.objects.bulk_create(rows)


_IN_A_MINUTE = timedelta(minutes=1)


def number_of(prefix: str, place: int) -> str:
    """An invoice number that looks like any other, the same each time."""
    drawn = hashlib.sha256(f"demo month {prefix} {place}".encode()).digest()
    return prefix + "".join(_LETTERS[byte % len(_LETTERS)] for byte in drawn[:21])


def _instructions(channel: Channel, number: str) -> dict[str, str]:
    digits = str(int(hashlib.sha256(number.encode()).hexdigest()[:12], 16))
    return {"account_number": f"8808{digits[:12]}"} if channel.kind == Channel.Kind.VA else {}
