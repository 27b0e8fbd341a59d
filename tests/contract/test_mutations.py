"""API §39: what moved in a wallet, with the balance before and after; shape, meaning, filters, file."""

from __future__ import annotations

import csv
import io
import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.money import Money
from payments import checkout
from payments.models import Account, Payment, Transfer
from payments.settling import settle
from payments.wallet import services as ledger
from storefront.orders.models import Order
from tests.contract.test_deposits import some_deposit
from tests.payments.cast import money, token
from tests.payments.members import api, by_balance, funded, member
from tests.payments.past import jakarta
from tests.payments.test_balance import ended
from tests.storefront import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def me() -> Any:
    return member("me")


def listed(user: Any, **query: Any) -> dict[str, Any]:
    answer = api(user).get("/v2/mutations", query, headers={"Accept-Language": query.pop("language", "en")})
    assert answer.status_code == 200, answer.content
    return answer.json()["data"]


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def deposited(user: Any, minor: int, number: str = "DEP5E55FF11IJ22H90974337") -> None:
    """A deposit of that number, paid."""

    deposit = some_deposit(user, "PENDING", minor, number=number)
    payment = Payment.objects.create(
        deposit=deposit, reference=number, channel=deposit.channel, gateway="xendit", amount_minor=minor,
        currency="IDR", state="OPEN", gateway_id=f"pr-{number}", expires_at=deposit.expires_at,
    )  # fmt: skip
    settle(payment.pk, money(minor, f"cptr-{number}"))


def bought(user: Any, number: str = "", **quote: Any) -> Order:
    quote = {"channel": by_balance(), "fee_minor": 0, "user": user} | quote
    factories.mlbb(name="Mobile Legends")
    order = checkout.place(token(**quote), factories.client(), user)
    if number:
        Order.objects.filter(pk=order.pk).update(number=number)
        order.refresh_from_db()
    return order


def test_the_example_of_section_39(me: Any) -> None:
    deposited(me, 200_000)
    bought(me, "GATE1A11BB97DF88D56530993", promo=factories.promo(), discount_minor=4599)
    Transfer.objects.update(at=jakarta("2025-09-25 10:30"))
    told = listed(me)
    assert set(told) == {"overview", "mutations", "pagination"}
    assert told["overview"] == {
        "totalDebit": 44851,
        "totalCredit": 200000,
        "netBalance": 155149,
        "transactionCount": 2,
    }
    assert told["mutations"] == [
        {
            "invoiceNumber": "GATE1A11BB97DF88D56530993",
            "description": "Purchase of Mobile Legends - 172 Diamonds",
            "amount": 44851,
            "type": "DEBIT",
            "balanceBefore": 200000,
            "balanceAfter": 155149,
            "currency": "IDR",
            "createdAt": "2025-09-25T10:30:00+07:00",
        },
        {
            "invoiceNumber": "DEP5E55FF11IJ22H90974337",
            "description": "Balance topped up by QRIS",
            "amount": 200000,
            "type": "CREDIT",
            "balanceBefore": 0,
            "balanceAfter": 200000,
            "currency": "IDR",
            "createdAt": "2025-09-25T10:30:00+07:00",
        },
    ]
    assert told["pagination"] == {"limit": 10, "page": 1, "totalRows": 2, "totalPages": 1}


def test_a_refund_is_a_credit_of_the_same_invoice(me: Any) -> None:
    deposited(me, 200_000)
    order = ended(bought(me, quantity=2), 1)
    newest = listed(me, type="CREDIT")["mutations"][0]
    assert (newest["invoiceNumber"], newest["amount"]) == (order.number, 49450)
    assert newest["description"] == "Refund of Mobile Legends - 172 Diamonds"
    assert (newest["balanceBefore"], newest["balanceAfter"]) == (101_100, 150_550)


