"""The link by which a guest says where a refund goes. Whoever holds it may claim: it stands in a mail to the buyer and
on the invoice of the browser that ordered, nowhere else."""

from __future__ import annotations

from django.conf import settings
from django.core import signing

from payments.money_back.models import Refund

_signer = signing.Signer(salt="payments.claims", sep=".")


def token(refund: Refund) -> str:
    return _signer.sign(refund.reference)


def path(refund: Refund) -> str:
    """Within the shop the order was placed in."""
    return f"/{refund.order.language}-{refund.order.region_id.lower()}/refunds/{token(refund)}"


def url(refund: Refund) -> str:
    return settings.PUBLIC_BASE_URL + path(refund)


def opened(token: str) -> Refund | None:
    """The refund that the link is about; None for a link that is not ours."""
    try:
        reference = _signer.unsign(token)
    except signing.BadSignature:
        return None
    rows = Refund.objects.select_related("order__region", "payment__channel", "wallet_of")
    return rows.filter(reference=reference).first()
