"""Another way to pay for an unpaid order (decisions, Money)."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Refused
from core.money import Money
from payments import changing
from payments.gateways import for_code
from payments.models import Payment
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.payments.cast import TOTAL, fresh, nothing_moved, overdue, payment_of, placed
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
    monkeypatch.setattr(for_code("xendit"), "cancel", lambda gateway_id: False)
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
