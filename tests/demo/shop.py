"""The demo shop as a fixture: loaded once per module that asks for it, gone after it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from core import regions
from demo.loading import load


@pytest.fixture(scope="module")
def _loaded(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    # One transaction around the module; each test's own is a savepoint in it.
    with django_db_blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
        load(timezone.now())
        regions.forget()
    yield
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)
        regions.forget()


@pytest.fixture
def demo_shop(_loaded: None, db: None) -> None:
    """The whole demo stands; what a test changes of it is undone."""
