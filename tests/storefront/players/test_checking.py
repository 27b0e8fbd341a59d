"""The account check: remembered, and honest when nobody answers. The supplier is the sandbox, through its adapter."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.errors import Refused
from fulfilment import suppliers
from fulfilment.suppliers.base import PlayerFound, PlayerUnknown, SupplierDenied, SupplierUnavailable
from storefront.catalogue.models import Product
from storefront.players import services
from storefront.players.services import Checked, Value
from tests.conftest import Sandbox


def values(**typed: str) -> list[Value]:
    return [{"key": key, "name": key, "value": value} for key, value in typed.items()]


def product(**more: object) -> Product:
    defaults = {"code": "MLBB", "check_supplier": "gemgo", "player_field": "userId", "zone_field": "zoneId"}
    return Product(**(defaults | more))


def check(user: str = "656696292", zone: str = "8610", game: str = "mlbb_id", **more: object) -> Checked:
    return services.check(product(**more), values(userId=user, zoneId=zone), check_game=game, region_code="ID")


class Answering:
    """In place of the adapter: gives or raises what it is told, and counts."""

    code = "gemgo"

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.calls = 0

    def check_player(self, game_code: str, player_id: str, zone: str) -> object:
        self.calls += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch, services: None) -> Callable[[object], Answering]:
    def put(answer: object) -> Answering:
        supplier = Answering(answer)
        monkeypatch.setattr(suppliers, "player_checker", lambda code: supplier)
        return supplier

    return put


def test_the_sandboxs_player(sandbox: Sandbox, services: None) -> None:
    assert check() == Checked("り い こ ✧", "ID")
    with pytest.raises(Refused, match="ACCOUNT_NOT_FOUND"):
        check("000123")


def test_while_the_supplier_is_broken(sandbox: Sandbox, services: None) -> None:
    sandbox.faults(check_player={"error": 1.0})
    with pytest.raises(Refused, match="CHECK_UNAVAILABLE") as refused:
        check("777")
    assert refused.value.status == 503
    assert check("777", check_optional=True) == Checked(None, "ID")
    sandbox.faults()
    assert check("777").nickname  # a failure is not remembered


def test_found_and_unknown_are_remembered_each_account_for_itself(answering: Callable[[object], Answering]) -> None:
    supplier = answering(PlayerFound("Ana"))
    assert [check("1").nickname, check("1").nickname] == ["Ana", "Ana"]
    assert supplier.calls == 1
    check("1", zone="9")
    check("1", game="mlbb")
    assert supplier.calls == 3
    supplier = answering(PlayerUnknown())
    for _ in range(2):
        with pytest.raises(Refused, match="ACCOUNT_NOT_FOUND"):
            check("2")
    assert supplier.calls == 1


@pytest.mark.parametrize("problem", [SupplierUnavailable("no answer"), SupplierDenied("401"), KeyError("gemgo")])
def test_F23_without_anybody_who_tells_names_what_allows_it_is_sold_unchecked(
    answering: Callable[[object], Answering], problem: Exception
) -> None:
    """The check broke, shut us out, or is spoken by no adapter any more: nothing else breaks with it."""
    answering(problem)
    with pytest.raises(Refused, match="CHECK_UNAVAILABLE"):
        check("3")
    assert check("3", check_optional=True) == Checked(None, "ID")


def test_a_product_nobody_checks(answering: Callable[[object], Answering]) -> None:
    supplier = answering(PlayerFound("Ana"))
    assert check(check_supplier="") == check(game="") == Checked(None, "ID")
    assert supplier.calls == 0


def test_the_suppliers_region_wins_where_it_is_one(answering: Callable[[object], Answering]) -> None:
    answering(PlayerFound("Ana", "my"))
    assert check("4").region == "MY"
    answering(PlayerFound("Ana", "Southeast Asia"))
    assert check("5").region == "ID"


@pytest.mark.parametrize(
    ("user", "server", "region"),
    [
        ("612345678", "os_usa", "US"),
        ("712345678", "os_euro", "EU"),
        ("812345678", "os_asia", "ID"),
        ("1812345678", "os_asia", "ID"),
        ("912345678", "os_cht", "TW"),
        ("812345678", "prod_official_asia", "ID"),
        ("512345678", "os_asia", "ID"),
    ],
)
def test_the_leading_digits_tell_the_server(
    answering: Callable[[object], Answering], user: str, server: str, region: str
) -> None:
    answering(PlayerFound("Ana"))
    assert check(user, server, zone_field="zoneId").region == region


def test_a_server_that_the_id_contradicts(answering: Callable[[object], Answering]) -> None:
    supplier = answering(PlayerFound("Ana"))
    with pytest.raises(Refused) as refused:
        check("612345678", "os_asia")
    assert set(refused.value.fields) == {"zoneId"}
    assert supplier.calls == 0
