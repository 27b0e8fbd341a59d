"""Codes that a supplier delivers: sealed for their unit, and nowhere else to be read."""

from __future__ import annotations

import pytest

from core.models import InboxMessage, MailMessage, StaffCase
from fulfilment import checking
from fulfilment.codes import returning, revealing
from fulfilment.models import Attempt, Code
from payments import ledger_check
from storefront.catalogue.models import Sku
from tests.conftest import Sandbox
from tests.fulfilment import by_reference as desk
from tests.fulfilment.desk import cases, paid

pytestmark = pytest.mark.django_db
CODE = "9988-7766-5544/3322"


@pytest.fixture
def supplier(sandbox: Sandbox, db: None, settings) -> Sandbox:
    settings.DIGIFLAZZ_TIMEOUT_SECONDS = 1
    sandbox.faults(**desk.PENDING)
    desk.shop()
    Sku.objects.update(gives_code=True)
    return sandbox


def kept(attempt: Attempt) -> str:
    """All that is written down of it but the sealed row."""
    attempt.refresh_from_db()
    rows = [attempt, *InboxMessage.objects.all(), *StaffCase.objects.all(), *MailMessage.objects.all()]
    return " ".join(str(vars(row)) for row in rows)


def test_F15_a_code_that_a_webhook_brings_is_sealed_for_its_buyer_alone(supplier, client):
    order, other = paid(), paid()
    attempt = desk.buy(order)
    desk.buy(other)
    assert desk.post(client, desk.told(attempt, sn=CODE)) == 200
    assert CODE not in kept(attempt) and CODE.replace("/", "\\/") not in kept(attempt) and attempt.serial == ""
    assert [one.code for one in revealing.reveal(order, None, by="browser", address=None)] == [CODE]
    order.refresh_from_db()
    assert order.status == "SUCCESS" and Code.objects.get().topup.order == order
    # The same news again is no second code; the same code for somebody else is a case, and theirs all the same.
    desk.post(client, desk.told(attempt, sn=CODE, message="again"))
    assert Code.objects.count() == 1
    desk.post(client, desk.told(desk.newest(other), sn=CODE))
    assert len(cases("code-twice")) == 1 and CODE not in kept(attempt)


def test_a_code_that_the_answer_brings_is_sealed_too(supplier):
    supplier.faults(**desk.QUIET)
    order = paid()
    attempt = desk.buy(order)
    desk.ended(supplier)
    desk.pass_time(91)
    checking.look_due()
    (shown,) = revealing.reveal(order, None, by="browser", address=None)
    assert shown.code and shown.code not in kept(attempt)


def test_unseen_it_is_refundable_and_never_sold_to_another(supplier, client):
    order = paid()
    attempt = desk.buy(order)
    desk.post(client, desk.told(attempt, sn=CODE))
    refund = returning.take_back(Code.objects.get(), by="staff", why="wrong country")
    order.refresh_from_db()
    assert refund is not None and refund.amount_minor == order.total_minor
    assert Code.objects.get().state == "VOID" and (order.delivered, order.failed) == (0, 1)
    assert not ledger_check.problems()


def test_delivered_without_a_code_is_a_case(supplier, client):
    order = paid()
    desk.post(client, desk.told(desk.buy(order), sn=""))
    (case,) = cases("code-missing")
    assert case.about == order.number
