"""What every payment gateway's adapter must do, whatever its party: a new one inherits this and names its channels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.utils import timezone

from core.money import Money
from payments.gateways.base import (
    Charge,
    Gateway,
    GatewayNotReached,
    GatewayRefused,
    GatewayUnavailable,
    RefundStanding,
    Standing,
    Withdrawal,
)
from tests.conftest import Sandbox
from tests.waiting import wait_until


class GatewayContract:
    gateway: ClassVar[Gateway]
    #: kind -> (the gateway's channel code, the field of Opened that the customer pays by)
    channels: ClassVar[dict[str, tuple[str, str]]]
    #: a QR channel that gives money back, and a channel that does not
    refundable: ClassVar[tuple[str, str]]
    final: ClassVar[tuple[str, str]]
    #: where the channels above are, and what 44851 stands for there
    country: ClassVar[str] = "ID"
    currency: ClassVar[str] = "IDR"
    #: whether it can be asked by our reference what it made
    finds: ClassVar[bool] = True
    #: whether a request can be withdrawn, and the kinds whose look-up does not show that
    withdraws: ClassVar[bool] = True
    silent_on_withdrawal: ClassVar[frozenset[str]] = frozenset()
    #: the setting that says where the gateway stands
    address: ClassVar[str]

    @pytest.fixture
    def box(self, sandbox: Sandbox) -> Iterator[Sandbox]:
        yield sandbox

    def charge(self, reference: str, kind: str = "", channel: str = "", amount: int = 44851, **more: Any) -> Charge:
        kind = kind or self.refundable[0]
        values: dict[str, Any] = {
            "reference": reference,
            "amount": Money(amount, self.currency),
            "country": self.country,
            "channel": channel or self.channels[kind][0],
            "kind": kind,
            "description": f"Order {reference}",
            "expires_at": timezone.now() + timedelta(hours=1),
            "return_url": "http://127.0.0.1:8000/id-id/invoices/GATE1",
            "payer_name": "GERBANG",
            "payer_phone": "+6281234567890",
        }
        return Charge(**(values | more))

    def test_every_kind_of_channel_says_how_to_pay(self, box: Sandbox) -> None:
        for number, (kind, (code, shown)) in enumerate(self.channels.items()):
            opened = self.gateway.create(self.charge(f"GATE{number}", kind, code))
            assert opened.gateway_id
            assert getattr(opened, shown), kind
            looked = self.gateway.look_up(opened.gateway_id)
            assert (looked.standing, looked.captures, looked.reference) == (Standing.OPEN, (), f"GATE{number}"), kind
        assert {p["reference"] for p in box.gateway_payments()} == {f"GATE{n}" for n in range(len(self.channels))}

    def test_the_amount_is_charged_exactly(self, box: Sandbox) -> None:
        self.gateway.create(self.charge("GATE1"))
        told = [(Money.of(str(p["amount"]), p["currency"]), p["gateway"]) for p in box.gateway_payments()]
        assert told == [(Money(44851, self.currency), self.gateway.code)]

    def test_money_is_seen_once_with_a_reference_that_stays(self, box: Sandbox) -> None:
        for number, (kind, (code, _)) in enumerate(self.channels.items()):
            opened = self.gateway.create(self.charge(f"GATE{number}", kind, code))
            box.pay(f"GATE{number}")
            first, again = self.gateway.look_up(opened.gateway_id), self.gateway.look_up(opened.gateway_id)
            assert first == again
            assert first.standing == Standing.PAID
            assert [capture.amount for capture in first.captures] == [Money(44851, self.currency)]
            assert first.captures[0].ref and first.captures[0].at is not None

    def test_what_was_captured_counts_and_not_what_was_asked_for(self, box: Sandbox) -> None:
        opened = self.gateway.create(self.charge("GATE1"))
        less = Money(40000, self.currency)
        box.pay("GATE1", amount=less.number)
        assert [capture.amount for capture in self.gateway.look_up(opened.gateway_id).captures] == [less]

    @pytest.mark.parametrize(("outcome", "standing"), [("failed", Standing.FAILED), ("expired", Standing.EXPIRED)])
    def test_an_end_without_money(self, box: Sandbox, outcome: str, standing: Standing) -> None:
        opened = self.gateway.create(self.charge("GATE1"))
        box.pay("GATE1", outcome)
        looked = self.gateway.look_up(opened.gateway_id)
        assert (looked.standing, looked.captures) == (standing, ())

    @pytest.mark.parametrize("outcome", ["expired", "withdrawn"])
    def test_money_after_the_end_is_seen(self, box: Sandbox, outcome: str) -> None:
        opened = self.gateway.create(self.charge("GATE1"))
        if outcome == "expired":
            box.pay("GATE1", "expired")
        else:
            self.gateway.withdraw(opened.gateway_id)
        box.pay("GATE1")
        looked = self.gateway.look_up(opened.gateway_id)
        assert looked.standing == Standing.PAID
        assert [capture.amount.minor for capture in looked.captures] == [44851]

    def test_what_is_withdrawn_can_no_longer_be_paid(self, box: Sandbox) -> None:
        for number, (kind, (code, _)) in enumerate(self.channels.items()):
            opened = self.gateway.create(self.charge(f"GATE{number}", kind, code))
            first, again = (self.gateway.withdraw(opened.gateway_id) for _ in range(2))
            if not self.withdraws:
                assert {first, again} == {Withdrawal.STAYS}
                assert self.gateway.look_up(opened.gateway_id).standing == Standing.OPEN
                continue
            assert first == Withdrawal.VOID and again != Withdrawal.STAYS, kind
            if kind not in self.silent_on_withdrawal:
                assert self.gateway.look_up(opened.gateway_id).standing == Standing.CANCELLED

    def test_what_was_paid_is_not_withdrawn(self, box: Sandbox) -> None:
        opened = self.gateway.create(self.charge("GATE1"))
        box.pay("GATE1")
        assert self.gateway.withdraw(opened.gateway_id) != Withdrawal.VOID
        assert self.gateway.look_up(opened.gateway_id).standing == Standing.PAID

    def test_what_a_lost_answer_made_is_found_by_our_reference(self, box: Sandbox) -> None:
        assert not self.gateway.find("GATE1")
        box.faults(gateway={"lose_reply": 1})
        with pytest.raises(GatewayUnavailable):
            self.gateway.create(self.charge("GATE1"))
        self.lost_too("GATE1-2")
        box.faults()
        found = self.gateway.find("GATE1")
        if not self.finds:
            assert found is None
            return
        assert found and self.gateway.look_up(found).reference == "GATE1"
        assert self.gateway.find("GATE") == ""

    def lost_too(self, reference: str) -> None:
        with pytest.raises(GatewayUnavailable):
            self.gateway.create(self.charge(reference))

    def test_a_refund_whose_answer_was_lost_is_asked_after_before_it_is_sent_again(self, box: Sandbox) -> None:
        kind, code = self.refundable
        opened = self.gateway.create(self.charge("GATE1", kind, code))
        box.pay("GATE1")
        amount = Money(44851, self.currency)
        absent = self.gateway.find_refund(opened.gateway_id, amount, "GATE1-R1")
        box.faults(gateway={"lose_reply": 1}, refund={"finish_after_ms": 0})
        with pytest.raises(GatewayUnavailable):
            self.gateway.refund(opened.gateway_id, amount, "GATE1-R1")
        box.faults(refund={"finish_after_ms": 0})
        assert absent and absent.standing == RefundStanding.ABSENT
        wait_until(lambda: self._refund_stands(opened.gateway_id, amount))

    def _refund_stands(self, gateway_id: str, amount: Money) -> bool:
        found = self.gateway.find_refund(gateway_id, amount, "GATE1-R1")
        return found is not None and found.standing != RefundStanding.ABSENT

    def test_what_it_offers_is_what_it_can_open(self, box: Sandbox) -> None:
        offered = {offer.code: offer for offer in self.gateway.offers(self.country)}
        for kind, (code, _) in self.channels.items():
            assert offered[code].kind == kind
        assert offered[self.refundable[1]].is_refundable
        assert not offered[self.final[1]].is_refundable
        assert self.gateway.offers("XX") == ()

    def test_a_request_nobody_knows_is_missing(self, box: Sandbox) -> None:
        assert self.gateway.look_up("00000000-0000-4000-8000-000000000000").standing == Standing.MISSING

    def test_a_refusal_makes_nothing(self, box: Sandbox) -> None:
        with pytest.raises(GatewayRefused):
            self.gateway.create(self.charge("GATE1", channel="NO_SUCH_CHANNEL"))
        assert box.gateway_payments() == []

    @pytest.mark.parametrize("fault", ["error", "lose_request", "lose_reply", "garbled", "unavailable"])
    def test_an_answer_that_did_not_come_is_unknown(self, box: Sandbox, fault: str) -> None:
        box.faults(gateway={fault: 1})
        with pytest.raises(GatewayUnavailable) as caught:
            self.gateway.create(self.charge("GATE1"))
        assert not isinstance(caught.value, GatewayNotReached)
        made = len(box.gateway_payments())
        assert made == (1 if fault in ("lose_reply", "garbled") else 0), "and nothing was sent a second time"

    def test_too_many_calls_reached_nobody(self, box: Sandbox) -> None:
        box.faults(gateway={"http_429": 1})
        with pytest.raises(GatewayNotReached):
            self.gateway.create(self.charge("GATE1"))
        assert box.gateway_payments() == []

    def test_nobody_there_reached_nobody(self, settings: Any) -> None:
        setattr(settings, self.address, "http://127.0.0.1:9")
        with pytest.raises(GatewayNotReached):
            self.gateway.create(self.charge("GATE1"))

    def test_a_refund_is_pending_until_it_is_done(self, box: Sandbox) -> None:
        box.faults(refund={"never": 1})
        kind, code = self.refundable
        opened = self.gateway.create(self.charge("GATE1", kind, code))
        box.pay("GATE1")
        reply = self.gateway.refund(opened.gateway_id, Money(851, self.currency), "GATE1-R1")
        assert reply.standing == RefundStanding.PENDING
        assert reply.reference in ("GATE1-R1", ""), "its own, or none where the gateway is not told ours"
        assert self.gateway.look_up_refund(reply.gateway_id) == reply

    def test_a_refund_that_the_channel_does_not_know_is_refused(self, box: Sandbox) -> None:
        opened = self.gateway.create(self.charge("GATE1", *self.final))
        box.pay("GATE1")
        with pytest.raises(GatewayRefused):
            self.gateway.refund(opened.gateway_id, Money(44851, self.currency), "GATE1-R1")
        assert [payment["refunded"] for payment in box.gateway_payments()] == [0]

    def test_more_than_was_paid_is_refused(self, box: Sandbox) -> None:
        kind, code = self.refundable
        opened = self.gateway.create(self.charge("GATE1", kind, code))
        box.pay("GATE1")
        with pytest.raises(GatewayRefused):
            self.gateway.refund(opened.gateway_id, Money(44852, self.currency), "GATE1-R1")

    def test_hints_bear_any_shape(self) -> None:
        shapes: tuple[Any, ...] = (
            *(None, 1, "text", [], {}, {"data": None}, {"data": []}),
            {"event": 5, "data": {"payment_id": 7}},
        )
        for body in shapes:
            hint = self.gateway.read_hint(json.dumps(body).encode())
            if hint is not None:
                assert not (hint.reference or hint.gateway_id or hint.payment_id or hint.refund_id or hint.dedupe)

    @pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b'{"a": "\\u0000"}', b"[" * 100_000, b"a=b&c", b"%"])
    def test_no_bytes_break_it_or_pass_as_authentic(self, raw: bytes) -> None:
        self.gateway.read_hint(raw)
        assert not self.gateway.is_authentic({}, raw)
