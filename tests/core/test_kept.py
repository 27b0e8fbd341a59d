"""Rows kept under the catalogue's version: one read for many, and never older than a change."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import redis
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core import kept as kept_rows
from core.kept import kept
from core.redis import connection as connection_to_redis
from core.web import prebuilt
from storefront.catalogue.services import find_offer, set_price
from storefront.models import Sku
from tests.storefront import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("services")]


def counted(answers: list[str | None]) -> Callable[[], str | None]:
    return lambda: answers.pop(0)


def test_read_once_until_somebody_touches_the_catalogue() -> None:
    read = counted(["old", "new"])
    assert [kept("row", read), kept("row", read)] == ["old", "old"]
    prebuilt._renew()
    assert kept("row", read) == "new"


def test_another_process_renews_and_this_one_reads_anew() -> None:
    read = counted(["old", "new"])
    assert kept("row", read) == "old"
    connection_to_redis().set(prebuilt.VERSION_KEY, "another process said so")
    assert kept("row", read) == "new"


def test_what_was_not_there_is_looked_for_again() -> None:
    read = counted([None, "there"])
    assert [kept("row", read), kept("row", read)] == [None, "there"]


def test_without_redis_nothing_is_older_than_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*words: bytes) -> object:
        raise redis.ConnectionError

    monkeypatch.setattr(prebuilt, "ask", away)
    read = counted(["first", "second"])
    assert [kept("row", read), kept("row", read)] == ["first", "second"]


def test_no_more_than_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_rows, "MOST_ROWS", 10)
    for number in range(35):
        kept(number, lambda: "row")
    assert len(kept_rows._rows) <= 10


@pytest.mark.django_db(transaction=True)
def test_a_price_change_is_seen_by_the_next_quote_and_a_late_payment_reads_the_table() -> None:
    sku, now = factories.sku("MLBB_172", prices={"ID": (49450, 50000)}, name="172 Diamonds"), timezone.now()
    quoted = find_offer("MLBB", "MLBB_172", "ID", now, is_fresh=False)
    with CaptureQueriesContext(connection) as asked:
        assert find_offer("MLBB", "MLBB_172", "ID", now + timedelta(hours=1), is_fresh=False).unit == quoted.unit
    assert not asked.captured_queries
    region = quoted.region
    with transaction.atomic():
        set_price(Sku.objects.get(pk=sku.pk), region, 60000, None, by="staff")
        assert find_offer("MLBB", "MLBB_172", "ID", now).unit.minor == 60000
    assert find_offer("MLBB", "MLBB_172", "ID", now, is_fresh=False).unit.minor == 60000
