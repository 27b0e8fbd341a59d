"""What a Sentry gets to read: the crash and the request's id, and no secret, customer or player."""

import gzip
import http.server
import os
import subprocess
import sys
import threading

import pytest

from supervisor.surroundings import ROOT, complete
from tests.settings import RUN

CRASH = """
import logging, sys
import django
django.setup()
loaded = "sentry_sdk" in sys.modules
from core.logs import trace_id
from django.test import Client
from django.urls import path
import config.urls
def crash(request):
    secret_local = "local-variable-of-the-view"
    raise RuntimeError("player 123456789 zone 2001 of ann.lee@example.com: token=abcdef0123456789 GATE7K2M9Q 08123456")
config.urls.urlpatterns.insert(0, path("v2/crash-for-the-test", crash))
client = Client(raise_request_exception=False, SERVER_NAME="localhost")
headers = {"X-Request-Id": "request-of-the-test", "Authorization": "Bearer eyJsecretheader"}
answer = client.post("/v2/crash-for-the-test?player=987654321", {"email": "bob@example.com"}, headers=headers)
assert answer.status_code == 500, answer.status_code
if loaded:
    import sentry_sdk
    sentry_sdk.flush(10)
print("loaded" if loaded else "not loaded")
"""


@pytest.fixture
def sentry():
    """A Sentry on loopback: what it was sent stands in `told`."""
    told: list[str] = []

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.append((gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield f"http://key@127.0.0.1:{server.server_port}/1", told
    server.shutdown()
    server.server_close()


def crash(dsn: str) -> str:
    environ = {name: value for name, value in complete(os.environ).environ.items() if name != RUN}
    environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "SENTRY_DSN": dsn}
    command = [sys.executable, "-c", CRASH]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout.strip()


@pytest.mark.usefixtures("services")
def test_a_crash_is_told_without_what_is_nobody_s_business(sentry) -> None:
    dsn, told = sentry
    assert crash(dsn) == "loaded"
    text = "\n".join(told)
    assert text.count("RuntimeError") == 1, "one crash, one report"
    assert "request-of-the-test" in text
    assert "GATE7K2M9Q" in text
    nobodys = ("123456789", "987654321", "ann.lee", "bob@", "abcdef0123456789", "08123456", "eyJsecretheader")
    assert [word for word in (*nobodys, "local-variable-of-the-view", "cookie", "Cookie") if word in text] == []


@pytest.mark.usefixtures("services")
def test_without_an_address_nothing_of_it_is_even_loaded() -> None:
    assert crash("") == "not loaded"
