"""Doors for Celery: each looks for due rows; being woken twice, or not at all, changes nothing but the time."""

from celery import shared_task

from core import audit, inbox, mail, poison
from core.alerts import posting, watching
from core.approvals import services as approvals
from core.messages import outbox
from core.staff_tokens import answers


@shared_task(name="core.send_mail")
def send_mail() -> int:
    return mail.send_due()


@shared_task(name="core.tidy")
def tidy() -> int:
    """Messages, failures, kept answers and old entries of the audit trail that nobody will ask for are forgotten."""
    return inbox.forget_old() + poison.forget_old() + answers.forget_old() + audit.forget_old()


@shared_task(name="core.send_messages")
def send_messages() -> int:
    return outbox.send_due() + posting.send_due()


@shared_task(name="core.approvals")
def lapse_approvals() -> int:
    """What nobody decided about in time is over."""
    return approvals.lapse_due()


@shared_task(name="core.watch")
def watch() -> None:
    """Whether anything is wrong that staff have to know of."""
    watching.watch()
