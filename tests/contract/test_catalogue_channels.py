"""API §14 and §15 against the demo shop."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from storefront.channels.models import Channel, ChannelClosure
from tests.contract.test_catalogue_goods import by_code
from tests.contract.test_catalogue_public import read
from tests.demo.shop import _loaded, demo_shop  # noqa: F401

pytestmark = pytest.mark.usefixtures("demo_shop")

CHANNEL = {
    "code", "name", "description", "image", "currency", "feeAmount", "feePercentage", "minAmount", "maxAmount",
    "featured", "instruction", "category",
}  # fmt: skip


def test_categories(client: Client) -> None:
    found = read(client, "payment-channel/categories", region="ID", paymentType="purchase")
    assert [(one["code"], one["order"]) for one in found] == [
        ("E_WALLET", 1),
        ("VIRTUAL_ACCOUNT", 2),
        ("RETAIL", 3),
        ("CARD", 4),
    ]
    assert all(set(one) == {"title", "code", "icon", "order"} for one in found)


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("QRIS", ("QRIS", 0, 0.7, 1000, 10000000, True, "E_WALLET")),
        ("DANA", ("DANA", 0, 1.5, 1000, 5000000, True, "E_WALLET")),
        ("BCA_VA", ("BCA Virtual Account", 4000, 0, 10000, 50000000, False, "VIRTUAL_ACCOUNT")),
        ("BALANCE", ("Saldo Gate", 0, 0, 100, 100000000, True, "E_WALLET")),
    ],
)
def test_channels_as_the_document_has_them(client: Client, code: str, meaning: tuple[object, ...]) -> None:
    one = by_code(read(client, "payment-channels", region="ID", paymentType="purchase"))[code]
    assert set(one) == CHANNEL
    keys = ("name", "feeAmount", "feePercentage", "minAmount", "maxAmount", "featured")
    assert (*(one[key] for key in keys), one["category"]["code"]) == meaning
    assert one["currency"] == "IDR"
    assert one["instruction"].startswith("<")


def test_each_region_has_its_own(client: Client) -> None:
    expected = {
        "ID": ("QRIS", "IDR"),
        "MY": ("TNG", "MYR"),
        "PH": ("QRPH", "PHP"),
        "SG": ("PAYNOW", "SGD"),
        "TH": ("PROMPTPAY", "THB"),
    }
    for region, (code, currency) in expected.items():
        found = by_code(read(client, "payment-channels", region=region, paymentType="purchase"))
        assert {code, "CARD", "BALANCE"} <= set(found)
        assert {one["currency"] for one in found.values()} == {currency}


def test_by_category(client: Client) -> None:
    ask = {"region": "ID", "paymentType": "purchase"}
    assert set(by_code(read(client, "payment-channels", categoryCode="RETAIL", **ask))) == {"ALFAMART", "INDOMARET"}
    assert read(client, "payment-channels", categoryCode="NOTHING", **ask) == []


def test_the_balance_is_not_filled_from_the_balance(client: Client) -> None:
    assert "BALANCE" not in by_code(read(client, "payment-channels", region="ID", paymentType="deposit"))


@pytest.mark.parametrize("path", ["payment-channel/categories", "payment-channels"])
def test_what_is_paid_for_has_to_be_said(client: Client, path: str) -> None:
    assert set(read(client, path, status=422, region="ID")["fields"]) == {"paymentType"}
    assert set(read(client, path, status=422, region="ID", paymentType="gift")["fields"]) == {"paymentType"}
    assert set(read(client, path, status=422)["fields"]) == {"region", "paymentType"}


def test_a_closed_channel_is_not_offered(client: Client) -> None:
    now = timezone.now()
    qris = Channel.objects.get(code="QRIS", region="ID")
    ChannelClosure.objects.create(channel=qris, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
    assert "QRIS" not in by_code(read(client, "payment-channels", region="ID", paymentType="purchase"))


def test_a_switched_off_channel_is_not_offered(client: Client) -> None:
    Channel.objects.filter(code="QRIS").update(is_active=False)
    assert "QRIS" not in by_code(read(client, "payment-channels", region="ID", paymentType="purchase"))
