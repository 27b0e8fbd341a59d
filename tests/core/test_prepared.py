"""Statements that are compiled once ask the database each time, with the values of that time."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from core import rates
from core.models import ExchangeRate, PoisonRow
from core.prepared import Insert, Select, Update, given

pytestmark = pytest.mark.django_db
_FAILING = Select(lambda: PoisonRow.objects.filter(model=given("model")).order_by("row_id"), "row_id", "again_at")
_REST = Update(
    lambda: PoisonRow.objects.filter(model="a", row_id=given("row")), lambda: {"again_at": given("until"), "error": "x"}
)
_NEW = Insert(PoisonRow)


def test_each_run_has_its_own_values(django_assert_num_queries) -> None:
    now = timezone.now()
    for model, row_id in (("a", 1), ("a", 2), ("b", 3)):
        row = PoisonRow(model=model, row_id=row_id, first_at=now, last_at=now)
        _NEW.run(row)
        assert PoisonRow.objects.get(pk=row.pk).row_id == row_id and not row._state.adding
    with django_assert_num_queries(3):
        assert _FAILING.rows(model="a") == [(1, None), (2, None)]
        assert _FAILING.row(model="b") == (3, None) and _FAILING.row(model="c") is None
    assert _REST.run(row=2, until=now) == 1 and _REST.run(row=3, until=now) == 0
    assert _FAILING.rows(model="a") == [(1, None), (2, now)]
    assert _REST.run(row=2, until=None) == 1
    assert _FAILING.rows(model="a") == [(1, None), (2, None)]
    with pytest.raises(IntegrityError), transaction.atomic():
        _NEW.run(PoisonRow(model="a", row_id=1, first_at=now, last_at=now))


def test_a_rate_that_was_entered_counts_at_once() -> None:
    now = timezone.now()
    for days, (base, quote, worth) in ((3, ("USD", "IDR", 16_000)), (1, ("IDR", "USD", "0.0000625"))):
        ExchangeRate.objects.create(base=base, quote=quote, rate=worth, valid_from=now - timedelta(days=days))
    assert rates.rate("USD", "IDR", now - timedelta(days=2)) == 16_000
    assert rates.rate("USD", "IDR", now) == 16_000 and rates.rate("IDR", "USD", now) * 16_000 == 1
    ExchangeRate.objects.create(base="USD", quote="IDR", rate=17_000, valid_from=now - timedelta(hours=1))
    assert rates.rate("USD", "IDR", now) == 17_000
    with pytest.raises(rates.NoRate):
        rates.rate("USD", "SGD", now)
