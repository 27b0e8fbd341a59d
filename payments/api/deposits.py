"""/v2/deposits: a member's money on its way into the wallet (API §41 to §43)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.visitors import signed_in
from core import regions
from core.errors import invalid
from core.models import Region
from core.money import Money, NotAnAmount
from core.web.api import MemberView, body_of, data
from payments import instructions
from payments.api import listing
from payments.api.shown import PaymentShown
from payments.deposits import creating, history, quoting
from payments.deposits.models import Deposit
from payments.models import Payment
from storefront.api.shapes import BODY_ERRORS, Text, answers, enveloped

# More than any channel takes, and less than a column holds.
_MOST = Decimal(10**12)


class DepositOverview(serializers.Serializer[Any]):
    totalDeposits = serializers.IntegerField()
    totalAmount = serializers.FloatField()
    successCount = serializers.IntegerField()
    pendingCount = serializers.IntegerField()
    failedCount = serializers.IntegerField(help_text="failed or expired")


class PaymentName(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()


class DepositRow(serializers.Serializer[Any]):
    invoiceNumber = serializers.CharField()
    status = serializers.ChoiceField(Deposit.Status.values)
    amount = serializers.FloatField()
    payment = PaymentName()
    currency = serializers.CharField()
    createdAt = serializers.DateTimeField()
    paidAt = serializers.DateTimeField(required=False)
    expiredAt = serializers.DateTimeField(required=False, help_text="of what is not paid")


class DepositList(serializers.Serializer[Any]):
    overview = DepositOverview()
    deposits = DepositRow(many=True)
    pagination = listing.Pagination()


class DepositPricing(serializers.Serializer[Any]):
    subtotal = serializers.FloatField()
    paymentFee = serializers.FloatField()
    total = serializers.FloatField()
    currency = serializers.CharField()


class DepositPayment(PaymentName):
    currency = serializers.CharField()
    minAmount = serializers.FloatField()
    maxAmount = serializers.FloatField()
    feeAmount = serializers.FloatField()
    feePercentage = serializers.FloatField()


class DepositQuote(serializers.Serializer[Any]):
    amount = serializers.FloatField()
    pricing = DepositPricing()
    payment = DepositPayment()


class DepositInquiryAnswer(serializers.Serializer[Any]):
    validationToken = serializers.CharField()
    expiresAt = serializers.DateTimeField()
    deposit = DepositQuote()


class DepositShown(serializers.Serializer[Any]):
    invoiceNumber = serializers.CharField()
    status = serializers.ChoiceField(Deposit.Status.values)
    amount = serializers.FloatField()
    pricing = DepositPricing()
    payment = PaymentShown()
    createdAt = serializers.DateTimeField()
    expiredAt = serializers.DateTimeField()


class DepositPlaced(serializers.Serializer[Any]):
    step = serializers.ChoiceField(("SUCCESS",))
    deposit = DepositShown()


class AmountField(serializers.Field[Any, Any, Any, Any]):
    """A JSON number; how many decimals it may have, the currency says."""

    def to_internal_value(self, given: Any) -> Decimal:
        amount = Decimal(given) if isinstance(given, int | Decimal) and not isinstance(given, bool) else None
        if amount is None or not -_MOST <= amount <= _MOST:
            raise serializers.ValidationError(_("Enter an amount as a number."))
        return amount


class InquiryBody(serializers.Serializer[Any]):
    amount = AmountField()
    paymentCode = Text(max_length=30)
    region = Text(max_length=8, required=False, allow_blank=True)


class InquiryBodyShown(serializers.Serializer[Any]):
    amount = serializers.FloatField(min_value=0)
    paymentCode = serializers.CharField(max_length=30)


class DepositBody(serializers.Serializer[Any]):
    validationToken = Text(max_length=500)


class DepositInquiries(MemberView):
    rule: ClassVar[str] = "order_inquiry"

    @extend_schema(
        operation_id="inquireDeposit",
        tags=["Dashboard"],
        summary="Create deposit inquiry",
        description="Says what a deposit costs and holds that until `expiresAt`. Limits hold for the amount.",
        parameters=[OpenApiParameter("region", str, description="Default: the member's current region")],
        request=InquiryBodyShown,
        responses=answers(enveloped("DepositInquiryEnvelope", DepositInquiryAnswer()), errors=BODY_ERRORS),
    )
    def post(self, request: Request) -> Response:
        user = signed_in(request)
        body = InquiryBody(data=body_of(request))
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        code = request.query_params.get("region") or sent.get("region")
        region = regions.named(code) if code else listing.region_of(user)
        amount = _amount(sent["amount"], region)
        language = get_language() or "id"
        inquiry = quoting.quote(user, region, sent["paymentCode"], amount, language, timezone.now())
        channel = inquiry.channel
        answer = data(
            {
                "validationToken": quoting.token_of(inquiry),
                "expiresAt": inquiry.expires_at,
                "deposit": {
                    "amount": inquiry.amount,
                    "pricing": _pricing(inquiry.amount, inquiry.fee),
                    "payment": {
                        "code": channel.code,
                        "name": channel.name,
                        "currency": inquiry.currency,
                        "minAmount": Money(channel.min_minor, inquiry.currency),
                        "maxAmount": Money(channel.max_minor, inquiry.currency),
                        "feeAmount": Money(channel.fee_minor, inquiry.currency),
                        "feePercentage": channel.fee_percent,
                    },
                },
            }
        )
        answer["Cache-Control"] = "no-store"
        return answer


class Deposits(MemberView):
    @property
    def rule(self) -> str:  # type: ignore[override]
        return "orders" if self.request.method == "POST" else "reads"

    @extend_schema(
        operation_id="listDeposits",
        tags=["Dashboard"],
        summary="Get deposits",
        parameters=listing.parameters(status=history.STATUSES),
        responses=answers(enveloped("DepositsEnvelope", DepositList()), errors=(400, 401, 422)),
    )
    def get(self, request: Request) -> Response:
        asked = listing.read(request, status=history.STATUSES)
        told = history.overview(asked.user, asked.region, asked.period)
        rows = history.deposits(
            asked.user, asked.region, asked.period, status=asked.chosen["status"], search=asked.search
        )
        answer = data(
            {
                "overview": {
                    "totalDeposits": told.deposits,
                    "totalAmount": told.amount,
                    "successCount": told.success,
                    "pendingCount": told.pending,
                    "failedCount": told.failed,
                },
                "deposits": [_row(deposit) for deposit in listing.page_of(rows, asked)],
                "pagination": asked.pagination(rows.count()),
            }
        )
        answer["Cache-Control"] = "no-store"
        return answer

    @extend_schema(
        operation_id="createDeposit",
        tags=["Dashboard"],
        summary="Create deposit",
        description="The same token again answers the same deposit, with whatever has changed meanwhile.",
        request=DepositBody,
        responses=answers(enveloped("DepositEnvelope", DepositPlaced()), status=201, errors=(*BODY_ERRORS, 503)),
    )
    def post(self, request: Request) -> Response:
        user = signed_in(request)
        body = DepositBody(data=body_of(request))
        body.is_valid(raise_exception=True)
        deposit, payment = creating.place(body.validated_data["validationToken"], user)
        answer = data({"step": "SUCCESS", "deposit": _placed(deposit, payment)}, status=201)
        answer["Cache-Control"] = "no-store"
        return answer


def _amount(given: Decimal, region: Region) -> Money:
    try:
        return Money.of(given, region.currency)
    except NotAnAmount as problem:
        raise invalid(
            {"amount": _("%(currency)s has no smaller unit than that.") % {"currency": region.currency}}
        ) from problem


def _pricing(amount: Money, fee: Money) -> dict[str, Any]:
    return {"subtotal": amount, "paymentFee": fee, "total": amount + fee, "currency": amount.currency}


def _row(deposit: Deposit) -> dict[str, Any]:
    row: dict[str, Any] = {
        "invoiceNumber": deposit.number,
        "status": deposit.status,
        "amount": deposit.amount,
        "payment": {"code": deposit.channel_code, "name": deposit.channel_name},
        "currency": deposit.currency,
        "createdAt": deposit.created_at,
    }
    if deposit.paid_at is not None:
        return row | {"paidAt": deposit.paid_at}
    return row | {"expiredAt": deposit.expires_at}


def _placed(deposit: Deposit, payment: Payment | None) -> dict[str, Any]:
    asked, fee = Money(deposit.amount_minor, deposit.currency), Money(deposit.fee_minor, deposit.currency)
    how = instructions.of(payment, get_language() or "id") if deposit.status == Deposit.Status.PENDING else {}
    if deposit.paid_at is not None:
        how = {"paidAt": deposit.paid_at}
    return {
        "invoiceNumber": deposit.number,
        "status": deposit.status,
        "amount": asked,
        "pricing": _pricing(asked, fee),
        "payment": {"code": deposit.channel_code, "name": deposit.channel_name, **how},
        "createdAt": deposit.created_at,
        "expiredAt": deposit.expires_at,
    }
