"""What the month left where staff look after the shop itself: second persons, prices, files, incidents, sign-ins."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.models import FailedSignIn, User
from core.alerts import watching
from core.alerts.models import AlertAddress, AlertRule, AlertSilence, Incident, StatusNotice
from core.approvals import services as approvals
from core.approvals.models import ApprovalLimit
from core.models import ChatLink, ChatMessage
from core.money import Money
from core.sheets import importing
from core.staff_tokens import services as tokens
from demo.catalogue.shapes import both
from demo.month import plan
from fulfilment.models import ProductTask, SupplierProduct
from fulfilment.pricing import drafts
from payments.models import Account, PointValue
from payments.points import services as points
from payments.wallet import adjusting
from storefront.catalogue.models import SkuPrice
from storefront.orders.models import Order
from storefront.sheets import goods

_OWNER, _SUPPORT, _FINANCE = "admin@example.com", "staff@example.com", "finance@example.com"
_OPS, _CATALOGUE = "ops@example.com", "catalogue@example.com"
_HOUR, _MINUTE = timedelta(hours=1), timedelta(minutes=1)
_ASKED = (
    (25_000, "approve", "The code was charged twice; the bank confirms it."),
    (150_000, "refuse", "The customer did not like the skin."),
    (40_000, "", "Promised on the phone for the long wait."),
)
# Rule, whom it was about, how bad, hours ago, for how many minutes.
_INCIDENTS = (
    ("SupplierCircuitOpen", "gemgo", 1, 200, 11),
    ("SupplierBalanceFalls", "digiflazz", 3, 120, 55),
    ("QueueStuck", "mail", 140, 60, 4),
    ("SupplierCircuitOpen", "gemgo", 1, 30, 23),
)


def fill(now: datetime) -> None:
    """Every list of the back office has something in it, but those that a running store fills by itself."""
    members = list(User.objects.filter(email__endswith="@pelanggan.example", primary_region="ID").order_by("pk")[:4])
    _second_persons(members)
    _points(now)
    _sign_ins(members, now)
    _scripts(now)
    _prices()
    _arrivals(now)
    _alerts(now)
    _chats()


def _second_persons(members: list[User]) -> None:
    """Done, refused, and one that waits for finance."""
    ApprovalLimit.objects.get_or_create(kind=adjusting.BALANCE, unit="IDR", defaults={"most": 0})  # as where none is
    finance = User.objects.get(email=_FINANCE)
    for member, (minor, end, why) in zip(members, _ASKED, strict=False):
        waits = adjusting.adjust(member, Money(minor, "IDR"), key=f"demo:{member.pk}", by=_SUPPORT, why=why)
        assert waits is not None
        if end == "approve":
            approvals.approve(waits.pk, finance, "Seen on the statement.")
        elif end == "refuse":
            approvals.refuse(waits.pk, finance, "Nothing went wrong there.")


def _points(now: datetime) -> None:
    PointValue.objects.create(value=1, valid_from=now - plan.DAYS * plan.ONE_DAY)
    held = Account.objects.filter(kind=Account.Kind.POINTS, balance_minor__gte=100, user__primary_region="ID")
    for account in held.select_related("user").order_by("-balance_minor")[:3]:
        assert account.user is not None
        points.redeem(account.user, 100, "IDR", "demo")


def _sign_ins(members: list[User], now: datetime) -> None:
    tried = [*members, *User.objects.filter(email__in=[_SUPPORT, _OPS])]
    FailedSignIn.objects.bulk_create(
        FailedSignIn(
            user=user, why="CODE" if user.is_staff else "PASSWORD", device="Chrome · Android",
            address="203.0.113.77", at=now - (7 * place + 2) * _HOUR,
        )
        for place, user in enumerate(tried)
    )  # fmt: skip


def _scripts(now: datetime) -> None:
    """Two tokens of the owner's, whose secrets nobody has; one was shut out."""
    owner = User.objects.get(email=_OWNER)
    for name in ("accounting", "old-dashboard"):
        token, _secret = tokens.make(owner, name, ["fulfilment.view_figures"], now + timedelta(days=90))
    tokens.revoke(token.pk, _OWNER, "The dashboard is gone.")


def _prices() -> None:
    """A draft as the rules would have the prices now, and two files that were read in and not published."""
    drafts.make(_CATALOGUE)
    prices = list(SkuPrice.objects.filter(region="ID").select_related("sku").order_by("pk")[:3])
    for name, more in (("harga-november.csv", 500), ("harga-oktober.csv", 0)):
        lines = [f"{one.sku.code},ID,{one.price_minor + more}" for one in prices]
        content = "\n".join(["sku,region,price", *lines, "NOBODY,ID,0"])
        read = importing.read_file(goods.PRICES, content.encode(), file_name=name, by=_CATALOGUE)
    importing.discard(read, by=_CATALOGUE)


def _arrivals(now: datetime) -> None:
    """Products that came to a supplier's list in the month, and what was decided on them."""
    ProductTask.objects.bulk_create(
        ProductTask(
            product=product, kind="NEW", note=product.game_name[:120], state="MAPPED", decided_by=_OPS,
            opened_at=now - (place + 3) * 40 * _HOUR, decided_at=now - (place + 2) * 40 * _HOUR,
        )
        for place, product in enumerate(SupplierProduct.objects.filter(account__code="gemgo").order_by("pk")[:3])
    )  # fmt: skip


def _alerts(now: datetime) -> None:
    """Incidents that are over, told to ops; customers read of the last one on the status page."""
    watching.ensure_rules()
    AlertAddress.objects.create(channel="MAIL", address=_OPS, language="id")
    AlertSilence.objects.create(
        starts_at=now - 150 * _HOUR, ends_at=now - 148 * _HOUR, reason="Maintenance that GemGo had announced"
    )
    for name, kind, worst, hours, minutes in _INCIDENTS:
        at = now - hours * _HOUR
        over = at + minutes * _MINUTE
        incident = Incident.objects.create(
            rule=AlertRule.objects.get(name=name), kind=kind, state="ENDED", value=0, worst=worst, began_at=at,
            opened_at=at + _MINUTE, told_at=at + _MINUTE, calm_since=over, ended_at=over, over_told_at=over,
        )  # fmt: skip
    StatusNotice.objects.create(
        incident=incident, began_at=at, ended_at=over,
        title=both("Sebagian produk lebih lama dari biasanya", "Some products take longer than usual"),
        text=both("Pesanan yang sudah dibayar tetap dikirim.", "Orders that are paid are still delivered."),
    )  # fmt: skip


def _chats() -> None:
    """Guests who asked to hear of their order by WhatsApp, and did."""
    orders = Order.objects.filter(status="SUCCESS", region="ID").exclude(phone="").order_by("-pk")[:4]
    for order in orders:
        link = ChatLink.objects.create(
            about=order.number, channel="WHATSAPP", address=order.phone, created_at=order.created_at,
            ended_at=order.ended_at, ended_why="the order is over",
        )  # fmt: skip
        for template, at in (("order_paid", order.paid_at), ("order_done", order.ended_at)):
            assert at is not None
            ChatMessage.objects.create(
                key=f"demo:{template}:{order.number}", link=link, template=template, language=order.language,
                about=order.number, state="SENT", attempts=1, message_id=f"wamid.demo{link.pk}", created_at=at,
                sent_at=at,
            )  # fmt: skip
