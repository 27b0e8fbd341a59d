"""The dashboard's pages: a member's own and nobody else's, saying what the API says, in words."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.money import Money
from payments.models import Deposit, DepositInquiry, Payment
from payments.points import services as points
from payments.wallet import services as ledger
from payments.wallet.models import Account
from storefront.orders.models import Order
from storefront.players.models import PlayerMark
from tests.accounts.cast import PASSWORD, member
from tests.conftest import Sandbox
from tests.payments.members import by_balance, funded, holds
from tests.payments.past import order_of
from tests.storefront import factories

pytestmark = pytest.mark.django_db
HERE = "/en-id/account/"
LISTS = ["", "orders", "wallet", "deposits", "report", "membership", "players"]
READS = [*LISTS, "deposits/new", "deposits/ways", "orders.csv", "wallet.csv"]
ACTS = ["deposits/new", "deposits/place", "membership"]


@pytest.fixture(autouse=True)
def _shop(db: None) -> None:
    factories.channel()


def browser(user: User | None) -> Client:
    """A browser in which `user` has signed in."""
    client = Client()
    if user is not None:
        answer = client.post(f"{HERE}sign-in", {"email": user.email, "password": PASSWORD})
        assert answer.status_code == 302, answer.content
    return client


def page(client: Client, rest: str, **query: str) -> str:
    answer = client.get(HERE + rest, query)
    assert answer.status_code == 200, answer.content[:2000]
    return unescape(answer.content.decode())


def quoted(client: Client, amount: str = "100.000") -> str:
    """The validation token on the last look at a deposit by QRIS."""
    answer = client.post(f"{HERE}deposits/new", {"amount": amount, "paymentCode": "QRIS"})
    html = answer.content.decode()
    assert answer.status_code == 200, html
    return html.partition('name="validationToken" value="')[2].partition('"')[0]


def deposit_of(user: User, client: Client) -> Deposit:
    answer = client.post(f"{HERE}deposits/place", {"validationToken": quoted(client)})
    assert answer.status_code == 302
    return Deposit.objects.get(user=user, number=answer["Location"].rpartition("/")[2])


# --- Who may see and do what ---


@pytest.mark.parametrize("rest", READS)
def test_guests_and_the_suspended_are_led_to_the_sign_in_and_back(rest: str) -> None:
    suspended = member()
    client = browser(suspended)
    User.objects.filter(pk=suspended.pk).update(status=User.Status.SUSPENDED)
    for visitor in (Client(), client):
        answer = visitor.get(HERE + rest)
        back = f"{HERE}{rest}".replace("/", "%2F")
        assert (answer.status_code, answer["Location"]) == (302, f"{HERE}sign-in?next={back}")


@pytest.mark.parametrize("rest", ACTS)
def test_nobody_acts_without_signing_in(rest: str) -> None:
    answer = Client().post(HERE + rest, {"amount": "100000", "paymentCode": "QRIS", "points": "5"})
    assert (answer.status_code, answer["Location"]) == (302, f"{HERE}sign-in")
    assert not Deposit.objects.exists()


@pytest.mark.parametrize("place", ["en-id", "id-id", "en-sg"])
@pytest.mark.parametrize("rest", LISTS)
def test_pages_of_a_new_member(rest: str, place: str) -> None:
    factories.region("SG")
    answer = browser(member()).get(f"/{place}/account/{rest}")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert 'content="noindex"' in html
    assert "no-store" in answer["Cache-Control"]
    assert html.count("<h1") == 1
    assert 'aria-current="page"' in html


def test_a_part_of_a_page_takes_the_whole_page_to_the_sign_in() -> None:
    answer = Client().get(f"{HERE}deposits/ways", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith(f"{HERE}sign-in")


def test_forms_of_other_sites_are_refused() -> None:
    user = member()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser(user).cookies
    assert strict.post(f"{HERE}membership", {"points": "5"}).status_code == 403


def test_no_page_tells_anything_of_another_member(sandbox: Sandbox) -> None:
    owner = member()
    order = order_of(owner, nickname="Somebody")
    funded(owner, 77_777)
    theirs = deposit_of(owner, browser(owner))
    other = browser(member())
    for rest in READS:
        answer = other.get(HERE + rest)
        body = b"".join(answer) if answer.streaming else answer.content
        for text in (order.number, theirs.number, "Somebody", "77.777"):
            assert text not in body.decode(), rest
    for act in (other.get, Client().get):
        for rest in ("", "/live"):
            assert act(f"{HERE}deposits/{theirs.number}{rest}").status_code in (302, 404)
    assert other.post(f"{HERE}deposits/{theirs.number}/check").status_code == 404
    html = other.get(f"/en-id/mobile-legends?again={order.number}").content.decode()
    assert "656696292" not in html


# --- What they say ---


def test_overview(sandbox: Sandbox) -> None:
    user = member()
    client = browser(user)
    funded(user, 250_000)
    order = order_of(user)
    html = page(client, "")
    for text in ("Rp250.000", order.sku_name, "Classic", "Hello, John", f"?again={order.number}"):
        assert text in html
    waiting = deposit_of(user, client)
    assert f"deposits/{waiting.number}" in page(client, "")


def test_orders_by_state_days_and_number() -> None:
    user = member()
    client = browser(user)
    done = order_of(user, at="2025-09-25 10:30")
    failed = order_of(user, "EXPIRED", at="2025-09-26 10:30")

    def numbers(**query: str) -> set[str]:
        html = page(client, "orders", **query)
        return {order.number for order in (done, failed) if f"invoices/{order.number}" in html}

    assert numbers() == {done.number, failed.number}
    assert numbers(status="SUCCESS") == {done.number}
    assert numbers(status="FAILED") == {failed.number}
    assert numbers(status="PENDING") == set()
    assert numbers(search=failed.number[-6:].lower()) == {failed.number}
    assert numbers(startDate="2025-09-26", endDate="2025-09-26") == {failed.number}
    html = page(client, "orders", startDate="yesterday")
    assert "Write the date as YYYY-MM-DD." in html
    assert "<b>2</b>" in html


def test_pages_of_ten() -> None:
    user = member()
    orders = [order_of(user, at=f"2025-09-{day:02d} 10:30") for day in range(1, 13)]
    client = browser(user)
    first, second = page(client, "orders"), page(client, "orders", page="2")
    assert "Page 1 of 2" in first
    assert f"invoices/{orders[0].number}" not in first
    assert f"invoices/{orders[0].number}" in second
    for odd in ("99", "0", "x", "-1", "9" * 30, "00000001" + "9" * 30, "²"):
        assert page(client, "orders", page=odd)


@pytest.mark.parametrize(
    "rest", ["orders?search=%00", "wallet?search=%00", "deposits?search=%00", "wallet.csv?search=%00"]
)
def test_what_is_no_text_is_refused_at_the_door(rest: str) -> None:
    """No column holds NUL; it may not end in a broken page, nor in half a file."""
    client = browser(member())
    assert client.get(HERE + rest).status_code == 400


@pytest.mark.parametrize("by", ["email", "number", "code"])
def test_a_form_that_is_no_text_is_refused_at_the_door(by: str) -> None:
    sent = {"email": "john.doe@example.com", "number": "GATE1", "code": "123456", by: "a\0b"}
    assert browser(None).post("/en-id/track", sent).status_code == 400
    assert browser(None).get("/en-id/mobile-legends?again=%00").status_code == 400


def test_orders_and_mutations_as_files() -> None:
    user = member()
    client = browser(user)
    order = order_of(user)
    funded(user, 5_000)
    for rest, text in (("orders.csv", order.number), ("wallet.csv", "5000")):
        answer = client.get(HERE + rest)
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert "attachment" in answer["Content-Disposition"]
        assert text in b"".join(answer).decode()
    assert order.number not in b"".join(client.get(f"{HERE}orders.csv?status=PENDING")).decode()


def test_wallet(sandbox: Sandbox) -> None:
    user = member()
    client = browser(user)
    funded(user, 90_000)
    html = page(client, "wallet")
    assert html.count("Rp90.000") >= 3  # balance, money in, the row
    assert "No order" not in html
    assert "Nothing moved like that" in page(client, "wallet", type="DEBIT")


def test_report_draws_every_day_and_tells_it_beside() -> None:
    user = member()
    client = browser(user)
    order_of(user, at="2025-09-25 10:30")
    order_of(user, at="2025-09-25 23:59")
    order_of(user, at="2025-09-27 00:00")
    order_of(user, "FAILED", at="2025-09-26 10:30")
    html = page(client, "report", startDate="2025-09-20", endDate="2025-09-30")
    assert html.count("<rect") == 2
    assert "25 Sep 2025: Rp99.592" in html
    assert html.count("<time datetime=") == 2
    assert "style=" not in html.partition("<main")[2]
    assert "No order arrived" in page(client, "report")


@pytest.mark.parametrize("span", [("2020-01-01", "2025-12-31"), ("2025-09-25", "2025-09-25")])
def test_report_of_any_length_is_a_drawing(span: tuple[str, str]) -> None:
    user = member()
    for day in (1, 25):
        order_of(user, at=f"2025-09-{day:02d} 10:30")
    html = page(browser(user), "report", startDate=span[0], endDate=span[1])
    assert 1 <= html.count("<rect") <= 92
    assert "nan" not in html


def test_players_are_told_once_and_bought_for_again() -> None:
    user = member()
    first = order_of(user, at="2025-09-25 10:30")
    last = order_of(user, at="2025-09-26 10:30")
    order_of(user, "FAILED", fields=[{"key": "userId", "name": "User ID", "value": "111222333"}])
    client = browser(user)
    html = page(client, "players")
    assert html.count('class="entry"') == 1
    assert f"again={last.number}" in html
    assert f"again={first.number}" not in html
    shown = unescape(client.get(f"/en-id/{last.product.slug}?again={last.number}").content.decode())
    assert 'value="656696292"' in shown
    assert f'value="{last.sku_code}" ' in shown
    assert f'value="{user.email}"' in shown


def test_a_player_is_called_otherwise_or_taken_out_until_the_next_order() -> None:
    user = member()
    kept = order_of(user, at="2025-09-25 10:30")
    client = browser(user)

    def act(number: str, **sent: str) -> int:
        return client.post(f"{HERE}players/{number}", sent).status_code

    assert act(kept.number, name=" My  sister ") == 302
    assert "<b>My sister</b>" in page(client, "players") and "<b>My sister</b>" in page(client, "")
    assert "My sister" in unescape(client.get(f"/en-id/{kept.product.slug}").content.decode())
    assert act(kept.number, name="x" * 41) == 422 and act(kept.number, name="\u202ex") == 422
    assert act(kept.number, name="") == 302 and "My sister" not in page(client, "players")

    assert act(kept.number, do="remove") == 302
    assert 'class="entry"' not in page(client, "players") and 'class="player"' not in page(client, "")
    for stranger in (browser(member("other@example.com")), Client()):
        assert stranger.post(f"{HERE}players/{kept.number}", {"name": "mine"}).status_code in (302, 404)
    assert set(PlayerMark.objects.values_list("user", "name")) == {(user.pk, "")}

    again = factories.order(user=user)
    Order.objects.filter(pk=again.pk).update(status="SUCCESS", delivered=1)
    assert f"again={again.number}" in page(client, "players")


def test_points_become_balance_once_per_form() -> None:
    user = member()
    client = browser(user)
    given = ledger.house(Account.Kind.ISSUED, "PTS")
    ledger.transfer("test", given, ledger.points(user), Money(500, "PTS"), "points earned")
    assert "500" in page(client, "membership")
    for _again in range(2):
        answer = client.post(f"{HERE}membership", {"points": "200", "nonce": "one"})
        assert answer.status_code == 302
    assert (points.balance(user), holds(user)) == (300, 200)
    assert "Rp200" in page(client, answer["Location"].removeprefix(HERE))
    for wrong in ("301", "", "-5", "x", "1.5", "2,50", "1.00.0"):
        answer = client.post(f"{HERE}membership", {"points": wrong, "nonce": "two"})
        assert answer.status_code == 422
        assert "field-error" in answer.content.decode()
    assert (points.balance(user), holds(user)) == (300, 200)


# --- Deposits ---


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


# --- The order page of a member ---


def test_the_order_page_knows_who_is_signed_in() -> None:
    by_balance()
    sku = factories.sku()
    user = member(phone="+628123456789")
    funded(user, 12_345)
    address = f"/en-id/{sku.product.slug}"
    guest = Client().get(address).content.decode()
    shown = unescape(browser(user).get(address).content.decode())
    assert 'value="BALANCE"' not in guest
    assert 'data-balance="12345"' in shown
    assert f'value="{user.email}"' in shown
    assert 'value="08123456789"' in shown
    again = Client().get(address).content.decode()
    assert user.email not in again


def test_a_members_order_by_balance_from_page_to_page(sandbox: Sandbox) -> None:
    by_balance()
    sku = factories.sku()
    user = member()
    funded(user, 100_000)
    client = browser(user)
    form = {
        "userId": "656696292",
        "zoneId": "8610",
        "skuCode": sku.code,
        "paymentCode": "BALANCE",
        "contactEmail": user.email,
        "quantity": "1",
    }
    answer = client.post(f"/en-id/{sku.product.slug}/quote", form, headers={"Origin": "http://testserver"})
    html = answer.content.decode()
    assert answer.status_code == 200, html[:3000]
    token = html.partition('name="validationToken" value="')[2].partition('"')[0]
    placed = client.post("/en-id/place", {"validationToken": token})
    number = placed["Location"].rpartition("/")[2]
    order = Order.objects.get(number=number)
    assert (order.user, order.status) == (user, "PAID")
    assert holds(user) == 100_000 - order.total_minor
    assert user.email in client.get(f"/en-id/invoices/{number}").content.decode()
    assert number in page(client, "wallet")
