"""The Xendit adapter against the sandbox's wire protocol, over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import ClassVar

import pytest
import requests
from django.conf import settings
from django.utils import timezone

from core.money import Money
from payments.gateways import for_code
from payments.gateways.base import Charge, Gateway, GatewayRefused, GatewayUnavailable, Standing
from payments.gateways.xendit import Xendit
from tests.conftest import Sandbox
from tests.contract.gateway import GatewayContract


class TestXendit(GatewayContract):
    gateway: ClassVar[Gateway] = Xendit()
    channels: ClassVar[dict[str, tuple[str, str]]] = {
        "QR": ("QRIS", "qr_string"),
        "VA": ("BCA_VIRTUAL_ACCOUNT", "account_number"),
        "REDIRECT": ("DANA", "redirect_url"),
        "CODE": ("ALFAMART", "payment_code"),
        "CARD": ("CARDS", "redirect_url"),
    }
    refundable = ("QR", "QRIS")
    final = ("VA", "BCA_VIRTUAL_ACCOUNT")
    address = "XENDIT_BASE_URL"
    finds = False

    def test_a_wallet_has_a_deeplink_too(self, box: Sandbox) -> None:
        opened = self.gateway.create(self.charge("GATE1", "REDIRECT", "DANA"))
        assert opened.deeplink and opened.redirect_url

    def test_ovo_asks_on_the_phone(self, box: Sandbox) -> None:
        self.gateway.create(self.charge("GATE1", "REDIRECT", "OVO"))
        assert [payment["method"] for payment in box.gateway_payments()] == ["OVO"]

    def test_ovo_without_a_phone_number_is_refused_before_anything_is_sent(self, box: Sandbox) -> None:
        with pytest.raises(GatewayRefused) as caught:
            self.gateway.create(self.charge("GATE1", "REDIRECT", "OVO", payer_phone=""))
        assert caught.value.code == "PHONE_REQUIRED"
        assert box.gateway_payments() == []

    def test_a_virtual_account_ends_when_the_order_does(self, box: Sandbox) -> None:
        until = timezone.now().replace(microsecond=0) + timedelta(minutes=7)
        opened = self.gateway.create(self.charge("GATE1", "VA", "BCA_VIRTUAL_ACCOUNT", expires_at=until))
        made = requests.get(
            f"{settings.XENDIT_BASE_URL}/v3/payment_requests/{opened.gateway_id}",
            auth=(settings.XENDIT_SECRET_KEY, ""),
            headers={"api-version": "2024-11-11"},
            timeout=5,
        ).json()
        assert made["channel_properties"]["expires_at"] == until.strftime("%Y-%m-%dT%H:%M:%SZ")

    def test_a_card_page_lives_its_ten_minutes_even_when_the_order_lives_shorter(self, box: Sandbox) -> None:
        soon = timezone.now() + timedelta(seconds=30)
        assert self.gateway.create(self.charge("GATE1", "CARD", "CARDS", expires_at=soon)).redirect_url

    def test_a_declined_card_may_be_tried_again(self, box: Sandbox) -> None:
        opened = self.gateway.create(self.charge("GATE1", "CARD", "CARDS"))
        box.pay("GATE1", "failed")
        assert self.gateway.look_up(opened.gateway_id).standing == Standing.OPEN
        box.pay("GATE1")
        assert self.gateway.look_up(opened.gateway_id).standing == Standing.PAID

    def test_a_card_is_refunded_through_the_request_behind_its_page(self, box: Sandbox) -> None:
        opened = self.gateway.create(self.charge("GATE1", "CARD", "CARDS"))
        box.pay("GATE1")
        assert self.gateway.refund(opened.gateway_id, Money(44851, "IDR"), "GATE1-R1").gateway_id

    @pytest.mark.parametrize(
        ("country", "currency", "code", "minor"),
        [("MY", "MYR", "TOUCHNGO", 1234), ("PH", "PHP", "GCASH", 100001), ("TH", "THB", "TRUEMONEY", 5)],
    )
    def test_currencies_with_cents(self, box: Sandbox, country: str, currency: str, code: str, minor: int) -> None:
        minor += 100
        amount = Money(minor, currency)
        charge = self.charge("GATE1", "REDIRECT", code)
        fields = {name: getattr(charge, name) for name in Charge.__dataclass_fields__}
        opened = self.gateway.create(Charge(**(fields | {"amount": amount, "country": country})))
        box.pay("GATE1")
        assert [capture.amount for capture in self.gateway.look_up(opened.gateway_id).captures] == [amount]

    def test_a_hint_may_name_a_payment_but_never_somebody_elses(self, box: Sandbox) -> None:
        mine = self.gateway.create(self.charge("GATE1"))
        theirs = self.gateway.create(self.charge("GATE2"))
        box.pay("GATE2")
        paid = requests.get(
            f"{settings.XENDIT_BASE_URL}/v3/payment_requests/{theirs.gateway_id}",
            auth=(settings.XENDIT_SECRET_KEY, ""),
            headers={"api-version": "2024-11-11"},
            timeout=5,
        ).json()["latest_payment_id"]
        looked = self.gateway.look_up(mine.gateway_id, paid)
        assert (looked.standing, looked.captures) == (Standing.OPEN, ())

    def test_a_wrong_key_is_no_statement_about_a_payment(self, box: Sandbox, settings) -> None:
        opened = self.gateway.create(self.charge("GATE1"))
        settings.XENDIT_SECRET_KEY = "xnd_development_wrong"
        with pytest.raises(GatewayUnavailable):
            self.gateway.look_up(opened.gateway_id)

    def test_the_token_makes_a_webhook_authentic(self) -> None:
        token = settings.XENDIT_CALLBACK_TOKEN
        assert self.gateway.is_authentic({"x-callback-token": token}, b"{}")
        assert self.gateway.is_authentic({"X-Callback-Token": token}, b"{}")
        for headers in ({}, {"x-callback-token": ""}, {"x-callback-token": token + "x"}, {"x-callback-token": "é"}):
            assert not self.gateway.is_authentic(headers, b"{}")

    def test_refund_events_are_read_flat_and_wrapped(self) -> None:
        inner = {"id": "rfd-1", "reference_id": "GATE1-R1", "status": "SUCCEEDED"}
        flat = {"event": "refund.succeeded", "data": inner}
        wrapped = {"event": "refund.succeeded", "data": {"event": "refund.succeeded", "data": inner}}
        for body in (flat, wrapped):
            hint = self.gateway.read_hint(json.dumps(body).encode())
            assert hint is not None
            assert (hint.refund_id, hint.reference, hint.payment_id) == ("rfd-1", "GATE1-R1", "")

    def test_session_events_name_session_and_payment(self) -> None:
        body = {
            "event": "payment_session.completed",
            "data": {"payment_session_id": "ps-1", "reference_id": "GATE1", "payment_id": "py-1"},
        }
        hint = self.gateway.read_hint(json.dumps(body).encode())
        assert hint is not None
        assert (hint.gateway_id, hint.payment_id, hint.reference) == ("ps-1", "py-1", "GATE1")

    def test_it_is_found_by_its_code(self) -> None:
        assert for_code("xendit").code == "xendit"
