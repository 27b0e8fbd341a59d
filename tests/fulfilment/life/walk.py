"""A shop with two suppliers, and everything that can happen to its purchases: by workers, clocks, suppliers, strangers,
staff and customers. Each act takes a number that makes its choices."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.test import RequestFactory
from django.utils import timezone

from core.errors import Refused
from core.models import StaffCase
from core.money import Money
from fulfilment import (
    checking,
    circuit,
    correcting,
    finishing,
    history,
    hooks,
    profiles,
    promises,
    resolving,
    sending,
    taking,
    webhooks,
)
from fulfilment.models import Attempt, HistoryRow, Route, SkuPart, SupplierAccount, SupplierProduct, TopUp
from fulfilment.suppliers.base import Ask
from payments.gateways.base import CaptureSeen
from payments.models import Payment
from payments.money_back import giving_back
from payments.settling import settle
from storefront.orders.models import Order
from tests.fulfilment import desk
from tests.fulfilment.life.chance import Between, Clock, Dice, Died
from tests.fulfilment.life.outside import FAILED, NOBODY, PENDING, SUCCESS, KnowingReference, Outside, TellingHistory
from tests.payments.cast import second_attempt
from tests.payments.members import member
from tests.storefront import factories

_FORWARD = RequestFactory()
_SPANS = (1, 6, 20, 35, 95, 200, 620, 1900)
_LONG_AGO = 61 * 24 * 3600


@contextlib.contextmanager
def _mortal() -> Iterator[None]:
    """Whoever dies in here leaves the test's transaction usable: by a statement that brings a transaction of its own
    without a savepoint (a delete), Django would undo everything. It counts as committed."""
    try:
        yield
    except Died:
        transaction.set_rollback(False)
        raise


class Walk:
    """One shop, from its opening on."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.outside = Outside(clock)
        self.telling = TellingHistory(self.outside)
        self.knowing = KnowingReference(self.outside)
        self.between = Between()
        self.did: Counter[str] = Counter()
        self._refs = itertools.count(1)
        self._during: list[Callable[[Walk, Dice], None]] = []
        self._people = [None, member("a")]
        self.outside.meanwhile = self._meanwhile

    def open(self) -> None:
        """172 goes by the history first, 86 by reference first; 258 is one of either; 87 has one way alone."""
        desk.rate()
        goods = {code: factories.sku(code, of=factories.product("MLBB")) for code in ("S172", "S86", "S258", "S87")}
        for position, code in enumerate(("g172", "d172")):
            Route.objects.create(sku=goods["S172"], product=self._product(code), priority=position)
        for position, code in enumerate(("d86", "g86")):
            Route.objects.create(sku=goods["S86"], product=self._product(code), priority=position)
        Route.objects.create(sku=goods["S87"], product=self._product("g86"))
        SkuPart.objects.create(sku=goods["S258"], part=goods["S172"], weight=2)
        SkuPart.objects.create(sku=goods["S258"], part=goods["S86"], weight=1)
        self.goods, self.channel = list(goods.values()), factories.channel()

    def _product(self, code: str) -> SupplierProduct:
        supplier = self.telling if code.startswith("g") else self.knowing
        row, _ = SupplierProduct.objects.get_or_create(
            account=profiles.ensure(supplier.code),
            code=code,
            defaults={
                "game_code": "mlbb",
                "name": self.telling.names.get(code, code),
                "cost_minor": supplier.costs[code],
                "customer_format": "{player}{zone}",
            },
        )
        return row

    def act(self, name: str, number: int) -> None:
        """The act has been done, or broke off where its worker died; it may have been overtaken on the way."""
        dice = Dice(number)
        how, place, other = dice.of(("", "", "die", "other")), 1 + dice.below(24), dice.of(OVERTAKING)
        self.outside.dice = dice
        self._during = [dice.of(OVERTAKING)] if not self.outside.healthy and dice.of((False, True)) else []
        then = None if name in WHOLE else {"die": _die, "other": lambda: self._overtaken(other)}.get(how)
        self.did[name] += 1
        try:
            with _mortal(), self.between.at(place, then):
                ACTS[name](self, dice)
        except Died:
            self.did["died"] += 1
        self.outside.arrive_due()

    def _overtaken(self, other: Callable[[Walk, Dice], None]) -> None:
        during, self._during = self._during, []
        with contextlib.suppress(Died), _mortal():
            other(self, self.outside.dice)
        self._during = during

    def _meanwhile(self) -> None:
        """Something else happens while a call is under way, at most once in an act."""
        if self._during:
            self.did["during a call"] += 1
            self._overtaken(self._during.pop())

    # --- customers ---

    def buy(self, dice: Dice) -> None:
        player = dice.of(("7001", "7001", "7002", f"{NOBODY}1"))
        fields = [
            {"key": "userId", "name": "User ID", "value": player},
            {"key": "zoneId", "name": "Zone ID", "value": dice.of(("21", "22"))},
        ]
        order = factories.order(
            sku=dice.of(self.goods),
            channel=self.channel,
            fields=fields,
            quantity=dice.of((1, 1, 2)),
            user=dice.of(self._people),
        )
        payment = Payment.objects.create(
            order=order,
            reference=order.number,
            channel=order.channel,
            gateway="xendit",
            amount_minor=order.total_minor,
            currency=order.currency,
            state=Payment.State.OPEN,
            gateway_id=f"pr-{order.number}",
            expires_at=order.expires_at,
        )
        assert settle(payment.pk, self._capture(payment))

    def pay_again(self, dice: Dice) -> None:
        order = self._one(Order.objects.filter(payments__attempt=1), dice)
        if order and not order.payments.filter(attempt=2).exists():
            payment = second_attempt(order, Payment.State.FAILED)
            settle(payment.pk, self._capture(payment))

    def _capture(self, payment: Payment) -> CaptureSeen:
        return CaptureSeen(f"py-{next(self._refs)}", Money(payment.amount_minor, payment.currency), timezone.now())

    def cancel(self, dice: Dice) -> None:
        order = self._one(Order.objects.filter(status__in=("PAID", "PROCESSING")), dice)
        if order:
            with contextlib.suppress(Refused):
                promises.cancel(order)

    def correct(self, dice: Dice) -> None:
        order = self._one(Order.objects.filter(status="PROCESSING"), dice)
        if order:
            with contextlib.suppress(Refused):
                typed = {"userId": dice.of(("7001", "7003")), "zoneId": dice.of(("21", "23"))}
                correcting.apply(order, correcting.propose(order, typed).token)

    # --- workers ---

    def take(self, dice: Dice) -> None:
        for group in taking.take():
            for topup in group:
                sending.send(topup)

    def send(self, dice: Dice) -> None:
        topup = self._one(TopUp.objects.filter(state="QUEUED"), dice)
        if topup:
            sending.send(topup.pk)

    def sweep(self, dice: Dice) -> None:
        for look in (
            sending.give_up_dead, resolving.look_after_accepted, resolving.ask_overdue, checking.ask_overdue,
            checking.retire_old, finishing.end_forgotten, resolving.report_foreign, promises.tell_late,
        ):  # fmt: skip
            look()
        for topup in sending.due(100):
            sending.send(topup)

    def give_up_dead(self, dice: Dice) -> None:
        sending.give_up_dead()

    def poll(self, dice: Dice) -> None:
        history.poll(SupplierAccount.objects.get(code="gemgo"))

    def check(self, dice: Dice) -> None:
        checking.look_due()

    def read_profiles(self, dice: Dice) -> None:
        profiles.look_after()

    def read_catalogue(self, dice: Dice) -> None:
        """What `supplier_price` closed is open again, as a reading of the catalogue makes it."""
        SupplierProduct.objects.update(is_active=True)

    # --- suppliers ---

    def finish(self, dice: Dice) -> None:
        books = dice.of((self.telling, self.knowing))
        made = [one for one in books.purchases if one.status == PENDING]
        if made:
            books.finish(made[dice.below(len(made))], dice.of((SUCCESS, SUCCESS, FAILED)))

    def take_back(self, dice: Dice) -> None:
        """A final word is changed: delivered is failed after all, or the other way round."""
        books = dice.of((self.telling, self.knowing))
        made = [one for one in books.purchases if one.status != PENDING]
        if made and dice.of((False, False, True)):
            one = made[dice.below(len(made))]
            books.finish(one, FAILED if one.status == SUCCESS else SUCCESS)

    def weather(self, dice: Dice) -> None:
        self.telling.lag = timedelta(seconds=dice.of((0, 0, 20, 200)))
        self.telling.shows = dice.of((1000, 3, 5, 8))
        self.telling.ahead = (
            timedelta(seconds=dice.of((0, 0, 30, -30, 110, -110, 500)))
            if not (self.telling.purchases)
            else self.telling.ahead
        )
        self.telling.names["g86"] = dice.of(("86 Diamonds", "86 DIAMONDS", "Diamonds x86"))

    def funds(self, dice: Dice) -> None:
        books = dice.of((self.telling, self.knowing))
        books.balance = dice.of((10**9, 0, 2 * max(books.costs.values())))

    def strangers_buy(self, dice: Dice) -> None:
        """Somebody buys by hand on our account, for players of his own."""
        for _ in range(1 + dice.below(4)):
            made = self.telling.make(_foreign(next(self._refs)), "172 Diamonds", f"X{next(self._refs):06d}")
            self.telling.finish(made, SUCCESS)

    def callback(self, dice: Dice) -> None:
        """The address of an attempt is called, as often as somebody likes, whatever he says."""
        attempt = self._one(Attempt.objects.filter(reference=""), dice)
        token = attempt.callback_token if attempt and dice.of((True, True, False)) else "nobody"
        for _ in range(dice.of((1, 2))):
            hooks.gemgo(_FORWARD.post(f"/hooks/gemgo/{token}", {"status": dice.of(("success", "FAILED"))}), token)
        if dice.of((False, True)):
            history.poll_wanted(sleep=self.clock.let_pass)

    def webhook(self, dice: Dice) -> None:
        """The second supplier tells how a purchase stands; or a stranger does, without its secret."""
        attempt = self._one(Attempt.objects.exclude(reference=""), dice)
        made = [one for one in self.knowing.purchases if attempt and one.token == attempt.callback_token]
        if attempt is None:
            return
        secret = settings.DIGIFLAZZ_WEBHOOK_SECRET
        if made and dice.of((True, True, False)):
            rc, status = {PENDING: ("03", "Pending"), SUCCESS: ("00", "Sukses"), FAILED: ("02", "Gagal")}[
                made[-1].status
            ]
        else:
            (rc, status), secret = dice.of((("00", "Sukses"), ("02", "Gagal"))), "somebody else's"
        told = {"ref_id": attempt.reference, "customer_no": attempt.customer_no, "rc": rc, "status": status}
        body = json.dumps(
            {"data": told | {"buyer_sku_code": attempt.product_code, "price": attempt.cost_minor}}
        ).encode()
        signature = "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
        for _ in range(dice.of((1, 2))):
            request = _FORWARD.post(
                "/hooks/digiflazz", body, "application/json", headers={"X-Hub-Signature": signature}
            )
            hooks.digiflazz(request)
        webhooks.work_inbox()

    # --- time ---

    def wait(self, dice: Dice) -> None:
        self.clock.let_pass(dice.of(_SPANS))

    def wait_long(self, dice: Dice) -> None:
        self.clock.let_pass(_LONG_AGO if dice.below(6) == 5 else 3600)

    def wait_a_little(self, dice: Dice) -> None:
        self.clock.let_pass(dice.of((1, 4, 6, 15)))

    # --- staff: they ask the supplier, whose word is its truth of that moment ---

    def decide(self, dice: Dice) -> None:
        attempt = self._one(Attempt.objects.filter(state__in=("UNKNOWN", "ACCEPTED"), ended_at=None), dice)
        if attempt:
            for _ in range(dice.of((1, 2))):
                self.decide_on(attempt)

    def decide_on(self, attempt: Attempt) -> None:
        """What a careful person does about an attempt that is open."""
        made = self.made_by(attempt.callback_token)
        if not made:
            if timezone.now() >= resolving.may_come_about_until(attempt):
                resolving.not_created(attempt, by="staff")
            return
        if not attempt.reference:
            if attempt.state != Attempt.State.UNKNOWN:
                return
            row = HistoryRow.objects.filter(
                transaction_id=made[0].transaction_id, player_id=attempt.player_id, attempt=None,
                made_at=self.telling._dated(made[0]),
            ).first()  # fmt: skip
            if row:
                resolving.adopt(attempt, row, by="staff")
        elif made[-1].status != PENDING:
            checking.settle(attempt, arrived=made[-1].status == SUCCESS, by="staff")

    def made_by(self, token: str) -> list[Any]:
        return [one for one in (*self.telling.purchases, *self.knowing.purchases) if one.token == token]

    def look_now(self, dice: Dice) -> None:
        attempt = self._one(Attempt.objects.exclude(reference=""), dice)
        if attempt:
            checking.look(attempt.pk)

    def account(self, dice: Dice) -> None:
        account = dice.of(list(SupplierAccount.objects.order_by("code")))
        match dice.of(("resume", "close", "open")):
            case "resume":
                profiles.resume(account)
            case "close":
                circuit.close(account, "by staff")
            case _:
                circuit.open_by_hand(account, "staff", "because")

    def give_back(self, dice: Dice) -> None:
        order = self._one(Order.objects.filter(status__in=("PROCESSING", "SUCCESS", "FAILED")), dice)
        if order:
            with contextlib.suppress(Refused):
                amount = Money(1 + dice.below(order.total_minor), order.currency)
                giving_back.give_back(order.pk, amount, seen=order.refunds.count(), by="staff", why="because")

    # --- the end ---

    def come_to_rest(self, hours: int = 4) -> None:
        """Both suppliers have worked for hours, and all workers and clocks with them; nobody decided anything."""
        self.outside.healthy, self.outside.dice = True, Dice(0)
        self.telling.lag, self.telling.shows = timedelta(), 1000
        for books in (self.telling, self.knowing):
            books.balance = 10**9
        SupplierProduct.objects.update(is_active=True)
        for account in SupplierAccount.objects.all():
            profiles.resume(account)
            circuit.close(account, "staff")
        spans = [1, 30, 60, 60, 100, 100, 100, 300, 300, 600, 900, *[1800] * (2 * hours)]
        for span in spans:
            self.outside.arrive_due()
            for books in (self.telling, self.knowing):
                for made in books.purchases:
                    if made.status == PENDING:
                        books.finish(made, SUCCESS)
            if not Order.objects.filter(status__in=("PAID", "PROCESSING")).exists():
                return
            for work in ("read_profiles", "take", "sweep", "poll", "check", "sweep"):
                self.act(work, 0)
            self.clock.let_pass(span)

    def books_are_compared(self) -> None:
        """What has ended has been looked at once more, as it is every ten minutes."""
        self.clock.let_pass(900)
        self._during = []
        history.look_back(SupplierAccount.objects.get(code="gemgo"))

    def staff_decide_all(self) -> None:
        """Everything that waits for a person has been decided by what the suppliers' books say."""
        for attempt in Attempt.objects.filter(state__in=("UNKNOWN", "ACCEPTED"), ended_at=None):
            self.decide_on(attempt)

    def cases_of(self, order: Order) -> set[str]:
        return set(StaffCase.objects.filter(about=order.number).values_list("kind", flat=True))

    def _one(self, rows: Any, dice: Dice) -> Any:
        # One statement: between two the row may be overtaken.
        found = list(rows.order_by("-pk"))
        return found[dice.below(len(found))] if found else None


