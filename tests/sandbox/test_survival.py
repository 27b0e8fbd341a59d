"""kill -9 forgets nothing: neither what was, nor what was still to come."""

import contextlib

import requests

from tests.sandbox.conftest import INVOICE, World
from tests.waiting import wait_until


def test_orders_balance_faults_and_keys_outlive_a_kill(own_world: World):
    world = own_world
    certs = requests.get(f"{world.url}/google/certs").json()
    world.faults(order={"never": 1}, order_history={"cap": 1})
    requests.put(f"{world.url}/control/supplier/products/mlbb_id_86_diamonds", json={"sell_price": 9.99})
    made = world.order().json()
    world.request_payment()
    world.kill()
    world.start()
    assert [order["transaction_id"] for order in world.supplier_orders()] == [made["transaction_id"]]
    assert world.balance() == 9997.36
    assert requests.get(f"{world.url}/control/faults").json() == {
        "order": {"never": 1},
        "order_history": {"cap": 1},
    }
    assert world.gateway_payments()[0]["status"] == "pending"
    assert requests.get(f"{world.url}/google/certs").json() == certs
    products = world.gemgo("GET", "catalogue/products/mlbb_id").json()["products"]
    assert 9.99 in [product["sell_price"] for product in products]
    second = world.order().json()
    assert second["transaction_id"] > made["transaction_id"]


def test_what_was_to_come_comes_after_a_kill(own_world: World):
    world = own_world
    world.faults(order={"finish_after_ms": 700}, webhook={"delay_ms": 700}, refund={"finish_after_ms": 700})
    request_id = world.request_payment().json()["payment_request_id"]
    requests.post(f"{world.url}/pay/{INVOICE}", data={"action": "pay"})
    world.xendit("POST", "/refunds", {"payment_request_id": request_id, "reference_id": "r", "reason": "CANCELLATION"})
    world.order(callback_url=f"{world.store.url}/hooks/gemgo/x")
    world.kill()
    assert world.store.got == []
    world.start()
    wait_until(lambda: world.supplier_orders()[0]["status"] == "success")
    wait_until(lambda: world.store.bodies("/hooks/gemgo/x"))
    wait_until(lambda: set(world.store.events()) == {"payment.capture", "refund.succeeded"})
    assert world.gateway_payments()[0]["refunded"] == 44851


def test_a_callback_that_finds_nobody_is_repeated(own_world: World):
    world = own_world
    world.store.status = 500
    world.order(callback_url=f"{world.store.url}/hooks/gemgo/x")
    wait_until(lambda: len(world.store.bodies("/hooks/gemgo/x")) == 1)
    world.store.status = 200
    wait_until(lambda: len(world.store.bodies("/hooks/gemgo/x")) == 2)


def test_it_stops_soon_although_answers_are_held_back(own_world: World):
    world = own_world
    world.faults(create_order={"slow": 1, "slow_ms": 60_000})
    with contextlib.suppress(requests.ReadTimeout):
        requests.post(
            f"{world.url}/gemgo/api/v1/orders/create_order",
            json={"product_code": "mlbb_id_86_diamonds", "game_user_id": "1"},
            headers={"X-API-Key": "gemgo-test-key"},
            timeout=0.3,
        )
    assert world.stop() < 6
