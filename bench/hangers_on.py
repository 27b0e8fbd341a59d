"""What a shop's month leaves beside the money, and the demo's month has little of: mails, webhooks, rows of suppliers'
histories, sign-ins, messages, codes, the audit trail. Written once, before the month is multiplied."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from accounts.models import FailedSignIn, Session, User
from core.alerts import watching
from core.alerts.models import AlertRule, Incident
from core.models import Approval, AuditEntry, ChatLink, ChatMessage, InboxMessage, MailMessage, Note
from fulfilment.models import Attempt, Code, CodeEvent, CodeStock, HistoryRow, TopUp
from payments.models import Capture, Redemption
from payments.money_back import second_person
from storefront.models import Order

STAFF = "staff@example.com"
_MINUTE = timedelta(minutes=1)


def hang_on() -> None:
    """Each order has its mails, each capture its webhook, each purchase its row in the history, and so on."""
    orders = list(Order.objects.order_by("pk"))
    staff = User.objects.get(email=STAFF)
    MailMessage.objects.bulk_create(_mails(orders))
    InboxMessage.objects.bulk_create(_webhooks())
    AuditEntry.objects.bulk_create(_acts(orders[::3]))
    Note.objects.bulk_create(
        Note(about=f"order:{one.number}", text="Called back.", author=staff, at=one.created_at) for one in orders[::40]
    )
    Approval.objects.bulk_create(_approvals(orders[::40]))
    links = ChatLink.objects.bulk_create(
        ChatLink(about=one.number, channel="WHATSAPP", address=one.phone, created_at=one.created_at)
        for one in orders[::5]
    )
    ChatMessage.objects.bulk_create(_messages(links))
    _history()
    _sign_ins()
    _codes()
    _incidents()


def _mails(orders: list[Order]) -> Iterator[MailMessage]:
    told = set(MailMessage.objects.values_list("about", flat=True))
    for one in orders:
        for template in ("order_done",) * (one.number not in told and one.email != ""):
            yield MailMessage(
                key=f"{template}:{one.number}", to=one.email, language=one.language, template=template,
                about=one.number, state="SENT", subject=f"{one.number}", attempts=1, created_at=one.created_at,
                context={"number": one.number, "product": one.product_name}, sent_at=one.created_at + _MINUTE,
            )  # fmt: skip


def _webhooks() -> Iterator[InboxMessage]:
    for one in Capture.objects.exclude(gateway="balance").select_related("payment"):
        yield InboxMessage(
            party=one.gateway, key=f"bench-{one.pk}", path=f"/hooks/{one.gateway}", is_authentic=one.pk % 50 != 0,
            headers={"X-Callback-Token": "*** (64)", "Content-Type": "application/json"},
            body=f'{{"event": "payment.capture", "data": {{"reference_id": "{one.payment.reference}", '
            f'"status": "SUCCEEDED", "amount": {one.amount_minor}, "note": "{"x" * 200}"}}}}',
            state="IGNORED" if one.pk % 50 == 0 else "DONE", about=one.payment.reference[:25], attempts=1,
            received_at=one.created_at, done_at=one.created_at, note="settled",
        )  # fmt: skip


def _acts(orders: list[Order]) -> Iterator[AuditEntry]:
    did = ("order checked again", "case resolved", "mail sent again", "order sent again", "changed")
    for place, one in enumerate(orders):
        yield AuditEntry(
            at=one.created_at, actor=(STAFF, "ops@example.com", "fulfilment.sweep")[place % 3],
            action=did[place % len(did)], subject=f"order:{one.number}", before={"state": "QUEUED"},
            after={"state": "SENDING"}, why="The customer asked.",
        )  # fmt: skip


def _approvals(orders: list[Order]) -> Iterator[Approval]:
    for place, one in enumerate(orders):
        is_open = place == 0
        yield Approval(
            key=f"bench:{one.number}", kind=second_person.REFUND, subject=f"payments.refund:{one.pk}", about=one.number,
            title="Give money back", why="Came late.", state="WAITING" if is_open else "DONE", asked_by=STAFF,
            asked_at=one.created_at, expires_at=one.created_at + timedelta(days=3),
            decided_by="" if is_open else "finance@example.com", decided_at=None if is_open else one.created_at,
        )  # fmt: skip


def _messages(links: list[ChatLink]) -> Iterator[ChatMessage]:
    for link in links:
        for template in ("order_paid", "order_done"):
            yield ChatMessage(
                key=f"{template}:{link.about}", link=link, template=template, language="id", about=link.about,
                state="SENT", attempts=1, message_id=f"wamid.{link.pk}", created_at=link.created_at,
                sent_at=link.created_at,
            )  # fmt: skip


def _history() -> None:
    """As a supplier without references shows them."""
    accepted = list(Attempt.objects.filter(state="ACCEPTED", reference="", history_row=None).order_by("pk"))
    rows = HistoryRow.objects.bulk_create(
        HistoryRow(
            account_id=one.account_id, transaction_id=one.transaction_id, made_at=one.sent_at,
            player_id=one.player_id, game_code=one.game_code, product_name=one.product_name,
            cost_minor=one.cost_minor, status="completed", first_seen_at=one.sent_at, changed_at=one.sent_at,
        )
        for one in accepted
    )  # fmt: skip
    for one, row in zip(accepted, rows, strict=True):
        one.history_row = row
    Attempt.objects.bulk_update(accepted, ["history_row"], batch_size=200)


def _sign_ins() -> None:
    members = User.objects.filter(email__endswith="@pelanggan.example")
    for place, one in enumerate(members):
        one.phone = f"+62815{10_000_000 + place}"
        one.save(update_fields=["phone"])
        last = Order.objects.filter(user=one).order_by("-pk").values_list("created_at", flat=True).first()
        for number in range(6):
            seen = (last or one.created_at) - timedelta(hours=9 * number)
            Session.objects.create(
                id=uuid.uuid5(uuid.NAMESPACE_URL, f"{one.email} {number}"), user=one, kind="PAGE", created_at=seen,
                seen_at=seen, device="Chrome on Android", address="203.0.113.7",
            )  # fmt: skip
            if number < 2:
                FailedSignIn.objects.create(user=one, why=("PASSWORD", "CODE")[number], at=seen, device="Chrome")
        for number in range(2):
            Redemption.objects.create(
                key=f"bench:{one.pk}:{number}", number=f"RDM{one.pk}{number}", user=one, points=100,
                amount_minor=1_000, currency="IDR", created_at=one.created_at,
            )  # fmt: skip


def _codes() -> None:
    """One unit in ten was a code of our own; as many more lie in stock."""
    stock = CodeStock.objects.order_by("pk").first()
    assert stock is not None
    batch = stock.batches.first()
    given: dict[str, Any] = {"product": stock.product, "batch": batch, "cost_minor": 50_000, "key_mark": "bench"}
    units = TopUp.objects.filter(state="DELIVERED", code=None).order_by("pk")
    for unit in list(units)[::10]:
        code = Code.objects.create(
            **given, sealed="bench", digest=hashlib.sha256(f"sold {unit.pk}".encode()).hexdigest(), tail="7Q2M",
            state="SOLD", topup=unit, sold_at=unit.created_at, added_at=unit.created_at, seen_at=unit.created_at,
        )  # fmt: skip
        for what in ("SOLD", "SHOWN"):
            CodeEvent.objects.create(code=code, topup=unit, what=what, by="fulfilment", at=unit.created_at)


def _incidents() -> None:
    """As many in a small shop as in a big one."""
    watching.ensure_rules()
    rules = list(AlertRule.objects.order_by("pk"))
    newest = Order.objects.order_by("-pk").values_list("created_at", flat=True).first()
    assert newest is not None
    for place in range(200):
        at = newest - timedelta(hours=3 * place)
        Incident.objects.create(
            rule=rules[place % len(rules)], kind="", state="ENDED", value=1, worst=9, began_at=at, opened_at=at,
            ended_at=at + _MINUTE, told_at=at,
        )  # fmt: skip
