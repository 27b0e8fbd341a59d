"""What is kept about a customer, handed out at their wish: readable files in one archive."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q

from accounts.models import Session, User
from core.models import ChatLink, MailMessage
from core.money import Money
from fulfilment.models import ProblemReport
from payments.models import Account, Deposit, Refund, Transfer
from storefront.orders.models import Order
from storefront.players.models import PlayerMark

_ABOUT = """What this shop keeps about you, one file per subject. Amounts are written with their currency, times in UTC.
Passwords and second factors are kept as hashes or sealed, and stand in no file.
"""


def archive(user: User) -> bytes:
    """A ZIP archive with a JSON file per subject. Runs once per request, so it is built in memory."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive_:
        archive_.writestr("README.txt", _ABOUT)
        for name, rows in personal_data(user).items():
            archive_.writestr(f"{name}.json", json.dumps(rows, indent=1, ensure_ascii=False, cls=DjangoJSONEncoder))
    return packed.getvalue()


def personal_data(user: User) -> dict[str, Any]:
    """By subject, as plain data: nothing that is ours alone (costs, notes of staff, other people)."""
    orders = list(Order.objects.filter(user=user).order_by("id"))
    numbers = [order.number for order in orders]
    accounts = {account.pk: account for account in Account.objects.filter(user=user)}
    moved = Transfer.objects.filter(Q(source__in=accounts) | Q(target__in=accounts)).select_related("order")
    links = ChatLink.objects.filter(about__in=numbers).order_by("id")
    return {
        "account": _account(user),
        "orders": [_order(order) for order in orders],
        "refunds": [
            {"reference": one.reference, "amount": str(one.amount), "state": one.state, "at": one.created_at}
            for one in Refund.objects.filter(order__user=user).order_by("id")
        ],
        "deposits": [
            {"number": one.number, "amount": str(Money(one.amount_minor, one.currency)), "status": one.status,
             "at": one.created_at}
            for one in Deposit.objects.filter(user=user).order_by("created_at")
        ],
        "wallets": [
            {"currency": one.currency, "balance": str(Money(one.balance_minor or 0, one.currency))}
            for one in accounts.values()
        ],
        "mutations": [
            {"at": row.at, "reason": row.reason, "order": row.order.number if row.order else "",
             "amount": str(Money(row.amount_minor, row.currency)), "came": row.target_id in accounts}
            for row in moved.order_by("id").iterator(chunk_size=1000)
        ],
        "devices": list(
            Session.objects.filter(user=user).values("kind", "device", "address", "created_at", "seen_at", "ended_at")
        ),
        "players": list(PlayerMark.objects.filter(user=user).values("product__code", "name", "hidden_at")),
        "problem_reports": list(
            ProblemReport.objects.filter(order__user=user).values(
                "order__number", "topic", "text", "answer", "created_at"
            )
        ),
        "mails": list(MailMessage.objects.filter(to=user.email).values("template", "subject", "about", "sent_at")),
        "messengers": list(links.values("about", "channel", "address", "created_at", "ended_at")),
    }  # fmt: skip


def _account(user: User) -> dict[str, Any]:
    return {
        "id": user.public_id,
        "email": user.email,
        "email_verified_at": user.email_verified_at,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "phone": user.phone,
        "language": user.language,
        "level": user.level,
        "region": user.primary_region_id,
        "has_google": user.google_id is not None,
        "created_at": user.created_at,
        "last_sign_in": user.last_login,
    }


def _order(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "status": order.status,
        "item": f"{order.product_name}: {order.sku_name}",
        "quantity": order.quantity,
        "account": order.fields,
        "nickname": order.nickname,
        "total": str(order.total),
        "channel": order.channel_name,
        "email": order.email,
        "phone": order.phone,
        "created_at": order.created_at,
        "paid_at": order.paid_at,
        "ended_at": order.ended_at,
    }
