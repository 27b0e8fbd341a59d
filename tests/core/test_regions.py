from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from core import cases, rates, regions
from core.errors import Refused
from core.models import AuditEntry, ExchangeRate, Region, StaffCase
from core.money import Money

pytestmark = pytest.mark.django_db


def test_known_regions_cost_no_query(indonesia: Region, malaysia: Region, django_assert_num_queries) -> None:
    assert [region.code for region in regions.regions()] == ["ID", "MY"]
    with django_assert_num_queries(0):
        assert regions.named("MY") == malaysia
        assert regions.named("my") == malaysia
        assert regions.default() == indonesia
        assert regions.find("id") is None


def test_a_region_just_added_is_found(indonesia: Region) -> None:
    assert regions.find("SG") is None
    Region.objects.create(code="SG", country="Singapore", currency="SGD", dial_code="+65", time_zone="Asia/Singapore")
    assert regions.find("SG")


def test_regions_that_are_not_sold_in(indonesia: Region, malaysia: Region) -> None:
    Region.objects.filter(code="MY").update(is_active=False)
    regions.forget()
    for code in ("MY", "XX", "ID ", "%"):
        with pytest.raises(Refused) as refused:
            regions.required(code)
        assert (refused.value.code, refused.value.status) == ("INVALID_REGION", 400)
        assert refused.value.details == "Region code must be one of: ID"
    for missing in ("", None):
        with pytest.raises(Refused) as refused:
            regions.required(missing)
        assert (refused.value.code, list(refused.value.fields)) == ("VALIDATION_ERROR", ["region"])


def test_days_begin_when_they_begin_there(indonesia: Region, malaysia: Region) -> None:
    late = datetime(2026, 5, 3, 16, 30, tzinfo=UTC)  # Sunday 23:30 in Jakarta, Monday 00:30 in Kuala Lumpur
    assert regions.local_day(indonesia, late) == date(2026, 5, 3)
    assert regions.local_day(malaysia, late) == regions.jakarta_day(late) + timedelta(days=1)


@pytest.fixture
def dollar() -> None:
    for day, worth in ((1, "16000"), (10, "16500")):
        ExchangeRate.objects.create(
            base="USD", quote="IDR", rate=Decimal(worth), valid_from=datetime(2026, 1, day, tzinfo=UTC)
        )


@pytest.mark.usefixtures("dollar")
def test_the_rate_of_that_day_counts() -> None:
    assert rates.rate("USD", "IDR", datetime(2026, 1, 5, tzinfo=UTC)) == 16000
    assert rates.rate("USD", "IDR", datetime(2026, 1, 10, tzinfo=UTC)) == 16500
    assert rates.rate("IDR", "IDR", datetime(2026, 1, 1, tzinfo=UTC)) == 1
    with pytest.raises(rates.NoRate):
        rates.rate("USD", "IDR", datetime(2025, 12, 31, tzinfo=UTC))
    with pytest.raises(rates.NoRate):
        rates.rate("USD", "SGD", datetime(2026, 1, 5, tzinfo=UTC))


@pytest.mark.usefixtures("dollar")
def test_amounts_are_rounded_once() -> None:
    at = datetime(2026, 1, 20, tzinfo=UTC)
    assert rates.convert(Money.of("1.01", "USD"), "IDR", at) == Money(16665, "IDR")
    assert rates.convert(Money(16500, "IDR"), "USD", at) == Money(100, "USD")
    assert rates.convert(Money(16501, "IDR"), "USD", at) == Money(100, "USD")
    assert rates.convert(Money(16501, "IDR"), "USD", at, round_up=True) == Money(101, "USD")
    assert rates.convert(Money(7, "IDR"), "IDR", at) == Money(7, "IDR")


def test_a_case_is_opened_and_resolved_once(admin_user) -> None:
    assert cases.open_case("double", "double:1", "Paid twice", about="GATE1", evidence={"captures": [1, 2]})
    assert not cases.open_case("double", "double:1", "Paid twice")
    case = StaffCase.objects.get()
    assert case.evidence == {"captures": [1, 2]}
    assert cases.resolve(case, admin_user, "refunded by hand")
    assert not cases.resolve(case, admin_user, "again")
    case.refresh_from_db()
    assert (case.state, case.resolution, case.resolved_by) == ("RESOLVED", "refunded by hand", admin_user)
    assert AuditEntry.objects.get().why == "refunded by hand"
