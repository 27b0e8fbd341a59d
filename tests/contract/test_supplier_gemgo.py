"""GemGo's adapter against its wire: the sandbox for what is documented, a scripted server for what is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from core.money import Money
from fulfilment.suppliers.base import (
    Ask,
    Outcome,
    PlayerFound,
    PlayerUnknown,
    SupplierDenied,
    SupplierUnavailable,
)
from fulfilment.suppliers.gemgo import GemGo
from tests.contract.supplier import Party, SupplierContract

gemgo = GemGo()
ASK = Ask("mlbb_id_172_diamonds", "mlbb_id", "12345678", "2001", "http://127.0.0.1:9/hooks/gemgo/x")
MADE = {
    "transaction_id": "TX-20260626-1234",
    "status": "success",
    "product_name": "100 Diamonds",
    "game_user_id": "123456",
    "sell_price": 1.50,
    "created_at": "2026-06-26T12:00:00Z",
}
REFUSED = {"status": "FAILED", "message": "Insufficient balance", "reference": "TX-20260626-1234"}


class TestContract(SupplierContract):
    supplier = gemgo
    address, patience, secret = "GEMGO_BASE_URL", "GEMGO_TIMEOUT_SECONDS", "GEMGO_API_KEY"
    ask, made = ASK, MADE


@pytest.fixture
def party(settings) -> Iterator[Party]:
    made = Party()
    settings.GEMGO_BASE_URL = made.url
    settings.GEMGO_TIMEOUT_SECONDS = 0.5
    yield made
    made.close()


def test_the_documented_calls_against_the_sandbox(sandbox):
    assert gemgo.check_player("mlbb_id", "656696292", "8610") == PlayerFound("り い こ ✧")
    assert gemgo.check_player("mlbb_id", "000123", "8610") == PlayerUnknown("Player not found")
    profile = gemgo.profile()
    assert profile.balance == Money(1_000_000, "USD") and profile.is_active
    games = {game.code: game for game in gemgo.games()}
    assert games["mlbb_id"].fields == ("userid", "serverid")
    offers = {offer.code: offer for offer in gemgo.offers("mlbb_id")}
    assert offers["mlbb_id_172_diamonds"].cost == Money(264, "USD")
    placed = gemgo.place(ASK)
    assert placed.outcome == Outcome.ACCEPTED and placed.cost == Money(264, "USD")
    history = gemgo.history(50)
    assert [row.transaction_id for row in history.rows] == [placed.transaction_id]
    assert history.rows[0].made_at == placed.made_at and history.clock is not None
    [truth] = sandbox.supplier_orders()
    assert (truth["game_user_id"], truth["game_zone_id"]) == ("12345678", "2001")
    assert truth["callback_url"] == ASK.callback_url


@pytest.mark.parametrize(
    ("body", "status", "outcome"),
    [
        (MADE, 200, Outcome.ACCEPTED),
        (MADE, 201, Outcome.ACCEPTED),
        (MADE | {"status": "Pending"}, 200, Outcome.ACCEPTED),
        (MADE | {"status": "no word we know"}, 200, Outcome.ACCEPTED),
        (MADE | {"transaction_id": None}, 200, Outcome.UNKNOWN),
        (MADE | {"status": ""}, 200, Outcome.UNKNOWN),
        (MADE, 500, Outcome.UNKNOWN),
        (MADE, 302, Outcome.UNKNOWN),
        (REFUSED, 200, Outcome.REJECTED),
        (REFUSED, 422, Outcome.REJECTED),
        (REFUSED | {"status": "failed"}, 400, Outcome.REJECTED),
        (REFUSED, 503, Outcome.UNKNOWN),
        ({"status": "FAILED"}, 200, Outcome.UNKNOWN),
        ({"error": "bad request"}, 400, Outcome.UNKNOWN),
        ({"error": "not found"}, 404, Outcome.UNKNOWN),
        (b"<html>maintenance</html>", 200, Outcome.UNKNOWN),
        (b"", 200, Outcome.UNKNOWN),
        ([MADE], 200, Outcome.UNKNOWN),
        ({}, 401, Outcome.DENIED),
        (b"blocked", 403, Outcome.DENIED),
    ],
)
def test_an_answer_is_taken_for_no_more_than_it_proves(party, body, status, outcome):
    party.says(body, status, "Location: /elsewhere\r\n" if status == 302 else "")
    assert gemgo.place(ASK).outcome == outcome
    assert len(party.requests) == 1


def test_a_refusal_has_any_status_that_it_likes(sandbox):
    sandbox.faults(create_order={"reject": 1.0, "reject_status": 400})
    placed = gemgo.place(ASK)
    assert placed.outcome == Outcome.REJECTED and placed.transaction_id.startswith("TX-") and placed.message


def test_a_purchase_goes_out_whole_and_once(party):
    party.says(MADE)
    placed = gemgo.place(ASK)
    [request] = party.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/v1/orders/create_order ") and b"X-API-Key: " in head
    assert json.loads(body) == {
        "product_code": "mlbb_id_172_diamonds",
        "game_user_id": "12345678",
        "game_zone_id": "2001",
        "callback_url": ASK.callback_url,
    }
    assert placed.cost == Money(150, "USD") and placed.made_at == datetime(2026, 6, 26, 12, tzinfo=UTC)


def test_without_a_zone_none_is_sent(party):
    party.says(MADE)
    gemgo.place(Ask("code", "freefire", "1", "", "http://127.0.0.1:9/x"))
    assert b"game_zone_id" not in party.requests[0]


def test_our_key_stands_in_nothing_that_is_kept(party, settings):
    party.says(REFUSED | {"message": f"key {settings.GEMGO_API_KEY} unknown"})
    placed = gemgo.place(ASK)
    assert settings.GEMGO_API_KEY not in placed.raw + placed.message


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"valid": "valid", "name": "A"}, PlayerFound("A")),
        ({"valid": "VALID", "name": "A"}, PlayerFound("A")),
        ({"valid": "invalid", "message": "no"}, PlayerUnknown("no")),
    ],
)
def test_a_word_says_whether_a_player_is_valid(party, told, found):
    party.says(told)
    assert gemgo.check_player("mlbb", "1", "2") == found


@pytest.mark.parametrize("told", [{"valid": True, "name": "A"}, {"valid": "maybe"}, {"name": "A"}, [], b"<html>"])
def test_what_is_no_verdict_is_none(party, told):
    party.says(told)
    with pytest.raises(SupplierUnavailable):
        gemgo.check_player("mlbb", "1", "2")


@pytest.mark.parametrize(
    ("status", "error"), [(401, SupplierDenied), (403, SupplierDenied), (500, SupplierUnavailable)]
)
def test_reads_tell_a_shut_door_from_a_broken_one(party, status, error):
    party.says({}, status)
    with pytest.raises(error):
        gemgo.profile()


def test_history_rows_are_sorted_and_the_unreadable_counted(party):
    row = MADE | {"game_code": "mlbb"}
    party.says(
        {
            "status": "SUCCESS",
            "count": 5,
            "orders": [
                row | {"transaction_id": "TX-1", "created_at": "2026-06-26T12:00:00Z", "status": "SUCCESS"},
                row | {"transaction_id": "TX-3", "created_at": "2026-06-26T12:00:02.500Z", "status": "Failed"},
                row | {"transaction_id": "TX-2", "created_at": "2026-06-26T19:00:01+07:00", "status": "processing"},
                row | {"transaction_id": ""},
                row | {"created_at": "yesterday"},
            ],
        }
    )
    history = gemgo.history(50)
    assert [(entry.transaction_id, entry.status) for entry in history.rows] == [
        ("TX-3", "failed"),
        ("TX-2", "pending"),
        ("TX-1", "success"),
    ]
    assert history.unreadable == 2
    assert b"GET /api/v1/orders/order_history?limit=50 " in party.requests[0]


def test_prices_are_exact(party):
    party.says({"products": [{"product_code": "a", "name": "A", "sell_price": 1.1, "status": "Active"}]})
    [offer] = gemgo.offers("mlbb")
    assert offer.cost == Money(110, "USD") and offer.is_active


def test_a_codes_oddities_stay_in_its_path(party):
    party.says({"products": []})
    gemgo.offers("a/../b?c")
    assert party.requests[0].startswith(b"GET /api/v1/catalogue/products/a%2F..%2Fb%3Fc ")
