"""GET /v2/mutations: what moved in a member's wallet (API §39)."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from core.web.api import MemberView, data
from payments.api import listing
from payments.wallet import mutations
from payments.wallet.mutations import Mutation, Selection
from storefront.api.shapes import answers, enveloped

_HEAD = ("invoiceNumber", "description", "amount", "type", "balanceBefore", "balanceAfter", "currency", "createdAt")


class MutationOverview(serializers.Serializer[Any]):
    totalDebit = serializers.FloatField()
    totalCredit = serializers.FloatField()
    netBalance = serializers.FloatField(help_text="credit less debit")
    transactionCount = serializers.IntegerField()


class MutationRow(serializers.Serializer[Any]):
    invoiceNumber = serializers.CharField(allow_blank=True)
    description = serializers.CharField()
    amount = serializers.FloatField()
    type = serializers.ChoiceField(mutations.TYPES[1:])
    balanceBefore = serializers.FloatField()
    balanceAfter = serializers.FloatField()
    currency = serializers.CharField()
    createdAt = serializers.DateTimeField()


class MutationList(serializers.Serializer[Any]):
    overview = MutationOverview()
    mutations = MutationRow(many=True)
    pagination = listing.Pagination()


class Mutations(MemberView):
    @extend_schema(
        operation_id="listMutations",
        tags=["Dashboard"],
        summary="Get mutations",
        description="Of the wallet in the region's currency. The overview covers region and days.",
        parameters=listing.parameters(is_file=True, type=mutations.TYPES),
        responses=answers(enveloped("MutationsEnvelope", MutationList()), errors=(400, 401, 422)),
    )
    def get(self, request: Request) -> HttpResponseBase:
        asked = listing.read(request, type=mutations.TYPES)
        currency = asked.region.currency
        selection = Selection(asked.user, currency, asked.period, asked.chosen["type"], asked.search)
        if asked.is_file:
            return file_of(selection)
        told = mutations.overview(asked.user, currency, asked.period)
        answer = data(
            {
                "overview": {
                    "totalDebit": told.debit,
                    "totalCredit": told.credit,
                    "netBalance": told.net,
                    "transactionCount": told.count,
                },
                "mutations": [_row(one) for one in mutations.page(selection, asked.window)],
                "pagination": asked.pagination(mutations.count(selection)),
            }
        )
        answer["Cache-Control"] = "no-store"
        return answer


def file_of(selection: Selection) -> HttpResponseBase:
    """All of these mutations as a CSV download."""
    return listing.as_file("mutations", _HEAD, (list(_row(one).values()) for one in mutations.all_of(selection)))


def _row(one: Mutation) -> dict[str, Any]:
    return {
        "invoiceNumber": one.number,
        "description": one.description,
        "amount": one.amount,
        "type": one.type,
        "balanceBefore": one.before,
        "balanceAfter": one.after,
        "currency": one.amount.currency,
        "createdAt": one.at,
    }
