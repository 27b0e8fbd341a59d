"""Each test here has an empty shop with one route, and a supplier whose orders are over before it answers."""

import pytest

from tests.conftest import Sandbox
from tests.fulfilment import desk

AT_ONCE = {"early": 1.0}  # the order ends before create_order is answered; nobody has to wait for it


@pytest.fixture
def supplier(sandbox: Sandbox, db: None, settings) -> Sandbox:
    settings.GEMGO_TIMEOUT_SECONDS = 2
    sandbox.faults(callback=AT_ONCE)
    desk.shop()
    return sandbox
