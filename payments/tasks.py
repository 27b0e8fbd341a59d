"""What wakes the payments' sweeps. The rows say what there is to do; a lost message costs seconds."""

from celery import shared_task

from core.wake import wake
from payments import expiry, looking, proving, reconciling, refunds, webhooks
from payments.money_back import claims


@shared_task(name="payments.inbox")
def work_inbox() -> None:
    webhooks.work_inbox()


@shared_task(name="payments.poll")
def poll() -> None:
    if looking.poll_due() >= looking.POLLED_AT_ONCE:
        wake("payments.poll", "polls")  # there is more: it does not wait for the clock


@shared_task(name="payments.expire")
def expire() -> None:
    expiry.expire_due()


@shared_task(name="payments.refunds")
def send_refunds() -> None:
    if refunds.send_due() >= refunds.SENT_AT_ONCE:
        wake("payments.refunds", "default")


@shared_task(name="payments.claims")
def remind_of_claims() -> None:
    claims.remind_due()


@shared_task(name="payments.prove")
def prove() -> None:
    proving.prove()


@shared_task(name="payments.reconcile")
def reconcile() -> None:
    reconciling.reconcile_due()


@shared_task(name="payments.reconcile_day")
def reconcile_day() -> None:
    reconciling.reconcile_day()
