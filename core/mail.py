"""The mail outbox: a row, written in the transaction that gave cause for it, and sent once by whoever claims it."""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F, Max
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils import timezone, translation

from core import audit, stopping
from core.cases import open_case
from core.models import MailMessage
from core.wake import wake

logger = logging.getLogger(__name__)
MAX_ATTEMPTS = 8
# Longer than a mail server may take over one mail (EMAIL_TIMEOUT): nobody sends a mail that is just being sent.
_LEASE = timedelta(minutes=5)


class NoSubject(ValueError):
    """A text template of a mail must begin with a line "Subject: ..."."""


def queue(key: str, to: str, language: str, template: str, context: dict[str, Any], about: str = "") -> bool:
    """One mail of `templates/mail/<template>` is due to `to`, in the caller's transaction; True if `key` was new.

    `context` must be plain JSON: it is rendered later, by another process.
    """
    given = {"to": to, "language": language, "template": template, "context": context, "about": about}
    _, is_new = MailMessage.objects.get_or_create(key=key, defaults=given)
    if is_new:
        wake("core.send_mail", "mail")
    return is_new


def send_due(limit: int = 20) -> int:
    """Sends up to `limit` mails that are due and returns how many went out. Safe to run in many workers at once.

    A worker that dies in the middle of a mail leaves it to be sent again after five minutes: seldom twice, never not.
    """
    now = timezone.now()
    due = MailMessage.objects.filter(state=MailMessage.State.QUEUED, not_before__lte=now)
    sent = 0
    for pk in list(due.order_by("not_before", "id").values_list("pk", flat=True)[:limit]):
        if not stopping.is_asked() and claim(pk):
            sent += _send(MailMessage.objects.get(pk=pk))
    return sent


def send_now(key: str) -> bool:
    """That mail, before all others, by whoever calls; True if it went out. Else it stays in the outbox."""
    pk = MailMessage.objects.filter(key=key).values_list("pk", flat=True).first()
    return pk is not None and claim(pk) and _send(MailMessage.objects.get(pk=pk))


def claim(pk: int) -> bool:
    """True for exactly one sender: the mail is his for the length of the lease."""
    now = timezone.now()
    due = MailMessage.objects.filter(pk=pk, state=MailMessage.State.QUEUED, not_before__lte=now)
    return due.update(not_before=now + _LEASE, attempts=F("attempts") + 1) == 1


@transaction.atomic
def send_again(mail: MailMessage, by: str, why: str) -> bool:
    """The same mail goes out once more, as a mail of its own; False while one that was asked for before is under
    way."""
    gone = MailMessage.objects.filter(key__startswith=f"again:{mail.pk}:").exclude(state=MailMessage.State.QUEUED)
    key = f"again:{mail.pk}:{gone.aggregate(last=Max('pk'))['last'] or 0}"
    if not queue(key, mail.to, mail.language, mail.template, mail.context, mail.about):
        return False
    audit.record(by, "mail sent again", f"mail:{mail.pk}", why=why)
    return True


def compose(mail: MailMessage) -> EmailMultiAlternatives:
    """The mail as it goes out: subject and text from the .txt template, and the .html beside it."""
    with translation.override(mail.language):
        context = {
            **mail.context,
            "shop": settings.SHOP_NAME,
            "base_url": settings.PUBLIC_BASE_URL,
            "language": mail.language,
        }
        head, _, text = render_to_string(f"mail/{mail.template}.txt", context).lstrip().partition("\n")
        if not head.startswith("Subject:"):
            raise NoSubject(f"mail/{mail.template}.txt")
        subject = " ".join(head.removeprefix("Subject:").split())
        html = render_to_string(f"mail/{mail.template}.html", {**context, "subject": subject})
    message = EmailMultiAlternatives(subject, text.strip() + "\n", settings.DEFAULT_FROM_EMAIL, [mail.to])
    # One id per row: where a mail does go out twice, mail programs can tell.
    message.extra_headers["X-Gerbang-Mail"] = str(mail.pk)
    message.attach_alternative(html, "text/html")
    return message


def _send(mail: MailMessage) -> bool:
    try:
        message = compose(mail)
        message.send()
    except Exception as problem:
        # Whatever is wrong with one mail (address, template, server) must not hold up the others.
        logger.warning("mail %s (%s) not sent: %s", mail.pk, mail.template, type(problem).__name__, exc_info=True)
        is_hopeless = isinstance(problem, SMTPRecipientsRefused | TemplateDoesNotExist | NoSubject)
        _put_off(mail, f"{type(problem).__name__}: {problem}", for_good=is_hopeless or mail.attempts >= MAX_ATTEMPTS)
        return False
    mail.state, mail.sent_at, mail.error = MailMessage.State.SENT, timezone.now(), ""
    mail.subject = str(message.subject)[:200]
    mail.save(update_fields=["state", "sent_at", "error", "subject"])
    return True


@transaction.atomic
def _put_off(mail: MailMessage, error: str, *, for_good: bool) -> None:
    mail.error = error[:2000]
    if not for_good:
        mail.not_before = timezone.now() + timedelta(seconds=15 * 2**mail.attempts)
        mail.save(update_fields=["error", "not_before"])
        return
    mail.state = MailMessage.State.FAILED
    mail.save(update_fields=["error", "state"])
    open_case(
        "mail",
        f"mail:{mail.pk}",
        f"A mail ({mail.template}) could not be sent",
        about=mail.about,
        evidence={"mail": mail.pk, "error": mail.error, "attempts": mail.attempts},
        actions="Correct the address or the mail server, then send the mail again from its page.",
    )
