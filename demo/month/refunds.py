"""What the month owes back: refunds, and what they moved."""

from __future__ import annotations

from datetime import datetime, timedelta

from core.money import Money
from demo.month.books import Books, Kind
from demo.month.written import BATCH
from payments.models import Payment, Refund, RefundEvent
from payments.schedule import NEVER
from storefront.orders.models import Order


class Refunds:
    """Collects what is owed, and books it; `write` makes the rows."""

    def __init__(self, books: Books, now: datetime) -> None:
        self.books, self.now = books, now
        self.rows: list[Refund] = []

    def owe(self, order: Order, payment: Payment, amount: Money, why: str, key: str, at: datetime) -> None:
        """As payments.refunds.owe: a member's is in the wallet; a guest's went the way it came, or waits."""
        books = self.books
        source = books.house(Kind.GOODWILL if why == "GOODWILL" else Kind.FUNDS, amount.currency)
        payable = books.house(Kind.REFUNDS, amount.currency)
        reference = f"{order.number}-R{sum(refund.order is order for refund in self.rows) + 1}"
        books.move(at, f"owe:{key}", source, payable, amount, "refund owed", order, note=reference)
        by_gateway = payment.channel.is_refundable
        state, way = "DONE", "GATEWAY" if by_gateway else "PAYOUT"
        if why == "AMOUNT":
            state, way = "REVIEW", ""
        elif order.user is not None:
            way = "WALLET"
        elif not by_gateway:
            state, way = self._unclaimed(at)
        elif at > self.now - timedelta(days=3):
            state = "SENT"
        done = None if state != "DONE" else at + (timedelta(0) if way == "WALLET" else timedelta(days=1, hours=5))
        refund = Refund(
            key=key, reference=reference, order=order, payment=payment, amount_minor=amount.minor,
            currency=amount.currency, why=why, state=state, way=way,
            wallet_of=order.user if way == "WALLET" else None, not_before=NEVER, created_at=at, done_at=done,
            asked_by="staff@example.com" if why == "GOODWILL" else "",
            gateway_id=f"demo-rf-{reference[-12:].lower()}" if way == "GATEWAY" else "",
        )  # fmt: skip
        self.rows.append(refund)
        if done is None:
            return
        target = books.house(Kind.EXTERNAL, amount.currency)
        if way == "WALLET" and order.user is not None:
            target = books.wallet(order.user, amount.currency)
        elif way == "GATEWAY":
            target = books.house(Kind.CLEARING, amount.currency, payment.gateway)
        books.move(done, f"refund:{key}", payable, target, amount, "refund paid", order, note=reference)

    def _unclaimed(self, at: datetime) -> tuple[str, str]:
        """A guest's whose channel takes nothing back: paid out once it is old, else somebody has to act."""
        if at < self.now - timedelta(days=8):
            return "DONE", "PAYOUT"
        waiting = sum(refund.state == "CLAIMED" for refund in self.rows)
        return ("CLAIMED", "PAYOUT") if waiting < 3 else ("CLAIMABLE", "")

    def write(self) -> None:
        """What is owed stands, each refund with the steps that it went through."""
        Refund.objects.bulk_create(self.rows, batch_size=BATCH)
        steps = []
        for refund in self.rows:
            for place, after in enumerate(_passed(refund)):
                at = refund.done_at if after == "DONE" and refund.done_at else refund.created_at
                steps.append(RefundEvent(refund=refund, after=after, at=at + timedelta(seconds=place)))
        RefundEvent.objects.bulk_create(steps, batch_size=BATCH)


def _passed(refund: Refund) -> list[str]:
    if refund.state == "DONE":
        by_way = {"WALLET": ["DONE"], "GATEWAY": ["DUE", "SENDING", "SENT", "DONE"]}
        return by_way.get(refund.way, ["CLAIMABLE", "CLAIMED", "DONE"])
    return {"REVIEW": ["REVIEW"], "SENT": ["DUE", "SENDING", "SENT"], "CLAIMABLE": ["CLAIMABLE"],
            "CLAIMED": ["CLAIMABLE", "CLAIMED"]}[refund.state]  # fmt: skip
