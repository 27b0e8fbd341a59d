"""What monitoring asks, uploaded pictures, and mail that becomes files."""

import time
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from core import figures
from core.health import metrics
from core.mail_files import Backend
from core.pulse import heartbeat
from core.redis import connection

FAR = {"X-Forwarded-For": "203.0.113.9"}


def test_alive_asks_nobody(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.post("/healthz").status_code == 405


@pytest.mark.django_db
def test_ready_needs_a_worker_that_takes_from_every_queue(client: Client, settings) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["missing"]) == (503, ["worker"])
    assert answer.json()["silent"] == list(settings.CELERY_QUEUES) == list(answer.json()["queues"])
    for queue in settings.CELERY_QUEUES:
        heartbeat.seen(queue)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["ready"], answer.json()["missing"]) == (200, True, [])
    assert all(age < 5 for age in answer.json()["queues"].values())
    assert answer["Cache-Control"].startswith("max-age=0")
    connection().hset(heartbeat.KEY, "mail", time.time() - settings.WORKER_SILENT_SECONDS - 1)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["missing"], answer.json()["silent"]) == (503, ["worker"], ["mail"])
    assert b'gerbang_heartbeat_age_seconds{kind="mail"} 3' in metrics.exposition()


@pytest.mark.django_db
def test_figures_are_for_this_machine_or_for_the_token(client: Client, settings) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers=FAR).status_code == 403
    settings.METRICS_TOKEN = "let-me-in"
    assert client.get("/metrics", headers=FAR | {"Authorization": "Bearer wrong"}).status_code == 403
    assert client.get("/metrics", headers=FAR | {"Authorization": "Bearer let-me-in"}).status_code == 200


@pytest.mark.django_db
def test_a_gauge_is_read_at_every_scrape_and_a_broken_one_spoils_no_other(client: Client, monkeypatch) -> None:
    monkeypatch.setattr(figures, "_gauges", dict(figures._gauges))
    readings = iter([1.0, 2.0])
    figures.gauge("test_one", "Help.", lambda: next(readings))
    figures.gauge("test_kinds", "Help.", lambda: {"a": 3, "b": 4})
    figures.gauge("test_broken", "Help.", lambda: 1 / 0)
    first, second = client.get("/metrics").content.decode(), client.get("/metrics").content.decode()
    assert "\ntest_one 1.0\n" in first
    assert "\ntest_one 2.0\n" in second
    assert 'test_kinds{kind="b"} 4.0\n' in second
    assert "test_broken" not in second


def test_figures_know_routes_and_no_paths(client: Client) -> None:
    client.get("/no/such/page-with-a-number")
    assert b"page-with-a-number" not in metrics.exposition()


def test_a_picture_is_served_and_nothing_beside_it(client: Client, settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "media" / "a").mkdir(parents=True)
    (tmp_path / "media" / "a" / "one.png").write_bytes(b"picture")
    (tmp_path / "secret").write_text("secret")
    answer = client.get("/media/a/one.png")
    assert (answer.status_code, b"".join(answer), answer["Content-Type"]) == (200, b"picture", "image/png")
    assert answer["X-Content-Type-Options"] == "nosniff"
    for path in ("../secret", "%2e%2e/secret", "a", "none.png", "a/" + "x" * 3000):
        assert client.get(f"/media/{path}").status_code == 404


def test_a_mail_is_one_complete_file_with_both_parts(tmp_path: Path) -> None:
    mail = EmailMultiAlternatives("Pesanan ✧", "teks", "shop@example.com", ["a@example.com"])
    mail.attach_alternative("<p>teks</p>", "text/html")
    nobody = EmailMultiAlternatives("x", "y", "shop@example.com", [])
    assert Backend(file_path=str(tmp_path)).send_messages([mail, nobody]) == 1
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".eml"
    read = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert read["Subject"] == "Pesanan ✧"
    assert [part.get_content_type() for part in read.walk()] == ["multipart/alternative", "text/plain", "text/html"]
