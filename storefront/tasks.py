"""What the clock wakes in the storefront."""

from celery import shared_task

from accounts import finding
from storefront.orders import search_words, volume


@shared_task(name="storefront.levels")
def levels() -> None:
    volume.lower_levels()


@shared_task(name="storefront.search")
def search() -> int:
    """New orders and people are found by their words."""
    return search_words.index_new() + finding.index_new()
