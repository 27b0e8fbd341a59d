from concurrent.futures import ThreadPoolExecutor
from smtplib import SMTPRecipientsRefused

import pytest
import time_machine
from django.core import mail as outbox
from django.core.mail import EmailMultiAlternatives
from django.db import connection, transaction
from django.utils import timezone

from core import mail
from core.models import AuditEntry, MailMessage, StaffCase


@pytest.fixture(autouse=True)
def templates(settings, tmp_path) -> None:
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "hello.txt").write_text(
        "{% load i18n %}Subject: {% trans 'Hello' %}\n {{ name }}\n\nDear {{ name|safe }}, {{ shop }} {{ base_url }}\n"
    )
    (folder / "hello.html").write_text("<title>{{ subject }}</title><p>{{ name }}</p>")
    (folder / "bare.txt").write_text("no subject")
    (folder / "bare.html").write_text("")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    outbox.outbox = []


def queue(key: str = "order:1", template: str = "hello", name: str = "Sari") -> bool:
    return mail.queue(key, "sari@example.com", "en", template, {"name": name}, about="GATE1")


@pytest.mark.django_db
def test_a_mail_goes_out_with_text_and_html() -> None:
    assert queue(name="<Sari>")
    assert mail.send_due() == 1
    sent = outbox.outbox[0]
    assert sent.subject == "Hello"
    assert sent.to == ["sari@example.com"]
    assert "Dear <Sari>, Gerbang http" in sent.body
    assert isinstance(sent, EmailMultiAlternatives)
    assert sent.alternatives[0][0] == "<title>Hello</title><p>&lt;Sari&gt;</p>"
    row = MailMessage.objects.get()
    assert (row.state, row.subject, row.attempts) == ("SENT", "Hello", 1)
    assert mail.send_due() == 0


@pytest.mark.django_db
def test_the_same_key_is_one_mail() -> None:
    assert queue()
    assert not queue()
    mail.send_due()
    assert not queue()
    assert mail.send_due() == 0
    assert len(outbox.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_a_mail_of_an_undone_transaction_never_was() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        queue()
        raise RuntimeError
    assert mail.send_due() == 0


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_mail_once() -> None:
    for number in range(30):
        queue(f"order:{number}")

    def send(_: int) -> int:
        try:
            return mail.send_due(limit=30)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(send, range(4)))
    assert sum(counts) == 30
    assert len(outbox.outbox) == 30
    assert set(MailMessage.objects.values_list("attempts", flat=True)) == {1}


@pytest.mark.django_db
def test_a_dead_sender_leaves_the_mail_to_the_next() -> None:
    queue()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert mail.claim(MailMessage.objects.get().pk)
        assert mail.send_due() == 0
        clock.shift(301)
        assert mail.send_due() == 1


@pytest.mark.django_db
def test_a_mail_server_that_is_away_delays_and_then_it_is_a_case(monkeypatch) -> None:
    def refuse(self, fail_silently: bool = False) -> int:
        raise ConnectionRefusedError("no mail server")

    monkeypatch.setattr(EmailMultiAlternatives, "send", refuse)
    queue()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(mail.MAX_ATTEMPTS):
            assert mail.send_due() == 0
            clock.shift(10)
            assert mail.send_due() == 0
            clock.shift(24 * 3600)
    row = MailMessage.objects.get()
    assert (row.state, row.attempts) == ("FAILED", mail.MAX_ATTEMPTS)
    assert "no mail server" in row.error
    assert StaffCase.objects.get().about == "GATE1"


@pytest.mark.django_db
@pytest.mark.parametrize("template", ["missing", "bare"])
def test_one_bad_mail_does_not_hold_up_the_others(template: str) -> None:
    queue("bad", template=template)
    queue("good")
    assert mail.send_due() == 1
    assert MailMessage.objects.get(key="bad").state == "FAILED"


@pytest.mark.django_db
def test_an_address_the_server_refuses_is_not_tried_again(monkeypatch) -> None:
    def refuse(self, fail_silently: bool = False) -> int:
        raise SMTPRecipientsRefused({})

    monkeypatch.setattr(EmailMultiAlternatives, "send", refuse)
    queue()
    mail.send_due()
    assert MailMessage.objects.get().state == "FAILED"


@pytest.mark.django_db
def test_sent_again_is_a_mail_of_its_own() -> None:
    queue()
    mail.send_due()
    first = MailMessage.objects.get()
    assert mail.send_again(first, "ani", "she lost it") and not mail.send_again(first, "budi", "she lost it")
    assert mail.send_due() == 1
    assert len(outbox.outbox) == 2
    assert mail.send_again(first, "budi", "she lost it again") and mail.send_due() == 1
    assert AuditEntry.objects.filter(action="mail sent again").count() == 2
