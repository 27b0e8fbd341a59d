"""A shop whose SKU goes out by Digiflazz, and what its tests say over and over."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F
from django.test import Client

from fulfilment import profiles, sending, taking, webhooks
from fulfilment.models import Attempt, Route, SupplierAccount, SupplierProduct, TopUp
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.storefront import factories
from tests.waiting import wait_until

COSTS = {"ml172": 44165, "ml86": 22080, "gvonce": 15000}
QUIET = {"callback": {"drop": 1.0}, "order": {"finish_after_ms": 0}}
"""Every order ends at once and nobody is told."""
PAUSE = 91
"""Seconds after which a purchase may be asked for again."""
PENDING = {"callback": {"drop": 1.0}, "order": {"never": 1.0}}


def account() -> SupplierAccount:
    return profiles.ensure("digiflazz")


def product(sku: str = "ml172", **more: Any) -> SupplierProduct:
    row, _ = SupplierProduct.objects.get_or_create(
        account=account(),
        code=sku,
        defaults={"game_code": "mobile_legends", "name": sku, "cost_minor": COSTS[sku]} | more,
    )
    return row


def shop(*skus: str) -> None:
    """MLBB_172 goes out by these products, first one first."""
    for position, sku in enumerate(skus or ("ml172",)):
        Route.objects.get_or_create(
            sku=factories.sku(), region=None, product=product(sku), defaults={"priority": position}
        )


def buy(order: Order) -> Attempt:
    """The order is taken and sent; its newest attempt."""
    for group in taking.take():
        for topup_id in group:
            sending.send(topup_id)
    return newest(order)


def newest(order: Order) -> Attempt:
    found = Attempt.objects.filter(topup__order=order).order_by("id").last()
    assert found is not None
    return found


def send_due() -> None:
    for topup_id in sending.due(100):
        sending.send(topup_id)


def pass_time(seconds: float) -> None:
    """The store has waited that much longer; at the supplier no time has passed."""
    span = timedelta(seconds=seconds)
    Attempt.objects.update(
        sent_at=F("sent_at") - span,
        answered_at=F("answered_at") - span,
        next_look_at=F("next_look_at") - span,
        asked_at=F("asked_at") - span,
        ended_at=F("ended_at") - span,
    )
    TopUp.objects.update(not_before=F("not_before") - span)


def ended(box: Sandbox) -> list[dict]:
    """The supplier's truth, once nothing is pending there any more."""

    def over() -> list[dict]:
        rows = box.supplier_orders()
        return rows if all(row["status"] != "pending" for row in rows) else []

    return wait_until(over)


def told(attempt: Attempt, rc: str = "00", **more: Any) -> dict[str, Any]:
    """What the supplier's webhook says of the attempt."""
    status = "Sukses" if rc == "00" else "Pending" if rc in ("03", "99") else "Gagal"
    return {
        "ref_id": attempt.reference,
        "customer_no": attempt.customer_no,
        "buyer_sku_code": attempt.product_code,
        "message": f"Transaksi {status}",
        "status": status,
        "rc": rc,
        "buyer_last_saldo": 1,
        "sn": "SN-1" if rc == "00" else "",
        "price": attempt.cost_minor,
    } | more


def post(client: Client, data: Any, secret: str = "") -> int:
    """The signed webhook reaches the store; the status it answers. What it says is worked off afterwards."""
    body = json.dumps({"data": data}).encode()
    key = (secret or settings.DIGIFLAZZ_WEBHOOK_SECRET).encode()
    signature = "sha1=" + hmac.new(key, body, hashlib.sha1).hexdigest()
    answer = client.post(
        "/hooks/digiflazz", body, content_type="application/json", headers={"X-Hub-Signature": signature}
    )
    webhooks.work_inbox()
    return answer.status_code
