"""GET /v2/qr/generate: a payment's QR code, or that of a second factor's set-up by its reference, as a PNG."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from accounts import mfa
from core.errors import invalid
from core.web.api import ApiView
from payments import qr
from storefront.api.shapes import ErrorEnvelope

_DATA = "an EMV payload (qrCode of an order), or the reference of a second factor's set-up (qrCodeImage)"


class QrCode(ApiView):
    rule: ClassVar[str] = "qr"
    ignores_bearer: ClassVar[bool] = True

    @extend_schema(
        operation_id="drawQrCode",
        tags=["Transactions"],
        summary="Draw a QR code",
        parameters=[
            OpenApiParameter(
                "data",
                str,
                required=True,
                description=_DATA,
            )
        ],
        responses={
            (200, "image/png"): OpenApiResponse(OpenApiTypes.BINARY),
            400: ErrorEnvelope,
            405: ErrorEnvelope,
            422: ErrorEnvelope,
            429: ErrorEnvelope,
            500: ErrorEnvelope,
        },
    )
    def get(self, request: Request) -> HttpResponse:
        payload = request.query_params.get("data", "")
        if payload.startswith(mfa.REFERENCE_PREFIX):
            # Only the reference stands in addresses and logs; the picture is for one pair of eyes, once.
            drawn = qr.png(mfa.setup_uri(payload))
            return HttpResponse(drawn, content_type="image/png", headers={"Cache-Control": "no-store"})
        if not qr.is_payload(payload):
            raise invalid({"data": _("This is not a payment's QR code.")})
        # The same payload is the same picture for ever.
        return HttpResponse(
            qr.png(payload),
            content_type="image/png",
            headers={"Cache-Control": "public, max-age=86400, immutable", "X-Robots-Tag": "noindex"},
        )
