"""The rows of fulfilment, by subject. Codes, books and problem reports keep theirs with what is done with them."""

from __future__ import annotations

from fulfilment.books.models import Funding, Statement
from fulfilment.codes.models import Code, CodeBatch, CodeEvent, CodeStock
from fulfilment.models.attempts import Attempt
from fulfilment.models.customers import Customer
from fulfilment.models.history import HistoryPoll, HistoryRow
from fulfilment.models.routes import MOST_PIECES, Route, SkuPart
from fulfilment.models.suppliers import STOCK, SupplierAccount, SupplierProduct, checked_customer_format
from fulfilment.models.topups import Correction, Delay, TopUp
from fulfilment.numbers.models import DayFigures, DayTotals, Noted, SummedDay
from fulfilment.pricing.models import CostSeen, MarginRule, PriceDraft, PriceEnding, PriceLine, ProductTask
from fulfilment.problems.models import ProblemReport

__all__ = [
    "MOST_PIECES", "STOCK", "Attempt", "Code", "CodeBatch", "CodeEvent", "CodeStock", "Correction", "CostSeen",
    "Customer", "DayFigures", "DayTotals", "Delay", "Funding", "HistoryPoll", "HistoryRow", "MarginRule", "Noted",
    "PriceDraft", "PriceEnding", "PriceLine", "ProblemReport", "ProductTask", "Route", "SkuPart", "Statement",
    "SummedDay", "SupplierAccount", "SupplierProduct", "TopUp", "checked_customer_format",
]  # fmt: skip
