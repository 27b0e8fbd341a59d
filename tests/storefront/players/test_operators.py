"""The vectors of reference/facts/accounts-validation.md §4."""

from __future__ import annotations

import pytest

from core.errors import Refused
from core.models import Region
from storefront.catalogue.models import ProductRegion
from storefront.players import services
from storefront.players.fields import national
from storefront.players.models import OperatorPrefix
from tests.storefront import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def table() -> None:
    factories.prefixes()


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("085155123456", "BYU"),
        ("+6285155123456", "BYU"),
        ("085112345678", "TELKOMSEL"),
        ("0851 5599 123", "BYU"),
        ("081512345678", "INDOSAT"),
        ("083812345678", "AXIS"),
        ("089512345678", "TRI"),
        ("088112345678", "SMARTFREN"),
        ("085912345678", "XL"),
        ("082012345678", None),
    ],
)
def test_whose_number_it_is(typed: str, code: str | None) -> None:
    found = services.operator_of(national(typed, Region(code="ID", dial_code="+62")), "ID")
    assert (found.product_code if found else None) == code


def asked(code: str, phone: str, region: str = "ID", **more: bool) -> None:
    product = factories.phone_product(code, regions=region, **more)
    services.check_operator(product, [{"key": "phoneNumber", "name": "", "value": phone}], region)


def test_it_works_both_ways() -> None:
    factories.phone_product("BYU", name="By.U", slug="byu")
    factories.phone_product("TELKOMSEL", name="Telkomsel")
    for code, phone, better in (("TELKOMSEL", "085155123456", "BYU"), ("BYU", "081212345678", "TELKOMSEL")):
        with pytest.raises(Refused) as refused:
            asked(code, phone)
        assert refused.value.code == "INCONSISTENT_PROVIDER"
        assert refused.value.extra["suggestion"]["productCode"] == better


def test_no_suggestion_of_what_is_not_sold_there() -> None:
    with pytest.raises(Refused) as refused:
        asked("TELKOMSEL", "085155123456")
    assert (refused.value.code, refused.value.extra) == ("INCONSISTENT_PROVIDER", {})
    factories.phone_product("BYU")
    ProductRegion.objects.filter(product__code="BYU").update(is_available=False)
    with pytest.raises(Refused) as refused:
        asked("TELKOMSEL", "085155123456")
    assert refused.value.extra == {}


def test_what_is_accepted() -> None:
    asked("TELKOMSEL", "085112345678")
    asked("TELKOMSEL", "082012345678")  # nobody's: new ranges appear before tables do
    asked("DANA", "085155123456", is_operator_bound=False)  # a wallet takes the numbers of all
    asked("TELKOMSEL", "085155123456", region="MY")  # numbers are portable there: no table, no rule
    OperatorPrefix.objects.filter(prefix="085155").update(is_active=False)
    asked("TELKOMSEL", "085155123456")
