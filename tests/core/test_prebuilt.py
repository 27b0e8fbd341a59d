"""Ready answers: nothing is built twice, and nothing outlives a change."""

import gzip
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
import redis
import time_machine
from django.db import connection, transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

import core.redis
from core.models import Region
from core.web import prebuilt
from tests.core.doors import Shelf, page_built

pytestmark = [pytest.mark.urls("tests.core.doors"), pytest.mark.usefixtures("indonesia")]


def test_a_warm_read_asks_the_database_nothing(client: Client, django_assert_num_queries) -> None:
    first = client.get("/v2/shelf?region=ID")
    with django_assert_num_queries(0):
        second = client.get("/v2/shelf?region=ID")
    assert second.content == first.content
    assert second.json()["data"]["countries"] == ["Indonesia"]
    assert Shelf.built == ["ID"]


def test_only_what_the_answer_depends_on_tells_answers_apart(client: Client) -> None:
    client.get("/v2/shelf?region=ID")
    client.get("/v2/shelf?utm_source=x&region=ID")
    assert Shelf.built == ["ID"]
    client.get("/v2/shelf?region=MY")
    client.get("/v2/shelf?region=ID", headers={"Accept-Language": "en"})
    assert Shelf.built == ["ID", "MY", "ID"]


def test_of_two_equal_names_the_last_counts_as_in_the_view(client: Client) -> None:
    client.get("/v2/shelf?region=MY")
    assert client.get("/v2/shelf?region=MY&region=ID").json()["data"]["region"] == "ID"


def test_who_has_it_already_gets_304(client: Client) -> None:
    first = client.get("/v2/shelf?region=ID")
    assert first["ETag"].startswith('"')
    assert first["Cache-Control"] == "no-cache"
    again = client.get("/v2/shelf?region=ID", headers={"If-None-Match": f'"other", {first["ETag"]}'})
    assert again.status_code == 304
    assert again.content == b""
    assert again["ETag"] == first["ETag"]
    assert client.get("/v2/shelf?region=ID", headers={"If-None-Match": '"other"'}).status_code == 200


