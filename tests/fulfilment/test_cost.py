"""What an order costs from paid to success, in statements; bounds that a change has to be argued for."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfilment import tasks
from fulfilment.models import TopUp
from tests.fulfilment import desk

pytestmark = pytest.mark.django_db
_NOT_COUNTED = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")


def _statements(context: CaptureQueriesContext) -> list[str]:
    return [query["sql"] for query in context if not query["sql"].startswith(_NOT_COUNTED)]


def test_from_paid_to_accepted(supplier):
    supplier.faults(order={"never": 1.0})
    desk.work()
    desk.paid()
    with CaptureQueriesContext(connection) as taken:
        tasks.take()
    assert TopUp.objects.get().state == "ACCEPTED"
    assert len(_statements(taken)) <= 15


def test_from_seen_to_success(supplier):
    desk.work()
    desk.buy(desk.paid())
    with CaptureQueriesContext(connection) as looked:
        desk.look()
    assert TopUp.objects.get().state == "DELIVERED"
    assert len(_statements(looked)) <= 44
