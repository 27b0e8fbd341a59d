"""Every fault of the supplier does what it says, and above all: whether an order was made or not."""

import json
from datetime import datetime, timedelta

import pytest
import requests

from tests.sandbox.conftest import World
from tests.waiting import wait_until


def callbacks(world: World) -> list[dict[str, str]]:
    return world.store.bodies("/hooks/gemgo/")


def called_order(world: World) -> requests.Response:
    return world.order(callback_url=f"{world.store.url}/hooks/gemgo/x")


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"nonsense": {}}, "nonsense"),
        ({"create_order": {"nonsense": 1}}, "create_order.nonsense"),
        ({"create_order": {"error": 1.5}}, "create_order.error"),
        ({"create_order": {"error": -0.1}}, "create_order.error"),
        ({"create_order": {"error": True}}, "create_order.error"),
        ({"create_order": {"error": "1"}}, "create_order.error"),
        ({"order": {"finish_after_ms": -1}}, "order.finish_after_ms"),
        ({"callback": 1}, "callback"),
        ({"seed": "x"}, "seed"),
        ([1], "object"),
    ],
)
def test_what_is_no_fault_is_refused_and_changes_nothing(world: World, body: object, word: str):
    world.faults(create_order={"error": 1})
    refused = requests.put(f"{world.url}/control/faults", json=body)
    assert refused.status_code == 400
    assert word in refused.json()["message"]
    assert world.order().status_code == 500


def test_every_fault_of_the_interface_is_known_and_a_new_body_replaces_all(world: World):
    world.faults(
        seed=7,
        create_order={"delay_ms": 0, "lose_reply": 0.0, "lose_request": 0.0, "error": 1.0, "reject": 0.0},
        order={"finish_after_ms": 300, "fail": 0.0, "never": 0.0},
        callback={"drop": 0.0, "duplicate": 0.0, "delay_ms": 0},
        order_history={"delay_ms": 0, "error": 0.0},
        check_player={"delay_ms": 0, "error": 0.0},
        gateway={"delay_ms": 0, "error": 0.0, "lose_reply": 0.0},
        webhook={"drop": 0.0, "duplicate": 0.0, "delay_ms": 0},
    )
    assert world.order().status_code == 500
    world.faults(order={"never": 1})
    assert world.order().status_code == 200
    world.faults()
    assert requests.get(f"{world.url}/control/faults").json() == {}


def test_a_lost_reply_leaves_an_order_behind(world: World):
    world.faults(create_order={"lose_reply": 1})
    with pytest.raises(requests.ConnectionError):
        world.order()
    assert len(world.supplier_orders()) == 1
    assert world.balance() == 9997.36


def test_a_lost_request_leaves_nothing_behind(world: World):
    world.faults(create_order={"lose_request": 1})
    with pytest.raises(requests.ConnectionError):
        world.order()
    assert world.supplier_orders() == []
    assert world.balance() == 10000


def test_a_cut_connection_ends_before_the_first_byte_also_when_it_was_used_before(world: World):
    with requests.Session() as session:
        key = {"X-API-Key": "gemgo-test-key"}
        body = {"product_code": "mlbb_id_86_diamonds", "game_user_id": "1", "game_zone_id": "1"}
        address = f"{world.url}/gemgo/api/v1/orders/create_order"
        assert session.post(address, json=body, headers=key).status_code == 200
        world.faults(create_order={"lose_reply": 1})
        with pytest.raises(requests.ConnectionError):
            session.post(address, json=body, headers=key)
    assert len(world.supplier_orders()) == 2


@pytest.mark.parametrize(("fault", "status"), [("error", 500), ("http_401", 401), ("http_429", 429)])
def test_a_refused_call_makes_nothing(world: World, fault: str, status: int):
    world.faults(create_order={fault: 1})
    answer = world.order()
    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (status == 429)
    assert world.supplier_orders() == []


@pytest.mark.parametrize("status", [200, 422])
def test_a_rejection_has_the_protocols_own_shape(world: World, status: int):
    world.faults(create_order={"reject": 1, "reject_status": status})
    answer = world.order()
    assert answer.status_code == status
    assert answer.json()["status"] == "FAILED"
    assert answer.json()["reference"].startswith("TX-")
    assert world.supplier_orders() == []
    assert world.balance() == 10000


def test_unreadable_answers_leave_an_order_behind(world: World):
    world.faults(create_order={"garbled": 1})
    with pytest.raises(json.JSONDecodeError):
        json.loads(world.order().text)
    world.faults(create_order={"commit_then_502": 1})
    answer = world.order()
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    assert len(world.supplier_orders()) == 2


