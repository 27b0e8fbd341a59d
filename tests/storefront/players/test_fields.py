"""What people type, paste and send, and what is made of it."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import Refused
from core.models import Region
from storefront.catalogue.models import ProductField
from storefront.players.fields import national, read
from tests.storefront import factories

INDONESIA = Region(code="ID", dial_code="+62")
SINGAPORE = Region(code="SG", dial_code="+65")


def fields(*rows: dict[str, Any]) -> list[ProductField]:
    return [ProductField(**row) for row in rows]


def value(field: dict[str, Any], typed: Any) -> str:
    """The value of one field, "" where it was left out."""
    read_back = read(fields(field), {field["key"]: typed}, INDONESIA)
    return read_back[0]["value"] if read_back else ""


ID = factories.GAME_FIELDS[0]
PHONE = factories.PHONE_FIELDS[0]
TEXT = {"key": "riotId", "type": "text", "name": {"en": "Riot ID"}, "min_length": 3, "max_length": 22}
SERVER = {"key": "server", "type": "select", "options": [{"value": "os_asia", "label": "Asia"}], "name": {}}
MAIL = {"key": "account", "type": "email", "max_length": 60, "name": {}}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("656696292", "656696292"),
        ("  656 696 292\t", "656696292"),
        ("６５６６９６２９２", "656696292"),
        ("000123", "000123"),
        (656696292, "656696292"),
        (12345678901, "12345678901"),
    ],
)
def test_digits(typed: Any, kept: str) -> None:
    assert value(ID, typed) == kept


def test_long_ids_lose_nothing() -> None:
    long = {**ID, "max_length": 20}
    assert value(long, "90071992547409931234") == "90071992547409931234"
    assert value(long, 9007199254740993) == "9007199254740993"


@pytest.mark.parametrize("typed", ["12-34", "12a", "٣٤٥", "-12", "1.5", "1e3", "", " ", None, True, 1.5, [], {}])
def test_what_is_no_id(typed: Any) -> None:
    with pytest.raises(Refused) as refused:
        value(ID, typed)
    assert set(refused.value.fields) == {"userId"}


@pytest.mark.parametrize(
    "typed",
    ["081234567890", "0812-3456-7890", "+62 812 3456 7890", "6281234567890", "006281234567890", "+62 0812-3456-7890"],
)
def test_phone_numbers_become_national(typed: str) -> None:
    assert value(PHONE, typed) == "081234567890"


@pytest.mark.parametrize("typed", [81234567890, "07123456789", "0812", "08123456789012", "0812x4567890"])
def test_what_is_no_phone_number(typed: Any) -> None:
    with pytest.raises(Refused):
        value(PHONE, typed)


def test_singapore_has_no_zero_to_add_or_take() -> None:
    assert national("+65 8123 4567", SINGAPORE) == "81234567"
    assert national("81234567", SINGAPORE) == "81234567"
    assert national("65123456", SINGAPORE) == "65123456"


def test_text_is_kept_in_any_script() -> None:
    assert value(TEXT, "  りいこ#JP1 ") == "りいこ#JP1"
    assert value(TEXT, "Ame\u0301lie#1") == "Amélie#1"
    for typed in ("ab", "x" * 23, "a\nb#1", "a\0b#1"):
        with pytest.raises(Refused):
            value(TEXT, typed)


def test_choices_and_addresses() -> None:
    assert value(SERVER, "os_asia") == "os_asia"
    assert value(MAIL, " a@example.com ") == "a@example.com"
    for field, typed in ((SERVER, "os_usa"), (SERVER, ""), (MAIL, "a@"), (MAIL, 5)):
        with pytest.raises(Refused):
            value(field, typed)


def test_an_optional_field_may_stay_empty_and_is_then_left_out() -> None:
    assert value({**ID, "is_required": False}, "") == ""


def test_unknown_inputs_are_named_unless_lenient() -> None:
    data = {"userId": "1", "zoneId": "2", "serverId": "3"}
    with pytest.raises(Refused) as refused:
        read(fields(*factories.GAME_FIELDS), data, INDONESIA)
    assert set(refused.value.fields) == {"serverId"}
    lenient = read(fields(*factories.GAME_FIELDS), data, INDONESIA, lenient=True)
    assert [one["key"] for one in lenient] == ["userId", "zoneId"]


def test_a_pattern_that_loses_itself_refuses_instead_of_hanging() -> None:
    evil = {**TEXT, "pattern": "(a+)+$", "max_length": 60}
    with pytest.raises(Refused):
        value(evil, "a" * 50 + "!")
