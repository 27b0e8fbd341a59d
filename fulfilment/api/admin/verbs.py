"""What may be done about an order over the admin API: the desk's own verbs, each refusing where it is unsafe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.staff import ReasonBody, StaffView, asked, done
from fulfilment.api.admin import orders_shown as shown
from fulfilment.api.admin import refunds
from fulfilment.api.admin.asking import KEY, WRITE_ERRORS, amount_of
from fulfilment.api.admin.orders import ORDER, TAG, found
from fulfilment.desk import acting
from fulfilment.desk.dossier import Dossier
from payments.money_back import giving_back
from storefront.api.shapes import answers


class SwitchBody(ReasonBody):
    productId = serializers.IntegerField(min_value=1, help_text="of a supplier's product that is a route of the SKU")


class RefundBody(ReasonBody):
    amount = serializers.DecimalField(
        max_digits=17, decimal_places=2, required=False, help_text="in major units; left out: all that is left"
    )
    refundsSeen = serializers.IntegerField(
        min_value=0, required=False, help_text="how many refunds of the order you saw; then a later one refuses yours"
    )


def acted(
    request: Request, number: str, why: str, act: Callable[[int, str, str], object], *, is_money: bool = False
) -> Response:
    """What the desk's verb `act` (of the order's key, who and why) left of the order."""
    order = found(number)

    def work(actor: str) -> dict[str, Any]:
        act(order.pk, actor, why)
        return shown.full(Dossier(found(order.number)))

    return done(request, work, is_money=is_money)


class CheckAgain(StaffView):
    scopes: ClassVar = {"POST": "storefront.recheck_order"}

    @extend_schema(
        operation_id="checkOrderAgain",
        tags=[TAG],
        summary="Ask gateway and supplier again",
        description="As soon as each may be asked. Nothing is sent or paid.",
        request=ReasonBody,
        responses=answers(ORDER, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: str) -> Response:
        return acted(request, number, asked(ReasonBody, request)["reason"], acting.check_again)


class SendAgain(StaffView):
    scopes: ClassVar = {"POST": "storefront.resend_order"}

    @extend_schema(
        operation_id="sendOrderAgain",
        tags=[TAG],
        summary="Try what waits of an order at once",
        description="What is, or may be, with a supplier is left alone; refused where anything speaks of a purchase.",
        request=ReasonBody,
        responses=answers(ORDER, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: str) -> Response:
        return acted(request, number, asked(ReasonBody, request)["reason"], acting.send_again)


class SwitchSupplier(StaffView):
    scopes: ClassVar = {"POST": "storefront.switch_supplier"}

    @extend_schema(
        operation_id="switchSupplier",
        tags=[TAG],
        summary="Send what waits by another supplier",
        description="Refused while anything is or may be out.",
        request=SwitchBody,
        responses=answers(ORDER, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: str) -> Response:
        sent = asked(SwitchBody, request)

        def switch(order_id: int, by: str, why: str) -> int:
            return acting.switch_supplier(order_id, sent["productId"], by, why)

        return acted(request, number, sent["reason"], switch)


class Cancel(StaffView):
    scopes: ClassVar = {"POST": "storefront.cancel_order"}

    @extend_schema(
        operation_id="cancelOrder",
        tags=[TAG],
        summary="Give up what was not delivered of a paid order, and pay it back",
        description="Refused where it is not sure that nothing of it is, or may be, with a supplier.",
        parameters=[KEY],
        request=ReasonBody,
        responses=answers(ORDER, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: str) -> Response:
        return acted(request, number, asked(ReasonBody, request)["reason"], acting.cancel, is_money=True)


class GiveBack(StaffView):
    scopes: ClassVar = {"POST": "payments.add_refund"}

    @extend_schema(
        operation_id="refundOrder",
        tags=[TAG],
        summary="Give money back of an order that has ended, all or a part",
        description="To a member's wallet, else the way it came. Above one person's limit it waits for a second.",
        parameters=[KEY],
        request=RefundBody,
        responses=answers(refunds.REFUND, errors=WRITE_ERRORS),
    )
    def post(self, request: Request, number: str) -> Response:
        sent = asked(RefundBody, request)
        order = found(number)

        def work(actor: str) -> dict[str, Any]:
            seen = sent.get("refundsSeen", giving_back.seen(order))
            amount = amount_of(sent["amount"], order.currency) if "amount" in sent else giving_back.remaining(order)
            refund, _is_new = giving_back.give_back(order.pk, amount, seen=seen, by=actor, why=sent["reason"])
            return refunds.shown(refunds.find(refund.reference))

        return done(request, work, is_money=True)
