"""Loading the month: once, into a demo store that has no orders yet."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from accounts import levels
from accounts.models import User
from core import rates
from core.models import Region
from core.money import Money
from demo.month import desk, office, plan
from demo.month.people import MEMBERS
from demo.month.plan import Month
from demo.month.shop import Shop
from demo.month.writing import Writer
from storefront.orders.models import Order
from storefront.promos.models import Promo

PROMO = "HEMAT5K"
# Any number; two processes that start at once ask for the same.
_LOCK = 620_241_106


@transaction.atomic
def load_month(now: datetime) -> dict[str, int]:
    """How many orders, deposits and quotes of the demo's month stand now; nothing where there are orders already, or
    the demo's catalogue is not there."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    promo = Promo.objects.filter(code=PROMO).first()
    if promo is None or Order.objects.exists():
        return {}
    members = _members(now)
    month = plan.drawn(Shop(now), members, promo.min_minor, promo.flat_minor)
    _set_levels(month)
    writer = Writer(now, promo)
    writer.write(month)
    desk.keep_statements(writer)
    writer.books.write()
    desk.Desk(writer).fill()
    office.fill(now)
    return {"orders": len(month.orders), "deposits": len(month.deposits), "quotes": len(month.looked)}


def _members(now: datetime) -> list[tuple[User, int]]:
    """Customers who cannot sign in: nobody knows a password of theirs."""
    regions = {region.code: region for region in Region.objects.all()}
    unusable = make_password(None)
    users = [
        User(
            email=f"{first}.{last}@pelanggan.example".lower().replace(" ", ""), first_name=first, last_name=last,
            password=unusable, level=level, primary_region=regions[code], current_region=regions[code],
            language=regions[code].language, email_verified_at=now, created_at=now - plan.DAYS * plan.ONE_DAY,
        )
        for first, last, code, level, _weight in MEMBERS
    ]  # fmt: skip
    User.objects.bulk_create(users)
    return [(user, weight) for user, (*_name, weight) in zip(users, MEMBERS, strict=True)]


def _set_levels(month: Month) -> None:
    """Each member has the level that the volume of the month earns, so that no night changes it."""
    known = rates.Rates()
    volumes: dict[int, tuple[User, int]] = {}
    for one in month.orders:
        if one.buyer is not None and one.delivered:
            kept = one.total.part(one.delivered, one.quantity)
            user, sum_so_far = volumes.get(one.buyer.pk, (one.buyer, 0))
            in_idr = known.convert(kept, levels.CURRENCY, one.paid_at).minor
            volumes[user.pk] = (user, sum_so_far + in_idr)
    changed = []
    for user, volume in volumes.values():
        level = levels.level_of(Money(volume, levels.CURRENCY))
        if level != user.level:
            user.level = level
            changed.append(user)
    User.objects.bulk_update(changed, ["level"])
