"""An order as the admin API writes it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from core.money import Money
from fulfilment.api.admin import refunds
from fulfilment.api.admin.asking import Pagination
from fulfilment.api.admin.desk import CaseRow, case_shown
from fulfilment.desk import acting
from fulfilment.desk.dossier import Dossier
from fulfilment.desk.weighing import Foresight
from fulfilment.models import Attempt, TopUp
from payments.models import Capture, Payment, Transfer
from storefront.orders.models import Order


class Named(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class Customer(serializers.Serializer[Any]):
    userId = serializers.CharField(allow_null=True, help_text="null: a guest")
    email = serializers.CharField()
    phoneNumber = serializers.CharField(help_text="E.164")


class OrderRow(serializers.Serializer[Any]):
    invoiceNumber = serializers.CharField()
    status = serializers.ChoiceField(Order.Status.choices, help_text="PAID is told apart from PROCESSING here.")
    region = serializers.CharField()
    product = Named()
    sku = Named()
    quantity = serializers.IntegerField()
    delivered = serializers.IntegerField()
    failed = serializers.IntegerField()
    account = serializers.CharField()
    nickname = serializers.CharField(allow_null=True)
    customer = Customer()
    total = serializers.FloatField()
    currency = serializers.CharField()
    payment = Named()
    promoCode = serializers.CharField()
    createdAt = serializers.DateTimeField()
    paidAt = serializers.DateTimeField(allow_null=True)
    completedAt = serializers.DateTimeField(allow_null=True)


class OrderList(serializers.Serializer[Any]):
    orders = OrderRow(many=True)
    isCut = serializers.BooleanField(help_text="the search found more than were looked at")
    pagination = Pagination()


class CaptureRow(serializers.Serializer[Any]):
    gatewayReference = serializers.CharField()
    amount = serializers.FloatField()
    currency = serializers.CharField()
    effect = serializers.ChoiceField(Capture.Effect.choices)
    at = serializers.DateTimeField()


class PaymentRow(serializers.Serializer[Any]):
    reference = serializers.CharField()
    gateway = serializers.CharField()
    gatewayId = serializers.CharField()
    status = serializers.ChoiceField(Payment.State.choices)
    hold = serializers.CharField(help_text="why money that is there does not count yet; mostly empty")
    amount = serializers.FloatField()
    received = serializers.FloatField()
    error = serializers.CharField()
    createdAt = serializers.DateTimeField()
    settledAt = serializers.DateTimeField(allow_null=True)
    captures = CaptureRow(many=True)


class AttemptRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    supplier = serializers.CharField()
    product = Named()
    status = serializers.ChoiceField(Attempt.State.choices)
    verdict = serializers.CharField()
    cost = serializers.FloatField()
    costCurrency = serializers.CharField()
    reference = serializers.CharField(help_text="ours at the supplier, where it takes one")
    transactionId = serializers.CharField(help_text="the supplier's")
    sentAt = serializers.DateTimeField()
    answeredAt = serializers.DateTimeField(allow_null=True)
    endedAt = serializers.DateTimeField(allow_null=True)
    httpStatus = serializers.IntegerField(allow_null=True)
    answer = serializers.CharField(help_text="as it came, secrets and codes masked")


class UnitRow(serializers.Serializer[Any]):
    unit = serializers.IntegerField()
    piece = serializers.IntegerField(help_text="0: the whole unit")
    status = serializers.ChoiceField(TopUp.State.choices)
    waitsFor = serializers.CharField()
    why = serializers.CharField(help_text="code of the reason it failed")
    attempts = AttemptRow(many=True)


class TransferRow(serializers.Serializer[Any]):
    fromAccount = serializers.CharField()
    toAccount = serializers.CharField()
    amount = serializers.FloatField()
    currency = serializers.CharField()
    reason = serializers.CharField()
    note = serializers.CharField()
    at = serializers.DateTimeField()


class EventRow(serializers.Serializer[Any]):
    status = serializers.CharField()
    by = serializers.CharField()
    reason = serializers.CharField()
    note = serializers.CharField()
    at = serializers.DateTimeField()


class VerbRow(serializers.Serializer[Any]):
    isPossible = serializers.BooleanField()
    says = serializers.CharField(help_text="what it would do")
    against = serializers.ListField(child=serializers.CharField(), help_text="the evidence for which it may not")


class Verbs(serializers.Serializer[Any]):
    checkAgain = VerbRow()
    sendAgain = VerbRow()
    switchSupplier = VerbRow()
    cancel = VerbRow()


class OrderFull(OrderRow):
    subtotal = serializers.FloatField()
    discount = serializers.FloatField()
    paymentFee = serializers.FloatField()
    leftToGiveBack = serializers.FloatField(help_text="what came in, less what went back or is on its way")
    payments = PaymentRow(many=True)
    units = UnitRow(many=True)
    refunds = refunds.RefundRow(many=True)
    ledger = TransferRow(many=True)
    cases = CaseRow(many=True)
    timeline = EventRow(many=True)
    verbs = Verbs()


def row(order: Order) -> dict[str, Any]:
    return {
        "invoiceNumber": order.number,
        "status": order.status,
        "region": order.region_id,
        "product": {"code": order.product_code, "name": order.product_name},
        "sku": {"code": order.sku_code, "name": order.sku_name},
        "quantity": order.quantity,
        "delivered": order.delivered,
        "failed": order.failed,
        "account": order.inputs,
        "nickname": order.nickname,
        "customer": {
            "userId": order.user.public_id if order.user else None,
            "email": order.email,
            "phoneNumber": order.phone,
        },
        "total": order.total,
        "currency": order.currency,
        "payment": {"code": order.channel_code, "name": order.channel_name},
        "promoCode": order.promo_code,
        "createdAt": order.created_at,
        "paidAt": order.paid_at,
        "completedAt": order.ended_at,
    }


def full(dossier: Dossier) -> dict[str, Any]:
    """The order and all that stands about it, in a statement for each of its lists."""
    order, units = dossier.order, list(dossier.units)
    return {
        **row(order),
        "subtotal": Money(order.subtotal_minor, order.currency),
        "discount": Money(order.discount_minor, order.currency),
        "paymentFee": Money(order.fee_minor, order.currency),
        "leftToGiveBack": dossier.left_to_give_back,
        "payments": [_payment(one, dossier.captures) for one in dossier.payments],
        "units": [_unit(one, dossier.attempts) for one in units],
        "refunds": [refunds.shown(one) for one in dossier.refunds],
        "ledger": [_transfer(one) for one in dossier.transfers],
        "cases": [case_shown(one) for one in dossier.cases],
        "timeline": [
            {"status": one.after, "by": one.by, "reason": one.reason, "note": one.note, "at": one.at}
            for one in dossier.events
        ],
        "verbs": {
            "checkAgain": _verb(acting.foresee_check(order)),
            "sendAgain": _verb(acting.foresee_send(order, units)),
            "switchSupplier": _verb(acting.foresee_switch(order, units)),
            "cancel": _verb(acting.foresee_cancel(order, units)),
        },
    }


def _payment(payment: Payment, captures: Any) -> dict[str, Any]:
    return {
        "reference": payment.reference,
        "gateway": payment.gateway,
        "gatewayId": payment.gateway_id,
        "status": payment.state,
        "hold": payment.hold,
        "amount": Money(payment.amount_minor, payment.currency),
        "received": Money(payment.received_minor, payment.currency),
        "error": payment.error,
        "createdAt": payment.created_at,
        "settledAt": payment.settled_at,
        "captures": [
            {
                "gatewayReference": one.gateway_ref,
                "amount": Money(one.amount_minor, one.currency),
                "currency": one.currency,
                "effect": one.effect,
                "at": one.created_at,
            }
            for one in captures
            if one.payment_id == payment.pk
        ],
    }


def _unit(unit: TopUp, attempts: Any) -> dict[str, Any]:
    return {
        "unit": unit.unit,
        "piece": unit.piece,
        "status": unit.state,
        "waitsFor": unit.waits_for,
        "why": unit.why,
        "attempts": [_attempt(one) for one in attempts if one.topup_id == unit.pk],
    }


def _attempt(one: Attempt) -> dict[str, Any]:
    return {
        "id": one.pk,
        "number": one.number,
        "supplier": one.account.code,
        "product": {"code": one.product_code, "name": one.product_name},
        "status": one.state,
        "verdict": one.verdict,
        "cost": Money(one.cost_minor, one.account.currency),
        "costCurrency": one.account.currency,
        "reference": one.reference,
        "transactionId": one.transaction_id,
        "sentAt": one.sent_at,
        "answeredAt": one.answered_at,
        "endedAt": one.ended_at,
        "httpStatus": one.http_status,
        "answer": one.answer,
    }


def _transfer(one: Transfer) -> dict[str, Any]:
    return {
        "fromAccount": one.source.key,
        "toAccount": one.target.key,
        "amount": Money(one.amount_minor, one.currency),
        "currency": one.currency,
        "reason": one.reason,
        "note": one.note,
        "at": one.at,
    }


def _verb(foresight: Foresight) -> dict[str, Any]:
    return {"isPossible": foresight.may, "says": foresight.says, "against": list(foresight.against)}
