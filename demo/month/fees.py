"""What the gateways kept of what came in, by the fees that were agreed."""

from __future__ import annotations

from core.money import Money
from demo.month.books import Books, Kind
from payments.deposits.models import Deposit
from payments.gateway_fees.models import GatewayFee
from payments.models import Capture
from storefront.orders.models import Order


class Fees:
    def __init__(self, books: Books) -> None:
        self.books = books
        self._agreed = {one.channel_id: one for one in GatewayFee.objects.order_by("valid_from")}

    def book(self, capture: Capture, *, order: Order | None = None, deposit: Deposit | None = None) -> None:
        """Its fee is in the books; nothing where none was agreed for its channel."""
        agreed = self._agreed.get(capture.payment.channel_id)
        if agreed is None:
            return
        came = Money(capture.amount_minor, capture.currency)
        kept = min(Money(agreed.fixed_minor, came.currency) + came.percent(agreed.percent), came)
        charges = self.books.house(Kind.CHARGES, came.currency, capture.gateway)
        clearing = self.books.house(Kind.CLEARING, came.currency, capture.gateway)
        self.books.move(
            capture.created_at, f"charge:{capture.pk}", charges, clearing, kept, "gateway fee", order, deposit=deposit,
            note=capture.payment.reference,
        )  # fmt: skip