def test_the_chain_is_unbroken_over_pages(me: Any) -> None:
    wallet, shop = funded(me, 0), ledger.house(Account.Kind.SALES, "IDR")
    for step in range(25):
        source, target = (shop, wallet) if step % 3 == 0 else (wallet, shop)
        ledger.transfer(f"step{step}", source, target, Money(100 if step % 3 else 1000, "IDR"), "test")
    rows = [row for page in (1, 2, 3) for row in listed(me, page=page)["mutations"]]
    assert len(rows) == 25
    assert all(after["balanceBefore"] == before["balanceAfter"] for after, before in itertools.pairwise(rows))
    assert rows[-1]["balanceBefore"] == 0
    assert rows[0]["balanceAfter"] == listed(me)["overview"]["netBalance"]


def test_filters_by_type_number_and_day(me: Any) -> None:
    deposited(me, 200_000)
    order = bought(me)
    assert [row["type"] for row in listed(me, type="DEBIT")["mutations"]] == ["DEBIT"]
    assert listed(me, type="DEBIT")["pagination"]["totalRows"] == 1
    assert listed(me, type="DEBIT")["overview"]["transactionCount"] == 2
    assert [row["invoiceNumber"] for row in listed(me, search=order.number[:12].lower())["mutations"]] == [order.number]
    assert [row["type"] for row in listed(me, search="dep5e55")["mutations"]] == ["CREDIT"]
    tomorrow = (timezone.now() + timedelta(days=2)).date().isoformat()
    later = listed(me, startDate=tomorrow)
    assert later["mutations"] == [] and later["overview"]["transactionCount"] == 0


def test_wallets_are_by_currency_and_by_member(me: Any) -> None:
    factories.region("MY")
    funded(me, 5_000)
    funded(me, 1_050, "MYR")
    funded(member("other"), 9_000)
    assert [row["amount"] for row in listed(me)["mutations"]] == [5000]
    assert [(row["amount"], row["currency"]) for row in listed(me, region="MY")["mutations"]] == [(10.5, "MYR")]


def test_a_member_without_a_wallet_reads_an_empty_list(me: Any) -> None:
    told = listed(me)
    assert told["mutations"] == [] and told["pagination"]["totalPages"] == 0
    assert told["overview"] == {"totalDebit": 0, "totalCredit": 0, "netBalance": 0, "transactionCount": 0}
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    ("query", "field"), [({"limit": 101}, "limit"), ({"page": "x"}, "page"), ({"type": "IN"}, "type")]
)
def test_what_cannot_be_asked(me: Any, query: dict[str, Any], field: str) -> None:
    answer = api(me).get("/v2/mutations", query)
    assert code_of(answer) == (422, "VALIDATION_ERROR")
    assert list(answer.json()["error"]["fields"]) == [field]


def test_only_members(me: Any) -> None:
    assert code_of(api(None).get("/v2/mutations")) == (401, "UNAUTHORIZED")
    assert code_of(api(me).get("/v2/mutations", {"region": "XX"})) == (400, "INVALID_REGION")


def test_the_file_is_in_the_readers_language(me: Any) -> None:
    deposited(me, 200_000)
    bought(me)
    answer = api(me).get("/v2/mutations", {"format": "csv"}, headers={"Accept-Language": "en"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))
    assert [(row["type"], row["amount"], row["balanceAfter"]) for row in rows] == [
        ("DEBIT", "49450", "150550"),
        ("CREDIT", "200000", "200000"),
    ]
    assert rows[0]["description"] == "Purchase of Mobile Legends - 172 Diamonds"


def test_several_of_one_kind_are_counted(me: Any) -> None:
    deposited(me, 200_000)
    order = bought(me)
    Order.objects.filter(pk=order.pk).update(quantity=3)
    answer = api(me).get("/v2/mutations", {"type": "DEBIT"}, headers={"Accept-Language": "en"}).json()
    assert answer["data"]["mutations"][0]["description"] == "Purchase of Mobile Legends - 172 Diamonds × 3"