def _die() -> None:
    raise Died


def _foreign(number: int) -> Ask:
    return Ask("g172", "mlbb", f"90{number:05d}", "1", f"https://elsewhere/{number}")


#: What may come between two statements of an act, or while its call is under way.
OVERTAKING: tuple[Callable[[Walk, Dice], None], ...] = (
    Walk.wait_a_little, Walk.send, Walk.sweep, Walk.poll, Walk.check, Walk.give_up_dead, Walk.callback, Walk.webhook,
    Walk.decide, Walk.cancel, Walk.correct, Walk.finish, Walk.look_now, Walk.take,
)  # fmt: skip
ACTS: dict[str, Callable[[Walk, Dice], None]] = {
    act.__name__: act
    for act in (
        Walk.buy, Walk.pay_again, Walk.cancel, Walk.correct, Walk.take, Walk.send, Walk.sweep, Walk.poll, Walk.check,
        Walk.read_profiles, Walk.read_catalogue, Walk.finish, Walk.take_back, Walk.weather, Walk.funds,
        Walk.strangers_buy, Walk.callback, Walk.webhook, Walk.wait, Walk.wait_long, Walk.decide, Walk.look_now,
        Walk.account, Walk.give_back,
    )
}  # fmt: skip
#: Nothing to do with purchases at suppliers: where these break off is asked elsewhere.
WHOLE = {"buy", "pay_again", "give_back"}
