"""Alerts: an incident is told once and once more when it is over, and neither flaps nor hides."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import yaml
from django.contrib.auth.models import Group
from django.core import mail as outbox
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import roles
from accounts.models import User
from core import cases, figures
from core.alerts import notices, posting, telling, watching
from core.alerts.models import AlertAddress, AlertPost, AlertRule, AlertSilence, Incident, StatusNotice
from core.alerts.terms import TERMS, UNREADABLE
from core.messages import links
from core.messages import outbox as messages
from core.models import AuditEntry, ChatLink, ChatMessage, MailMessage, StaffCase
from core.pulse.figures import GIVEN_UP
from core.redis import connection
from supervisor.surroundings import ROOT
from tests.conftest import Sandbox
from tests.core.test_messages import CHAT, hook, taken
from tests.staff import enter

pytestmark = pytest.mark.django_db
RULE = "WorkGivenUp"
START = datetime(2026, 3, 1, 12, tzinfo=timezone.get_default_timezone())


@pytest.fixture
def rule(db: None, services: None, settings: Any) -> AlertRule:
    """One rule alone: more than two cases of a kind for a minute; over at none, for a minute."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    outbox.outbox = []
    watching.ensure_rules()
    AlertRule.objects.exclude(name=RULE).update(is_on=False)
    AlertRule.objects.filter(name=RULE).update(threshold=2, calm_at=0, for_seconds=60, calm_seconds=60)
    AlertAddress.objects.create(channel="MAIL", address="ops@example.com", language="en")
    return AlertRule.objects.get(name=RULE)


def stuck(number: int, kind: str = "mail") -> None:
    """So many cases of that kind stand open."""
    StaffCase.objects.filter(kind=kind).delete()
    for one in range(number):
        cases.open_case(kind, f"{kind}:{one}", "stuck")


def look(second: int) -> None:
    """All that happens so many seconds after the start."""
    moment = START + timedelta(seconds=second)
    watching.look(moment)
    telling.tell_due(moment)


def subjects() -> list[str]:
    return [str(one.subject) for one in outbox.outbox]


def test_it_is_told_once_and_once_more_when_it_is_over(rule: AlertRule) -> None:
    stuck(3)
    for second in range(0, 300, 15):
        look(second)
    assert subjects() == ["3 cases of mail: work that is not tried again by itself · Gerbang"]
    incident = Incident.objects.get()
    assert (incident.kind, incident.state, incident.opened_at) == ("mail", "OPEN", START + timedelta(seconds=60))
    assert figures.read("gerbang_incidents_open") == {"page": 0.0, "ticket": 1.0}
    stuck(0)
    for second in range(300, 420, 15):
        look(second)
    assert len(subjects()) == 2 and subjects()[1].startswith("Over: 3 cases")
    incident.refresh_from_db()
    assert (incident.state, incident.ended_at) == ("ENDED", START + timedelta(seconds=360))
    assert f"/admin/core/incident/{incident.pk}/" in outbox.outbox[0].body
    assert MailMessage.objects.filter(state="SENT").count() == 2, "sent by who told it, not left to a worker"


def test_what_passes_in_time_was_nothing_and_what_wavers_is_one_incident(rule: AlertRule) -> None:
    stuck(3)
    look(0)
    stuck(2)
    look(45)
    assert not Incident.objects.exists() and subjects() == []
    for second, number in ((100, 3), (170, 3), (180, 1), (250, 3), (260, 0), (300, 1), (310, 0), (360, 0)):
        stuck(number)
        look(second)
    assert Incident.objects.get().state == "OPEN" and len(subjects()) == 1
    look(371)
    assert Incident.objects.get().state == "ENDED" and len(subjects()) == 2


def test_each_kind_is_an_incident_of_its_own_and_staff_set_the_threshold(rule: AlertRule) -> None:
    stuck(3)
    stuck(1, "inbox")
    look(0)
    look(60)
    assert Incident.objects.get(state="OPEN").kind == "mail"
    AlertRule.objects.filter(pk=rule.pk).update(threshold=0, for_seconds=0)
    look(75)
    assert set(Incident.objects.filter(state="OPEN").values_list("kind", flat=True)) == {"mail", "inbox"}
    AlertRule.objects.filter(pk=rule.pk).update(is_on=False)
    look(90)
    look(150)
    assert not Incident.objects.filter(ended_at=None).exists(), "a rule that is off has no incidents"


