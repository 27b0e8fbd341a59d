"""Promo codes: why one does not hold, what it takes off, and the slots that orders hold of it.

Caps are kept by one row lock: whoever takes a slot locks the promo, counts, and only then writes, so that no two
orders can both be the last one (F13, F14). Rules: docs/decisions (Money).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import IntegrityError, transaction
from django.db.models import Count, F, OuterRef, Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from core import regions
from core.errors import Refused
from core.money import Money
from core.web.client import digest
from storefront.promos.models import Promo, PromoSlot

WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@dataclass(frozen=True, slots=True)
class Found:
    """A promo with the ids of the products and channels it is limited to (none: all)."""

    promo: Promo
    product_ids: frozenset[int]
    channel_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Use:
    """What a promo is tried on. `list_total` is list price × quantity, `subtotal` what is charged before promo and
    fee; `target`, `device` and `address` are hashes, empty where unknown; `level` is the member's, "" for a guest."""

    product_id: int
    channel_id: int | None
    region_code: str
    list_total: Money
    subtotal: Money
    target: str = ""
    device: str = ""
    address: str = ""
    level: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule of the promo says about a use: why not, or None where it holds."""

    rule: str
    refusal: Refused | None


@dataclass(frozen=True, slots=True)
class _Counts:
    """Slots held now, by what is capped; 0 where nothing is capped."""

    day: int = 0
    target: int = 0
    device: int = 0
    address: int = 0


def target_of(product_id: int, fields: Iterable[Mapping[str, object]]) -> str:
    """Hash of the account that is topped up: the product and the `value` of each input, however it was typed."""
    typed = (unicodedata.normalize("NFKC", str(field["value"])).casefold() for field in fields)
    return digest("promo target", str(product_id), *typed)


def today(promo: Promo, now: datetime) -> date:
    """The promo's day at `now`: days turn at midnight of its region (F25)."""
    return regions.local_day(promo.region, now)


def find(code: str, *, also_off: bool = False) -> Found:
    """The promo that customers know by `code`, in any letter case; with `also_off` one that is switched off too.

    Raises PROMO_NOT_FOUND.
    """
    through_products = Promo.products.through.objects.filter(promo_id=OuterRef("pk")).values("product_id")
    through_channels = Promo.channels.through.objects.filter(promo_id=OuterRef("pk")).values("channel_id")
    promo = (
        Promo.objects.filter(code=code.strip().upper(), is_active__in=(True, False) if also_off else (True,))
        .select_related("region")
        .annotate(product_ids=ArraySubquery(through_products), channel_ids=ArraySubquery(through_channels))
        .first()
    )
    if promo is None:
        raise Refused("PROMO_NOT_FOUND", _("We do not know this promo code."), details=_("Check how it is spelled."))
    return Found(promo, frozenset(promo.product_ids), frozenset(promo.channel_ids))


def discount(promo: Promo, subtotal: Money) -> Money:
    """What the promo takes off `subtotal`: flat plus percent, then the cap, never more than there is to pay."""
    off = Money(promo.flat_minor, subtotal.currency) + subtotal.percent(promo.percent)
    if promo.max_discount_minor:
        off = min(off, Money(promo.max_discount_minor, subtotal.currency))
    return min(off, subtotal)


def why_not(found: Found, use: Use, now: datetime) -> Refused | None:
    """What keeps the promo from being used so at `now`, as the refusal to raise; None if it holds. Takes nothing."""
    return next((verdict.refusal for verdict in verdicts(found, use, now) if verdict.refusal), None)


def verdicts(found: Found, use: Use, now: datetime) -> Iterator[Verdict]:
    """What each rule says, in the order in which they are asked; slots are counted only when their turn comes."""
    promo = found.promo
    ended = None
    if promo.expires_at and promo.expires_at <= now:
        ended = Refused(
            "PROMO_EXPIRED",
            _("This promo code has ended."),
            details=_("It ended on %(date)s.") % {"date": _written(promo, promo.expires_at)},
        )
    yield Verdict("end", ended)
    for rule, reason in _terms(found, use, now):
        text = _("This promo code does not apply here.") if reason else ""
        yield Verdict(rule, Refused("PROMO_NOT_APPLICABLE", text, details=reason) if reason else None)
    counts = _counted(promo, today(promo, now), use.target, use.device, use.address)
    for rule, reason in _caps(promo, counts, discount(promo, use.subtotal).minor):
        yield Verdict(rule, _limit_reached(reason) if reason else None)


def switched(promo: Promo) -> Verdict:
    """The rule that `find` keeps before any other: a promo that is switched off is nobody's."""
    off = Refused("PROMO_NOT_FOUND", _("We do not know this promo code."), details=_("It is switched off."))
    return Verdict("active", None if promo.is_active else off)


def signals_of(holder: str) -> tuple[str, str]:
    """(device, network) by which the slot of that order is counted; empty where it holds none."""
    slot = PromoSlot.objects.filter(holder=holder).values_list("device", "address").first()
    return slot or ("", "")


