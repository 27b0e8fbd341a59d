"""Money for a deposit: in the wallet once, whatever came, whenever, by whatever way we heard of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from core.mail import compose
from core.models import MailMessage, StaffCase
from core.money import Money
from payments import expiry, looking, webhooks
from payments.deposits import creating, quoting
from payments.deposits.models import Deposit
from payments.models import Capture, Payment, Transfer
from payments.settling import settle
from storefront.channels.models import Channel
from tests.conftest import Sandbox
from tests.contract.test_deposits import some_deposit
from tests.payments.cast import books, due_now, money, nothing_moved, unplaced
from tests.payments.members import books_hold, holds, member
from tests.payments.test_webhooks import captured, post
from tests.storefront import factories

pytestmark = pytest.mark.django_db
AMOUNT, TOTAL = 100_000, 100_700


@pytest.fixture
def me() -> User:
    return member("me")


def placed(user: User, channel: Channel | None = None) -> tuple[Deposit, Payment]:
    """A deposit with a payment open at the sandbox's gateway."""
    channel = channel or factories.channel()
    now = timezone.now()
    quote = quoting.quote(user, channel.region, channel.code, Money(AMOUNT, "IDR"), "id", now)
    deposit, payment = creating.place(quoting.token_of(quote), user)
    assert payment is not None
    return deposit, payment


def waiting(user: User, state: str = "OPEN") -> tuple[Deposit, Payment]:
    """A deposit and its payment, without any gateway being asked."""
    deposit = some_deposit(user, "PENDING", AMOUNT)
    Deposit.objects.filter(pk=deposit.pk).update(fee_minor=700, total_minor=TOTAL)
    payment = Payment.objects.create(
        deposit=deposit,
        reference=deposit.number,
        channel=deposit.channel,
        gateway="xendit",
        amount_minor=TOTAL,
        currency="IDR",
        state=state,
        gateway_id=f"pr-{deposit.number}",
        expires_at=deposit.expires_at,
    )
    return Deposit.objects.get(pk=deposit.pk), payment


def fresh(deposit: Deposit) -> Deposit:
    return Deposit.objects.get(pk=deposit.pk)


def overdue(deposit: Deposit) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Deposit.objects.filter(pk=deposit.pk).update(expires_at=past)
    Payment.objects.filter(deposit=deposit).update(expires_at=past, not_before=past)


def test_a_deposit_is_credited_without_its_fee(me: User) -> None:
    deposit, payment = waiting(me)
    assert settle(payment.pk, money(TOTAL)) is True
    assert settle(payment.pk, money(TOTAL)) is False
    deposit = fresh(deposit)
    assert (deposit.status, deposit.credited_minor) == ("SUCCESS", AMOUNT)
    assert deposit.paid_at and holds(me) == AMOUNT
    mail = MailMessage.objects.get()
    assert (mail.template, mail.to, mail.about) == ("deposit_credited", me.email, deposit.number)
    told = compose(mail)
    assert "Rp100.000" in told.subject and "Rp100.700" in told.body and deposit.number in told.body
    assert Capture.objects.get().effect == "CREDITED"
    assert books() == {"clearing:xendit:IDR": -TOTAL, "fees:IDR": 700, f"wallet:{me.pk}:IDR": AMOUNT}
    assert not StaffCase.objects.exists() and books_hold()


def test_it_is_the_webhook_that_is_looked_up(me: User, sandbox: Sandbox) -> None:
    deposit, payment = placed(me)
    # A webhook that only says so moves nothing: the gateway is asked, and it knows of no money.
    said = {"payment_id": "py-x", "payment_request_id": payment.gateway_id, "reference_id": deposit.number}
    assert post({"event": "payment.capture", "data": {**said, "status": "SUCCEEDED"}}) == 200
    webhooks.work_inbox()
    assert fresh(deposit).status == "PENDING" and nothing_moved()
    sandbox.pay(deposit.number)
    for _ in range(20):
        assert post(captured(payment)) == 200
        webhooks.work_inbox()
    looking.check_again(deposit)
    assert holds(me) == AMOUNT and Capture.objects.count() == 1 and books_hold()


def test_without_any_webhook_the_poll_finds_it(me: User, sandbox: Sandbox) -> None:
    sandbox.faults(webhook={"drop": 1.0})
    deposit, _payment = placed(me)
    sandbox.pay(deposit.number)
    due_now()
    assert looking.poll_due() == 1
    assert fresh(deposit).status == "SUCCESS" and holds(me) == AMOUNT


