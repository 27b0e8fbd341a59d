"""What may be wrong, as figures and defaults: the same terms as in deploy/prometheus/alerts.yml.

Rows (AlertRule) are made from these and then are staff's. A term that is not here has to be watched from outside: that
the store does not answer, that its answers are slow or errors (Prometheus counts those), that a history is not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from core import figures

PAGE, TICKET = "page", "ticket"
SECONDS, HOURS, COUNT, SHARE, SWITCH = "s", "h", "", "%", "switch"
#: Not a figure of the store's but of the look itself: how many of the terms could not be read.
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Term:
    """`figure` beyond `threshold` (above it, or below where `is_low`) for `for_s` seconds; over at `calm_at`.

    One incident per kind of the figure; `only` is the one kind that counts, `is_summed` takes them together.
    `customers`: (title, text) for the status page, where it concerns them by default.
    """

    name: str
    figure: str
    threshold: float
    calm_at: float
    for_s: int
    severity: str
    unit: str
    summary: str | Promise
    action: str | Promise
    is_low: bool = False
    only: str = ""
    is_summed: bool = False
    customers: tuple[str, str] | None = None

    def read(self) -> Mapping[str, float]:
        """The figure now, by kind ("" where it has none). Raises whatever its reader raises."""
        reading = figures.read(self.figure)
        if reading is None:
            return {}
        if not isinstance(reading, Mapping):
            return {"": reading}
        if self.only:
            return {"": reading.get(self.only, 0.0)}
        return {"": sum(reading.values())} if self.is_summed else reading

    def is_beyond(self, value: float, threshold: float) -> bool:
        return value < threshold if self.is_low else value > threshold

    def is_calm(self, value: float, calm_at: float) -> bool:
        return value >= calm_at if self.is_low else value <= calm_at


_LATE = (
    gettext_noop("Deliveries take longer than usual"),
    gettext_noop("Orders are taken and paid orders are safe: each is delivered, or its money goes back."),
)
_SUPPLY = (
    gettext_noop("Some products take longer than usual"),
    gettext_noop("One of our sources does not answer well. Other sources deliver where there are any; the rest waits."),
)
_PAYING = (
    gettext_noop("Some ways to pay do not answer well"),
    gettext_noop("Choose another way to pay if yours does not open. What you have paid already is safe."),
)
TERMS: tuple[Term, ...] = (
    # Money and goods
    Term("LedgerBroken", "gerbang_ledger_broken", 0, 0, 0, PAGE, COUNT,
         _("The books do not agree with themselves or with a gateway"),
         _("Case `ledger` names the rows. Find the cause before anything is paid out.")),
    Term("PaidOrderNotTaken", "gerbang_paid_not_taken_age_seconds", 30, 5, 30, PAGE, SECONDS,
         _("A paid order waits for %(value)s to be taken up"),
         _("Look at the workers of `topups` and at the case `order_not_taken`."), customers=_LATE),
    Term("UnknownOutcomeTooLong", "gerbang_unknown_age_seconds", 900, 900, 60, PAGE, SECONDS,
         _("A purchase's outcome is unknown for %(value)s, longer than the settling time"),
         _("Case `unknown_outcome`: compare with the supplier, then adopt the row or mark the attempt as not made.")),
    Term("TopUpsPileUp", "gerbang_topups", 100, 50, 600, PAGE, COUNT,
         _("%(value)s units wait to be bought"),
         _("`Waits for` on a top-up's page names the reason; see circuits and balances on the live page."),
         only="queued", customers=_LATE),
    Term("MessageNotWorkedOff", "gerbang_inbox_age_seconds", 300, 60, 60, PAGE, SECONDS,
         _("A webhook of %(kind)s is not worked off for %(value)s"),
         _("Case `inbox` holds the note; mend, then `Work off again`.")),
    Term("UnpaidOrdersNotExpired", "gerbang_order_overdue_age_seconds", 3600, 1800, 300, TICKET, SECONDS,
         _("An unpaid order is past its deadline for %(value)s"),
         _("Its gateway does not answer the look-up; see the worker of `default` and the gateway's status page.")),
    Term("RefundsPileUp", "gerbang_refunds_open", 50, 40, 3600, TICKET, COUNT,
         _("%(value)s refunds have not gone"),
         _("Approve what waits for a person; look at `refund-unknown` and `payout` cases."), is_summed=True),
    # Suppliers
    Term("SupplierCircuitOpen", "gerbang_supplier_circuit", 0.5, 0, 600, PAGE, SWITCH,
         _("Nothing is bought at %(kind)s"),
         _("Case `supplier_circuit` names the failures; it closes by itself once one purchase goes through."),
         customers=_SUPPLY),
    Term("SupplierFails", "gerbang_supplier_success_ratio", 0.7, 0.8, 300, PAGE, SHARE,
         _("Of an hour's purchases at %(kind)s, only %(value)s were answered well"),
         _("See its circuit on the live page; stop buying there by hand if the failures cost time."), is_low=True),
    Term("SupplierBalanceFalls", "gerbang_supplier_hours_left", 6, 12, 900, TICKET, HOURS,
         _("At the last hours' pace the balance at %(kind)s ends in %(value)s"),
         _("Add funds there; buying pauses by itself before it runs dry."), is_low=True),
    Term("VoucherCodesLow", "gerbang_codes_left", 10, 20, 300, TICKET, COUNT,
         _("%(value)s codes of %(kind)s are left"),
         _("Buy codes and import them under `Stocks of codes`."), is_low=True),
    # Gateways
    Term("GatewayFails", "gerbang_gateway_success_ratio", 0.7, 0.8, 300, PAGE, SHARE,
         _("Of an hour's calls to %(kind)s, only %(value)s were answered well"),
         _("Its status page; close it on the live page, so that customers are shown the other ways to pay at once."),
         is_low=True, customers=_PAYING),
    Term("GatewayClosed", "gerbang_gateway_closed", 0, 0, 21600, TICKET, SWITCH,
         _("All channels of %(kind)s are closed by hand since hours"),
         _("If that is not meant to stay, open it on the live page.")),
    # Machinery
    Term("WorkerSilent", "gerbang_heartbeat_age_seconds", 30, 15, 30, PAGE, SECONDS,
         _("Nobody takes from the queue %(kind)s for %(value)s"),
         _("The worker is restarted by itself; if this stays, see its log, and whether the clock (beat) runs.")),
    Term("QueueGrows", "gerbang_queue_length", 1000, 500, 600, TICKET, COUNT,
         _("%(value)s messages wait in %(kind)s"),
         _("Add a worker for the queue (docs/deploy.md).")),
    Term("QueueStuck", "gerbang_queue_age_seconds", 120, 30, 60, PAGE, SECONDS,
         _("What is next in %(kind)s has waited for %(value)s"),
         _("Its worker is busy or silent: see the live page, then its log; add a worker for the queue."),
         ),
    Term("ClockSilent", "gerbang_clock_age_seconds", 60, 30, 30, PAGE, SECONDS,
         _("The clock has sent nothing for %(value)s"),
         _("Start beat again; until then nothing is swept, polled or expired."), customers=_LATE),
    Term("TasksFail", "gerbang_task_failures", 20, 10, 300, TICKET, COUNT,
         _("%(value)s runs of ten minutes ended in an error"),
         _("The live page says which task; the worker's log has each with its trace."), is_summed=True),
    Term("WorkGivenUp", "gerbang_given_up", 0, 0, 60, TICKET, COUNT,
         _("%(value)s cases of %(kind)s: work that is not tried again by itself"),
         _("Mend what the case names, then have it tried again.")),
    Term("FiguresUnreadable", UNREADABLE, 0, 0, 120, PAGE, COUNT,
         _("%(value)s figures cannot be read"),
         _("Redis or PostgreSQL does not answer the store: /readyz names which of them.")),
)  # fmt: skip
BY_NAME = {term.name: term for term in TERMS}
