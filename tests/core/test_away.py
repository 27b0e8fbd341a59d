"""PostgreSQL restarts, or fills up, while somebody asks: 503 and when to come again, never 'our mistake' (F16)."""

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client

from core.away import is_of_the_server

pytestmark = pytest.mark.django_db(transaction=True)
CALLERS = {"Retry-After": "5", "Cache-Control": "no-store"}


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch):
    """Nobody listens where the database is."""
    connection.close()
    with monkeypatch.context() as patched:
        patched.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        patched.setitem(connection.settings_dict, "PORT", "1")
        yield
    connection.close()


def test_callers_of_the_api_get_the_envelope(client: Client, away: None) -> None:
    for answer in (
        client.get("/v2/products?region=ID", headers={"Accept-Language": "en"}),
        client.post("/v2/auth/login", {"email": "a@b.example", "password": "x"}, content_type="application/json"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert CALLERS.items() <= dict(answer.headers).items()


def test_people_get_a_page_that_says_what_to_do(client: Client, away: None) -> None:
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    for path in ("/en-id/", "/en-id/track", "/admin/"):
        answer = client.get(path, headers={"Accept-Language": "en"})
        assert answer.status_code == 503 and CALLERS.items() <= dict(answer.headers).items(), path
        assert "We will be right back." in answer.content.decode()


def test_so_does_what_breaks_where_no_view_stands(client: Client, away: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsaved(*_: object) -> None:
        connection.ensure_connection()

    client.raise_request_exception = False
    monkeypatch.setattr("django.contrib.sessions.middleware.SessionMiddleware.process_response", unsaved)
    answer = client.get("/healthz")
    assert answer.status_code == 503 and CALLERS.items() <= dict(answer.headers).items()


def test_whoever_calls_a_hook_is_asked_to_repeat_it(client: Client, away: None) -> None:
    for party in ("xendit", "gemgo/unguessable", "digiflazz"):
        assert client.post(f"/hooks/{party}", b"{}", content_type="application/json").status_code == 503, party


def test_a_connection_cut_in_the_middle_is_the_server_s_and_a_deadlock_is_ours() -> None:
    with pytest.raises(OperationalError) as cut, connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    connection.close()
    assert is_of_the_server(cut.value)
    with pytest.raises(OperationalError) as late, connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 1; SELECT pg_sleep(1)")
    connection.close()
    assert not is_of_the_server(late.value)
