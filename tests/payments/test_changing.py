"""Another way to pay for an unpaid order (decisions, Money)."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from core.errors import Refused
from core.models import MailMessage
from core.money import Money
from payments import changing, checkout, opening
from payments.gateways import for_code
from payments.gateways.base import Withdrawal
from payments.models import Payment, Refund, Transfer
from payments.settling import settle
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.payments.cast import TOTAL, fresh, money, nothing_moved, overdue, payment_of, placed, sound, token
from tests.payments.members import books_hold, by_balance, funded, holds, member
from tests.storefront import factories

pytestmark = pytest.mark.django_db
VA_TOTAL = Money(49450 + 4000, "IDR")


@pytest.fixture
def va() -> Any:
    return factories.channel(
        "BCA_VA", kind="VA", gateway_channel="BCA_VIRTUAL_ACCOUNT", fee_percent="0", fee_minor=4000, name="BCA VA"
    )


def refused(act: Any) -> str:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.code


def test_it_is_quoted_anew_and_nothing_moves(sandbox: Sandbox, va: Any) -> None:
    order = placed()
    quoted = changing.requote(order, "BCA_VA")
    assert (quoted.fee, quoted.total) == (Money(4000, "IDR"), VA_TOTAL)
    assert (fresh(order).total_minor, len(sandbox.gateway_payments())) == (TOTAL, 1)


def test_the_old_payment_is_cancelled_first_and_the_deadline_stays(sandbox: Sandbox, va: Any) -> None:
    order = placed()
    deadline = order.expires_at
    changing.change_channel(order, "BCA_VA", VA_TOTAL)
    order = fresh(order)
    assert (order.total_minor, order.fee_minor, order.channel_code) == (VA_TOTAL.minor, 4000, "BCA_VA")
    newest = payment_of(order)
    assert (newest.reference, newest.amount_minor, newest.state) == (f"{order.number}-2", VA_TOTAL.minor, "OPEN")
    assert newest.instructions["account_number"]
    assert order.expires_at == newest.expires_at == deadline
    assert [p["status"] for p in sandbox.gateway_payments()] == ["cancelled", "pending"]


def test_an_old_payment_that_turns_out_paid_pays_the_order_as_it_was(sandbox: Sandbox, va: Any) -> None:
    order = placed()
    sandbox.pay(order.number)
    changed = changing.change_channel(order, "BCA_VA", VA_TOTAL)
    assert (changed.status, changed.total_minor, changed.channel_code) == ("PAID", TOTAL, "QRIS")
    assert Payment.objects.count() == 1


def test_an_old_payment_in_progress_blocks_it(sandbox: Sandbox, va: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    order = placed()
    monkeypatch.setattr(for_code("xendit"), "withdraw", lambda gateway_id: Withdrawal.BUSY)
    assert refused(lambda: changing.change_channel(order, "BCA_VA", VA_TOTAL)) == "INVALID_PAYMENT_METHOD"
    assert fresh(order).channel_code == "QRIS"


def test_a_gateway_that_is_away_blocks_it(sandbox: Sandbox, va: Any) -> None:
    order = placed()
    sandbox.faults(gateway={"error": 1})
    assert refused(lambda: changing.change_channel(order, "BCA_VA", VA_TOTAL)) == "PAYMENT_UNAVAILABLE"
    assert fresh(order).channel_code == "QRIS"


def test_a_promo_tied_to_the_channel_blocks_it(sandbox: Sandbox, va: Any) -> None:
    promo = factories.promo()
    promo.channels.add(factories.channel())
    order = placed(promo=promo, discount_minor=4945)
    assert refused(lambda: changing.requote(order, "BCA_VA")) == "PROMO_NOT_APPLICABLE"


def test_any_other_promo_goes_along(sandbox: Sandbox, va: Any) -> None:
    order = placed(promo=factories.promo(), discount_minor=4945)
    assert changing.requote(order, "BCA_VA").total.minor == 49450 - 4945 + 4000


def test_a_total_that_was_not_shown_is_not_charged(sandbox: Sandbox, va: Any) -> None:
    order = placed()
    assert refused(lambda: changing.change_channel(order, "BCA_VA", Money(1, "IDR"))) == "VALIDATION_ERROR"
    assert [p["status"] for p in sandbox.gateway_payments()] == ["pending"]


@pytest.mark.parametrize("how", ["paid", "overdue", "expired"])
def test_only_an_order_that_waits_for_money_can_change(sandbox: Sandbox, va: Any, how: str) -> None:
    order = placed()
    if how == "overdue":
        overdue(order)
    else:
        Order.objects.update(status=how.upper())
    assert refused(lambda: changing.requote(fresh(order), "BCA_VA")) == "INVALID_PAYMENT_METHOD"


def test_limits_of_the_new_channel_hold(sandbox: Sandbox, va: Any) -> None:
    va.__class__.objects.filter(pk=va.pk).update(min_minor=60_000)
    order = placed()
    assert refused(lambda: changing.requote(order, "BCA_VA")) == "AMOUNT_TOO_LOW"


def test_money_on_the_old_payment_after_the_change_is_kept_for_a_person(sandbox: Sandbox, va: Any) -> None:
    order = placed()
    changing.change_channel(order, "BCA_VA", VA_TOTAL)
    assert nothing_moved()
    sandbox.pay(order.number)
    assert fresh(order).status == "PENDING"


# --- To the member's own balance ---

PRICE = Money(49450, "IDR")


def bought(user: User, **quote: Any) -> Order:
    """An order of the member's with a payment open at the sandbox's gateway."""
    return checkout.place(token(user=user, **quote), factories.client(), user)


def test_the_members_own_balance_pays_it_at_once(sandbox: Sandbox) -> None:
    user = member()
    funded(user, 100_000)
    by_balance()
    order = bought(user)
    assert changing.requote(order, "BALANCE", user).total == PRICE
    changed = fresh(changing.change_channel(order, "BALANCE", PRICE, user))
    assert (changed.status, changed.channel_code, changed.total_minor) == ("PAID", "BALANCE", PRICE.minor)
    assert holds(user) == 100_000 - PRICE.minor
    states = {row.reference: (row.gateway, row.state) for row in Payment.objects.all()}
    assert states == {order.number: ("xendit", "CANCELLED"), f"{order.number}-2": ("balance", "SETTLED")}
    assert [p["status"] for p in sandbox.gateway_payments()] == ["cancelled"]
    assert MailMessage.objects.filter(template="order_paid").count() == 1
    assert sound(order) and books_hold()
    # A second tap finds it paid.
    assert refused(lambda: changing.change_channel(fresh(order), "BALANCE", PRICE, user)) == "INVALID_PAYMENT_METHOD"
    assert holds(user) == 100_000 - PRICE.minor


def test_F12_money_that_comes_on_the_old_request_after_all_goes_back_to_the_wallet(sandbox: Sandbox) -> None:
    user = member()
    funded(user, 100_000)
    by_balance()
    order = bought(user)
    changing.change_channel(order, "BALANCE", PRICE, user)
    settle(Payment.objects.get(attempt=1).pk, money(TOTAL))
    assert fresh(order).status == "PAID"
    assert Refund.objects.get().why == "DOUBLE"
    assert sound(order) and books_hold()


def test_too_low_a_balance_leaves_the_open_payment_alone(sandbox: Sandbox) -> None:
    user = member()
    funded(user, PRICE.minor - 1)
    by_balance()
    order = bought(user)
    assert refused(lambda: changing.change_channel(order, "BALANCE", PRICE, user)) == "INSUFFICIENT_BALANCE"
    assert fresh(order).channel_code == "QRIS" and payment_of(order).state == "OPEN"
    assert [p["status"] for p in sandbox.gateway_payments()] == ["pending"]


def test_a_balance_spent_meanwhile_leaves_an_order_that_can_be_paid_otherwise(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = member()
    funded(user, PRICE.minor - 1)
    by_balance()
    order = bought(user)
    monkeypatch.setattr(changing, "balances", lambda user: {"IDR": PRICE})
    assert refused(lambda: changing.change_channel(order, "BALANCE", PRICE, user)) == "INSUFFICIENT_BALANCE"
    left = fresh(order)
    assert (left.status, left.channel_code, left.total_minor, holds(user)) == (
        "PENDING",
        "QRIS",
        TOTAL,
        PRICE.minor - 1,
    )
    reopened = opening.ensure_open(left)
    assert reopened is not None and (reopened.attempt, reopened.state) == (2, "OPEN")
    assert not Transfer.objects.filter(order=order).exists()


def test_nobody_elses_balance_and_no_guests_order(sandbox: Sandbox) -> None:
    user, other = member("a"), member("b")
    funded(other, 100_000)
    by_balance()
    mine, guests = bought(user), placed()
    for order, who in ((mine, other), (mine, None), (guests, other)):
        assert refused(lambda: changing.requote(order, "BALANCE", who)) == "INVALID_PAYMENT_METHOD"  # noqa: B023
    assert holds(other) == 100_000


def test_a_promo_of_the_old_channel_does_not_go_along_to_the_balance(sandbox: Sandbox) -> None:
    user = member()
    funded(user, 100_000)
    by_balance()
    promo = factories.promo()
    promo.channels.add(factories.channel())
    order = bought(user, promo=promo, discount_minor=4945)
    assert refused(lambda: changing.requote(order, "BALANCE", user)) == "PROMO_NOT_APPLICABLE"