def test_a_kind_of_many_letters_opens_as_any_other(rule: AlertRule, monkeypatch) -> None:
    monkeypatch.setitem(figures._gauges, "gerbang_given_up", ("", lambda: {"a-voucher" * 9: 3.0}))
    look(0)
    look(60)
    assert Incident.objects.get().state == "OPEN" and len(subjects()) == 1


def test_silence_is_kept_and_what_outlasts_it_is_told(rule: AlertRule) -> None:
    quiet = {"starts_at": START, "ends_at": START + timedelta(seconds=200), "reason": "we move house"}
    AlertSilence.objects.create(rule=rule, kind="mail", **quiet)
    stuck(3)
    stuck(3, "inbox")
    for second in (0, 60, 120):
        look(second)
    assert [text.split(":")[0] for text in subjects()] == ["3 cases of inbox"]
    stuck(0, "inbox")
    for second in (130, 195, 205):
        look(second)
    assert [text.split(" · ")[0] for text in subjects()[1:]] == [
        "Over: 3 cases of inbox: work that is not tried again by itself",
        "3 cases of mail: work that is not tried again by itself",
    ]


def test_an_incident_that_began_and_ended_in_silence_is_told_to_nobody(rule: AlertRule) -> None:
    AlertSilence.objects.create(starts_at=START, ends_at=START + timedelta(hours=1), reason="night of the release")
    stuck(3)
    look(0)
    look(60)
    stuck(0)
    look(120)
    look(4000)
    assert subjects() == [] and Incident.objects.get().state == "ENDED"


def test_what_cannot_be_read_neither_opens_nor_ends_and_is_told_itself(rule: AlertRule, monkeypatch) -> None:
    AlertRule.objects.filter(name="FiguresUnreadable").update(is_on=True, for_seconds=0)
    stuck(3)
    look(0)
    look(60)

    def away() -> None:
        raise ConnectionError

    monkeypatch.setitem(figures._gauges, "gerbang_given_up", ("", away))
    look(200)
    look(400)
    assert {(one.rule.name, one.state) for one in Incident.objects.select_related("rule")} == {
        (RULE, "OPEN"), ("FiguresUnreadable", "OPEN"),
    }  # fmt: skip
    assert "1 figures cannot be read" in subjects()[1]


def test_only_what_concerns_customers_stands_on_the_status_page(rule: AlertRule) -> None:
    stuck(3)
    look(0)
    look(60)
    assert not StatusNotice.objects.exists()
    AlertRule.objects.filter(name="GatewayFails").update(is_on=True, for_seconds=0)
    broken = figures._gauges["gerbang_gateway_success_ratio"]
    try:
        figures._gauges["gerbang_gateway_success_ratio"] = ("", lambda: {"xendit": 0.2})
        look(75)
        notice = StatusNotice.objects.get()
        assert set(notice.title) == set(notice.text) == {"id", "en"}
        assert "xendit" not in json.dumps([notice.title, notice.text]).lower(), "no customer knows that name"
        figures._gauges["gerbang_gateway_success_ratio"] = ("", dict)
        look(90)
        look(150)
        assert StatusNotice.objects.get().ended_at is not None
    finally:
        figures._gauges["gerbang_gateway_success_ratio"] = broken


def test_what_goes_on_is_shown_however_much_has_ended_since(db: None) -> None:
    now = timezone.now()
    long = StatusNotice.objects.create(title={"en": "Works"}, began_at=now - timedelta(days=30))
    for hours in range(1, 25):
        began = now - timedelta(hours=hours)
        StatusNotice.objects.create(title={"en": "A moment"}, began_at=began, ended_at=began + timedelta(minutes=5))
    shown = notices.recent(now)
    assert shown[0] == long and [one.began_at for one in shown[1:3]] == [now - timedelta(hours=h) for h in (1, 2)]


