import pytest
from django.db import connection

from core import search

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _indexed() -> None:
    search.index("order", "GATE1", search.words_in("GATE1", "Sari.Dewi@example.com", "Séllo Ágúng", "656696292"))
    search.index("order", "GATE2", search.words_in("GATE2", "budi@example.com"))
    search.index("user", "usr_1", search.words_in("sari@elsewhere.example"))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("GATE1", ["GATE1"]),
        ("gate", ["GATE2", "GATE1"]),
        ("sari", ["usr_1", "GATE1"]),
        ("sari.dewi@ex", ["GATE1"]),
        ("dewi", ["GATE1"]),
        ("sello agu", ["GATE1"]),
        ("65669", ["GATE1"]),
        ("sari budi", []),
        ("ari", []),
        ("", []),
        ("%", []),
        ("\0", []),
    ],
)
def test_found_by_the_beginnings_of_words(typed: str, found: list[str]) -> None:
    assert [target for _, target in search.find(typed)] == found


def test_one_kind_only() -> None:
    assert search.find("sari", kind="user") == [("user", "usr_1")]


def test_words_that_no_longer_hold_are_forgotten() -> None:
    search.index("order", "GATE1", search.words_in("GATE1", "new@example.com"))
    assert search.find("sari", kind="order") == []
    assert search.find("new") == [("order", "GATE1")]


def test_the_index_is_used_for_prefixes() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN SELECT * FROM core_searchtoken WHERE word LIKE 'sari%'")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "search_word_" in plan
