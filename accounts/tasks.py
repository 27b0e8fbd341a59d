"""Door for Celery: what nobody can use any more is thrown away."""

from celery import shared_task

from accounts import keeping


@shared_task(name="accounts.tidy")
def tidy() -> int:
    return keeping.tidy()
