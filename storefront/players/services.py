"""Whose account is topped up: reading what was typed, asking its game, and the operator rule."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from core.errors import not_found
from core.kept import kept
from storefront.catalogue.models import SHOWN_OF_PRODUCT, Product, ProductRegion, without
from storefront.players.checking import Checked, check, value_of
from storefront.players.fields import Value
from storefront.players.fields import read as read_fields
from storefront.players.operators import check_operator, operator_of

__all__ = [
    "Account", "Checked", "Value", "check", "check_operator", "find_account", "operator_of", "read_fields", "recheck",
    "sold_product", "value_of",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """What was typed for a product, and what its game says about it."""

    product: Product
    region_code: str
    fields: list[Value]
    checked: Checked


def find_account(product_code: str, data: Mapping[str, Any], region_code: str) -> Account:
    """The account behind the inputs of a product as sold in the region, checked.

    At most two statements (three for operators), none for a product asked for before. Raises NOT_FOUND for a product
    not sold there, VALIDATION_ERROR, INCONSISTENT_PROVIDER, ACCOUNT_NOT_FOUND, CHECK_UNAVAILABLE.
    """
    sold_in = _sold_in(product_code, region_code)
    product = sold_in.product
    fields = read_fields(list(product.fields.all()), data, sold_in.region)
    check_operator(product, fields, sold_in.region_id)
    checked = check(product, fields, check_game=sold_in.check_game, region_code=sold_in.region_id)
    return Account(product, sold_in.region_id, fields, checked)


def recheck(product: Product, data: Mapping[str, Any], region_code: str) -> Account:
    """The account behind new inputs for something bought before, asked of the game afresh, also where the product is
    no longer sold. Raises as find_account does; unchecked passes only what nobody can check."""
    sold_in = (
        ProductRegion.objects.filter(region_id=region_code, product=product)
        .select_related("product", "region")
        .prefetch_related("product__fields")
        .first()
    )
    if sold_in is None:
        raise not_found(_("There is no product with that code in this region."))
    fields = read_fields(list(sold_in.product.fields.all()), data, sold_in.region)
    check_operator(sold_in.product, fields, region_code)
    checked = check(sold_in.product, fields, check_game=sold_in.check_game, region_code=region_code, afresh=True)
    return Account(sold_in.product, region_code, fields, checked)


def sold_product(product_code: str, region_code: str) -> Product:
    """The product of that code, if it is sold in the region. Raises NOT_FOUND."""
    return _sold_in(product_code, region_code).product


def _sold_in(product_code: str, region_code: str) -> ProductRegion:

    def read() -> ProductRegion | None:
        return (
            ProductRegion.objects.filter(
                region_id=region_code,
                region__is_active=True,
                product__code=product_code,
                product__is_active=True,
                is_available=True,
            )
            .select_related("product", "region")
            .defer(*without("product", SHOWN_OF_PRODUCT))
            .prefetch_related("product__fields")
            .first()
        )

    sold_in = kept(("sold in", product_code, region_code), read)
    if sold_in is None:
        raise not_found(_("There is no product with that code in this region."))
    return sold_in
