"""A supplier that many workers buy from at once, over rows that all of them see."""

import pytest

from tests.conftest import Sandbox
from tests.fulfilment import desk


@pytest.fixture
def supplier(sandbox: Sandbox, transactional_db: None, settings) -> Sandbox:
    settings.GEMGO_TIMEOUT_SECONDS = 10
    sandbox.faults(callback={"early": 1.0})
    desk.shop()
    desk.look()
    return sandbox
