"""The nightly proof: what it finds, and that it finds nothing where all is well."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from core.models import StaffCase
from core.money import Money
from payments import figures, ledger_check, proving
from payments.models import Account, Capture, Deposit, Payment, Transfer
from payments.settling import settle
from payments.wallet import services as ledger
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.payments.cast import money, payment_of, placed, unplaced
from tests.payments.members import funded, member
from tests.payments.test_balance import bought, ended
from tests.payments.test_deposits import TOTAL, waiting

pytestmark = pytest.mark.django_db


def something_of_everything() -> None:
    user = member()
    _deposit, payment = waiting(user)
    settle(payment.pk, money(TOTAL, "cptr-deposit"))
    funded(user, 500_000)
    ended(bought(user, quantity=2), 1)
    ended(bought(user), 0)
    bought(user)
    _order, payment = unplaced()
    settle(payment.pk, money())


def test_nothing_is_found_where_all_is_well(sandbox: Sandbox) -> None:
    something_of_everything()
    assert ledger_check.problems() == []


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda: Account.objects.filter(kind="WALLET").update(balance_minor=F("balance_minor") + 1), "its rows say"),
        (
            lambda: Transfer.objects.filter(reason="purchase").update(source_after_minor=F("source_after_minor") + 1),
            "the chain is broken",
        ),
        (
            lambda: Transfer.objects.filter(pk=Transfer.objects.filter(reason="sale")[0].pk).delete(),
            "stand in customer funds",
        ),
        (lambda: Payment.objects.update(received_minor=F("received_minor") + 1), "its captures say"),
        (lambda: Capture.objects.update(gateway_ref=F("id")), "is not booked as it came in"),
        (lambda: Transfer.objects.filter(reason="refund paid").update(key=F("id")), "is done but not booked"),
        (lambda: Deposit.objects.update(credited_minor=1), "the wallet got"),
        (lambda: Order.objects.filter(status="SUCCESS").update(status="PROCESSING"), "is paid, and 0 stands"),
        (lambda: Transfer.objects.filter(reason="capture").update(order=None), "for nobody"),
    ],
)  # fmt: skip
def test_what_is_broken_is_named(break_it, says: str) -> None:
    something_of_everything()
    break_it()
    assert any(says in one for one in ledger_check.problems()), ledger_check.problems()


def test_points_have_a_chain_too() -> None:
    user = member()
    given = ledger.house(Account.Kind.ISSUED, "PTS")
    ledger.transfer("x", given, ledger.points(user), Money(5, "PTS"), "points earned")
    assert ledger_check.problems() == []
    Account.objects.filter(kind="POINTS").update(balance_minor=6)
    assert len(ledger_check.problems()) == 1


def test_an_account_without_rows_holds_nothing() -> None:
    wallet = ledger.wallet(member(), "IDR")
    Account.objects.filter(pk=wallet.pk).update(balance_minor=5)
    assert ledger_check.wallet_problems() == [f"{wallet.key} says 5, its rows say 0"]


def test_what_we_counted_is_held_against_the_gateway(sandbox: Sandbox) -> None:
    order = placed()
    sandbox.faults(webhook={"drop": 1.0})
    sandbox.pay(order.number)
    settle(payment_of(order).pk, money(ref="cptr-invented"))
    now = timezone.now()
    assert proving.gateway_problems(now) == []
    Payment.objects.update(received_minor=1)
    (problem,) = proving.gateway_problems(now)
    assert order.number in problem and "we counted Rp1" in problem
    assert proving.gateway_problems(now + timedelta(days=2)) == []


def test_a_gateway_that_is_away_proves_nothing(sandbox: Sandbox) -> None:
    order = placed()
    settle(payment_of(order).pk, money())
    sandbox.faults(gateway={"error": 1.0})
    assert proving.gateway_problems(timezone.now()) == []


def test_staff_have_one_case_a_day_and_the_alert_rings(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    assert proving.prove() == [] and figures._broken_ledgers() == 0
    wallet = ledger.wallet(member(), "IDR")
    Account.objects.filter(pk=wallet.pk).update(balance_minor=5)
    with caplog.at_level(logging.ERROR):
        for _ in range(2):
            assert len(proving.prove()) == 1
    case = StaffCase.objects.get()
    assert (case.kind, case.evidence["problems"]) == ("ledger", [f"{wallet.key} says 5, its rows say 0"])
    assert "the ledger does not hold" in caplog.text and figures._broken_ledgers() == 1
