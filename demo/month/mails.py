"""The mails about the month's last orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.models import MailMessage
from demo.month.written import Written
from payments import mails

_ORDERS = 40


def write_mails(written: Sequence[Written], now: datetime) -> None:
    """The last orders that were delivered, or were not, have their mail, sent when they ended."""
    rows = []
    for order in [one.order for one in written if one.order.status in ("SUCCESS", "FAILED")][-_ORDERS:]:
        template = "order_done" if order.status == "SUCCESS" else "order_failed"
        rows.append(
            MailMessage(
                key=f"{template}:{order.number}", to=order.email, language=order.language, template=template,
                context=mails.context(order), about=order.number, state=MailMessage.State.SENT,
                subject=f"{order.sku_name} · {order.number}", attempts=1, created_at=order.ended_at or now,
                sent_at=order.ended_at,
            )
        )  # fmt: skip
    MailMessage.objects.bulk_create(rows)