def check(found: Found, use: Use, now: datetime) -> Money:
    """The discount this use gets. Raises PROMO_EXPIRED, PROMO_NOT_APPLICABLE, PROMO_LIMIT_REACHED."""
    refusal = why_not(found, use, now)
    if refusal:
        raise refusal
    return discount(found.promo, use.subtotal)


def lock(promo_id: int) -> Promo:
    """The promo, locked until the caller's transaction ends. Taken before the order's lock."""
    # NO KEY: quotes that merely refer to the promo are not held up by it.
    return Promo.objects.select_for_update(of=("self",), no_key=True).select_related("region").get(pk=promo_id)


def take(
    promo_id: int, holder: str, target: str, device: str, address: str, now: datetime, *, discount_minor: int = 0
) -> None:
    """`holder` (an invoice number) holds one slot of the promo, of today; once, however often it is called.

    `discount_minor` is what the order pays less: it counts against the budget as long as the slot is held. Only the
    caps are asked again: the price was promised with the quote. Raises PROMO_LIMIT_REACHED, nothing taken.
    """
    with transaction.atomic():
        promo = lock(promo_id)
        slot = PromoSlot(
            promo=promo,
            holder=holder,
            day=today(promo, now),
            target=target,
            device=device,
            address=address,
            discount_minor=discount_minor,
            taken_at=now,
        )
        reason = _over(promo, _counted(promo, slot.day, target, device, address), discount_minor)
        if not reason and _is_first(slot):
            Promo.objects.filter(pk=promo.pk).update(used=F("used") + 1, given_minor=F("given_minor") + discount_minor)
            return
        held = PromoSlot.objects.filter(promo=promo, holder=holder).first()
        if held is None:
            raise _limit_reached(reason)
        _hold_again(promo, held)


def release(holder: str, now: datetime | None = None) -> bool:
    """The slot `holder` held is free again; True for the one call that freed it. Nothing happens without a slot."""
    slot = PromoSlot.objects.filter(holder=holder, released_at=None).first()
    if slot is None:
        return False
    with transaction.atomic():
        lock(slot.promo_id)
        if not PromoSlot.objects.filter(pk=slot.pk, released_at=None).update(released_at=now or timezone.now()):
            return False
        back = F("given_minor") - slot.discount_minor
        Promo.objects.filter(pk=slot.promo_id).update(used=F("used") - 1, given_minor=back)
        return True


def retake(holder: str, now: datetime) -> None:
    """`holder` holds its slot again, still of the day it was first taken (money that came late, design: Order).

    Raises PROMO_LIMIT_REACHED when others have used it up meanwhile. Nothing happens without a slot.
    """
    slot = PromoSlot.objects.filter(holder=holder).first()
    if slot is None:
        return
    with transaction.atomic():
        promo = lock(slot.promo_id)
        slot.refresh_from_db()
        _hold_again(promo, slot)


def move(holder: str, target: str) -> None:
    """The slot that `holder` holds counts for another account from now on. The caller holds the promo's lock.

    Raises PROMO_LIMIT_REACHED where that account has used the promo up; nothing happens without a slot.
    """
    slot = PromoSlot.objects.filter(holder=holder, released_at=None).select_related("promo").first()
    if slot is None:
        return
    most = slot.promo.max_usage_per_id
    others = PromoSlot.objects.filter(promo=slot.promo, target=target, released_at=None).exclude(pk=slot.pk)
    if most and others.count() >= most:
        raise _limit_reached(_("This account has already used it."))
    PromoSlot.objects.filter(pk=slot.pk).update(target=target)


def _is_first(slot: PromoSlot) -> bool:
    """The slot is written; False if its holder has one already (the index knows, so nobody has to ask first)."""
    try:
        with transaction.atomic():
            slot.save(force_insert=True)
    except IntegrityError:
        return False
    return True


def _hold_again(promo: Promo, slot: PromoSlot) -> None:
    """A released slot is held again; one that is held stays so. The caller holds the promo's lock."""
    if slot.released_at is None:
        return
    reason = _over(promo, _counted(promo, slot.day, slot.target, slot.device, slot.address), slot.discount_minor)
    if reason:
        raise _limit_reached(reason)
    PromoSlot.objects.filter(pk=slot.pk).update(released_at=None)
    Promo.objects.filter(pk=promo.pk).update(used=F("used") + 1, given_minor=F("given_minor") + slot.discount_minor)


def _counted(promo: Promo, day: date, target: str, device: str, address: str) -> _Counts:
    """Slots of the promo held now, counted over the partial indexes; one statement, none where nothing is capped."""
    capped = {
        "day": (promo.max_daily_usage, Q(day=day)),
        "target": (promo.max_usage_per_id if target else 0, Q(target=target)),
        "device": (promo.max_usage_per_device if device else 0, Q(device=device)),
        "address": (promo.max_usage_per_ip if address else 0, Q(address=address)),
    }
    asked = {name: condition for name, (limit, condition) in capped.items() if limit}
    if not asked:
        return _Counts()
    any_of = Q()
    for condition in asked.values():
        any_of |= condition
    slots = PromoSlot.objects.filter(any_of, promo=promo, released_at=None)
    return _Counts(**slots.aggregate(**{name: Count("pk", filter=condition) for name, condition in asked.items()}))