def test_a_shop_that_named_nobody_writes_to_whoever_may_name_somebody(rule: AlertRule) -> None:
    AlertAddress.objects.all().delete()
    User.objects.create_superuser("first@example.com", "A-l0ng-passw0rd")
    roles.sync()
    for name in ("owner", "support"):
        user = User.objects.create_user(f"{name}@example.com", "A-l0ng-passw0rd", is_staff=True)
        user.groups.add(Group.objects.get(name=name))
    stuck(3)
    look(0)
    look(60)
    assert sorted(one.to for one in outbox.outbox) == [["first@example.com"], ["owner@example.com"]]


@pytest.fixture
def listener() -> Iterator[tuple[str, list[tuple[dict[str, str], bytes]], list[int]]]:
    """(address, what was posted there, what it answers next) of somebody's own server."""
    heard: list[tuple[dict[str, str], bytes]] = []
    answers: list[int] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((dict(self.headers), body))
            self.send_response(answers.pop(0) if answers else 204)
            self.end_headers()

        def log_message(self, *words: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/alerts", heard, answers
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_is_signed_and_repeated_until_it_is_taken(rule: AlertRule, listener) -> None:
    url, heard, answers = listener
    address = AlertAddress.objects.create(channel="WEBHOOK", address=url)
    answers.append(500)
    stuck(3)
    look(0)
    look(60)
    assert AlertPost.objects.get().error == "HTTP 500"
    AlertPost.objects.update(not_before=timezone.now())
    posting.send_due()
    assert AlertPost.objects.get().state == "SENT" and len(heard) == 2
    (_first, body), (headers, again) = heard
    assert body == again and headers["X-Gerbang-Key"] == _first["X-Gerbang-Key"]
    at, made = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers[posting.SIGNATURE]).groups()
    assert made == hmac.new(posting.key_of(address).encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    told = json.loads(body)
    assert (told["event"], told["rule"], told["kind"], told["worst"]) == ("alert.opened", RULE, "mail", 3.0)


def test_a_host_that_cannot_be_is_an_error_of_that_call_alone(db: None) -> None:
    address = AlertAddress.objects.create(channel="WEBHOOK", address=f"http://{'a' * 64}.example/")
    posting.queue(address, "one", {})
    assert posting.send_due() == 0 and AlertPost.objects.get().error == "LocationParseError"


def test_telegram_hears_of_it_by_its_own_outbox(rule: AlertRule) -> None:
    address = AlertAddress.objects.create(channel="TELEGRAM", address="-100200300", language="en")
    stuck(3)
    look(0)
    look(60)
    link = ChatLink.objects.get(about=address.about)
    message = ChatMessage.objects.get()
    assert (link.address, message.template, message.link) == ("-100200300", "alert_opened", link)
    assert message.context["item"].startswith("3 cases of mail")


def test_a_chat_opened_by_staffs_own_link_hears_it_over_the_wire(rule: AlertRule, sandbox: Sandbox) -> None:
    """From the link on the address' page to the message at Telegram; a guessed token binds nothing, a stop ends it."""
    address = AlertAddress.objects.create(channel="TELEGRAM", address="", language="en")
    staff = enter(Client(), User.objects.create_superuser("ops@example.com", "A-l0ng-passw0rd"))
    page = staff.get(reverse("admin:core_alertaddress_change", args=[address.pk])).content.decode()
    token = links.token_of(address.about)
    assert f"?start={token}" in page
    hook(f"/start {address.about}_AAAAAAAAAAAAAAAAAAAAAA", update=901)
    stuck(3)
    look(0)
    look(60)
    assert not ChatLink.objects.exists() and not ChatMessage.objects.exists(), "nobody has opened it"
    sandbox._call("POST", "telegram/updates", {"chat_id": CHAT, "text": "hello"})  # it is a chat there now
    for _twice in range(2):
        assert hook(f"/start {token}", update=902).status_code == 200
    messages.send_due()
    stuck(0)
    look(70)
    look(140)
    texts = [one["body"]["text"] for one in taken(sandbox)]
    assert len(texts) == 2 and texts[0].startswith("From now on the shop's alerts") and "Over: 3 cases" in texts[1], (
        texts
    )
    hook("/stop", update=903)
    stuck(3)
    look(200)
    look(270)
    messages.send_due()
    assert len(taken(sandbox)) == 2


def test_one_looks_and_whoever_is_probed_looks_when_nobody_did(rule: AlertRule, client: Client, monkeypatch) -> None:
    assert watching.watch() and not watching.watch(), "the other queue's tick finds it done"
    passing: list[Any] = []

    class NotYet:
        def __init__(self, target: Any, **_: Any) -> None:
            passing.append(target)

        def start(self) -> None: ...

    monkeypatch.setattr(threading, "Thread", NotYet)
    client.get("/readyz")
    assert passing == []
    connection().set("alerts:looked", "1000")
    client.get("/readyz")
    client.get("/readyz")
    assert len(passing) == 1, "one at a time"
    watching._passing.release()
    assert watching.age_s() > watching.OVERDUE_S


def test_staff_set_rules_and_try_addresses_out(rule: AlertRule, client: Client) -> None:
    enter(client, User.objects.create_superuser("ops@example.com", "A-l0ng-passw0rd"))
    assert client.get(reverse("admin:core_alertrule_changelist")).status_code == 200
    form = {"threshold": "5", "calm_at": "1", "for_seconds": "10", "calm_seconds": "20", "severity": "page"}
    assert (
        client.post(reverse("admin:core_alertrule_change", args=[rule.pk]), form | {"is_on": "on"}).status_code == 302
    )
    rule.refresh_from_db()
    assert (rule.threshold, rule.severity) == (5.0, "page")
    assert AuditEntry.objects.get(subject=f"core.alertrule:{rule.pk}").before["threshold"] == 2.0
    address = AlertAddress.objects.get()
    page = reverse("admin:core_alertaddress_try_out", args=[address.pk])
    client.post(page, {"reason": "is it read?", "_form_submitted": "True"})
    assert ["trial" in text for text in subjects()] == [True]
    stuck(9)
    look(0)
    look(10)
    page = reverse("admin:core_incident_change", args=[Incident.objects.get().pk])
    shown = client.get(page, headers={"Accept-Language": "en"}).content.decode()
    assert "ops@example.com" in shown and "9 cases of mail" in shown
    for model in ("incident", "alertsilence", "statusnotice", "alertaddress"):
        assert client.get(reverse(f"admin:core_{model}_changelist")).status_code == 200
    assert client.get(reverse("admin:core_alertsilence_add")).status_code == 200


# --- The same terms as Prometheus ---

OUTSIDE_ONLY = {"StoreDown", "FiguresMissing", "ErrorsAnswered", "AnswersSlow", "SupplierHistoryNotRead"}
OUTSIDE_ONLY |= {"AlertsNotLookedAfter"}
_TERM = re.compile(r"(gerbang_\w+)(?:\{kind=\"(\w+)\"\})?\)* ([<>]) ([\d.]+)")


def test_the_store_s_rules_are_prometheus_ones(db: None) -> None:
    groups = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"]
    theirs = {one["alert"]: one for group in groups for one in group["rules"] if one["alert"] not in OUTSIDE_ONLY}
    ours = {term.name: term for term in TERMS if term.figure != UNREADABLE}
    assert theirs.keys() == ours.keys()
    units = {"s": 1, "m": 60, "h": 3600}
    for name, term in ours.items():
        figure, only, sign, number = _TERM.search(theirs[name]["expr"]).groups()
        waits = theirs[name].get("for", "0s")
        assert (figure, only or "", sign == "<", float(number)) == (
            term.figure, term.only, term.is_low, term.threshold,
        ), name  # fmt: skip
        assert int(waits[:-1]) * units[waits[-1]] == term.for_s, name
        assert theirs[name]["labels"]["severity"] == term.severity, name
        assert term.is_summed == theirs[name]["expr"].startswith("sum("), name
        assert term.is_calm(term.calm_at, term.calm_at) and not term.is_beyond(term.calm_at, term.threshold), name


def test_every_term_has_its_line_in_the_run_book() -> None:
    book = (ROOT / "docs/operations.md").read_text()
    assert [term.name for term in TERMS if f"`{term.name}`" not in book] == []
    assert set(GIVEN_UP) <= set(re.findall(r"`([\w-]+)`", book))
