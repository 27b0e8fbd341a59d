"""The supplier's seven calls, their shapes and their meaning."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
import requests

from tests.sandbox.conftest import World
from tests.waiting import wait_until


def check(world: World, game: str, user_id: str, server_id: str | None = None) -> dict[str, str]:
    body = {"game": game, "user_id": user_id} | ({"server_id": server_id} if server_id is not None else {})
    answer = world.gemgo("POST", "orders/check_player", body)
    assert answer.status_code == 200
    found: dict[str, str] = answer.json()
    return found


def test_whoever_has_no_key_is_refused(world: World):
    for key in (None, "wrong"):
        headers = {"X-API-Key": key} if key else {}
        for path in ("reseller/profile", "catalogue/categories", "catalogue/products/mlbb", "orders/order_history"):
            assert requests.get(f"{world.url}/gemgo/api/v1/{path}", headers=headers).status_code == 401
        placed = requests.post(f"{world.url}/gemgo/api/v1/orders/create_order", headers=headers, json={})
        assert placed.status_code == 401
    assert world.supplier_orders() == []


def test_the_profile_is_a_bare_object_with_every_documented_field(world: World):
    profile = world.gemgo("GET", "reseller/profile").json()
    assert list(profile) == [
        "id", "username", "balance", "status", "role", "allowed_ips", "total_spent", "today_spent", "total_orders",
        "success_orders", "pending_orders", "failed_orders", "created_at",
    ]  # fmt: skip
    assert profile["balance"] == 10000
    assert profile["status"] == "active"


def test_categories_are_a_bare_array_of_a_whole_shop(world: World):
    categories = world.gemgo("GET", "catalogue/categories").json()
    assert len(categories) >= 34
    for category in categories:
        assert list(category) == ["game_code", "name", "description", "image_url", "game_fields"]
    by_code = {category["game_code"]: category for category in categories}
    assert by_code["mlbb"]["description"] == "Not available for Indonesia users"
    assert by_code["mlbb_id"]["game_fields"] == ["userid", "serverid"]
    assert {"freefire", "pubgm", "telkomsel", "byu", "dana", "pln", "netflix", "steam"} <= set(by_code)


def test_products_stand_in_an_envelope(world: World):
    answer = world.gemgo("GET", "catalogue/products/mlbb_id").json()
    assert list(answer) == ["status", "game", "products"]
    assert answer["status"] == "SUCCESS"
    assert answer["game"] == {"game_code": "mlbb_id", "name": "Mobile Legends Indonesia"}
    prices = {product["product_code"]: product["sell_price"] for product in answer["products"]}
    assert prices["mlbb_id_86_diamonds"] == 1.32
    assert prices["mlbb_id_172_diamonds"] == 2.64
    assert all(list(product) == ["product_code", "name", "sell_price", "status"] for product in answer["products"])
    assert world.gemgo("GET", "catalogue/products/nothing").status_code == 404


def test_every_game_has_products_with_prices(world: World):
    for category in world.gemgo("GET", "catalogue/categories").json():
        products = world.gemgo("GET", f"catalogue/products/{category['game_code']}").json()["products"]
        assert len(products) >= 6
        assert all(product["sell_price"] > 0 for product in products)
        assert all(product["product_code"].startswith(category["game_code"] + "_") for product in products)


@pytest.mark.parametrize("game", ["mlbb", "mlbb_id"])
def test_the_known_player_has_her_name(world: World, game: str):
    assert check(world, game, "656696292", "8610") == {"valid": "valid", "name": "り い こ ✧"}


@pytest.mark.parametrize(
    ("game", "user_id", "server_id"),
    [
        ("mlbb", "656696292", "1234"),
        ("mlbb", "12345678", None),
        ("mlbb", "12345678", "abc"),
        ("mlbb", "00012345", "1234"),
        ("freefire", "0001", None),
        ("freefire", "abc", None),
        ("genshin", "812345678", "os_usa"),
        ("genshin", "812345678", "nowhere"),
        ("dana", "0811", None),
    ],
)
def test_who_does_not_exist_is_not_found(world: World, game: str, user_id: str, server_id: str | None):
    assert check(world, game, user_id, server_id) == {"valid": "invalid", "message": "Player not found"}


def test_every_other_id_has_a_name_of_its_own_that_stays(world: World):
    names = [check(world, "mlbb", str(number), "1234")["name"] for number in range(70_000_000, 70_000_200)]
    assert names[:20] == [check(world, "mlbb", str(number), "1234")["name"] for number in range(70_000_000, 70_000_020)]
    assert len(set(names)) > 100
    assert 5 <= sum(not name.isascii() for name in names) <= 45


def test_servers_and_wallets(world: World):
    assert check(world, "genshin", "812345678", "os_asia")["valid"] == "valid"
    assert check(world, "genshin", "1812345678", "asia")["valid"] == "valid"
    name = check(world, "dana", "081234567890")["name"]
    assert re.fullmatch(r"[A-Z]{2}\*+( [A-Z]{2}\*+)*", name)
    assert check(world, "valorant", "Someone#ID1")["name"] == "Someone#ID1"


def test_an_order_costs_its_price_and_goes_from_pending_to_success(world: World):
    world.faults(order={"finish_after_ms": 86_400_000})
    made = world.order().json()
    assert list(made) == ["transaction_id", "status", "product_name", "game_user_id", "sell_price", "created_at"]
    assert re.fullmatch(r"TX-\d{8}-\d{4,}", made["transaction_id"])
    assert (made["status"], made["product_name"], made["sell_price"]) == ("success", "172 Diamonds", 2.64)
    assert datetime.fromisoformat(made["created_at"]).utcoffset() is not None
    assert world.balance() == 9997.36

    told = world.gemgo("GET", "orders/order_history").json()
    assert (told["status"], told["count"]) == ("SUCCESS", 1)
    assert told["orders"] == [
        {
            "transaction_id": made["transaction_id"],
            "product_name": "172 Diamonds",
            "game_code": "mlbb_id",
            "game_user_id": "656696292",
            "sell_price": 2.64,
            "status": "pending",
            "created_at": made["created_at"],
        }
    ]
    world.faults(order={"finish_after_ms": 1})
    quick = world.order().json()["transaction_id"]
    by_id = wait_until(lambda: {order["transaction_id"]: order["status"] for order in world.supplier_orders()})
    wait_until(lambda: {o["transaction_id"]: o["status"] for o in world.supplier_orders()}[quick] == "success")
    assert by_id[made["transaction_id"]] == "pending"
    profile = world.gemgo("GET", "reseller/profile").json()
    assert (profile["total_orders"], profile["success_orders"], profile["pending_orders"]) == (2, 1, 1)
    assert profile["total_spent"] == 5.28


def test_a_failed_order_gives_its_price_back(world: World):
    world.faults(order={"fail": 1, "finish_after_ms": 0})
    world.order()
    wait_until(lambda: world.supplier_orders()[0]["status"] == "failed")
    assert world.balance() == 10000


def test_an_order_for_nobody_is_taken_and_fails(world: World):
    assert world.order(game_user_id="000123").json()["status"] == "success"
    wait_until(lambda: world.supplier_orders()[0]["status"] == "failed")
    assert world.balance() == 10000


def test_without_money_there_is_no_order(world: World):
    assert requests.put(f"{world.url}/control/supplier/balance", json={"balance": 2.63}).json() == {"balance": 2.63}
    refused = world.order().json()
    assert list(refused) == ["status", "message", "reference"]
    assert (refused["status"], refused["message"]) == ("FAILED", "Insufficient balance")
    assert re.fullmatch(r"TX-\d{8}-\d{4,}", refused["reference"])
    assert world.supplier_orders() == []
    assert world.balance() == 2.63


@pytest.mark.parametrize("changed", [{"product_code": "nothing"}, {"game_user_id": ""}])
def test_what_cannot_be_ordered_is_refused(world: World, changed: dict[str, str]):
    refused = world.order(**changed).json()
    assert refused["status"] == "FAILED"
    assert refused["reference"].startswith("TX-")
    assert world.supplier_orders() == []


def test_many_orders_at_once_spend_what_they_cost_and_have_ids_of_their_own(world: World):
    requests.put(f"{world.url}/control/supplier/balance", json={"balance": 26.40})
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda number: world.order(game_user_id=str(number)).json(), range(1, 25)))
    made = [answer["transaction_id"] for answer in answers if answer["status"] == "success"]
    refused = [answer["reference"] for answer in answers if answer["status"] == "FAILED"]
    assert (len(made), len(refused)) == (10, 14)
    assert len({*made, *refused}) == 24
    assert world.balance() == 0


def test_history_is_newest_first_and_twenty_long(world: World):
    ids = [world.order(game_user_id=str(number)).json()["transaction_id"] for number in range(1, 26)]
    listed = [order["transaction_id"] for order in world.gemgo("GET", "orders/order_history").json()["orders"]]
    assert listed == ids[::-1][:20]
    longer = world.gemgo("GET", "orders/order_history?limit=50").json()
    assert longer["count"] == 25
    assert world.gemgo("GET", "orders/order_history?limit=nonsense").json()["count"] == 20


def test_the_end_of_an_order_is_called_back(world: World):
    url = f"{world.store.url}/hooks/gemgo/secret"
    made = world.order(callback_url=url).json()
    (body,) = wait_until(lambda: world.store.bodies("/hooks/gemgo/secret"))
    assert body["transaction_id"] == body["order_id"] == made["transaction_id"]
    assert (body["status"], body["player_id"], body["server_id"]) == ("success", "656696292", "8610")


def test_funding_history(world: World):
    told = world.gemgo("GET", "orders/funding_history").json()
    assert list(told) == ["status", "count", "history"]
    assert list(told["history"][0]) == ["invoice_id", "amount", "payment_method", "status", "created_at"]


def test_what_is_paid_in_stands_in_the_funding_history_and_on_the_balance(world: World):
    def pays(**body: object) -> requests.Response:
        return requests.post(f"{world.url}/control/supplier/funding", json=body, timeout=20)

    before = world.gemgo("GET", "reseller/profile").json()["balance"]
    made, waiting = pays(amount=12.5).json(), pays(amount=7, status="pending").json()
    newest, second, first = world.gemgo("GET", "orders/funding_history").json()["history"]
    assert (newest["invoice_id"], newest["status"]) == (waiting["invoice_id"], "pending")
    assert (second["invoice_id"], second["amount"], second["status"]) == (made["invoice_id"], 12.5, "completed")
    assert first["invoice_id"] == "INV-45"
    assert world.gemgo("GET", "reseller/profile").json()["balance"] == before + 12.5
    assert pays(amount=0).status_code == pays().status_code == 400


def test_prices_and_statuses_can_be_changed(world: World):
    path = f"{world.url}/control/supplier/products/mlbb_id_86_diamonds"
    assert requests.put(path, json={"sell_price": 1.5, "status": "inactive"}).status_code == 200
    products = world.gemgo("GET", "catalogue/products/mlbb_id").json()["products"]
    changed = next(product for product in products if product["product_code"] == "mlbb_id_86_diamonds")
    assert (changed["sell_price"], changed["status"]) == (1.5, "inactive")
    assert world.order(product_code="mlbb_id_86_diamonds").json()["status"] == "FAILED"
    assert requests.put(path, json={"price": 1}).status_code == 400
    assert requests.put(path[:-1], json={"sell_price": 1}).status_code == 404