def _over(promo: Promo, counts: _Counts, discount_minor: int = 0) -> str:
    """Which cap leaves no room for one more that takes so much off, as a sentence; "" if none."""
    return next((reason for _rule, reason in _caps(promo, counts, discount_minor) if reason), "")


def _caps(promo: Promo, counts: _Counts, discount_minor: int) -> Iterator[tuple[str, str]]:
    """(rule, why it leaves no room, "" if it does) of each cap. 0 as a cap: none."""
    is_full = promo.max_usage and promo.used >= promo.max_usage
    yield "max_usage", _("All of its uses are taken.") if is_full else ""
    is_full = promo.max_daily_usage and counts.day >= promo.max_daily_usage
    yield "max_daily_usage", _("All of today's uses are taken. Try again tomorrow.") if is_full else ""
    is_full = promo.max_usage_per_id and counts.target >= promo.max_usage_per_id
    yield "max_usage_per_id", _("This account has already used it.") if is_full else ""
    is_full = promo.max_usage_per_device and counts.device >= promo.max_usage_per_device
    yield "max_usage_per_device", _("This device has already used it.") if is_full else ""
    is_full = promo.max_usage_per_ip and counts.address >= promo.max_usage_per_ip
    yield "max_usage_per_ip", _("It was already used from this network.") if is_full else ""
    # The least that can be given away is one unit: of a budget that is reached nothing is left.
    is_full = promo.budget_minor and promo.given_minor + max(discount_minor, 1) > promo.budget_minor
    yield "budget", _("All that it gives away has been given away.") if is_full else ""


def _limit_reached(reason: str) -> Refused:
    return Refused("PROMO_LIMIT_REACHED", _("This promo code has been used up."), details=reason)


def _terms(found: Found, use: Use, now: datetime) -> Iterator[tuple[str, str]]:
    """(rule, why the promo is not for this purchase, "" if it is) of each of its terms."""
    promo = found.promo
    yield "region", _("It is for another country.") if promo.region_id != use.region_code else ""
    is_early = promo.starts_at is not None and promo.starts_at > now
    yield "start", _("It starts on %(date)s.") % {"date": _written(promo, promo.starts_at)} if is_early else ""
    is_other = found.product_ids and use.product_id not in found.product_ids
    yield "products", _("It is for other products.") if is_other else ""
    is_other = found.channel_ids and use.channel_id is not None and use.channel_id not in found.channel_ids
    yield "channels", _("It is for other ways to pay.") if is_other else ""
    is_other = promo.days and WEEKDAYS[today(promo, now).weekday()] not in promo.days
    yield "days", _("It holds on %(days)s only.") % {"days": _day_names(promo.days)} if is_other else ""
    is_other = promo.levels and use.level not in promo.levels
    yield "levels", _("It is for members of %(levels)s only.") % {"levels": ", ".join(promo.levels)} if is_other else ""
    least = Money(promo.min_minor, promo.region.currency)
    is_little = promo.region_id == use.region_code and use.list_total < least
    yield "minimum", _("It needs a purchase of at least %(amount)s.") % {"amount": least} if is_little else ""


def _written(promo: Promo, moment: datetime | None) -> str:
    """The day of `moment` in the promo's region, in the reader's language: 30 November 2025."""
    return formats.date_format(regions.local(promo.region, moment), "j F Y") if moment else ""


def _day_names(days: Sequence[str]) -> str:
    # 2024-01-01 was a Monday.
    names = [formats.date_format(date(2024, 1, 1 + WEEKDAYS.index(day)), "l") for day in days if day in WEEKDAYS]
    return ", ".join(names)


def listed(region_code: str, product_id: int, now: datetime, level: str = "") -> list[dict[str, Any]]:
    """The promos shown for a product in a region (API §16), each with its `promo`, the `products` and `channels` it is
    limited to, how often it was `used_today`, and whether a buyer of `level` ("": a guest) can use it today."""
    promos = list(
        Promo.objects.filter(region_id=region_code, is_active=True, is_listed=True)
        .filter(Q(products=None) | Q(products=product_id))
        .filter(Q(expires_at=None) | Q(expires_at__gt=now), Q(starts_at=None) | Q(starts_at__lte=now))
        .select_related("region")
        .prefetch_related("products", "channels")
        .distinct()
    )
    used_today: dict[int, int] = {}
    if promos:
        day = today(promos[0], now)
        rows = PromoSlot.objects.filter(promo__in=promos, day=day, released_at=None).values_list("promo_id")
        used_today = dict(rows.annotate(Count("pk")))
    answer = []
    for promo in promos:
        counts = _Counts(day=used_today.get(promo.pk, 0))
        right_day = not promo.days or WEEKDAYS[today(promo, now).weekday()] in promo.days
        answer.append(
            {
                "promo": promo,
                "products": list(promo.products.all()),
                "channels": list(promo.channels.all()),
                "used_today": counts.day,
                "is_available": right_day and (not promo.levels or level in promo.levels) and not _over(promo, counts),
            }
        )
    return answer
