"""What the month left on staff's desks: cases, reports, pay-outs, differences, statements, fundings, audit trail."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from accounts.models import User
from core import regions
from core.models import AuditEntry, InboxMessage, PoisonRow, StaffCase
from core.money import Money
from core.poison import MOST_FAILURES
from core.reconciliation.models import Discrepancy
from demo.month.books import Books, Kind
from demo.month.plan import SEED, End
from demo.month.writing import Writer
from demo.month.written import Written
from fulfilment.books.fundings import COMPLETED
from fulfilment.models import Funding, ProblemReport, Statement, SupplierAccount
from payments.models import Payout, Refund
from payments.money_back.destinations import Destination, masked, sealed
from payments.money_back.steps import open_refund_case
from payments.schedule import NEVER
from payments.settling import BALANCE
from storefront.orders.models import Order

_REPORTS = (
    ("NOT_ARRIVED", "Sudah 20 menit, diamond belum masuk.", "Diamond masuk pukul 19.42. Coba masuk ulang ya."),
    ("PAID", "Saldo DANA sudah terpotong, pesanan masih menunggu.", "Pembayaranmu sudah ada dan pesanan dikirim."),
    ("MONEY_BACK", "Kapan uang saya kembali?", "Dana sudah dikirim ke BCA kemarin pukul 14.10."),
    ("INCOMPLETE", "Saya beli 3, yang masuk cuma 2.", "Satu item gagal di pemasok; dananya sudah kembali ke saldomu."),
    ("OTHER", "Saya salah pilih server, bisa dipindah?", "Maaf, item yang sudah terkirim tidak bisa dipindah."),
    ("NOT_ARRIVED", "Statusnya sukses tapi di game belum ada.", ""),
    ("INCOMPLETE", "Harusnya 172 diamond, yang masuk 86.", ""),
    ("OTHER", "Nomor HP saya ganti, tolong diperbarui.", ""),
)  # fmt: skip
_DAYS = 28


class Desk:
    def __init__(self, writer: Writer) -> None:
        self.now, self.writer = writer.now, writer
        self.draw = random.Random(SEED + 1)
        self.staff = User.objects.filter(email="staff@example.com").first()
        self.ended = [one.order for one in writer.written if one.order.status == "SUCCESS"]

    def fill(self) -> None:
        """Everything stands, and the ledger's part of it is in the writer's books."""
        self._reports()
        self._refund_cases()
        self._payouts()
        self._set_aside()
        self._old_cases()
        self._differences()
        self._audit()
        self._inbox()

    def _reports(self) -> None:
        reports = []
        for place, (topic, text, answer) in enumerate(_REPORTS):
            back = len(_REPORTS) - place
            order = self.ended[-1 - back * 7 % len(self.ended)]
            assert order.ended_at is not None
            at = min(order.ended_at + timedelta(minutes=40), self.now - timedelta(minutes=3))
            reports.append(
                ProblemReport(
                    order=order, topic=topic, text=text, state="ANSWERED" if answer else "OPEN", created_at=at,
                    answer=answer, answered_by=self.staff if answer else None,
                    answered_at=min(at + timedelta(hours=2), self.now) if answer else None,
                )
            )  # fmt: skip
        ProblemReport.objects.bulk_create(reports)
        StaffCase.objects.bulk_create(
            StaffCase(
                key=f"problem:{one.pk}", kind="problem", about=one.order.number, opened_at=one.created_at,
                title=f"A customer reports: {ProblemReport.Topic(one.topic).name.lower().replace('_', ' ')}",
                evidence={"report": one.pk, "text": one.text, "picture": False, "order": one.order.status},
                actions="Look at the order's page, set right what is wrong, then answer the report.",
                state="RESOLVED" if one.answer else "OPEN", resolved_at=one.answered_at,
                resolved_by=one.answered_by, resolution="answered" if one.answer else "",
            )
            for one in reports
        )  # fmt: skip

    def _refund_cases(self) -> None:
        for refund in Refund.objects.filter(state=Refund.State.REVIEW).select_related("order", "payment"):
            open_refund_case(
                refund,
                "refund-review",
                "Money that was not expected",
                "On the refund's page: approve (all of it goes back), or accept it and deliver the order.",
            )

    def _payouts(self) -> None:
        rows, claimed = [], 0
        paid = Refund.objects.filter(way=Refund.Way.PAYOUT).order_by("id")
        for place, refund in enumerate(paid):
            to = Destination("BCA", f"88{10**7 + place * 31:08d}", "Tamu Demo")
            is_paid = refund.state == Refund.State.DONE
            claimed += not is_paid
            is_prepared = is_paid or claimed % 2 == 0
            begun = refund.created_at + timedelta(hours=4)
            rows.append(
                Payout(
                    refund=refund, method=to.method, sealed=sealed(to), masked=masked(to), created_at=begun,
                    state="PAID" if is_paid else "PREPARED" if is_prepared else "ASKED",
                    prepared_by="staff@example.com" if is_prepared else "",
                    prepared_at=begun + timedelta(hours=1) if is_prepared else None,
                    approved_by="finance@example.com" if is_paid else "",
                    approved_at=begun + timedelta(hours=2) if is_paid else None,
                    bank_reference=f"DEMO-TRF-{place + 1:04d}" if is_paid else "",
                    ended_at=refund.done_at if is_paid else None,
                )
            )  # fmt: skip
        Payout.objects.bulk_create(rows)

    def _set_aside(self) -> None:
        for one in self._all(End.SET_ASIDE):
            order, error = one.order, "ValueError: the route's product is gone from the supplier's list"
            began = one.bought.paid_at
            row = PoisonRow.objects.create(
                model=Order._meta.label_lower, row_id=order.pk, failures=MOST_FAILURES, first_at=began,
                last_at=began + timedelta(minutes=45), again_at=None, error=error,
            )  # fmt: skip
            StaffCase.objects.create(
                key=f"set-aside:{row.model}:{order.pk}:demo", kind="set-aside", about=order.number,
                title=f"Work on {row.model} {order.pk} fails again and again and was set aside",
                evidence={"row": f"{row.model}:{order.pk}", "failures": row.failures, "since": began.isoformat(),
                          "error": error},
                actions="Mend what the error names, then try again: nothing was undone, it goes on where it stood.",
                opened_at=row.last_at,
            )  # fmt: skip

    def _all(self, end: End) -> Iterator[Written]:
        return (one for one in self.writer.written if one.bought.end == end)

    def _old_cases(self) -> None:
        told = (
            ("supplier_circuit", "GemGo fails: buying there has stopped", "It answered again after eleven minutes."),
            ("supplier_balance", "Digiflazz: our balance is too low", "Paid in, goes on by itself."),
            ("cost_over_price", "MLBB_86 costs more than it is sold for in PH", "Price raised with the next list."),
            (
                "strange-money",
                "xendit speaks of a payment that we do not know",
                "Somebody's test; they know.",
            ),
        )
        StaffCase.objects.bulk_create(
            StaffCase(
                key=f"demo:{kind}:{place}", kind=kind, title=title, state="RESOLVED", resolution=resolution,
                resolved_by=self.staff, opened_at=self.now - timedelta(days=5 * place + 3),
                resolved_at=self.now - timedelta(days=5 * place + 3) + timedelta(minutes=50),
                evidence={"demo": True}, actions="Nothing is left to do.",
            )
            for place, (kind, title, resolution) in enumerate(told)
        )  # fmt: skip

    def _differences(self) -> None:
        shown = [one for one in self.writer.written if one.payment and one.payment.gateway_id][-30::7][:4]
        rows = []
        for place, one in enumerate(shown):
            payment = one.payment
            assert payment is not None
            at = one.bought.paid_at + timedelta(hours=1)
            state = ("OPEN", "EXPLAINED", "RESOLVED", "OPEN")[place]
            rows.append(
                Discrepancy(
                    party=payment.gateway, subject="PAYMENT", kind="DIFFERING", reference=payment.reference,
                    target=payment.pk, about=one.order.number, currency=payment.currency,
                    ours_minor=payment.received_minor, theirs_minor=payment.received_minor + 1_000, state=state,
                    evidence={"demo": "made up with the month; nobody was asked"}, first_seen_at=at, last_seen_at=at,
                    next_look_at=NEVER, decided_at=None if state == "OPEN" else at + timedelta(hours=5),
                    decided_by="finance@example.com" if state == "EXPLAINED" else "",
                    note="A voucher of theirs." if state == "EXPLAINED" else "",
                )
            )  # fmt: skip
        Discrepancy.objects.bulk_create(rows)

    def _audit(self) -> None:
        AuditEntry.objects.bulk_create(
            AuditEntry(
                actor="staff@example.com", action="refund.give_back", subject=refund.reference, at=refund.created_at,
                before=str(refund.order.total), after=str(refund.order.total - refund.amount),
                why="The goods came late; agreed with the customer.",
            )
            for refund in self.writer.refunds.rows
            if refund.why == "GOODWILL"
        )  # fmt: skip

    def _inbox(self) -> None:
        recent = [one.captures[0] for one in self.writer.written if one.captures][-12:]
        InboxMessage.objects.bulk_create(
            InboxMessage(
                party=capture.gateway, key=f"demo-{capture.pk}", path=f"/hooks/{capture.gateway}",
                headers={"X-Callback-Token": "*** (64)"}, body='{"event": "payment.capture"}', is_authentic=True,
                state="DONE", about=capture.payment.reference[:25], received_at=capture.created_at,
                done_at=capture.created_at + timedelta(seconds=1), note="settled",
            )
            for capture in recent
            if capture.gateway != BALANCE
        )  # fmt: skip


def keep_statements(writer: Writer) -> None:
    """A closed statement of each supplier account for each of the last days, with the fundings that kept it going."""
    today = regions.jakarta_day(writer.now)
    for code, filled in (("gemgo", 60_000), ("digiflazz", 12_000_000)):
        account = SupplierAccount.objects.filter(code=code).first()
        if account is not None:
            _Statements(account, writer.books, filled).keep(_spent(writer.written, account), today)


def _spent(written: list[Written], account: SupplierAccount) -> Counter[date]:
    spent: Counter[date] = Counter()
    for one in written:
        for attempt in one.attempts:
            if attempt.account_id == account.pk and attempt.state == "ACCEPTED":
                spent[regions.jakarta_day(attempt.sent_at)] += attempt.cost_minor
    return spent


class _Statements:
    def __init__(self, account: SupplierAccount, books: Books, filled: int) -> None:
        self.account, self.books, self.filled = account, books, filled

    def keep(self, spent: Counter[date], today: date) -> None:
        balance, total, rows, fundings = self.filled, 0, [], []
        for back in range(_DAYS, 0, -1):
            day = today - timedelta(days=back)
            opened = datetime.combine(day, time(0, 2), tzinfo=regions.JAKARTA)
            bought = spent[day]
            paid_in = self.filled if balance - bought < self.filled // 3 else 0
            rest = -self.filled // 200 if back == 9 else 0  # one day that somebody had to explain
            opening, balance = balance, balance + paid_in - bought + rest
            statement = Statement(
                account=self.account, day=day, currency=self.account.currency, opened_at=opened,
                closed_at=opened + timedelta(days=1), opening_minor=opening, funding_minor=paid_in, spent_minor=bought,
                closing_minor=balance, difference_minor=rest, rest_minor=rest, at_opening={"spent": total},
                at_closing={"spent": total + bought, "dark": 0},
                explained_at=opened + timedelta(days=1, hours=9) if rest else None,
                explained_by="finance@example.com" if rest else "",
                explanation="Their monthly fee, on their bill." if rest else "",
            )  # fmt: skip
            total += bought
            rows.append(statement)
            if paid_in:
                fundings.append(self._funding(statement, paid_in, opened + timedelta(hours=10)))
        Statement.objects.bulk_create(rows)
        Funding.objects.bulk_create(fundings)

    def _funding(self, statement: Statement, minor: int, at: datetime) -> Funding:
        amount = Money(minor, self.account.currency)
        # Told by a person: a supplier that lists its fundings would miss it there otherwise.
        funding = Funding(
            account=self.account, reference=f"DEMO-{self.account.code.upper()}-{at:%m%d}", amount_minor=minor,
            currency=amount.currency, method="by hand", status=COMPLETED, made_at=at, first_seen_at=at, booked_at=at,
            statement=statement, by="finance@example.com",
        )  # fmt: skip
        self.books.move(
            at, f"funding:{self.account.code}:{funding.reference}", self.books.house(Kind.EXTERNAL, amount.currency),
            self.books.house(Kind.PREPAID, amount.currency, self.account.code), amount, "supplier funded",
            note="by hand finance@example.com",
        )  # fmt: skip
        return funding
