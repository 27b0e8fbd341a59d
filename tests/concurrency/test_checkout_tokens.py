"""Ten equal posts of one token at once: one order, one charge, ten equal answers. Over HTTP, with threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests
from django.db import connection

from payments import opening
from payments.models import Payment
from storefront.inquiries.models import Inquiry
from storefront.orders import services as orders
from storefront.orders.models import Order, OrderEvent
from storefront.promos.models import Promo, PromoSlot
from tests.conftest import Sandbox
from tests.payments.cast import token
from tests.storefront import factories

pytestmark = pytest.mark.django_db(transaction=True)
POSTS = 10


def at_once(act: Callable[[int], Any], count: int) -> list[Any]:
    """What `act(0)` ... `act(count - 1)` came to, let go together in threads of their own."""
    outcomes: list[Any] = [None] * count
    gate = threading.Barrier(count)

    def run(index: int) -> None:
        gate.wait()
        try:
            outcomes[index] = act(index)
        except Exception as problem:
            outcomes[index] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def post_all(live_server: Any, tokens: list[str]) -> list[requests.Response]:
    def post(index: int) -> requests.Response:
        return requests.post(f"{live_server.url}/v2/orders", json={"validationToken": tokens[index]}, timeout=60)

    return at_once(post, len(tokens))


def test_ten_equal_posts(live_server: Any, sandbox: Sandbox) -> None:
    promo = factories.promo(max_usage=5)
    answers = post_all(live_server, [token(promo=promo, discount_minor=4945)] * POSTS)
    assert [answer.status_code for answer in answers] == [201] * POSTS
    assert len({answer.content for answer in answers}) == 1
    assert "qrCode" in answers[0].json()["data"]["order"]["payment"]
    assert len(sandbox.gateway_payments()) == 1
    assert (Order.objects.count(), Payment.objects.count(), OrderEvent.objects.count()) == (1, 1, 1)
    assert (PromoSlot.objects.count(), Promo.objects.get().used) == (1, 1)


def test_ten_equal_posts_while_the_gateway_takes_its_time(live_server: Any, sandbox: Sandbox) -> None:
    sandbox.faults(gateway={"delay_ms": 700})
    answers = post_all(live_server, [token()] * POSTS)
    assert [answer.status_code for answer in answers] == [201] * POSTS
    assert len({answer.content for answer in answers}) == 1
    assert len(sandbox.gateway_payments()) == 1


def test_without_the_claim_each_post_would_charge(
    live_server: Any, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: were the row's claim not respected, the waiting posts would open payments of their own.

    Only the first looks disrespect it: else the posts would take over from each other until their patience ends.
    """
    sandbox.faults(gateway={"delay_ms": 300})
    looks = iter(range(POSTS))
    monkeypatch.setattr(opening, "is_stale", lambda payment, now: next(looks, None) is not None)
    post_all(live_server, [token()] * POSTS)
    assert len(sandbox.gateway_payments()) > 1


def test_without_the_inquiry_lock_a_second_order_is_refused_by_the_database_alone(
    live_server: Any, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with the quote merely read, posts run into the unique constraint, and the buyer into an error."""

    def merely_read(inquiry_id: Any) -> Inquiry:
        return Inquiry.objects.select_related("product", "sku", "channel", "promo", "region", "user").get(pk=inquiry_id)

    monkeypatch.setattr("storefront.inquiries.services.lock", merely_read)
    waiting = threading.Barrier(2, timeout=10)
    new_number = orders.new_number

    def together() -> str:
        waiting.wait()
        return new_number()

    monkeypatch.setattr(orders, "new_number", together)
    answers = post_all(live_server, [token()] * 2)
    assert sorted(answer.status_code for answer in answers) == [201, 500]
    assert Order.objects.count() == 1


def test_ten_posts_to_a_dead_gateway_are_all_told_and_one_later_post_works(live_server: Any, sandbox: Sandbox) -> None:
    asked = token()
    sandbox.faults(gateway={"error": 1, "delay_ms": 300})
    answers = post_all(live_server, [asked] * POSTS)
    assert {(answer.status_code, answer.json()["error"]["code"]) for answer in answers} == {
        (503, "PAYMENT_UNAVAILABLE")
    }
    assert Order.objects.count() == 1 and sandbox.gateway_payments() == []
    sandbox.faults()
    assert post_all(live_server, [asked])[0].status_code == 201
    assert len(sandbox.gateway_payments()) == 1


def test_ten_takers_of_a_stale_claim_make_one_attempt(
    live_server: Any, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = token()
    with monkeypatch.context() as patched:
        patched.setattr(opening, "open_claimed", lambda order, payment: payment)
        post_all(live_server, [asked])
    Payment.objects.update(claimed_at=None)
    answers = post_all(live_server, [asked] * POSTS)
    assert [answer.status_code for answer in answers] == [201] * POSTS
    assert len({answer.content for answer in answers}) == 1
    assert [p["reference"] for p in sandbox.gateway_payments()] == [f"{Order.objects.get().number}-2"]


def test_ten_tokens_are_ten_orders(live_server: Any, sandbox: Sandbox) -> None:
    answers = post_all(live_server, [token() for _ in range(POSTS)])
    assert [answer.status_code for answer in answers] == [201] * POSTS
    assert Order.objects.count() == len(sandbox.gateway_payments()) == POSTS
