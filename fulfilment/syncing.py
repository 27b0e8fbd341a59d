"""The supplier's catalogue, read into rows: games, products, costs. No row is deleted; what vanished is inactive."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core.wake import wake
from fulfilment import profiles
from fulfilment.models import SupplierAccount, SupplierProduct
from fulfilment.pricing import arrivals, closing
from fulfilment.suppliers import for_code
from fulfilment.suppliers.base import Game, Offer, SupplierDenied, SupplierUnavailable

UNHURRIED = timedelta(minutes=30)
_OFFERED = ("name", "cost_minor", "is_active", "cut_off_from", "cut_off_until", "is_multi")


@dataclass(frozen=True, slots=True)
class Synced:
    games: int
    products: int
    new: int
    dearer: int
    vanished: int


def sync(code: str) -> Synced:
    """Profile and whole catalogue of the supplier stand in our rows.

    Raises SupplierUnavailable (also where the supplier's pause between two readings is not over) or SupplierDenied;
    what was read until then is kept out, so that half a catalogue never looks like a catalogue from which the other
    half was taken.
    """
    account = profiles.ensure(code)
    profiles.read(account)
    supplier, now, before = for_code(code), timezone.now(), account.catalogue_read_at
    rested = Q(catalogue_read_at=None) | Q(catalogue_read_at__lte=now - timedelta(seconds=supplier.catalogue_pause))
    if not SupplierAccount.objects.filter(rested, pk=account.pk).update(catalogue_read_at=now):
        raise SupplierUnavailable(f"its prices may be read once in {supplier.catalogue_pause:.0f} s, and were just now")
    try:
        catalogue = supplier.catalogue()
    except (SupplierUnavailable, SupplierDenied):
        SupplierAccount.objects.filter(pk=account.pk, catalogue_read_at=now).update(catalogue_read_at=before)
        raise
    synced = store(account, catalogue.games, catalogue.offers)
    closing.review()  # a cost above the price closes the SKU at once; the sweep would see it a little later
    wake("fulfilment.reprice", "polls")
    return synced


def sync_due(now: datetime | None = None) -> None:
    """The prices of suppliers whose sellers change them at will are not older than ten minutes, as far as may be; those
    of the others, whose catalogue takes many calls, not older than half an hour."""
    moment = now or timezone.now()
    for account in profiles.outside().filter(is_active=True).exclude(paused_why=profiles.DENIED):
        pause = timedelta(seconds=for_code(account.code).catalogue_pause) or UNHURRIED
        read_at = account.catalogue_read_at
        if read_at is not None and read_at > moment - pause:
            continue
        with profiles.speaking_to(account):
            sync(account.code)


@transaction.atomic
def store(account: SupplierAccount, games: Iterable[Game], offers: Iterable[Offer]) -> Synced:
    """The account sells exactly these offers now. Calling it again changes nothing but `seen_at`."""
    now = timezone.now()
    names = {game.code: game.name for game in games}
    before = {product.code: product for product in SupplierProduct.objects.filter(account=account)}
    rows = {
        offer.code: SupplierProduct(
            account=account,
            game_code=offer.game_code,
            game_name=names.get(offer.game_code, "")[:120],
            code=offer.code,
            name=offer.name[:160],
            cost_minor=offer.cost.minor,
            is_active=offer.is_active,
            name_proved_at=_still_proved(before.get(offer.code), offer),
            cut_off_from=offer.cut_off[0] if offer.cut_off else None,
            cut_off_until=offer.cut_off[1] if offer.cut_off else None,
            is_multi=offer.is_multi,
            seen_at=now,
        )
        for offer in offers
        if len(offer.code) <= 80 and len(offer.game_code) <= 40
    }
    SupplierProduct.objects.bulk_create(
        rows.values(),
        batch_size=500,
        update_conflicts=True,
        unique_fields=["account", "code"],
        update_fields=[*_OFFERED, "game_code", "game_name", "name_proved_at", "seen_at"],
    )
    # An answer without a single product is a fault of theirs more likely than a shop with nothing to sell.
    gone = SupplierProduct.objects.filter(account=account, is_active=True).exclude(code__in=rows) if rows else None
    vanished = gone.update(is_active=False) if gone is not None else 0
    arrivals.seen(account, before)
    dearer = sum(code in before and row.cost_minor > before[code].cost_minor for code, row in rows.items())
    return Synced(len(names), len(rows), sum(code not in before for code in rows), dearer, vanished)


def _still_proved(before: SupplierProduct | None, offer: Offer) -> datetime | None:
    """A proof of the name holds for that name only."""
    return before.name_proved_at if before is not None and before.name == offer.name[:160] else None
