"""A member buys again: players that the dashboard knows, the order page that knows the member, the balance."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client

from storefront.orders.models import Order
from storefront.players.models import PlayerMark
from tests.accounts.cast import member
from tests.conftest import Sandbox
from tests.payments.dashboard import HERE, browser, page
from tests.payments.members import by_balance, funded, holds
from tests.payments.past import order_of
from tests.storefront import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop(db: None) -> None:
    factories.channel()


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
