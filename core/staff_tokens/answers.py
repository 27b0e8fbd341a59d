"""Calls that are answered once per idempotency key, however often they come."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.errors import invalid
from core.staff_tokens.models import KeptAnswer, StaffToken
from core.web import json

HEADER = "Idempotency-Key"
LONGEST_KEY = 80
KEPT_FOR = timedelta(days=30)


def once(token: StaffToken, key: str, call: str, asked: Any, work: Callable[[], Any]) -> tuple[Any, bool]:
    """What `work` gives, and whether it was done just now; under the same `key` once, in one transaction with it.

    Of two at the same moment the second waits for the first. A refusal uses no key up. Raises VALIDATION_ERROR where
    the key stands for another call.
    """
    if not 1 <= len(key) <= LONGEST_KEY:
        raise invalid({HEADER: _("Send one of 1 to %(most)d characters.") % {"most": LONGEST_KEY}})
    sent = hashlib.sha256(json.dumps(asked)).hexdigest()
    try:
        with transaction.atomic():
            mine = KeptAnswer.objects.create(token=token, key=key, call=call[:200], asked=sent, answer="")
            answer = work()
            KeptAnswer.objects.filter(pk=mine.pk).update(answer=json.dumps(answer).decode())
            return answer, True
    except IntegrityError:
        kept = KeptAnswer.objects.filter(token=token, key=key).first()
        if kept is None:
            raise  # of something else that `work` did
    if (kept.call, kept.asked) != (call[:200], sent):
        raise invalid({HEADER: _("This key stands for another call. Use a new one for each.")})
    return json.loads(kept.answer.encode()), False


def forget_old() -> int:
    """Answers of longer ago than `KEPT_FOR` are gone; how many."""
    return KeptAnswer.objects.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()[0]
