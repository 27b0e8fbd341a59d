"""Orders found by e-mail address: only for whoever proves to read that mailbox, by a one-time code (F20).

Asking for a code answers the same whether or not the address is known, so that nobody learns who buys here.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from core import mail
from core.errors import invalid
from core.redis import connection
from core.web.client import digest
from storefront.orders.models import Order

CODE_SECONDS = 600
MOST_TRIES = 5
MOST_ORDERS = 20
BACK = timedelta(days=90)


def _key(email: str) -> str:
    return f"track:{digest('track', email)}"


def _recent(email: str) -> list[Order]:
    rows = Order.objects.annotate(address_typed=Lower("email")).filter(
        address_typed=email, created_at__gte=timezone.now() - BACK
    )
    return list(rows.select_related("region").order_by("-id")[:MOST_ORDERS])


def send_code(email: str, language: str) -> None:
    """If orders of the last 90 days were placed with `email`, a code is on its way there, good for ten minutes."""
    email = email.strip().lower()
    if not email or not _recent(email):
        return
    code = f"{secrets.randbelow(10**6):06d}"
    store = connection().pipeline()
    store.delete(_key(email))
    store.hset(_key(email), mapping={"code": digest("code", code), "tries": 0})
    store.expire(_key(email), CODE_SECONDS)
    store.execute()
    mail.queue(
        f"track_code:{secrets.token_hex(8)}", email, language, "track_code",
        {"code": code, "minutes": CODE_SECONDS // 60},
    )  # fmt: skip


def orders_of(email: str, code: str) -> list[Order]:
    """The recent orders of `email`, newest first, once per code. Raises VALIDATION_ERROR for a code that is not right,
    too old, used, or tried too often."""
    email, code = email.strip().lower(), "".join(code.split())
    key = _key(email)
    # Counted before it is compared, in one step of Redis: any number of guesses at once gets five tries.
    tries = connection().hincrby(key, "tries", 1)
    kept = connection().hget(key, "code")
    right = isinstance(kept, bytes) and constant_time_compare(kept.decode(), digest("code", code))
    if tries > MOST_TRIES or not right or not connection().delete(key):
        if kept is None:
            connection().delete(key)
        raise invalid({"code": _("This code is not right, or too old. Ask for a new one.")})
    return _recent(email)
