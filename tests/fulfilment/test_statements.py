"""The daily statement of a supplier account: it adds up, or somebody has to say why not."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import requests
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from core.models import Discrepancy, StaffCase
from core.money import Money
from fulfilment import history, profiles, reconciling
from fulfilment.books import statements
from fulfilment.models import Funding, Statement, SupplierAccount
from payments.models import Account, Transfer
from payments.wallet import services as ledger
from tests.conftest import Sandbox
from tests.fulfilment import desk
from tests.fulfilment.test_reconciling import by_hand
from tests.staff import enter
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db
WHY = {"_form_submitted": "True", "reason": "their support said so"}


@pytest.fixture
def office() -> Client:
    client = Client()
    enter(client, User.objects.create_superuser("ops@example.com", "x"))
    return client


def day(number: int) -> datetime:
    """A quarter past midnight in Jakarta, so many days from now."""
    return timezone.now().replace(hour=17, minute=15) + timedelta(days=number)


def open_(account: SupplierAccount) -> Statement:
    reconciling.reconcile(account, day(0))
    return Statement.objects.get(account=account)


def closed(account: SupplierAccount, number: int = 1) -> Statement:
    """The day is over, and so is its statement; the next has begun with its closing balance."""
    reconciling.reconcile(account, day(number))
    running, statement = Statement.objects.filter(account=account).order_by("-day")[:2]
    assert statement.closed_at is not None and running.closed_at is None
    assert running.opening_minor == statement.closing_minor and running.opened_at == statement.closed_at
    return statement


def control(box: Sandbox, method: str, path: str, **body: object) -> None:
    requests.request(method, f"{box.url}/control/{path}", json=body, timeout=5).raise_for_status()


def prepaid(account: SupplierAccount) -> Money:
    return ledger.balance(ledger.house(Account.Kind.PREPAID, account.currency, account.code))


def test_a_day_with_purchases_and_a_funding_adds_up(supplier: Sandbox) -> None:
    account = desk.account()
    assert open_(account).opening_minor == 1_000_000
    assert prepaid(account) == Money(1_000_000, "USD"), "the first funding is in the ledger, and in no day"
    desk.paid()
    desk.work()
    control(supplier, "POST", "supplier/funding", amount=500)
    control(supplier, "POST", "supplier/funding", amount=70, status="pending")
    for _ in range(2):
        reconciling.reconcile(account, day(0))
    statement = closed(account)
    assert (statement.funding_minor, statement.spent_minor, statement.closing_minor) == (50_000, 264, 1_049_736)
    assert (statement.difference_minor, statement.rest_minor, statement.is_exact) == (0, 0, True)
    assert prepaid(account) == Money(1_049_736, "USD"), "the books and the supplier agree to the cent"
    assert Transfer.objects.filter(reason="supplier funded").count() == 2
    assert Funding.objects.get(status="pending").booked_at is None
    assert not StaffCase.objects.exists() and not Discrepancy.objects.exists()


def test_what_failed_costs_nothing(supplier: Sandbox) -> None:
    account = desk.account()
    open_(account)
    supplier.faults(callback={"early": 1.0}, order={"fail": 1.0})
    desk.paid()
    desk.work()
    statement = closed(account)
    assert (statement.spent_minor, statement.rest_minor, statement.closing_minor) == (0, 0, 1_000_000)


def test_a_balance_that_leaks_is_a_case_until_it_is_explained(supplier: Sandbox, office: Client) -> None:
    account = desk.account()
    open_(account)
    desk.paid()
    desk.work()
    control(supplier, "PUT", "supplier/balance", balance=9_990)
    statement = closed(account)
    assert (statement.difference_minor, statement.rest_minor) == (-736, -736)
    case = StaffCase.objects.get()
    assert (case.kind, case.evidence["rest"], case.evidence["spent"]) == ("statement", "-US$7.36", "US$2.64")
    page = office.get(reverse("admin:fulfilment_statement_change", args=[statement.pk])).content.decode()
    assert "-US$7.36" in page and "US$9,990.00" in page
    verb = reverse("admin:fulfilment_statement_explain", args=[statement.pk])
    for _ in range(2):
        office.post(verb, WHY)
    case.refresh_from_db()
    statement.refresh_from_db()
    assert case.state == "RESOLVED" and statement.explained_by == "ops@example.com"
    nobody = Client()
    enter(nobody, User.objects.create_user("eyes@example.com", "x", is_staff=True))
    assert nobody.get(reverse("admin:fulfilment_statement_export")).status_code in (302, 403)
    answer = office.get(reverse("admin:fulfilment_statement_export"))
    told = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    head, _running, line = told.strip().splitlines()
    assert head.endswith("difference,rest,standing,explanation")
    assert line.endswith(f"-7.36,-7.36,EXPLAINED,{WHY['reason']}") and ",10000.00," in line


def test_a_tolerance_keeps_small_change_from_being_a_case(supplier: Sandbox) -> None:
    account = desk.account()
    SupplierAccount.objects.update(tolerance_minor=5)
    open_(account)
    control(supplier, "PUT", "supplier/balance", balance=9_999.95)
    assert closed(account).rest_minor == -5 and not StaffCase.objects.exists()
    control(supplier, "PUT", "supplier/balance", balance=9_999.89)
    assert closed(account, 2).rest_minor == -6 and StaffCase.objects.count() == 1


def test_purchases_of_others_explain_a_difference(supplier: Sandbox) -> None:
    account = desk.account()
    desk.look()
    open_(account)
    by_hand("711222336")
    statement = closed(account)
    assert (statement.difference_minor, statement.foreign_minor, statement.rest_minor) == (-264, 264, 0)
    assert not StaffCase.objects.filter(kind="statement").exists()


def test_a_day_waits_for_a_balance_to_be_read(supplier: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    account = desk.account()
    open_(account)
    monkeypatch.setattr(profiles, "read", lambda account: None)
    reconciling.reconcile(account, day(1))
    assert Statement.objects.get().closed_at is None
    monkeypatch.undo()
    # Purchases move all the time: it waits for a quiet moment, and after an hour takes what there is.
    counted = iter(range(100))
    real = statements.sums_of
    monkeypatch.setattr(statements, "sums_of", lambda account: real(account) | {"rows": next(counted)})
    reconciling.reconcile(account, day(1))
    assert Statement.objects.get().closed_at is None
    reconciling.reconcile(account, day(1) + timedelta(hours=2))
    assert Statement.objects.order_by("day")[0].is_exact is False


def test_a_purchase_in_the_dark_may_be_in_the_balance_or_not(supplier: Sandbox) -> None:
    account = desk.account()
    open_(account)
    supplier.faults(create_order={"lose_reply": 1.0}, order_history={"lag_ms": 3_600_000})
    desk.paid()
    desk.work()
    reconciling.reconcile(account, day(1) + timedelta(hours=2))
    first = Statement.objects.order_by("day")[0]
    assert (first.difference_minor, first.rest_minor, first.is_exact) == (-264, 0, False)
    supplier.faults()
    wait_until(lambda: supplier.supplier_orders()[0]["status"] == "success")
    assert history.poll(account)
    second = closed(account, 2)
    assert (second.spent_minor, second.difference_minor, second.rest_minor) == (264, 264, 0)
    assert not StaffCase.objects.filter(kind="statement").exists()


def test_a_funding_that_changes_or_is_gone_is_a_row(supplier: Sandbox) -> None:
    account = desk.account()
    control(supplier, "POST", "supplier/funding", amount=500)
    open_(account)
    Funding.objects.exclude(reference="INV-45").update(amount_minor=60_000)
    reconciling.reconcile(account, day(0))
    row = Discrepancy.objects.get()
    assert (row.subject, row.kind, row.ours_minor, row.theirs_minor) == ("FUNDING", "DIFFERING", 60_000, 50_000)
    supplier.reset()
    reconciling.reconcile(account, day(0))
    assert sorted(Discrepancy.objects.values_list("kind", "state")) == [
        ("DIFFERING", "RESOLVED"),
        ("OURS_ONLY", "OPEN"),
    ]


def test_a_supplier_that_tells_no_fundings_has_them_from_staff(supplier: Sandbox, office: Client) -> None:
    account = profiles.ensure("digiflazz")
    open_(account)
    control(supplier, "PUT", "supplier/balance", supplier="digiflazz", balance=100_500_000)
    statement = closed(account)
    assert statement.rest_minor == 500_000 and StaffCase.objects.get().kind == "statement"
    verb = reverse("admin:fulfilment_statement_book_funding", args=[statement.pk])
    made = statement.closed_at - timedelta(minutes=5) if statement.closed_at else timezone.now()
    typed = {"amount": "500000", "reference": "BCA-1", "made_at_0": f"{made:%Y-%m-%d}", "made_at_1": f"{made:%H:%M:%S}"}
    for _ in range(2):
        office.post(verb, WHY | typed)
    statement.refresh_from_db()
    assert (statement.funding_minor, statement.rest_minor) == (500_000, 0)
    assert StaffCase.objects.get().state == "RESOLVED"
    assert prepaid(account) == Money(500_000, "IDR") and Funding.objects.count() == 1


def test_their_lists_and_pages_open(supplier: Sandbox, office: Client) -> None:
    account = desk.account()
    open_(account)
    closed(account)
    by_hand("711222337")
    for model in ("statement", "funding"):
        assert office.get(reverse(f"admin:fulfilment_{model}_changelist")).status_code == 200
    assert office.get(reverse("admin:core_discrepancy_changelist")).status_code == 200
    funding = Funding.objects.get()
    assert (funding.reference, funding.statement, funding.by) == ("INV-45", None, "")
    assert office.get(reverse("admin:fulfilment_funding_change", args=[funding.pk])).status_code == 200
