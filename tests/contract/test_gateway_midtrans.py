"""The Midtrans adapter against the sandbox's wire protocol, over HTTP."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
import requests
from django.conf import settings
from django.utils import timezone

from core.money import Money
from payments.gateways import for_code, midtrans
from payments.gateways.base import Gateway, GatewayRefused, GatewayUnavailable, Hold, RefundStanding, Standing
from payments.gateways.midtrans import Midtrans
from tests.conftest import Sandbox
from tests.contract.gateway import GatewayContract

ORDER = "GATE1A11BB97DF88D56530993"


class TestMidtrans(GatewayContract):
    gateway: ClassVar[Gateway] = Midtrans()
    channels: ClassVar[dict[str, tuple[str, str]]] = {
        "QR": ("qris", "qr_string"),
        "VA": ("bca", "account_number"),
        "REDIRECT": ("gopay", "redirect_url"),
        "CODE": ("alfamart", "payment_code"),
        "CARD": ("credit_card", "redirect_url"),
    }
    refundable = ("QR", "qris")
    final = ("VA", "bca")
    address = "MIDTRANS_BASE_URL"
    # A page is no transaction until a card is tried on it, so that nobody can be asked how it stands.
    silent_on_withdrawal: ClassVar[frozenset[str]] = frozenset({"CARD"})

    @pytest.mark.parametrize("code", ["bca", "bni", "bri", "cimb", "permata"])
    def test_every_bank_gives_a_number(self, box: Sandbox, code: str) -> None:
        assert self.gateway.create(self.charge("GATE1", "VA", code)).account_number.isdigit()

    def test_mandiri_is_paid_by_biller_code_and_bill_key(self, box: Sandbox) -> None:
        opened = self.gateway.create(self.charge("GATE1", "VA", "mandiri"))
        assert opened.biller_code == "70012" and len(opened.account_number) == 12

    def test_shopeepay_waits_whatever_capitals_it_says_so_in(self, box: Sandbox) -> None:
        opened = self.gateway.create(self.charge("GATE1", "REDIRECT", "shopeepay"))
        assert self.gateway.look_up(opened.gateway_id).standing == Standing.OPEN

    def test_ovo_asks_on_the_phone_that_was_given(self, box: Sandbox) -> None:
        opened = self.gateway.create(self.charge("GATE1", "REDIRECT", "ovo"))
        assert opened.gateway_id == "GATE1" and not opened.redirect_url
        for phone in ("", "+6591234567"):
            with pytest.raises(GatewayRefused) as caught:
                self.gateway.create(self.charge("GATE2", "REDIRECT", "ovo", payer_phone=phone))
            assert caught.value.code == "PHONE_REQUIRED"

    def test_it_ends_when_the_order_does(self, box: Sandbox) -> None:
        self.gateway.create(self.charge("GATE1", expires_at=timezone.now() + timedelta(minutes=7)))
        told = _ask("GET", "/v2/GATE1/status")
        made = requests.get(f"{box.url}/pay/GATE1", timeout=5)
        assert made.ok and told["transaction_status"] == "pending"

    def test_other_currencies_are_refused_before_anything_is_sent(self, box: Sandbox) -> None:
        with pytest.raises(GatewayRefused):
            self.gateway.create(replace(self.charge("GATE1"), amount=Money(100, "SGD")))
        assert box.gateway_payments() == []

    def test_an_order_id_that_is_taken_is_unknown_and_never_a_second_charge(self, box: Sandbox) -> None:
        """HTTP 200 with the result code 406 in the body."""
        self.gateway.create(self.charge("GATE1", "VA", "permata"))
        with pytest.raises(GatewayUnavailable, match="406"):
            self.gateway.create(self.charge("GATE1", "CODE", "alfamart"))
        assert len(box.gateway_payments()) == 1
        assert self.gateway.find("GATE1") == "GATE1"

    def test_a_wrong_key_is_no_statement_about_a_payment(self, box: Sandbox, settings: Any) -> None:
        opened = self.gateway.create(self.charge("GATE1"))
        settings.MIDTRANS_SERVER_KEY = "SB-Mid-server-wrong"
        with pytest.raises(GatewayUnavailable):
            self.gateway.look_up(opened.gateway_id)
        with pytest.raises(GatewayRefused):
            self.gateway.create(self.charge("GATE2"))

    def test_a_declined_card_may_be_tried_again(self, box: Sandbox) -> None:
        opened = self.gateway.create(self.charge("GATE1", "CARD", "credit_card"))
        box.pay("GATE1", "failed")
        assert self.gateway.look_up(opened.gateway_id).standing == Standing.OPEN
        box.pay("GATE1")
        assert self.gateway.look_up(opened.gateway_id).standing == Standing.PAID

    def test_capture_and_settlement_are_the_same_money(self, box: Sandbox) -> None:
        box.faults(midtrans={"settle_after_ms": 0})
        opened = self.gateway.create(self.charge("GATE1", "CARD", "credit_card"))
        box.pay("GATE1")
        seen = {self.gateway.look_up(opened.gateway_id).captures[0].ref for _ in range(5)}
        assert len(seen) == 1

    def test_a_card_under_review_is_held_until_somebody_decides(self, box: Sandbox) -> None:
        for verdict, standing in (("approve", Standing.PAID), ("deny", Standing.OPEN)):
            opened = self.gateway.create(self.charge(f"GATE-{verdict}", "CARD", "credit_card"))
            box.pay(f"GATE-{verdict}", "challenged")
            looked = self.gateway.look_up(opened.gateway_id)
            assert (looked.standing, looked.hold, looked.captures) == (Standing.HELD, Hold.CHALLENGE, ())
            _ask("POST", f"/v2/GATE-{verdict}/{verdict}")
            assert self.gateway.look_up(opened.gateway_id).standing == standing

    @pytest.mark.parametrize(("kind", "code"), [("VA", "permata"), ("VA", "mandiri"), ("CODE", "indomaret")])
    def test_what_the_bank_may_take_back_counts_only_after_its_time(
        self, box: Sandbox, settings: Any, kind: str, code: str
    ) -> None:
        opened = self.gateway.create(self.charge("GATE1", kind, code))
        box.pay("GATE1")
        settings.MIDTRANS_REVERSAL_SECONDS = 360
        looked = self.gateway.look_up(opened.gateway_id)
        assert (looked.standing, looked.hold, looked.captures) == (Standing.HELD, Hold.REVERSIBLE, ())
        assert looked.held_until is not None
        assert timedelta(seconds=350) < looked.held_until - timezone.now() <= timedelta(seconds=360)
        settings.MIDTRANS_REVERSAL_SECONDS = 0
        assert self.gateway.look_up(opened.gateway_id).standing == Standing.PAID
        box.pay("GATE1", "reversed")
        assert self.gateway.look_up(opened.gateway_id).standing == Standing.FAILED

    def test_a_card_not_settled_yet_is_given_back_by_releasing_it(self, box: Sandbox) -> None:
        opened = self.gateway.create(self.charge("GATE1", "CARD", "credit_card"))
        box.pay("GATE1")
        with pytest.raises(GatewayRefused) as caught:
            self.gateway.refund(opened.gateway_id, Money(851, "IDR"), "GATE1-R1")
        assert caught.value.code == "TEMPORARILY_UNAVAILABLE", "a part has to wait for the settlement"
        reply = self.gateway.refund(opened.gateway_id, Money(44851, "IDR"), "GATE1-R1")
        assert reply.standing == RefundStanding.DONE
        assert [payment["refunded"] for payment in box.gateway_payments()] == [44851]

    def test_a_refund_is_done_when_the_bank_confirmed_it(self, box: Sandbox) -> None:
        box.faults(refund={"finish_after_ms": 0})
        opened = self.gateway.create(self.charge("GATE1"))
        box.pay("GATE1")
        reply = self.gateway.refund(opened.gateway_id, Money(851, "IDR"), "GATE1-R1")
        assert reply.standing == RefundStanding.PENDING
        while self.gateway.look_up_refund(reply.gateway_id).standing == RefundStanding.PENDING:
            pass
        assert self.gateway.look_up_refund(reply.gateway_id).standing == RefundStanding.DONE
        assert self.gateway.look_up(opened.gateway_id).captures[0].amount == Money(44851, "IDR"), "what came in stays"

    def test_a_refund_that_the_bank_rejects_is_a_refusal(self, box: Sandbox) -> None:
        box.faults(refund={"fail": 1})
        opened = self.gateway.create(self.charge("GATE1"))
        box.pay("GATE1")
        with pytest.raises(GatewayRefused) as caught:
            self.gateway.refund(opened.gateway_id, Money(851, "IDR"), "GATE1-R1")
        assert caught.value.code == "REJECTED_BY_BANK"

    def test_the_same_refund_twice_goes_back_once(self, box: Sandbox) -> None:
        opened = self.gateway.create(self.charge("GATE1"))
        box.pay("GATE1")
        first, again = (self.gateway.refund(opened.gateway_id, Money(851, "IDR"), "GATE1-R1") for _ in range(2))
        assert first == again
        assert self.gateway.find_refund(opened.gateway_id, Money(851, "IDR"), "GATE1-R2") is not None

    @pytest.mark.parametrize(
        ("code", "signature"),
        [
            (
                "200",
                "556ab7808df81f7e04141cd433fff70159521d44a0a486bef6210d96a252208441ba353d5a0da775285e4df73f8f8770"
                "337f12bd0b8328e33ad45ddbc8f58c46",
            ),
            (
                "201",
                "88dd1038ca3e950a986d39487fbe3ea2c4cd98996e095c3d3f42d67317ac3f4d089cf645829bd3a40b13f9ba6d48430c"
                "4ee4236060e54435a1582539b14f7f27",
            ),
        ],
    )
    def test_the_signature_stands_in_the_body(self, settings: Any, code: str, signature: str) -> None:
        settings.MIDTRANS_SERVER_KEY = "SB-Mid-server-TESTKEY"
        body = {"order_id": ORDER, "status_code": code, "gross_amount": "44851.00", "signature_key": signature}
        assert self.gateway.is_authentic({}, json.dumps(body).encode())
        for wrong in (
            {"gross_amount": "44852.00"}, {"status_code": "202"}, {"order_id": ORDER + "-2"}, {"signature_key": ""},
            {"signature_key": None}, {"signature_key": signature.upper()}, {"gross_amount": 44851}, {"order_id": ["x"]},
        ):  # fmt: skip
            assert not self.gateway.is_authentic({}, json.dumps(body | wrong).encode())

    def test_a_refund_notification_names_its_refund(self) -> None:
        told = {
            "order_id": "GATE1",
            "transaction_status": "partial_refund",
            "transaction_id": "t",
            "status_code": "200",
        }
        first = self.gateway.read_hint(json.dumps(told | {"refunds": [{"refund_key": "GATE1-R1"}]}).encode())
        second = self.gateway.read_hint(
            json.dumps(told | {"refunds": [{"refund_key": "GATE1-R1", "bank_confirmed_at": "x"}]}).encode()
        )
        assert first is not None and second is not None
        assert (first.refund_id, first.reference) == ("GATE1/GATE1-R1", "GATE1-R1")
        assert first.dedupe != second.dedupe, "the second is the one that counts"

    def test_shopeepay_takes_nothing_back_at_night(self) -> None:
        at = datetime(2026, 1, 1, 23, 56, tzinfo=midtrans.JAKARTA)
        assert midtrans._is_night(at) and midtrans._is_night(at + timedelta(hours=6))
        assert not midtrans._is_night(at + timedelta(hours=7))

    def test_it_is_found_by_its_code(self) -> None:
        assert for_code("midtrans").code == "midtrans"

    @pytest.fixture(autouse=True)
    def _at_once(self, settings: Any) -> Iterator[None]:
        settings.MIDTRANS_REVERSAL_SECONDS = 0
        yield


def _ask(method: str, path: str) -> dict[str, Any]:
    url = settings.MIDTRANS_BASE_URL + path
    told: dict[str, Any] = requests.request(
        method, url, json=None if method == "GET" else {}, auth=(settings.MIDTRANS_SERVER_KEY, ""), timeout=5
    ).json()
    return told


def signed(**told: Any) -> bytes:
    """A notification as the gateway would sign it."""
    body = {"status_code": "200", "gross_amount": "44851.00"} | told
    content = f"{body['order_id']}{body['status_code']}{body['gross_amount']}{settings.MIDTRANS_SERVER_KEY}"
    return json.dumps(body | {"signature_key": hashlib.sha512(content.encode()).hexdigest()}).encode()
