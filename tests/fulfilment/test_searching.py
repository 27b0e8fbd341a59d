"""Staff find an order from one box by any part of what it is called; before and after its words were written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import finding
from accounts.models import User
from core import search
from core.models import SearchToken
from fulfilment import searching
from fulfilment.models import Attempt
from storefront.orders import search_words
from storefront.orders.models import Order
from storefront.orders.services import correct_account
from storefront.players.services import Account, Checked
from tests.fulfilment import desk
from tests.storefront import factories

pytestmark = pytest.mark.django_db


def _order(player: str, **more: Any) -> Order:
    fields = [{"key": "userId", "name": "User ID", "value": player}, {"key": "zoneId", "name": "Zone", "value": "8610"}]
    return factories.order(**({"fields": fields} | more))


def _read() -> None:
    Order.objects.update(created_at=timezone.now() - timedelta(hours=1))
    search_words.index_new()


@pytest.fixture
def orders() -> tuple[Order, Order]:
    mine = _order("656696292", nickname="り い こ ✧", email="Sari.Dewi@example.com", phone="+6281234567890")
    return mine, _order("700123456", nickname="Else", email="budi@elsewhere.example", phone="")


TERMS = ["6566", "6292", "9629", "656696292", "りいこ", "り い こ", "sari.dewi@ex", "SARI", "0812-3456", "7890"]
TERMS += ["+6281234567890", "81234567"]


@pytest.mark.parametrize("is_read", [False, True])
def test_an_order_is_found_by_half_a_player_id_and_whatever_else(orders: tuple[Order, Order], is_read: bool) -> None:
    mine, other = orders
    if is_read:
        _read()
    for term in [*TERMS, mine.number, mine.number.lower(), f"#{mine.number}"]:
        assert searching.find(term).ids == [mine.pk], term
    assert searching.find("GATE").ids == [other.pk, mine.pk]
    for term in ("", "  ", "%", "\0", "9999", "x" * 500):
        assert searching.find(term).ids == [], term


def test_by_what_gateway_and_supplier_call_it(sandbox: Any) -> None:
    desk.shop()
    order, other = desk.paid(player="656696292"), desk.paid()
    desk.work()
    payment = order.payments.get()
    transaction = Attempt.objects.get(topup__order=order).transaction_id
    for term in (transaction, payment.gateway_id, payment.captures.get().gateway_ref):
        assert searching.find(term).ids == [order.pk] and other.pk not in searching.find(term).ids, term


def test_the_words_are_of_the_player_and_not_of_each_order(orders: tuple[Order, Order]) -> None:
    _read()
    words = SearchToken.objects.count()
    again = [_order("656696292", email="sari.dewi@example.com").pk for _ in range(3)]
    _read()
    assert SearchToken.objects.count() == words
    assert searching.find("6292").ids == [*sorted(again, reverse=True), orders[0].pk]


def test_a_corrected_account_is_found_at_once(orders: tuple[Order, Order]) -> None:
    _read()
    fields = [{"key": "userId", "name": "User ID", "value": "88887777"}, {"key": "zoneId", "name": "Z", "value": "1"}]
    correct_account(orders[0], Account(orders[0].product, "ID", fields, Checked("Neu", "")), now=timezone.now())
    assert searching.find("8777").ids == [orders[0].pk] and searching.find("6292").ids == []


def test_people_are_found_by_name_address_and_number() -> None:
    user = User.objects.create_user("Ani.W@example.com", first_name="Ani", last_name="Wibowo", phone="+6281299998888")
    for is_read in (False, True):
        if is_read:
            User.objects.update(created_at=timezone.now() - timedelta(hours=1))
            assert finding.index_new() == 1
        for term in ("ani", "ani.w@example", "0812999", *(("wibowo", "998888") if is_read else ())):
            assert user.public_id in finding.find(term), (term, is_read)
        assert finding.find("nobody") == []


def test_nothing_is_passed_over_that_may_still_come_to_light(orders: tuple[Order, Order]) -> None:
    _young, old = (User.objects.create_user(f"{name}@example.com") for name in ("young", "old"))
    for rows, pk in ((User.objects, old.pk), (Order.objects, orders[1].pk)):
        rows.filter(pk=pk).update(created_at=timezone.now() - timedelta(hours=1))
    assert finding.index_new() == search_words.index_new() == 0
    late = connection.copy()
    try:
        with late.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT now(), pg_current_xact_id()")
            begun = cursor.fetchone()[0]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # what one transaction saw of others it sees to its end
        assert search.settled_before() <= begun - timedelta(minutes=2), "what it brings is waited for"
    finally:
        late.close()
    User.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert finding.index_new() == 2
    Order.objects.update(created_at=timezone.now() - timedelta(hours=1))
    assert search_words.index_new() == 2


def test_every_look_up_goes_by_an_index(orders: tuple[Order, Order]) -> None:
    """What each source of a search is found by, once tables are large: not a row is read that does not fit."""
    _read()
    plans = {
        "order_player": "SELECT id FROM storefront_order WHERE player_id IN ('1','2')",
        "order_phone": "SELECT id FROM storefront_order WHERE phone <> '' AND phone IN ('1')",
        "order_email": "SELECT id FROM storefront_order WHERE LOWER(email) IN ('a','b')",
        "search_word_": "SELECT kind FROM core_searchtoken WHERE word LIKE '6566%' AND kind IN ('a')",
        "attempt_by_transaction": "SELECT 1 FROM fulfilment_attempt WHERE transaction_id = 'x'",
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for index, statement in plans.items():
            cursor.execute(f"EXPLAIN {statement}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert index in plan, plan


def test_a_search_costs_as_many_statements_however_many_orders_there_are(
    orders: tuple[Order, Order], django_assert_max_num_queries: Any
) -> None:
    _read()
    with django_assert_max_num_queries(16):
        searching.find("6566")
    for number in range(20):
        _order(f"6566{number:05d}")
    _read()
    with django_assert_max_num_queries(16):
        assert len(searching.find("6566").ids) == 21