def test_an_unpaid_deposit_expires_and_its_payment_too(me: User, sandbox: Sandbox) -> None:
    deposit, payment = placed(me)
    assert expiry.expire_due() == 0
    overdue(deposit)
    assert expiry.expire_due() == 1
    payment.refresh_from_db()
    assert (fresh(deposit).status, payment.state) == ("EXPIRED", "EXPIRED")
    assert [one["status"] for one in sandbox.gateway_payments()] == ["cancelled"]
    assert expiry.expire_due() == 0 and nothing_moved()


def test_a_deposit_paid_at_the_last_moment_is_found_by_its_expiry(me: User, sandbox: Sandbox) -> None:
    sandbox.faults(webhook={"drop": 1.0})
    deposit, _payment = placed(me)
    sandbox.pay(deposit.number)
    overdue(deposit)
    assert expiry.expire_due() == 0
    assert fresh(deposit).status == "SUCCESS" and holds(me) == AMOUNT


def test_f5_late_money_is_the_members(me: User) -> None:
    deposit, payment = waiting(me)
    overdue(deposit)
    expiry.expire_deposit(deposit.pk, timezone.now())
    assert fresh(deposit).status == "EXPIRED"
    settle(payment.pk, money(TOTAL))
    assert fresh(deposit).status == "SUCCESS" and holds(me) == AMOUNT and books_hold()


@pytest.mark.parametrize("came", [1, 700, TOTAL - 1, TOTAL + 1, 10 * TOTAL])
def test_another_amount_is_credited_whole_and_staff_know(me: User, came: int) -> None:
    deposit, payment = waiting(me)
    settle(payment.pk, money(came))
    assert (fresh(deposit).status, fresh(deposit).credited_minor, holds(me)) == ("SUCCESS", came, came)
    assert StaffCase.objects.get().kind == "deposit-odd" and books_hold()


def test_a_second_payment_is_credited_whole_and_staff_know(me: User) -> None:
    deposit, payment = waiting(me)
    settle(payment.pk, money(TOTAL))
    settle(payment.pk, money(TOTAL, ref="cptr-2"))
    assert (fresh(deposit).credited_minor, holds(me)) == (AMOUNT + TOTAL, AMOUNT + TOTAL)
    assert StaffCase.objects.get().evidence["paid_before"] is True and books_hold()


def test_money_in_another_currency_is_in_a_wallet_of_that_currency(me: User) -> None:
    deposit, payment = waiting(me)
    settle(payment.pk, money(1_000, currency="MYR"))
    assert (holds(me, "MYR"), holds(me)) == (1_000, 0)
    assert fresh(deposit).status == "PENDING" and StaffCase.objects.count() == 1 and books_hold()


def test_what_the_gateway_says_failed_has_failed_and_may_still_be_paid(me: User, sandbox: Sandbox) -> None:
    deposit, payment = placed(me, factories.channel("DANA", kind="REDIRECT"))
    sandbox.pay(deposit.number, "failed")
    looking.look(payment)
    assert fresh(deposit).status == "FAILED" and nothing_moved()
    settle(payment.pk, money(TOTAL))
    assert fresh(deposit).status == "SUCCESS" and holds(me) == AMOUNT


def test_f10_a_late_failed_does_not_undo_what_is_credited(me: User) -> None:
    deposit, payment = waiting(me)
    settle(payment.pk, money(TOTAL))
    looking._end_deposit(payment, failed=True)
    assert expiry.expire_deposit(deposit.pk, timezone.now() + timedelta(days=9)) is False
    assert fresh(deposit).status == "SUCCESS"


def test_a_payment_is_for_an_order_or_a_deposit(me: User) -> None:
    _deposit, payment = waiting(me)
    order, _payment = unplaced()
    for wrong in ({"order": order}, {"deposit": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Payment.objects.filter(pk=payment.pk).update(**wrong)


def test_one_live_payment_per_deposit(me: User) -> None:
    deposit, _payment = waiting(me)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.create(
            deposit=deposit, attempt=2, reference="x", channel=deposit.channel, gateway="xendit", amount_minor=1,
            currency="IDR", expires_at=deposit.expires_at,
        )  # fmt: skip


def test_every_row_of_a_deposit_names_it(me: User) -> None:
    deposit, payment = waiting(me)
    settle(payment.pk, money(TOTAL))
    assert Transfer.objects.filter(deposit=deposit, order=None).count() == Transfer.objects.count() == 3


def test_nobody_finds_anothers_deposit(me: User) -> None:
    deposit, _payment = waiting(me)
    assert creating.find(deposit.number.lower(), me) == deposit
    with pytest.raises(Exception, match="NOT_FOUND"):
        creating.find(deposit.number, member("other"))
