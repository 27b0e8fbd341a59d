"""What the clock wakes in the storefront."""

from celery import shared_task

from storefront.orders import volume


@shared_task(name="storefront.levels")
def levels() -> None:
    volume.lower_levels()
