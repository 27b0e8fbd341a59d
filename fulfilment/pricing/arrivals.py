"""What a reading of a supplier's catalogue changed: costs with their dates, products that came, products that went.

A product that comes or goes is a task for staff (ProductTask), and one case for each account says that there are some.
At the first reading of an account nothing is new.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit, cases
from core.errors import Refused
from core.models import Region, StaffCase
from fulfilment import routing
from fulfilment.models import Route, SkuPart, SupplierAccount, SupplierProduct
from fulfilment.pricing.models import CostSeen, ProductTask
from storefront.catalogue.models import Sku, SkuPrice
from storefront.catalogue.services import set_available

CASE = "supplier-products"
Kind, State = ProductTask.Kind, ProductTask.State
_NAMED = 20


def seen(account: SupplierAccount, before: Mapping[str, SupplierProduct]) -> None:
    """The account's catalogue was stored just now, and stood as `before` (by code): costs that differ are kept with
    today's date, and staff have a task for each product that came or went. In the caller's transaction."""
    rows = {row.code: row for row in SupplierProduct.objects.filter(account=account)}
    now = timezone.now()
    other = [row for code, row in rows.items() if _differs(before.get(code), row)]
    known = set(CostSeen.objects.filter(product__account=account).values_list("product_id", flat=True).distinct())
    first = [row for row in rows.values() if row.pk not in known]
    kept = {row.pk: row for row in (*other, *first)}.values()
    CostSeen.objects.bulk_create(
        [CostSeen(product=row, cost_minor=row.cost_minor, is_active=row.is_active, since=now) for row in kept], 500
    )
    came = [row for code, row in rows.items() if known and code not in before and row.is_active]
    went = [row for row in other if not row.is_active and row.code in before and before[row.code].is_active]
    back = [row for row in other if row.is_active and row.code in before and not before[row.code].is_active]
    _over(back, Kind.GONE, "it is back")
    _over(went, Kind.NEW, "it is gone again")
    routed = _skus_of(went)
    tasks = [ProductTask(product=row, kind=Kind.NEW, note=row.game_name[:120]) for row in came]
    tasks += [ProductTask(product=row, kind=Kind.GONE, note=routed[row.pk]) for row in went if row.pk in routed]
    ProductTask.objects.bulk_create(tasks, 500, ignore_conflicts=True)
    _tell_staff(account)


def _differs(before: SupplierProduct | None, row: SupplierProduct) -> bool:
    return before is None or (before.cost_minor, before.is_active) != (row.cost_minor, row.is_active)


def _skus_of(products: Iterable[SupplierProduct]) -> dict[int, str]:
    """By product, the SKUs that it delivers, with a word about those that nothing else delivers."""
    other = Route.objects.filter(
        sku=OuterRef("sku"), is_active=True, product__is_active=True, product__account__is_active=True
    )
    routes = Route.objects.filter(product__in=[row.pk for row in products], is_active=True).select_related("sku")
    told: dict[int, list[str]] = {}
    for route in routes.annotate(has_other=Exists(other)).order_by("sku__code"):
        words = route.sku.code if vars(route)["has_other"] else f"{route.sku.code} (nothing else delivers it)"
        if words not in told.setdefault(route.product_id, []):
            told[route.product_id].append(words)
    return {product: ", ".join(words)[:300] for product, words in told.items()}


def _over(products: Iterable[SupplierProduct], kind: str, why: str) -> None:
    mine = ProductTask.objects.filter(product__in=[row.pk for row in products], kind=kind, state=State.OPEN)
    mine.update(state=State.OVER, decided_at=timezone.now(), note=why)


def _tell_staff(account: SupplierAccount) -> None:
    """One case stands while the account has open tasks; its evidence names the newest."""
    waiting = ProductTask.objects.filter(product__account=account, state=State.OPEN).select_related("product")
    newest = list(waiting.order_by("-id")[:_NAMED])
    if not newest:
        cases.close(CASE, account.code, "every product that came or went was decided on")
        return
    told = {str(task.product): f"{task.kind}: {task.note}" for task in newest}
    mine = StaffCase.objects.filter(key__startswith=f"{CASE}:{account.code}:", state=StaffCase.State.OPEN)
    if mine.update(evidence=told):
        return
    cases.open_case(
        CASE,
        f"{CASE}:{account.code}:{newest[0].pk}",
        f"{account.name}: products came or went",
        evidence=told,
        actions="Decide under Products that came or went: map one to a SKU, close what it delivered, or ignore it.",
    )


def take(task: ProductTask, sku: Sku, region: Region | None, priority: int, *, by: str, why: str) -> Route:
    """The product delivers the SKU there from now on, by a route of that priority; the task is done. Raises
    VALIDATION_ERROR where the task is not open any more or the product is off."""
    with transaction.atomic():
        _decide(task, State.MAPPED, by, why)
        if not task.product.is_active:
            raise Refused("VALIDATION_ERROR", _("The supplier does not sell this product at the moment."))
        route, _new = Route.objects.update_or_create(
            sku=sku, region=region, product=task.product, defaults={"priority": priority, "is_active": True}
        )
        after = {"sku": sku.code, "region": region.code if region else "", "priority": priority}
        audit.record(by, "product mapped", f"product:{task.product.code}", after=after, why=why)
        _tell_staff(task.product.account)
    return route


def close(task: ProductTask, *, by: str, why: str) -> list[str]:
    """Every SKU that only this product delivers is off sale where that is so; the task is done. Codes of these SKUs.

    Raises VALIDATION_ERROR where the task is not open any more, or every SKU has another way.
    """
    with transaction.atomic():
        _decide(task, State.CLOSED, by, why)
        prices = _prices_of(task.product)
        shut = [price for price in prices if set_available(price.sku, price.region, False, by=by, why=why)]
        if not shut:
            raise Refused("VALIDATION_ERROR", _("Nothing on sale depends on this product alone."))
        _tell_staff(task.product.account)
    return sorted({price.sku.code for price in shut})


def ignore(task: ProductTask, *, by: str, why: str = "") -> None:
    """Nothing is done about it. Raises VALIDATION_ERROR where the task is not open any more."""
    with transaction.atomic():
        _decide(task, State.IGNORED, by, why)
        audit.record(by, "product ignored", f"product:{task.product.code}", why=why)
        _tell_staff(task.product.account)


def _prices_of(product: SupplierProduct) -> list[SkuPrice]:
    """Prices on sale that no other product delivers, whole or in pieces, in their region."""
    skus = Route.objects.filter(product=product, is_active=True).values("sku")
    on_sale = SkuPrice.objects.filter(sku__in=skus, is_available=True).select_related("sku", "region").order_by("pk")
    composed = set(SkuPart.objects.filter(sku__in=skus).values_list("sku", flat=True))
    return [
        price
        for price in on_sale
        if price.sku_id not in composed
        and all(route.product_id == product.pk for route in routing.routes(price.sku_id, price.region_id))
    ]


def _decide(task: ProductTask, state: str, by: str, why: str) -> None:
    mine = ProductTask.objects.filter(pk=task.pk, state=State.OPEN)
    note = f"{task.note}; {why}" if task.note and why else why or task.note
    if not mine.update(state=state, decided_at=timezone.now(), decided_by=by, note=note[:300]):
        raise Refused("VALIDATION_ERROR", _("Somebody has decided on this already."))
