"""A wallet that asks on the customer's phone (OVO): a number is needed, and whoever was too slow is asked again."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from core.errors import Refused
from payments import changing, looking, opening
from storefront.channels.models import Channel
from tests.conftest import Sandbox
from tests.payments.cast import due_now, fresh, payment_of, placed
from tests.storefront import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def ovo() -> Channel:
    return factories.channel("OVO", kind="REDIRECT", gateway="midtrans", gateway_channel="ovo")


def quoted(**sent: str) -> Any:
    factories.sku()
    body = {
        "productCode": "MLBB", "skuCode": "MLBB_172", "paymentCode": "OVO", "region": "ID", "quantity": 1,
        "email": "user@example.com", "userId": "656696292", "zoneId": "8610",
    }  # fmt: skip
    return Client().post("/v2/orders/inquiries", body | sent, content_type="application/json")


def test_the_quote_asks_for_a_number_of_the_country(sandbox: Sandbox, ovo: Channel) -> None:
    for sent in ({}, {"phoneNumber": "+6591234567"}):
        answer = quoted(**sent)
        assert answer.status_code == 422
        assert list(answer.json()["error"]["fields"]) == ["phoneNumber"]
    assert quoted(phoneNumber="081234567890").status_code == 200


def test_an_order_without_a_number_does_not_change_to_it(sandbox: Sandbox, ovo: Channel) -> None:
    order = placed(phone="")
    with pytest.raises(Refused) as caught:
        changing.requote(order, "OVO")
    assert caught.value.code == "INVALID_PAYMENT_METHOD"


def test_whoever_was_too_slow_is_asked_again(sandbox: Sandbox, ovo: Channel) -> None:
    order = placed(channel=ovo)
    sandbox.pay(order.number, "expired")
    due_now()
    looking.poll_due()
    assert (fresh(order).status, payment_of(order).state) == ("PENDING", "EXPIRED")
    again = opening.ensure_open(fresh(order))
    assert again is not None and again.reference == f"{order.number}-2"
    sandbox.pay(order.number)
    due_now()
    looking.poll_due()
    assert fresh(order).status == "PAID"
