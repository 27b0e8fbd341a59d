"""From cost to price: dated rates, rules by precedence, pieces, floors for members, promos and channels, guards."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from core.models import ExchangeRate
from core.money import Money
from fulfilment.models import MarginRule, SkuPart, SupplierProduct
from fulfilment.pricing import words
from fulfilment.pricing.bearing import _worst_fee, _worst_promo, charge_of
from payments.gateway_fees.models import GatewayFee
from storefront.catalogue import members
from storefront.catalogue.models import MemberDiscount, SkuPrice
from storefront.channels import services as channels
from storefront.channels.models import Channel
from storefront.promos import services as promos
from storefront.promos.models import Promo
from tests.fulfilment.pricing import shelf
from tests.storefront import factories


@pytest.mark.django_db
def test_cost_times_rate_and_margin_ends_as_prices_end() -> None:
    shelf.shop()
    line = shelf.line()
    assert (line.cost.minor, line.new, line.guard) == (43_296, 48_550, "")  # 43,296 × 1.12 = 48,491.52
    told = words.written(line.steps, "IDR")
    assert [amount for _, amount in told if amount] == ["Rp43.296", "Rp48.492", "Rp48.550", "Rp5.254"]
    assert "16400" in told[1][0] and "US$2.64" in told[0][0]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("entered", "guard"),
    [
        ([], "NO_RATE"),
        ([("1", "USD", "IDR", 1)], "RATE_ONE"),
        ([("16400", "USD", "IDR", 8)], "RATE_OLD"),
        ([("16400", "USD", "IDR", -1)], "NO_RATE"),  # not yet
        ([("16400", "USD", "IDR", 2), ("1", "IDR", "USD", 1)], "RATE_ONE"),
    ],
)
def test_F21_a_rate_that_is_missing_old_or_exactly_1_never_prices(entered, guard) -> None:
    shelf.shop()
    ExchangeRate.objects.all().delete()
    for value, base, quote, days_ago in entered:
        shelf.rate(value, base, quote, days_ago)
    line = shelf.line()
    assert (line.new, line.guard) == (None, guard)
    assert not line.is_change


@pytest.mark.django_db
def test_F21_a_new_rate_prices_anew_and_a_rate_of_1_cannot_be_entered() -> None:
    shelf.shop()
    shelf.rate("18000", days_ago=0)
    assert (shelf.line().cost.minor, shelf.line().new) == (47_520, 53_250)
    with pytest.raises(ValidationError, match="never right"):
        ExchangeRate(base="MYR", quote="IDR", rate=Decimal("1.0")).full_clean()


@pytest.mark.django_db
def test_the_most_specific_rule_holds_alone() -> None:
    sku = shelf.shop()
    here = factories.region()
    scopes = [{"region": here}, {"product": sku.product}, {"product": sku.product, "region": here}, {"sku": sku}]
    scopes.append({"sku": sku, "region": here})
    for number, scope in enumerate(scopes, start=1):
        shelf.margin(f"rule {number}", str(12 + number), **scope)
        assert shelf.line().rule.name == f"rule {number}"
    shelf.margin("another region's", "50", sku=sku, region=factories.region("MY"))
    shelf.margin("of another SKU", "50", sku=factories.sku("MLBB_86"))
    assert shelf.line().rule.name == "rule 5"
    MarginRule.objects.filter(name="rule 5").update(is_active=False)
    assert shelf.line().rule.name == "rule 4"
    assert SkuPrice.objects.get(sku__code="MLBB_172").is_fixed is False


@pytest.mark.django_db
def test_a_flat_amount_is_added_and_names_its_region() -> None:
    sku = shelf.shop()
    shelf.margin("flat", "5", region=factories.region(), flat_minor=2_000)
    assert shelf.line().new == 47_550  # 45,461 + 2,000
    with pytest.raises(ValidationError, match="choose the region"):
        MarginRule(name="x", sku=sku, flat_minor=1).full_clean()


@pytest.mark.django_db
def test_the_cheapest_way_counts_be_it_in_pieces_172_is_86_and_86() -> None:
    sku = shelf.shop()
    part = factories.sku("MLBB_86", prices={"ID": (25_000, 25_000)})
    cheap = shelf.route(part, cost=130)
    SkuPart.objects.create(sku=sku, part=part, times=2)
    line = shelf.line()
    assert line.cost.minor == 2 * 21_320 and line.cost.pieces  # 2 × US$1.30, dearer whole
    shelf.route(sku, cost=250, code="second", priority=1)
    line = shelf.line()
    assert line.cost.minor == 41_000 and not line.cost.pieces
    assert any(step["step"] == "dearer_first" for step in line.steps), (
        "the first by priority takes more, and it is said"
    )
    SupplierProduct.objects.filter(pk=cheap.pk).update(is_active=False)
    SupplierProduct.objects.filter(code="second").update(cost_minor=0)
    assert shelf.line().cost.minor == shelf.COST, "nothing costs nothing"
    SupplierProduct.objects.update(is_active=False)
    assert (shelf.line().new, shelf.line().guard) == (None, "NO_COST")


@pytest.mark.django_db
def test_a_region_with_routes_of_its_own_is_priced_by_them_alone() -> None:
    sku = shelf.shop()
    shelf.route(sku, cost=280, code="here", region="ID")
    assert shelf.line().cost.minor == 45_920


@pytest.mark.django_db
def test_the_floor_is_cost_and_the_dearest_fee_at_every_level_s_price() -> None:
    sku = shelf.shop(percent="1")
    factories.channel("QRIS")
    factories.channel("BCA", fee_percent="0", fee_minor=4_000, min_minor=10_000)
    factories.channel("BIG", fee_percent="0", fee_minor=90_000, min_minor=1_000_000)
    factories.channel("OFF", fee_percent="50", is_active=False)
    assert shelf.line().new == 47_350  # 43,296 + 4,000; BIG begins beyond ten of them
    MemberDiscount.objects.create(product=sku.product, level="ROYAL", percent=Decimal("10"))
    line = shelf.line()
    royal = members.price(Money(line.new, "IDR"), Decimal(10)).minor
    assert royal - 4_000 >= shelf.COST > members.price(Money(line.new - 100, "IDR"), Decimal(10)).minor - 4_000
    assert any("Royal" in text for text, _ in words.written(line.steps, "IDR"))
    shelf.margin(fees="NONE", percent="1")
    assert shelf.line().new == 48_150  # × 0.9 = 43,335
    shelf.margin(fees="NET", percent="1")
    assert shelf.line().new == 48_150, "without agreed terms gateways keep what customers pay"
    GatewayFee.objects.create(channel=Channel.objects.get(code="BCA"), fixed_minor=4_500)
    assert shelf.line().new == 48_750  # 43,875 − 500; QRIS asks what it costs


@pytest.mark.django_db
def test_the_example_of_the_document() -> None:
    """docs/pricing.md, "One price, worked out"."""
    sku = shelf.shop()
    factories.channel("BCA", fee_percent="0", fee_minor=4_000, min_minor=10_000)
    MemberDiscount.objects.create(product=sku.product, level="ROYAL", percent=Decimal("5"))
    line = shelf.line()
    assert (line.cost.minor, line.new, line.guard, line.moves) == (43_296, 49_850, "", Decimal("0.81"))
    assert [step["left"] for step in line.steps if step["step"] == "left"] == [2_554, 61]


@pytest.mark.django_db
def test_a_level_s_rule_says_what_is_left_of_its_price() -> None:
    sku = shelf.shop(percent="12", fees="NONE")
    MemberDiscount.objects.create(product=sku.product, level="PRESTIGE", percent=Decimal("5"))
    assert shelf.line().new == 48_550  # leaves 46,122 of 43,296
    shelf.margin("Prestige", "8", level="PRESTIGE")
    assert shelf.line().new == 49_250  # 43,296 × 1.08 = 46,760 of 95 %
    shelf.margin("Prestige here", "8", level="PRESTIGE", product=sku.product, flat_minor=500, region=factories.region())
    assert shelf.line().new == 49_750


@pytest.mark.django_db
def test_promos_are_borne_where_the_rule_says_so_and_told_where_not() -> None:
    shelf.shop(percent="12")
    factories.promo("TENTH", min_minor=0, max_discount_minor=10_000)
    assert shelf.line().new == 48_550  # leaves 43,695
    factories.promo("FIFTH", percent="20", min_minor=90_000, max_discount_minor=16_000)
    assert shelf.line().new == 51_350  # two of them cost 8,000 each
    shelf.margin(bears_promos=False)
    line = shelf.line()
    assert line.new == 48_550
    assert any("FIFTH" in text and "own expense" in text for text, _ in words.written(line.steps, "IDR"))
    factories.promo("ALL", percent="100", min_minor=0, max_discount_minor=0)
    shelf.margin(bears_promos=True)
    assert (shelf.line().new, shelf.line().guard) == (None, "UNBEARABLE")


@pytest.mark.django_db
def test_what_is_fixed_by_hand_stays_and_what_moves_far_is_stopped() -> None:
    shelf.shop(price=40_000)
    assert (shelf.line().guard, shelf.line().moves) == ("JUMP", Decimal("21.38"))
    SkuPrice.objects.update(is_fixed=True)
    assert (shelf.line().guard, shelf.line().new) == ("FIXED", 48_550)


money = st.integers(1, 3_000_000)


@given(
    units=st.tuples(money, money),
    flat=st.integers(0, 20_000),
    percent=st.decimals(0, 40, places=1),
    least=st.integers(0, 500_000),
    cap=st.integers(0, 50_000),
    most=st.integers(1, 10),
    kept=st.tuples(st.integers(0, 20_000), st.decimals(0, 40, places=1)),
)
def test_no_fee_or_promo_weighs_more_than_told_and_neither_falls_as_prices_rise(
    units, flat, percent, least, cap, most, kept
):
    """What least_price relies on: a dearer unit never bears a smaller fee or promo."""
    channel = Channel(name="c", fee_minor=flat, fee_percent=percent, min_minor=least, max_minor=10**9)
    agreed = GatewayFee(fixed_minor=kept[0], percent=kept[1])
    charges = [charge_of(channel, agreed)]
    promo = Promo(code="P", percent=percent, flat_minor=flat, min_minor=least, max_discount_minor=cap)
    low, high = (Money(amount, "IDR") for amount in sorted(units))
    fee, off = _worst_fee(charges, high, most).minor, _worst_promo([promo], high, high, most).minor
    net = _worst_fee(charges, high, most, "NET").minor
    assert _worst_fee(charges, low, most).minor <= fee and _worst_fee(charges, low, most, "NET").minor <= net
    assert _worst_promo([promo], low, low, most).minor <= off
    for count in range(1, most + 1):
        taken = channels.fee(channel, high * count)
        if (high * count + taken).minor >= least:
            assert taken.minor <= fee * count
            total = high * count + taken
            gateway = Money(agreed.fixed_minor, "IDR") + total.percent(agreed.percent)
            assert (gateway - taken).minor <= net * count + 1  # both are rounded half up
        if high.minor * count >= least:
            assert promos.discount(promo, high * count).minor <= off * count
