"""What the OpenAPI document says of an order, its payment and its invoice (API §19, §20)."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from payments.models import Refund

SHOWN_STATUS = ("PENDING", "PROCESSING", "SUCCESS", "FAILED", "EXPIRED")


class Account(serializers.Serializer[Any]):
    nickname = serializers.CharField(allow_null=True, help_text="null: not checked")
    inputs = serializers.CharField()


class Pricing(serializers.Serializer[Any]):
    subtotal = serializers.FloatField()
    discount = serializers.FloatField()
    paymentFee = serializers.FloatField()
    total = serializers.FloatField()
    currency = serializers.CharField()


class PaymentShown(serializers.Serializer[Any]):
    """Which keys are there depends on the channel; those of a payment to be made only while it is PENDING."""

    code = serializers.CharField()
    name = serializers.CharField()
    instruction = serializers.CharField(required=False, allow_blank=True, help_text="HTML")
    qrCode = serializers.CharField(required=False, help_text="EMV payload")
    qrCodeImage = serializers.CharField(required=False, help_text="address of a PNG")
    accountNumber = serializers.CharField(required=False, help_text="virtual account")
    bankName = serializers.CharField(required=False)
    accountName = serializers.CharField(required=False)
    paymentCode = serializers.CharField(required=False, help_text="to be shown at the till")
    redirectUrl = serializers.CharField(required=False)
    deeplink = serializers.CharField(required=False)
    expiredAt = serializers.DateTimeField(required=False)
    paidAt = serializers.DateTimeField(required=False)


class Contact(serializers.Serializer[Any]):
    email = serializers.CharField(allow_blank=True)
    phoneNumber = serializers.CharField(allow_null=True)


class OrderShown(serializers.Serializer[Any]):
    invoiceNumber = serializers.CharField()
    status = serializers.ChoiceField(SHOWN_STATUS)
    productCode = serializers.CharField()
    productName = serializers.CharField()
    skuCode = serializers.CharField()
    skuName = serializers.CharField()
    quantity = serializers.IntegerField()
    account = Account()
    pricing = Pricing()
    payment = PaymentShown()
    contact = Contact()
    createdAt = serializers.DateTimeField()
    expiredAt = serializers.DateTimeField()


class PlacedAnswer(serializers.Serializer[Any]):
    step = serializers.ChoiceField(("SUCCESS",))
    order = OrderShown()


class Step(serializers.Serializer[Any]):
    status = serializers.ChoiceField(("PENDING", "PAID", "PROCESSING", "SUCCESS", "FAILED", "EXPIRED"))
    message = serializers.CharField()
    timestamp = serializers.DateTimeField()


class PromoUsed(serializers.Serializer[Any]):
    code = serializers.CharField()
    discountAmount = serializers.FloatField()


class Units(serializers.Serializer[Any]):
    delivered = serializers.IntegerField()
    refunded = serializers.IntegerField()
    pending = serializers.IntegerField()
    partly = serializers.IntegerField(
        required=False, help_text="units sent in pieces of which some arrived; the others are paid back"
    )


class Part(serializers.Serializer[Any]):
    name = serializers.CharField()
    delivered = serializers.IntegerField()
    refunded = serializers.IntegerField()
    pending = serializers.IntegerField()


class RefundShown(serializers.Serializer[Any]):
    """`message` in the reader's language, with the day by which it is usually there."""

    reference = serializers.CharField()
    amount = serializers.FloatField()
    status = serializers.ChoiceField(Refund.State.choices)
    message = serializers.CharField()
    createdAt = serializers.DateTimeField()
    completedAt = serializers.DateTimeField(required=False)


class InvoiceShown(OrderShown):
    promo = PromoUsed(allow_null=True)
    units = Units()
    parts = Part(many=True, required=False, help_text="where units are sent in pieces: what became of each kind")
    timeline = Step(many=True)
    refunds = RefundShown(many=True, required=False)
    completedAt = serializers.DateTimeField(required=False)
