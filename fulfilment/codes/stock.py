"""Stocks of codes: opening one, closing what is sold out and opening it again, telling staff, waking who waits."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from core import audit, poison, regions
from core.cases import open_case
from core.models import StaffCase
from core.wake import wake
from core.web import prebuilt
from fulfilment import routing
from fulfilment.codes import shelf
from fulfilment.models import STOCK, CodeBatch, CodeStock, Route, SupplierAccount, SupplierProduct, TopUp
from storefront.catalogue.models import Sku, SkuPrice
from storefront.orders.models import Order

EMPTY, LOW = "stock-empty", "stock-low"


def account() -> SupplierAccount:
    """The account that is our own stock, made when first needed; costs are kept in the shop's own currency."""
    row, _ = SupplierAccount.objects.get_or_create(
        code=STOCK, defaults={"name": "Stock", "currency": regions.default().currency}
    )
    return row


@transaction.atomic
def open_for(sku: Sku, *, by: str, low_at: int = 10) -> CodeStock:
    """The SKU is sold from a stock of codes of its own, before any other route, wherever it has a price; sold out until
    the stock is filled, where nothing else delivers it. Calling it again changes nothing."""
    product, is_new = SupplierProduct.objects.get_or_create(
        account=account(),
        code=sku.code,
        defaults={"game_code": sku.product.code, "game_name": sku.product.title, "name": sku.name, "cost_minor": 0},
    )
    stock, _ = CodeStock.objects.get_or_create(product=product, defaults={"low_at": low_at})
    if not is_new:
        return stock
    Sku.objects.filter(pk=sku.pk).update(gives_code=True)
    Route.objects.bulk_create(
        [
            Route(sku=sku, region_id=price.region_id, product=product, priority=0)
            for price in sku.prices.all()
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    audit.record(by, "stock opened", sku.code)
    recount(product)
    return stock


def recount(product: SupplierProduct) -> int:
    """Every price that is sold from this stock says how many are left, and pages follow; how many there are.

    Counted under the prices' locks: of several at once the last one sees what all have committed.
    """
    with transaction.atomic():
        routed = Route.objects.filter(sku=OuterRef("sku"), product=product)
        prices = SkuPrice.objects.filter(Exists(routed)).select_related("sku").order_by("pk")
        is_shown_otherwise = False
        for price in prices.select_for_update(of=("self",), no_key=True):
            left = _left(price)
            if left == price.stock_left:
                continue
            shown = (price.is_sold_out, price.most)
            price.stock_left = left
            price.save(update_fields=["stock_left"])
            is_shown_otherwise |= shown != (price.is_sold_out, price.most)
        if is_shown_otherwise:
            prebuilt.touch()
    count = shelf.for_sale(product).count()
    _tell(product, count)
    return count


def _left(price: SkuPrice) -> int | None:
    """Codes that nobody has paid for yet; None where the SKU is not sold from stock alone."""
    ways = [
        route.product
        for route in routing.routes(price.sku_id, price.region_id)
        if route.product.is_active and route.product.account.is_active
    ]
    if not ways or any(not product.account.is_stock for product in ways):
        return None
    return max(0, sum(shelf.for_sale(product).count() for product in ways) - waiting(price.sku_id))


def waiting(sku_id: int) -> int:
    """Units of the SKU that are paid for and wait for a code."""
    return TopUp.objects.filter(
        state=TopUp.State.QUEUED, waits_for=STOCK, order__sku=sku_id, order__status=Order.Status.PROCESSING
    ).count()


def counted(stocks: QuerySet[CodeStock]) -> QuerySet[CodeStock]:
    """Each with `left_count`, its codes for sale now, and `waiting_count`, the paid units that wait for one."""
    left = shelf.free().filter(product=OuterRef("product")).values("product").annotate(count=Count("pk"))
    units = TopUp.objects.filter(
        state=TopUp.State.QUEUED, waits_for=STOCK, order__status=Order.Status.PROCESSING,
        order__sku__routes__product=OuterRef("product"),
    )  # fmt: skip
    waiting_for_it = units.order_by().values("order__sku__routes__product").annotate(count=Count("pk", distinct=True))
    return stocks.annotate(
        left_count=Coalesce(Subquery(left.values("count")), 0),
        waiting_count=Coalesce(Subquery(waiting_for_it.values("count")), 0),
    )


def filled(product: SupplierProduct) -> None:
    """The stock holds more than before: units that waited are due, who waits longest first, and the rest is on sale."""
    skus = Route.objects.filter(product=product).values("sku")
    freed = TopUp.objects.filter(state=TopUp.State.QUEUED, waits_for=STOCK, order__sku__in=skus).update(
        not_before=F("created_at")
    )
    if freed:
        wake("fulfilment.sweep", "topups")
    recount(product)


def recount_all() -> None:
    """Every stock has been counted: codes expire, routes are switched, a worker may have died before it counted."""
    for stock in CodeStock.objects.select_related("product__account").exclude(pk__in=poison.resting(CodeStock)):
        with poison.counted(CodeStock, stock.pk):
            recount(stock.product)


def _tell(product: SupplierProduct, count: int) -> None:
    """Staff know when a stock is low or empty, once for each time it was filled; a filled one closes its cases."""
    stock = CodeStock.objects.filter(product=product).first()
    if stock is None:
        return
    kind = EMPTY if count == 0 else LOW if count <= stock.low_at else ""
    _close([one for one in (EMPTY, LOW) if one != kind and not (one == LOW and kind == EMPTY)], product)
    newest = CodeBatch.objects.filter(stock=stock, state=CodeBatch.State.ON_SALE).values_list("pk", flat=True).first()
    if not kind or newest is None:
        return  # a stock that was never filled is no news
    open_case(
        kind,
        f"{kind}:{product.pk}:{newest}",
        f"{product.code}: no codes left" if kind == EMPTY else f"{product.code}: {count} codes left",
        evidence={"left": count, "told_at": stock.low_at, "sold_since_last_file": _sold_since(newest)},
        actions=(
            "Import a file of codes. Paid orders wait for it until their promise is over, then they are refunded;"
            " the item is closed for sale meanwhile, unless another route delivers it."
            if kind == EMPTY
            else "Buy and import more codes before the last one is sold."
        ),
    )


def _sold_since(batch_id: int) -> int:
    return CodeBatch.objects.get(pk=batch_id).codes.exclude(sold_at=None).count()


def _close(kinds: list[str], product: SupplierProduct) -> None:
    for kind in kinds:
        StaffCase.objects.filter(key__startswith=f"{kind}:{product.pk}:", state=StaffCase.State.OPEN).update(
            state=StaffCase.State.RESOLVED, resolved_at=timezone.now(), resolution="the stock was filled"
        )
