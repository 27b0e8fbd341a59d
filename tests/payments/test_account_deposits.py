"""A deposit from the dashboard's form to its page."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest

from payments.models import Deposit, DepositInquiry, Payment
from tests.accounts.cast import member
from tests.conftest import Sandbox
from tests.payments.dashboard import HERE, browser, deposit_of, page, quoted
from tests.payments.members import by_balance
from tests.storefront import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop(db: None) -> None:
    factories.channel()


def test_ways_tell_their_totals_for_an_amount() -> None:
    client = browser(member())
    assert "Rp100.700" in page(client, "deposits/ways", amount="100.000")
    assert "Rp100.700" in page(client, "deposits/ways", amount="Rp 100000")
    assert "disabled" in page(client, "deposits/ways", amount="1")
    assert "Rp100.700" in page(client, "deposits/new", amount="100000")
    shown = client.post(f"{HERE}deposits/new", {"amount": "100000", "show": "totals"})
    assert shown.status_code == 200
    assert "Rp100.700" in shown.content.decode()
    assert not DepositInquiry.objects.exists()


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ({"amount": "", "paymentCode": "QRIS"}, "Enter an amount"),
        ({"amount": "abc", "paymentCode": "QRIS"}, "Enter an amount"),
        ({"amount": "0", "paymentCode": "QRIS"}, "above zero"),
        ({"amount": "1", "paymentCode": "QRIS"}, "too small"),
        ({"amount": "9" * 20, "paymentCode": "QRIS"}, "too large"),
        ({"amount": "100000"}, "Choose how you want to pay"),
        ({"amount": "100000", "paymentCode": "BALANCE"}, "not offered here"),
        ({"amount": "100000", "paymentCode": "NONE"}, "paymentCode"),
    ],
)
def test_what_cannot_be_deposited_is_said_on_the_form(sent: dict[str, str], text: str) -> None:
    by_balance()
    answer = browser(member()).post(f"{HERE}deposits/new", sent)
    assert answer.status_code in (400, 422)
    assert text in unescape(answer.content.decode())
    assert not Deposit.objects.exists()


@pytest.mark.parametrize(
    ("place", "typed", "read"),
    [
        ("en-id", "100000", "Rp100.000"),
        ("en-id", " Rp 100.000 ", "Rp100.000"),
        ("en-id", "100,000", "Rp100.000"),
        ("en-id", "Rp100.000,00", "Rp100.000"),
        ("en-id", "100000.00", "Rp100.000"),
        ("en-id", "1.000.000,-", "Rp1.000.000"),
        ("en-id", "100.000,50", ""),
        ("en-id", "10.00.000", ""),
        ("en-id", "-100000", ""),
        ("en-id", "1e5", ""),
        ("en-my", "RM10.50", "RM10.50"),
        ("en-my", "10,5", "RM10.50"),
        ("en-my", "1,000.50", "RM1,000.50"),
        ("en-my", "1.000,50", "RM1,000.50"),
        ("en-my", "1.000", "RM1,000.00"),
        ("en-my", "10.5555", ""),
    ],
)
def test_amounts_are_read_as_people_write_them(place: str, typed: str, read: str) -> None:
    """A sign too many is never a hundred times as much."""
    factories.channel("TNG", where="MY", min_minor=100)
    code = {"en-id": "QRIS", "en-my": "TNG"}[place]
    answer = browser(member()).post(f"/{place}/account/deposits/new", {"amount": typed, "paymentCode": code})
    html = unescape(answer.content.decode())
    if read:
        assert answer.status_code == 200, html
        assert read in html
    else:
        assert answer.status_code == 422
        assert "Enter an amount, for example" in html


def test_a_deposit_from_the_form_to_its_page(sandbox: Sandbox) -> None:
    user = member()
    client = browser(user)
    token = quoted(client)
    assert not Deposit.objects.exists()
    places = {client.post(f"{HERE}deposits/place", {"validationToken": token})["Location"] for _twice in range(2)}
    assert len(places) == 1
    found = Deposit.objects.get(user=user)
    html = page(client, f"deposits/{found.number}")
    for text in ("Waiting for your payment", "Rp100.700", "segno", 'hx-trigger="every 3s"'):
        assert text in html
    assert found.number in page(client, "deposits")
    assert Payment.objects.filter(deposit=found).count() == 1
    assert client.get(f"/en-id/invoices/{found.number}")["Location"] == f"{HERE}deposits/{found.number}"
    assert client.get(f"/invoices/{found.number}")["Location"].endswith(f"account/deposits/{found.number}")


def test_the_live_part_is_304_until_something_changes(sandbox: Sandbox, live_server: Any) -> None:
    user = member()
    client = browser(user)
    found = deposit_of(user, client)
    address = f"{HERE}deposits/{found.number}/live"
    tag = client.get(address)["ETag"]
    assert f'data-etag="{tag}"' in page(client, f"deposits/{found.number}")
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    Deposit.objects.filter(pk=found.pk).update(status="EXPIRED")
    changed = client.get(address, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert "Please do not pay the old code." in changed.content.decode()
    assert "every 3s" not in changed.content.decode()


def test_a_dead_gateway_leaves_a_page_to_try_again(sandbox: Sandbox) -> None:
    user = member()
    client = browser(user)
    token = quoted(client)
    sandbox.faults(gateway={"error": 1.0})
    answer = client.post(f"{HERE}deposits/place", {"validationToken": token})
    rest = answer["Location"].removeprefix(HERE)
    assert "does not answer" in page(client, rest)
    sandbox.faults()
    client.post(f"{HERE}{rest}/check")
    assert "Waiting for your payment" in page(client, rest)


def test_another_members_token_is_refused() -> None:
    token = quoted(browser(member()))
    answer = browser(member()).post(f"{HERE}deposits/place", {"validationToken": token})
    assert answer.status_code in (400, 401)
    assert not Deposit.objects.exists()
