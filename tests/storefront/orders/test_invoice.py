"""What an invoice says to its owner and to strangers (API §20)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from core.web import json
from storefront.orders import invoice, services
from storefront.orders.models import Order
from tests.storefront import factories

pytestmark = pytest.mark.django_db

START = datetime(2025, 12, 3, 8, 25, tzinfo=UTC)


def example() -> Order:
    """The order of the document's example, all the way to its end."""
    quote = factories.inquiry(promo=factories.promo(), discount_minor=4945)
    order = services.create_from(quote, number="GATE1A11BB97DF88D56530993", owner="browser", now=START)
    for to, seconds in (("PAID", 345), ("PROCESSING", 350), ("SUCCESS", 375)):
        services.advance(order, to, by="test", now=START + timedelta(seconds=seconds))
    services.count_unit(order, delivered=1)
    return invoice.find(order.number)


def shown(order: Order, *, is_full: bool = True, language: str = "en", **more: Any) -> dict:
    with translation.override(language):
        return json.loads(json.dumps(invoice.view(order, is_full=is_full, **more)))


def test_the_example() -> None:
    assert shown(example()) == {
        "invoiceNumber": "GATE1A11BB97DF88D56530993",
        "status": "SUCCESS",
        "productCode": "MLBB",
        "productName": "Mobile Legends: Bang Bang",
        "skuCode": "MLBB_172",
        "skuName": "172 Diamonds",
        "quantity": 1,
        "account": {"nickname": "り い こ ✧", "inputs": "656696292 - 8610"},
        "pricing": {"subtotal": 49450, "discount": 4945, "paymentFee": 346, "total": 44851, "currency": "IDR"},
        "payment": {"code": "QRIS", "name": "QRIS", "paidAt": "2025-12-03T15:30:45+07:00"},
        "promo": {"code": "WELCOME10", "discountAmount": 4945},
        "contact": {"email": "user@example.com", "phoneNumber": "081234567890"},
        "units": {"delivered": 1, "refunded": 0, "pending": 0},
        "timeline": [
            {
                "status": "PENDING",
                "message": "Order created, waiting for payment",
                "timestamp": "2025-12-03T15:25:00+07:00",
            },
            {"status": "PAID", "message": "Payment received", "timestamp": "2025-12-03T15:30:45+07:00"},
            {"status": "PROCESSING", "message": "Processing your order", "timestamp": "2025-12-03T15:30:50+07:00"},
            {
                "status": "SUCCESS",
                "message": "172 Diamonds has been added to your account",
                "timestamp": "2025-12-03T15:31:15+07:00",
            },
        ],
        "createdAt": "2025-12-03T15:25:00+07:00",
        "expiredAt": "2025-12-03T16:25:00+07:00",
        "completedAt": "2025-12-03T15:31:15+07:00",
    }


def test_F19_strangers_see_contact_data_masked() -> None:
    contact = shown(example(), is_full=False)["contact"]
    assert contact["email"].endswith("@example.com")
    assert "user" not in contact["email"]
    assert "*" in contact["phoneNumber"]
    assert "81234567890" not in contact["phoneNumber"]


def test_a_pending_invoice_repeats_the_payment_keys_and_a_paid_one_does_not() -> None:
    order = invoice.find(factories.order(phone="").number)
    keys = {"qrCode": "000201", "expiredAt": order.expires_at}
    pending = shown(order, payment=keys)
    assert pending["payment"]["qrCode"] == "000201"
    assert "paidAt" not in pending["payment"]
    assert "completedAt" not in pending
    assert pending["promo"] is None
    assert pending["contact"]["phoneNumber"] is None
    assert pending["units"] == {"delivered": 0, "refunded": 0, "pending": 1}
    services.advance(order, "PAID", by="test")
    paid = shown(invoice.find(order.number), payment=keys)
    assert paid["status"] == "PROCESSING"
    assert [step["status"] for step in paid["timeline"]] == ["PENDING", "PAID"]
    assert "qrCode" not in paid["payment"]


def test_an_expired_invoice_has_nothing_under_way() -> None:
    order = factories.order()
    services.expire(order, by="test", now=START)
    told = shown(invoice.find(order.number))
    assert (told["status"], told["units"]) == ("EXPIRED", {"delivered": 0, "refunded": 0, "pending": 0})
    assert "completedAt" in told


def test_a_step_with_a_reason_nobody_wrote_a_sentence_for_is_told_by_its_state() -> None:
    order = factories.order()
    services.advance(order, "PAID", by="test", reason="something new")
    assert shown(invoice.find(order.number))["timeline"][-1]["message"] == "Payment received"


@pytest.mark.parametrize(
    ("total", "said"), [(49796, "Your money is on its way back."), (0, "Your order could not be delivered.")]
)
def test_money_is_told_to_be_on_its_way_back_only_where_there_was_some(total: int, said: str) -> None:
    order = factories.order(fee_minor=total and 346, discount_minor=0 if total else 49450)
    for to in ("PAID", "PROCESSING", "FAILED"):
        services.advance(order, to, by="test", reason="undelivered" if to == "FAILED" else "")
    assert shown(invoice.find(order.number))["timeline"][-1]["message"].endswith(said)


def test_who_may_see_all_of_it() -> None:
    owner, stranger = factories.client("owner"), factories.client("stranger")
    order = factories.order(owner=owner.owner_key)
    assert invoice.is_owner(order, owner)
    assert not invoice.is_owner(order, stranger)
    assert not invoice.is_owner(order, stranger, key="")
    assert not invoice.is_owner(order, stranger, key=invoice.view_key(factories.order()))
    assert not invoice.is_owner(order, stranger, key="ключ")
    assert invoice.is_owner(order, stranger, key=invoice.view_key(order))


def test_an_order_without_a_browser_belongs_to_no_browser() -> None:
    order = factories.order(owner="")
    nobody = factories.client()
    assert not invoice.is_owner(order, type(nobody)(nobody.address, nobody.address_key, nobody.device_key, ""))


def test_an_unknown_number() -> None:
    with pytest.raises(Exception, match="NOT_FOUND"):
        invoice.find("GATE0")
