"""The account an order is for, put right over the admin API: the game is asked first, then the order changes."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.staff import ReasonBody, StaffView, asked
from core.web.api import data
from fulfilment import correcting
from fulfilment.api.admin.asking import WRITE_ERRORS
from fulfilment.api.admin.orders import ORDER, TAG, found
from fulfilment.api.admin.verbs import acted
from storefront.api.shapes import answers, enveloped
from storefront.orders.models import Order


class AccountBody(serializers.Serializer[Any]):
    account = serializers.DictField(
        child=serializers.CharField(max_length=120), help_text="the product's inputs by their keys: GET /v2/fields"
    )


class ProposalShown(serializers.Serializer[Any]):
    nickname = serializers.CharField(help_text="as the game tells it; empty: nobody can say")
    proposal = serializers.CharField(help_text="stands for this account of this order, for 15 minutes")


class ChangeBody(ReasonBody):
    proposal = serializers.CharField(max_length=4000)


class ProposeAccount(StaffView):
    scopes: ClassVar = {"POST": "storefront.correct_account"}

    @extend_schema(
        operation_id="proposeAccount",
        tags=[TAG],
        summary="Ask the game for another account, before the order is changed to it",
        description="Nothing changes. CANNOT_CORRECT where something of the order is out, it has ended, or it was "
        "corrected before; ACCOUNT_NOT_FOUND and CHECK_UNAVAILABLE as at GET /v2/players.",
        request=AccountBody,
        responses=answers(enveloped("ProposalEnvelope", ProposalShown()), errors=(*WRITE_ERRORS, 503)),
    )
    def post(self, request: Request, number: str) -> Response:
        # Not once per key: the game is asked over the network, under no transaction, and nothing is written.
        proposed = correcting.propose(found(number), asked(AccountBody, request)["account"])
        return data({"nickname": proposed.nickname, "proposal": proposed.token})


class ChangeAccount(StaffView):
    scopes: ClassVar = {"POST": "storefront.correct_account"}

    @extend_schema(
        operation_id="changeAccount",
        tags=[TAG],
        summary="Send an order on hold to the account that was proposed",
        description="Once per order, while nothing of it is out. The same proposal again changes nothing.",
        request=ChangeBody,
        responses=answers(ORDER, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: str) -> Response:
        sent = asked(ChangeBody, request)

        def change(order_id: int, by: str, why: str) -> bool:
            return correcting.change_for(Order.objects.get(pk=order_id), sent["proposal"], by=by, why=why)

        return acted(request, number, sent["reason"], change)