def test_zipped_once_for_those_who_take_it(client: Client) -> None:
    plain = client.get("/v2/shelf?region=ID")
    zipped = client.get("/v2/shelf?region=ID", headers={"Accept-Encoding": "gzip, br"})
    assert zipped["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.content) == plain.content
    assert zipped["ETag"] != plain["ETag"]
    assert "Accept-Encoding" in zipped["Vary"]


@pytest.mark.django_db(transaction=True)
def test_after_touch_everybody_builds_anew_and_not_before_the_commit(client: Client) -> None:
    Region.objects.get_or_create(
        code="ID", defaults={"country": "Indonesia", "currency": "IDR", "dial_code": "+62", "time_zone": "Asia/Jakarta"}
    )
    old = client.get("/v2/shelf?region=ID")
    before = prebuilt.version()
    with transaction.atomic():
        Region.objects.filter(code="ID").update(country="Nusantara")
        prebuilt.touch()
        assert prebuilt.version() == before
    assert prebuilt.version() != before
    new = client.get("/v2/shelf?region=ID", headers={"If-None-Match": old["ETag"]})
    assert new.status_code == 200
    assert new.json()["data"]["countries"] == ["Nusantara"]


@pytest.mark.django_db(transaction=True)
def test_a_change_that_was_undone_renews_nothing(client: Client) -> None:
    before = prebuilt.version()
    with pytest.raises(RuntimeError), transaction.atomic():
        prebuilt.touch()
        raise RuntimeError
    assert prebuilt.version() == before


def test_another_process_s_touch_is_seen(client: Client) -> None:
    client.get("/v2/shelf?region=ID")
    core.redis.connection().set(prebuilt.VERSION_KEY, "from another process")
    client.get("/v2/shelf?region=ID")
    assert Shelf.built == ["ID", "ID"]


def test_an_emptied_redis_is_a_new_version(client: Client) -> None:
    client.get("/v2/shelf?region=ID")
    core.redis.connection().flushdb()
    client.get("/v2/shelf?region=ID")
    assert Shelf.built == ["ID", "ID"]
    client.get("/v2/shelf?region=ID")
    assert Shelf.built == ["ID", "ID"]


def test_an_answer_ends_at_the_next_edge(client: Client) -> None:
    now = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
    Shelf.ends = now + timedelta(seconds=20)
    with time_machine.travel(now, tick=False) as clock:
        client.get("/v2/shelf?region=ID")
        clock.shift(19)
        client.get("/v2/shelf?region=ID")
        assert Shelf.built == ["ID"]
        clock.shift(1)
        Shelf.ends = None
        client.get("/v2/shelf?region=ID")
        assert Shelf.built == ["ID", "ID"]


def test_no_answer_lives_longer_than_a_minute(client: Client) -> None:
    with time_machine.travel(datetime(2026, 5, 1, tzinfo=UTC), tick=False) as clock:
        client.get("/v2/shelf?region=ID")
        clock.shift(prebuilt.MAX_AGE_S)
        client.get("/v2/shelf?region=ID")
    assert Shelf.built == ["ID", "ID"]


def test_refusals_are_not_kept(client: Client) -> None:
    for _ in range(2):
        response = client.get("/v2/shelf?region=XX")
        assert response.status_code == 400
        assert response["Cache-Control"] == "no-store"
        assert "ETag" not in response


def test_ready_answers_are_throttled_once_each(client: Client, settings) -> None:
    settings.RATE_LIMITS = True
    settings.THROTTLES = {**settings.THROTTLES, "reads": 5}
    answers = [client.get("/v2/shelf?region=ID", REMOTE_ADDR="203.0.113.9") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert answers[-1].json()["error"]["code"] == "RATE_LIMIT_EXCEEDED"
    assert int(answers[-1]["Retry-After"]) >= 1


def test_without_redis_answers_are_built(client: Client, monkeypatch) -> None:
    dead = redis.Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=1)
    monkeypatch.setattr(core.redis, "connection", lambda: dead)
    monkeypatch.setattr(prebuilt, "connection", lambda: dead)
    monkeypatch.setattr(core.redis._line, "held", None)
    for _ in range(2):
        assert client.get("/v2/shelf?region=ID").json()["data"]["countries"] == ["Indonesia"]
    assert Shelf.built == ["ID", "ID"]
    prebuilt._renew()


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_after_a_change_build_once() -> None:
    def read() -> None:
        try:
            Client().get("/v2/shelf?region=ID")
        finally:
            connection.close()

    threads = [Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Shelf.built == ["ID"]


def test_the_openapi_document_still_finds_the_view() -> None:
    schema = SchemaGenerator(urlconf="tests.core.doors").get_schema(request=None, public=True)
    assert "/v2/shelf" in schema["paths"]


def test_pages_of_guests_are_ready_and_those_of_members_are_not(
    client: Client, settings, django_assert_num_queries
) -> None:
    client.get("/id-id/page?q=a")
    with django_assert_num_queries(0):
        again = client.get("/id-id/page?q=a&utm=1")
    assert again.content == b"<p>id-id a 1</p>"
    assert "Cookie" in again["Vary"]
    client.get("/en-my/page?q=a")
    assert page_built == ["id-id", "en-my"]
    client.cookies[settings.SESSION_COOKIE_NAME] = "abc"
    member = client.get("/id-id/page?q=a")
    assert page_built == ["id-id", "en-my", "id-id"]
    assert "ETag" not in member


def test_a_fragment_is_not_taken_for_the_page(client: Client) -> None:
    client.get("/id-id/page")
    client.get("/id-id/page", headers={"HX-Request": "true"})
    assert page_built == ["id-id", "id-id"]


def test_what_sets_a_cookie_is_never_kept(client: Client) -> None:
    for _ in range(2):
        assert "seen" in Client().get("/id-id/page?q=cookie").cookies
    assert len(page_built) == 2


def test_the_shelf_throws_out_the_least_recently_used() -> None:
    def answer(size: int) -> prebuilt.Prebuilt:
        return prebuilt.Prebuilt(b"x" * size, b"", "text/plain", "e", "", float("inf"))

    shelf = prebuilt.Shelf(max_bytes=4000)
    shelf.put("a", answer(1000))
    shelf.put("b", answer(1000))
    assert shelf.get("a")
    shelf.put("c", answer(1000))
    assert shelf.get("b") is None
    assert shelf.get("a")
    assert shelf.get("c")
    shelf.put("d", answer(9000))
    assert shelf.get("d") is None
