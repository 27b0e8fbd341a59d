"""The demo shop: what the API document and the scripts name, once and only once."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_otp.oath import totp

from accounts import mfa
from accounts.models import User
from core.models import Region
from core.money import DECIMALS
from demo.catalogue.people import PASSWORD, TOTP_SECRET
from demo.catalogue.regions import USD_RATES
from demo.loading import load
from fulfilment.models import Route, SkuPart, SupplierProduct
from payments.gateways import offer
from storefront.catalogue.models import Product, Sku, SkuPrice
from storefront.channels.models import Channel
from storefront.players.models import OperatorPrefix
from storefront.promos.models import Promo
from supervisor.store import DEMO_LOGINS, DEMO_PASSWORD, DEMO_TOTP_SECRET
from supervisor.surroundings import ROOT
from tests.demo.shop import _loaded, demo_shop  # noqa: F401


def counts() -> dict[str, int]:
    names = ("core", "accounts", "storefront", "fulfilment")
    return {m._meta.label: m._default_manager.count() for name in names for m in apps.get_app_config(name).get_models()}


@pytest.mark.usefixtures("demo_shop")
class TestDemo:
    def test_loading_it_again_doubles_nothing_and_mends_what_was_changed(self) -> None:
        before = counts()
        SkuPrice.objects.filter(sku__code="MLBB_86", region="ID").update(price_minor=1, original_minor=1)
        Promo.objects.filter(code="WELCOME10").update(used=7)
        User.objects.filter(email="customer@example.com").update(first_name="Mine")
        load(timezone.now())
        assert counts() == before
        price = SkuPrice.objects.get(sku__code="MLBB_86", region="ID")
        assert (price.price_minor, price.original_minor) == (24750, 25000)
        # What has happened in the shop is not undone.
        assert Promo.objects.get(code="WELCOME10").used == 7
        assert User.objects.get(email="customer@example.com").first_name == "Mine"

    def test_it_stays_out_of_a_shop_that_has_products(self) -> None:
        Promo.objects.filter(code="MLBB50").delete()
        call_command("load_demo", "--if-empty", stdout=StringIO())
        assert not Promo.objects.filter(code="MLBB50").exists()

    def test_it_never_comes_into_a_shop_for_the_world(self, settings: object) -> None:
        settings.DEMO = False  # type: ignore[attr-defined]
        with pytest.raises(CommandError):
            call_command("load_demo", stdout=StringIO())

    def test_it_looks_like_a_real_shop(self) -> None:
        assert Product.objects.count() >= 30
        for region in Region.objects.all():
            assert SkuPrice.objects.filter(region=region).count() >= 100
            assert Channel.objects.filter(region=region, kind="CARD", gateway_channel="CARDS").count() == 1
            assert Channel.objects.filter(region=region, kind="BALANCE").count() == 1
        assert Channel.objects.get(code="PAYNOW").gateway == "hitpay"

    def test_every_channels_gateway_has_it_there(self) -> None:
        gateways = set()
        for row in Channel.objects.exclude(kind="BALANCE"):
            offered = offer(row.gateway, row.region_id, row.gateway_channel)
            assert offered is not None, row
            assert offered.kind == row.kind, row
            assert offered.is_refundable or not row.is_refundable, row
            gateways.add(row.gateway)
        assert gateways == {"xendit", "midtrans", "hitpay"}
        documented = Channel.objects.filter(code__in=["QRIS", "DANA", "BCA_VA"])
        assert {row.gateway for row in documented} == {"xendit"}

    def test_both_languages_are_complete(self) -> None:
        for model in (Product, Channel, Promo):
            for row in model.objects.all():
                texts = [row.description, getattr(row, "features", {"id": 1, "en": 1})]
                assert all(set(text) == {"id", "en"} and all(text.values()) for text in texts), row

    def test_every_price_lies_above_its_cost(self) -> None:
        prices = {(price.sku_id, price.region_id): price for price in SkuPrice.objects.select_related("region", "sku")}
        supplied = set()
        for route in Route.objects.select_related("product__account"):
            price, product = prices[route.sku_id, route.region_id], route.product
            currency, paid_in = price.region.currency, product.account.currency
            major = Decimal(product.cost_minor).scaleb(-DECIMALS[paid_in]) / USD_RATES.get(paid_in, Decimal(1))
            cost = (major * USD_RATES[currency]).scaleb(DECIMALS[currency])
            assert price.price_minor > cost, f"{price.sku.code} by {product.code}"
            supplied.add((route.sku_id, route.region_id))
        in_pieces = set(SkuPart.objects.values_list("sku", "part"))
        for sku, region in set(prices) - supplied:
            parts = [part for whole, part in in_pieces if whole == sku]
            assert parts and all((part, region) in supplied for part in parts), prices[sku, region].sku.code

    def test_what_nobody_sells_whole_is_sent_in_pieces_that_cost_less_than_its_price(self) -> None:
        whole = Sku.objects.get(code="MLBB_514")
        [part] = SkuPart.objects.filter(sku=whole).select_related("part")
        assert (part.part.code, part.times) == ("MLBB_257", 2) and not Route.objects.filter(sku=whole).exists()
        for price in whole.prices.all():
            assert 0 < price.price_minor <= 2 * part.part.prices.get(region=price.region).price_minor

    def test_the_second_supplier_sells_what_the_sandbox_lists(self) -> None:
        listed = json.loads((ROOT / "sandbox/digiflazz/catalogue.json").read_text())
        ours = SupplierProduct.objects.filter(account__code="digiflazz")
        known = {(row["sku"], row["name"], row["price"]) for row in listed}
        assert {(row.code, row.name, row.cost_minor) for row in ours} <= known and len(ours) > 80

    def test_credit_goes_by_the_second_supplier_first_and_games_by_it_second(self) -> None:
        def suppliers(sku: str) -> list[str]:
            found = Route.objects.filter(sku__code=sku, region="ID").order_by("priority")
            return list(found.values_list("product__account__code", flat=True))

        assert suppliers("TELKOMSEL_10000") == suppliers("BYU_50000") == ["digiflazz", "gemgo"]
        assert suppliers("MLBB_86") == suppliers("FF_140") == ["gemgo", "digiflazz"]
        assert suppliers("TELKOMSEL_3GB") == suppliers("PUBGM_1800") == ["gemgo"]
        assert SupplierProduct.objects.get(code="ml86").customer_no("656696292", "8610") == "656696292.8610"

    def test_indonesia_buys_from_the_indonesian_game(self) -> None:
        def code(region: str) -> str:
            return Route.objects.get(sku__code="MLBB_86", region=region, priority=0).product.code

        assert code("ID") == "mlbb_id_86_diamonds"
        assert code("SG") == "mlbb_86_diamonds"
        assert SupplierProduct.objects.get(code="mlbb_id_86_diamonds").cost_minor == 132

    def test_wallets_belong_to_no_operator_and_operators_have_prefixes(self) -> None:
        bound = set(Product.objects.filter(is_operator_bound=True).values_list("code", flat=True))
        assert bound == {"TELKOMSEL", "BYU", "INDOSAT", "XL", "AXIS", "TRI", "SMARTFREN"}
        assert set(OperatorPrefix.objects.values_list("product_code", flat=True)) == bound
        assert OperatorPrefix.objects.get(prefix="085155").product_code == "BYU"
        assert not OperatorPrefix.objects.get(prefix="085154").is_active

    def test_promos(self) -> None:
        now = timezone.now()
        found = {promo.code: promo for promo in Promo.objects.all()}
        welcome, mlbb50 = found["WELCOME10"], found["MLBB50"]
        assert (int(welcome.percent), welcome.min_minor, welcome.max_discount_minor) == (10, 50000, 10000)
        assert (welcome.max_usage, welcome.max_daily_usage) == (10000, 100)
        assert (welcome.max_usage_per_id, welcome.max_usage_per_device, welcome.max_usage_per_ip) == (1, 1, 1)
        assert (int(mlbb50.percent), mlbb50.min_minor, mlbb50.max_discount_minor) == (50, 100000, 50000)
        assert mlbb50.days == ["MON", "WED", "FRI"]
        assert [product.code for product in mlbb50.products.all()] == ["MLBB"]
        assert [channel.code for channel in mlbb50.channels.all()] == ["DANA"]
        for promo in (welcome, mlbb50):
            assert promo.expires_at is not None
            assert promo.expires_at > now
        expired = found["EXPIRED10"].expires_at
        assert expired is not None
        assert expired < now
        sold_out = found["SOLDOUT10"]
        assert sold_out.used == sold_out.max_usage == 1
        assert sold_out.slots.filter(released_at=None).count() == 1

    def test_logins(self) -> None:
        people = {user.email: user for user in User.objects.all()}
        assert all(user.check_password("demo-Passw0rd!") for user in people.values())
        assert not people["customer@example.com"].is_staff
        assert people["admin@example.com"].is_superuser
        assert set(people) == set(DEMO_LOGINS) and PASSWORD == DEMO_PASSWORD
        roles = {user.email: [group.name for group in user.groups.all()] for user in people.values() if user.is_staff}
        assert roles == {
            "staff@example.com": ["support"],
            "finance@example.com": ["finance"],
            "catalogue@example.com": ["catalogue"],
            "marketing@example.com": ["marketing"],
            "ops@example.com": ["ops"],
            "admin@example.com": ["owner"],
        }
        # What `./run` prints is what their app would show.
        assert TOTP_SECRET == DEMO_TOTP_SECRET
        mfa.verify(people["staff@example.com"], f"{totp(base64.b32decode(DEMO_TOTP_SECRET)):06d}")
