import pytest

from core import regions
from core.models import Region
from core.web import prebuilt, throttle
from tests.core import doors


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    prebuilt._forget()
    throttle._silent_until = 0.0
    regions.forget()
    doors.Shelf.built.clear()
    doors.Shelf.ends = None
    doors.page_built.clear()


@pytest.fixture
def indonesia(db: None) -> Region:
    return Region.objects.create(
        code="ID", country="Indonesia", currency="IDR", dial_code="+62", time_zone="Asia/Jakarta", is_default=True
    )


@pytest.fixture
def malaysia(db: None) -> Region:
    return Region.objects.create(
        code="MY", country="Malaysia", currency="MYR", dial_code="+60", time_zone="Asia/Kuala_Lumpur", position=1
    )
