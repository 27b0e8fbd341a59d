"""The HitPay adapter against the sandbox's wire protocol, over HTTP."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

import pytest
import requests
from django.conf import settings
from django.utils import timezone

from core.money import Money
from payments.gateways import for_code
from payments.gateways.base import Gateway, GatewayRefused, GatewayUnavailable, RefundStanding, Standing
from payments.gateways.hitpay import HitPay
from payments.qr import is_payload
from tests.conftest import Sandbox
from tests.contract.gateway import GatewayContract

SALT = "hitpay-test-salt-1"


class TestHitPay(GatewayContract):
    gateway: ClassVar[Gateway] = HitPay()
    channels: ClassVar[dict[str, tuple[str, str]]] = {
        "QR": ("paynow_online", "qr_string"),
        "REDIRECT": ("grabpay_direct", "redirect_url"),
        "CARD": ("card", "redirect_url"),
    }
    refundable = ("QR", "paynow_online")
    final = ("QR", "wechat_pay")
    country = "SG"
    currency = "SGD"
    address = "HITPAY_BASE_URL"
    withdraws = False

    def test_paynow_is_a_code_that_any_bank_reads(self, box: Sandbox) -> None:
        assert is_payload(self.gateway.create(self.charge("GATE1")).qr_string)

    @pytest.mark.parametrize(("fault", "shown"), [("bare_qr", "qr_string"), ("qr_as_url", "redirect_url")])
    def test_a_code_in_another_form_still_shows_how_to_pay(self, box: Sandbox, fault: str, shown: str) -> None:
        box.faults(hitpay={fault: 1})
        assert getattr(self.gateway.create(self.charge("GATE1")), shown)

    @pytest.mark.parametrize(
        ("country", "currency", "kind", "code"),
        [("MY", "MYR", "REDIRECT", "touch_n_go"), ("PH", "PHP", "QR", "qrph_netbank"),
         ("TH", "THB", "QR", "opn_prompt_pay"), ("ID", "IDR", "QR", "doku_qris")],
    )  # fmt: skip
    def test_other_countries(self, box: Sandbox, country: str, currency: str, kind: str, code: str) -> None:
        amount = Money(123456, currency)
        opened = self.gateway.create(replace(self.charge("GATE1", kind, code), country=country, amount=amount))
        assert opened.qr_string or opened.redirect_url
        box.pay("GATE1")
        assert [one.amount for one in self.gateway.look_up(opened.gateway_id).captures] == [amount]

    def test_a_code_that_is_not_enabled_is_refused(self, box: Sandbox) -> None:
        with pytest.raises(GatewayRefused) as caught:
            self.gateway.create(self.charge("GATE1", "QR", "paynow"))
        assert caught.value.status == 422

    def test_it_ends_when_the_order_does_and_sends_nobody_anything(self, box: Sandbox) -> None:
        opened = self.gateway.create(self.charge("GATE1", expires_at=timezone.now() + timedelta(minutes=7)))
        told = _ask(opened.gateway_id)
        assert (told["send_sms"], told["send_email"], told["allow_repeated_payments"]) == (False, False, False)
        assert told["reference_number"] == "GATE1" and told["payment_methods"] == ["paynow_online"]

    def test_a_declined_card_may_be_tried_again(self, box: Sandbox) -> None:
        opened = self.gateway.create(self.charge("GATE1", "CARD", "card"))
        box.pay("GATE1", "failed")
        assert self.gateway.look_up(opened.gateway_id).standing == Standing.OPEN
        box.pay("GATE1")
        looked = self.gateway.look_up(opened.gateway_id)
        assert looked.standing == Standing.PAID and len(looked.captures) == 1, "not the one that failed before it"

    def test_two_payments_on_one_request_are_two_captures(self, box: Sandbox) -> None:
        opened = self.gateway.create(self.charge("GATE1"))
        box.pay("GATE1")
        requests.post(f"{box.url}/control/gateway/payments/GATE1", json={"again": True}, timeout=10).raise_for_status()
        captures = self.gateway.look_up(opened.gateway_id).captures
        assert len({one.ref for one in captures}) == 2

    def test_of_two_attempts_each_is_found_by_its_own_reference(self, box: Sandbox) -> None:
        """The search is a partial one."""
        second = self.gateway.create(self.charge("GATE1-2"))
        assert self.gateway.find("GATE1") == ""
        first = self.gateway.create(self.charge("GATE1"))
        assert (self.gateway.find("GATE1"), self.gateway.find("GATE1-2")) == (first.gateway_id, second.gateway_id)

    def test_what_went_back_does_not_lessen_what_came_in(self, box: Sandbox) -> None:
        opened, reply = self._refunded(box)
        self._until_done(reply.gateway_id)
        looked = self.gateway.look_up(opened.gateway_id)
        assert (looked.standing, [one.amount for one in looked.captures]) == (Standing.PAID, [Money(44851, "SGD")])

    def test_a_payment_is_refunded_once_and_the_second_is_refused(self, box: Sandbox) -> None:
        opened, _ = self._refunded(box)
        with pytest.raises(GatewayRefused):
            self.gateway.refund(opened.gateway_id, Money(851, "SGD"), "GATE1-R2")

    def test_a_refund_without_a_status_is_done_when_the_payment_says_so(self, box: Sandbox) -> None:
        box.faults(hitpay={"no_refund_status": 1}, refund={"finish_after_ms": 0})
        opened = self.gateway.create(self.charge("GATE1"))
        box.pay("GATE1")
        reply = self.gateway.refund(opened.gateway_id, Money(851, "SGD"), "GATE1-R1")
        assert reply.standing == RefundStanding.PENDING
        self._until_done(reply.gateway_id)

    def test_a_sum_that_is_not_ours_decides_nothing(self, box: Sandbox) -> None:
        opened, reply = self._refunded(box)
        self._until_done(reply.gateway_id)
        assert self.gateway.find_refund(opened.gateway_id, Money(852, "SGD"), "GATE1-R2") is None

    def test_a_wrong_key_is_no_statement_about_a_payment(self, box: Sandbox, settings: Any) -> None:
        opened = self.gateway.create(self.charge("GATE1"))
        settings.HITPAY_API_KEY = "wrong"
        with pytest.raises(GatewayUnavailable):
            self.gateway.look_up(opened.gateway_id)

    def test_the_form_is_signed_with_the_keys_salt(self, settings: Any) -> None:
        settings.HITPAY_API_SALT, settings.HITPAY_WEBHOOK_SALT = SALT, "another"
        fields = {
            "payment_id": "9f000000-0000-4000-8000-000000000001",
            "payment_request_id": "9f000000-0000-4000-8000-0000000000aa",
            "phone": "",
            "amount": "44.90",
            "currency": "SGD",
            "status": "completed",
            "reference_number": "GATE1A11BB97DF88D56530993",
            "hmac": "351ca6b4abf07382ce19bfec0eb96183fe7ec6c59b1d741f112ae6408dbb35bd",
        }
        assert self.gateway.is_authentic({}, urlencode(fields).encode())
        hint = self.gateway.read_hint(urlencode(fields).encode())
        assert hint is not None and hint.is_of_money
        assert (hint.gateway_id, hint.reference) == (fields["payment_request_id"], fields["reference_number"])
        for wrong in ({"amount": "4.90"}, {"status": "failed"}, {"hmac": ""}, {"more": "x"}, {"phone": "+65"}):
            assert not self.gateway.is_authentic({}, urlencode(fields | wrong).encode())
        twice = urlencode(fields).encode() + b"&amount=1.00"
        assert not self.gateway.is_authentic({}, twice), "a field named twice says two things"
        settings.HITPAY_API_SALT, settings.HITPAY_WEBHOOK_SALT = "another", SALT
        assert not self.gateway.is_authentic({}, urlencode(fields).encode()), "there are two salts"

    def test_json_is_signed_with_the_endpoints_salt_over_the_raw_bytes(self, settings: Any) -> None:
        settings.HITPAY_API_SALT, settings.HITPAY_WEBHOOK_SALT = "another", SALT
        body = (
            b'{"id":"9f000000-0000-4000-8000-0000000000aa","amount":"44.90","currency":"sgd","status":"completed",'
            b'"reference_number":"GATE1A11BB97DF88D56530993"}'
        )
        signature = "a33974c09683ccdb3a408c39e0e38421f9b3187c725e99b4bfe955c405a4fe99"
        assert self.gateway.is_authentic({"Hitpay-Signature": signature}, body)
        assert self.gateway.is_authentic({"hitpay-signature": signature}, body)
        for headers in ({}, {"Hitpay-Signature": ""}, {"Hitpay-Signature": signature[:-1]}, {"Hitpay-Signature": "é"}):
            assert not self.gateway.is_authentic(headers, body)
        assert not self.gateway.is_authentic({"Hitpay-Signature": signature}, body.replace(b",", b", "))
        settings.HITPAY_API_SALT, settings.HITPAY_WEBHOOK_SALT = SALT, "another"
        assert not self.gateway.is_authentic({"Hitpay-Signature": signature}, body)

    def test_charge_and_request_events_speak_of_the_same_request(self) -> None:
        request = {"id": "r", "status": "completed", "reference_number": "GATE1", "payments": [{"id": "p"}]}
        charge = {"id": "p", "status": "succeeded", "amount": 44.9, "payment_request": {"id": "r"}}
        for body in (request, charge, charge | {"payment_request": None, "payment_request_id": "r"}):
            hint = self.gateway.read_hint(json.dumps(body).encode())
            assert hint is not None and hint.is_of_money
            assert (hint.gateway_id, hint.payment_id) == ("r", "p")
        back = self.gateway.read_hint(json.dumps(charge | {"refunded_amount": 44.9, "status": "refunded"}).encode())
        assert back is not None and not back.is_of_money

    def test_it_is_found_by_its_code(self) -> None:
        assert for_code("hitpay").code == "hitpay"

    def _refunded(self, box: Sandbox) -> Any:
        box.faults(refund={"finish_after_ms": 0})
        opened = self.gateway.create(self.charge("GATE1"))
        box.pay("GATE1")
        return opened, self.gateway.refund(opened.gateway_id, Money(851, "SGD"), "GATE1-R1")

    def _until_done(self, refund_id: str) -> None:
        while self.gateway.look_up_refund(refund_id).standing == RefundStanding.PENDING:
            pass
        assert self.gateway.look_up_refund(refund_id).standing == RefundStanding.DONE


def _ask(request_id: str) -> dict[str, Any]:
    url = f"{settings.HITPAY_BASE_URL}/v1/payment-requests/{request_id}"
    told: dict[str, Any] = requests.get(url, headers={"X-BUSINESS-API-KEY": settings.HITPAY_API_KEY}, timeout=5).json()
    return told
