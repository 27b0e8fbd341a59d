"""Which operator a phone number belongs to (reference/facts/accounts-validation.md §4). Never asked for wallets."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from core.errors import Refused
from storefront.catalogue.models import Product, ProductRegion
from storefront.players.checking import value_of
from storefront.players.fields import Value
from storefront.players.models import OperatorPrefix

SHORTEST, LONGEST = 2, 12


def check_operator(product: Product, fields: Sequence[Value], region_code: str) -> None:
    """Nothing, if the number is of the product's operator or of none we know (new ranges appear before tables do).

    Raises INCONSISTENT_PROVIDER naming the right product, with a `suggestion` where it is sold in the region.
    One statement, and none for products that are not bound to an operator.
    """
    if not product.is_operator_bound:
        return
    owner = operator_of(value_of(fields, product.player_field), region_code)
    if owner is None or owner.product_code == product.code:
        return
    better = (
        ProductRegion.objects.filter(
            product__code=owner.product_code, product__is_active=True, region_id=region_code, is_available=True
        )
        .select_related("product")
        .first()
    )
    suggestion = {}
    if better is not None:
        suggestion = {
            "productCode": better.product.code,
            "productName": better.product.name,
            "productSlug": better.product.slug,
        }
    raise Refused(
        "INCONSISTENT_PROVIDER",
        _(
            "This phone number seems to be a %(operator)s number. Please enter another number, "
            "or continue on the %(operator)s page."
        )
        % {"operator": owner.operator},
        details=_("The number's prefix does not belong to the chosen operator."),
        extra={"suggestion": suggestion} if suggestion else {},
    )


def operator_of(phone: str, region_code: str) -> OperatorPrefix | None:
    """The longest active prefix that `phone` (national form) begins with."""
    prefixes = [phone[:length] for length in range(SHORTEST, min(LONGEST, len(phone)) + 1)]
    found = OperatorPrefix.objects.filter(region_id=region_code, is_active=True, prefix__in=prefixes)
    return max(found, key=lambda row: len(row.prefix), default=None)
