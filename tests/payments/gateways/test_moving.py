"""Staff move a channel to another gateway: no deploy, nothing that is open breaks, and who did it is on record."""

from __future__ import annotations

import pytest
from django.test import Client, TestCase
from django.urls import reverse

from accounts.models import User
from core.models import AuditEntry
from core.money import Money
from payments import looking, refunds
from payments.models import Refund
from storefront.channels.models import Channel
from tests.conftest import Sandbox
from tests.payments.cast import due_now, fresh, payment_of, placed
from tests.staff import enter
from tests.storefront import factories
from tests.storefront.admin.test_back_office import filled

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client: Client) -> Client:
    enter(client, User.objects.create_superuser("ops@example.com", "x"))
    return client


def move(office: Client, channel: Channel, **to: str) -> int:
    """The status of the answer: 302 when it was taken."""
    url = reverse("admin:storefront_channel_change", args=[channel.pk])
    with TestCase.captureOnCommitCallbacks(execute=True):  # what is kept of the catalogue goes stale
        return office.post(url, filled(office, url) | to).status_code


def test_what_is_open_stays_with_its_gateway_and_the_next_goes_to_the_new_one(office: Client, sandbox: Sandbox) -> None:
    channel = factories.channel(is_refundable=True)
    before = placed(channel=channel)
    assert move(office, channel, gateway="midtrans", gateway_channel="qris") == 302
    after = placed(channel=Channel.objects.get(pk=channel.pk))
    assert [(row["gateway"], row["method"]) for row in sandbox.gateway_payments()] == [
        ("xendit", "QRIS"),
        ("midtrans", "qris"),
    ]
    for order in (before, after):
        sandbox.pay(order.number)
    due_now()
    looking.poll_due()
    assert [fresh(order).status for order in (before, after)] == ["PAID", "PAID"]
    assert [payment_of(order).gateway for order in (before, after)] == ["xendit", "midtrans"]
    entry = AuditEntry.objects.get(subject=f"storefront.channel:{channel.pk}")
    assert entry.actor == "ops@example.com"
    assert (entry.before["gateway"], entry.after["gateway"]) == ("xendit", "midtrans")


def test_money_goes_back_by_the_gateway_that_took_it(office: Client, sandbox: Sandbox) -> None:
    channel = factories.channel(is_refundable=True)
    order = placed(channel=channel)
    sandbox.pay(order.number)
    due_now()
    looking.poll_due()
    # The new one cannot pay this kind back; the old payment's gateway can.
    Channel.objects.update(gateway="midtrans", gateway_channel="qris", is_refundable=False)
    refunds.owe(fresh(order), payment_of(order), Money(796, "IDR"), Refund.Why.NOT_DELIVERED, "test")
    sandbox.faults(refund={"finish_after_ms": 0})
    assert refunds.send_due() == 1
    assert Refund.objects.get().gateway_id.startswith("rfd-")


@pytest.mark.parametrize(
    ("to", "field"),
    [
        ({"gateway": "midtrans"}, "gateway_channel"),
        ({"gateway": "midtrans", "gateway_channel": "bca"}, "gateway_channel"),
        ({"gateway": "xendit", "gateway_channel": "SGQR"}, "gateway_channel"),
        ({"gateway_channel": ""}, "gateway_channel"),
        ({"gateway": "balance"}, "gateway"),
        ({"gateway": "nobody"}, "gateway"),
    ],
)
def test_only_what_the_gateway_has_there_and_of_this_kind_is_taken(
    office: Client, to: dict[str, str], field: str
) -> None:
    channel = factories.channel()
    url = reverse("admin:storefront_channel_change", args=[channel.pk])
    answer = office.post(url, filled(office, url) | to)
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert Channel.objects.get().gateway == "xendit"


def test_a_channel_that_gives_nothing_back_cannot_be_said_to(office: Client) -> None:
    channel = factories.channel("BCA", kind="VA", gateway_channel="BCA_VIRTUAL_ACCOUNT")
    assert move(office, channel, gateway="midtrans", gateway_channel="bca", is_refundable="on") == 200
    assert move(office, channel, gateway="midtrans", gateway_channel="bca") == 302
