"""A customer's balance over the admin API: more or less of it, by the rule of two persons."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from core.api.staff import ReasonBody, StaffView, asked, done, token_of
from core.errors import not_found
from core.money import DECIMALS
from core.staff_tokens.answers import HEADER
from fulfilment.api.admin.asking import KEY, WRITE_ERRORS, amount_of
from payments.wallet import adjusting
from payments.wallet.services import POINTS, balances
from storefront.api.shapes import answers, enveloped

_CURRENCIES = [code for code in DECIMALS if code != POINTS]


class CreditBody(ReasonBody):
    amount = serializers.DecimalField(max_digits=17, decimal_places=2, help_text="in major units; negative: less")
    currency = serializers.ChoiceField(_CURRENCIES)


class Credited(serializers.Serializer[Any]):
    userId = serializers.CharField()
    status = serializers.ChoiceField(["DONE", "WAITING"], help_text="WAITING: for a second person")
    approval = serializers.IntegerField(allow_null=True, help_text="what it waits as")
    balance = serializers.FloatField(help_text="of that currency, now")
    currency = serializers.CharField()


class Credit(StaffView):
    scopes: ClassVar = {"POST": "payments.adjust_balance"}

    @extend_schema(
        operation_id="creditCustomer",
        tags=["Customers"],
        summary="Give a customer balance, or take some back",
        description="From the shop's goodwill. Above one person's limit (none, unless owners set one) it waits for a "
        "second.",
        parameters=[KEY],
        request=CreditBody,
        responses=answers(enveloped("CreditEnvelope", Credited()), errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: str) -> Response:
        sent, token = asked(CreditBody, request), token_of(request)
        # As on the customer desk, staff are nobody there.
        user = User.objects.filter(public_id=number, is_staff=False, is_superuser=False).first()
        if user is None:
            raise not_found()
        amount = amount_of(sent["amount"], sent["currency"])
        # Also long after the answer was forgotten the ledger takes the same wish once.
        key = "api-" + hashlib.sha256(f"{token.pk} {request.headers.get(HEADER, '')}".encode()).hexdigest()[:40]

        def work(actor: str) -> dict[str, Any]:
            approval = adjusting.adjust(user, amount, key=key, by=actor, why=sent["reason"])
            return {
                "userId": user.public_id,
                "status": "DONE" if approval is None else approval.state,
                "approval": None if approval is None else approval.pk,
                "balance": balances(user).get(amount.currency, amount_of(0, amount.currency)),
                "currency": amount.currency,
            }

        return done(request, work, is_money=True)
