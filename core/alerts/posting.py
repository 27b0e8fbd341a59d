"""The outbox of webhooks: each is signed, and posted until it is answered with 2xx, or given up after some hours.

`X-Gerbang-Signature: t=<seconds since 1970>,v1=<hex>`, the HMAC-SHA256 of "<t>.<body>" under the address' own key. The
key is made from SECRET_KEY and the address' number, so that no copy of it lies anywhere; it changes with SECRET_KEY.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time
from datetime import timedelta
from typing import Any

import requests
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from core.alerts.models import AlertAddress, AlertPost
from core.cases import open_case

logger = logging.getLogger(__name__)
SIGNATURE = "X-Gerbang-Signature"
MAX_ATTEMPTS = 8
_CONNECT_S, _READ_S = 5.0, 10.0
_LEASE = timedelta(minutes=1)
_State = AlertPost.State


def key_of(address: AlertAddress) -> str:
    """By which whoever is posted to verifies what came."""
    return salted_hmac("core.alerts.posting", str(address.pk), algorithm="sha256").hexdigest()


def signature(key: str, at: int, body: bytes) -> str:
    made = hmac.new(key.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={made}"


def queue(address: AlertAddress, key: str, body: dict[str, Any]) -> bool:
    """One call is due, in the caller's transaction; True if `key` was new."""
    return AlertPost.objects.get_or_create(key=key, defaults={"address": address, "body": body})[1]


def send_due(limit: int = 20) -> int:
    """Posts up to `limit` calls that are due and returns how many were taken. Safe to run in many workers at once."""
    due = AlertPost.objects.filter(state=_State.QUEUED, not_before__lte=timezone.now())
    return sum(send_now(key) for key in list(due.order_by("not_before").values_list("key", flat=True)[:limit]))


def send_now(key: str) -> bool:
    """That call, if it is due and nobody else makes it just now; True if it was taken."""
    now = timezone.now()
    mine = AlertPost.objects.filter(key=key, state=_State.QUEUED, not_before__lte=now)
    if not mine.update(not_before=now + _LEASE, attempts=F("attempts") + 1):
        return False
    post = AlertPost.objects.select_related("address").get(key=key)
    problem = _call(post)
    if not problem:
        post.state, post.sent_at, post.error = _State.SENT, timezone.now(), ""
        post.save(update_fields=["state", "sent_at", "error"])
        return True
    logger.warning("alert %s not posted: %s", key, problem)
    post.error = problem[:300]
    if post.attempts < MAX_ATTEMPTS:
        post.not_before = timezone.now() + timedelta(seconds=15 * 2**post.attempts)
        post.save(update_fields=["error", "not_before"])
        return False
    post.state = _State.FAILED
    post.save(update_fields=["error", "state"])
    open_case(
        "alert_webhook",
        f"alert_webhook:{post.address_id}:{timezone.now():%Y%m%d}",
        "A webhook for alerts is not answered",
        evidence={"address": post.address.address, "error": post.error},
        actions="Correct the address under `Alert addresses`, then try it out there.",
    )
    return False


def _call(post: AlertPost) -> str:
    """What went wrong; "" where it was taken."""
    body = json.dumps(post.body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        SIGNATURE: signature(key_of(post.address), int(time.time()), body),
        "X-Gerbang-Key": post.key,  # the same for each repetition
    }
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.post(
                post.address.address, data=body, headers=headers, timeout=(_CONNECT_S, _READ_S), allow_redirects=False
            )
    except (requests.RequestException, ValueError) as problem:
        # ValueError: urllib3's own, of a name that cannot be a host's; requests lets it through.
        return type(problem).__name__
    return "" if answer.ok and answer.status_code < 300 else f"HTTP {answer.status_code}"
