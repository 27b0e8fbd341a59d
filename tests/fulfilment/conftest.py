"""Each test here has an empty shop with one route, and a supplier whose orders are over before it answers."""

import pytest

from tests.conftest import Sandbox
from tests.fulfilment import by_reference, desk

AT_ONCE = {"early": 1.0}  # the order ends before create_order is answered; nobody has to wait for it


@pytest.fixture
def supplier(sandbox: Sandbox, db: None, settings) -> Sandbox:
    settings.GEMGO_TIMEOUT_SECONDS = 2
    sandbox.faults(callback=AT_ONCE)
    desk.shop()
    return sandbox


@pytest.fixture
def digiflazz(sandbox: Sandbox, db: None, settings) -> Sandbox:
    """The same shop with the supplier that knows our references, and tells nobody how an order ended."""
    settings.DIGIFLAZZ_TIMEOUT_SECONDS = 1
    sandbox.faults(**by_reference.QUIET)
    by_reference.shop()
    return sandbox