def test_a_slow_answer_comes_after_the_order(world: World):
    world.faults(create_order={"slow": 1, "slow_ms": 400})
    answer = world.order()
    assert answer.elapsed >= timedelta(milliseconds=400)
    assert len(world.supplier_orders()) == 1
    world.faults(create_order={"slow": 1, "slow_ms": 60_000})
    with pytest.raises(requests.ReadTimeout):
        requests.post(
            f"{world.url}/gemgo/api/v1/orders/create_order",
            json={"product_code": "mlbb_id_86_diamonds", "game_user_id": "1"},
            headers={"X-API-Key": "gemgo-test-key"},
            timeout=0.5,
        )
    assert len(world.supplier_orders()) == 2


def test_the_seed_decides(world: World):
    def draws() -> list[int]:
        world.faults(seed=7, create_order={"error": 0.5})
        first = [world.order().status_code for _ in range(10)]
        world.gemgo("GET", "orders/order_history")
        return first + [world.order().status_code for _ in range(10)]

    assert draws() == draws()
    assert set(draws()) == {200, 500}


def test_an_order_may_never_end(world: World):
    world.faults(order={"never": 1, "finish_after_ms": 0})
    world.order()
    world.faults(order={"finish_after_ms": 0})
    world.order()
    wait_until(lambda: world.supplier_orders()[1]["status"] == "success")
    assert world.supplier_orders()[0]["status"] == "pending"


def test_a_success_may_flip(world: World):
    world.faults(order={"flip_to_failed": 1, "flip_after_ms": 50, "finish_after_ms": 0})
    called_order(world)
    wait_until(lambda: world.supplier_orders()[0]["status"] == "failed")
    assert world.balance() == 10000
    wait_until(lambda: len(callbacks(world)) == 2)
    assert [body["status"] for body in callbacks(world)] == ["success", "failed"]


def test_callbacks_are_dropped_doubled_and_forged(world: World):
    world.faults(callback={"drop": 1}, order={"finish_after_ms": 0})
    called_order(world)
    wait_until(lambda: world.supplier_orders()[0]["status"] == "success")
    assert callbacks(world) == []
    world.faults(callback={"duplicate": 1}, order={"finish_after_ms": 0})
    called_order(world)
    wait_until(lambda: len(callbacks(world)) == 2)
    assert callbacks(world)[0]["transaction_id"] == callbacks(world)[1]["transaction_id"]
    world.faults(callback={"forge": 1}, order={"never": 1})
    called_order(world)
    wait_until(lambda: len(callbacks(world)) == 3)
    assert callbacks(world)[2]["status"] == "failed"
    assert world.supplier_orders()[2]["status"] == "pending"


def test_an_early_callback_comes_before_the_answer(world: World):
    world.faults(callback={"early": 1})
    made = called_order(world).json()
    assert [body["transaction_id"] for body in callbacks(world)] == [made["transaction_id"]]
    assert world.supplier_orders()[0]["status"] == "success"


def test_history_lags_is_capped_and_turned_round(world: World):
    ids = [world.order(game_user_id=str(number)).json()["transaction_id"] for number in range(1, 6)]

    def listed() -> list[str]:
        orders = world.gemgo("GET", "orders/order_history?limit=50").json()["orders"]
        return [order["transaction_id"] for order in orders]

    world.faults(order_history={"cap": 2})
    assert listed() == [ids[4], ids[3]]
    world.faults(order_history={"cap": 2, "oldest_first": True})
    assert listed() == [ids[3], ids[4]]
    world.faults(order_history={"lag_ms": 60_000})
    assert listed() == []
    world.faults(order_history={"error": 1})
    assert world.gemgo("GET", "orders/order_history").status_code == 500


def test_the_suppliers_clock_may_be_wrong(world: World):
    true = datetime.fromisoformat(world.order().json()["created_at"])
    world.faults(order_history={"skew_seconds": -3600})
    (row,) = world.gemgo("GET", "orders/order_history").json()["orders"]
    assert datetime.fromisoformat(row["created_at"]) == true - timedelta(hours=1)


def test_the_player_check_may_be_down(world: World):
    body = {"game": "mlbb", "user_id": "656696292", "server_id": "8610"}
    world.faults(check_player={"error": 1})
    assert world.gemgo("POST", "orders/check_player", body).status_code == 500
    world.faults(check_player={"delay_ms": 300})
    assert world.gemgo("POST", "orders/check_player", body).elapsed >= timedelta(milliseconds=300)
