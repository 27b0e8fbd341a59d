"""By which words staff find orders. They lead to the *value* (a player, an address, a number), not to the order: who
buys a hundred times is one player, and the order's own indexes find the rest.

Words are written a little later, by a sweep, so that no order waits for them; what it has not read yet is looked at
itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile

from django.db import transaction
from django.db.models import Max, Q, QuerySet, Value
from django.db.models.functions import Lower, Replace

from core import search
from core.models import SearchMark
from storefront.orders.models import Order

KIND = "order"
PLAYER, EMAIL, PHONE = "player", "email", "phone"
_BATCH = 500
_BATCHES = 20
_MOST_VALUES = 100
_MOST_UNREAD = 5000


@dataclass(frozen=True, slots=True)
class Found:
    """Primary keys of orders, newest first; `is_cut`: there are more than were looked at."""

    ids: list[int]
    is_cut: bool = False


def index_new() -> int:
    """Orders that were not read yet are found by their words; how many were read."""
    read = 0
    for _ in range(_BATCHES):
        batch = _index_batch()
        read += batch
        if batch < _BATCH:
            break
    return read


@transaction.atomic
def _index_batch() -> int:
    SearchMark.objects.get_or_create(kind=KIND)
    mark = SearchMark.objects.select_for_update(skip_locked=True, no_key=True).filter(kind=KIND).first()
    if mark is None:
        return 0  # somebody else is at it
    settled = search.settled_before()
    new = Order.objects.filter(pk__gt=mark.last_id).order_by("pk")
    columns = new.values_list("created_at", "pk", "player_id", "nickname", "email", "phone")
    rows = list(takewhile(lambda row: row[0] < settled, columns[:_BATCH]))
    if rows:
        _add(row[2:] for row in rows)
        mark.last_id = rows[-1][1]
        mark.save(update_fields=["last_id"])
    return len(rows)


def index(order: Order) -> None:
    """The order is found by what it says now: its account was corrected after it had been read."""
    _add([(order.player_id, order.nickname, order.email, order.phone)])


def _add(rows: Iterable[tuple[str, str | None, str, str]]) -> None:
    words: dict[tuple[str, str], set[str]] = {}
    for player, nickname, email, phone in rows:
        if player:
            called = {search.letters_of(nickname or ""), "".join((nickname or "").casefold().split())}
            found = search.endings(player) | search.words_in(nickname) | called
            words.setdefault((PLAYER, player), set()).update(found)
        if email:
            name, _, domain = email.lower().partition("@")
            words.setdefault((EMAIL, email.lower()), set()).update({email.lower(), domain}, search.words_in(name))
        if phone:
            words.setdefault((PHONE, phone), set()).update(search.endings(phone))
    search.add(words)


def find(typed: str, most: int = 200) -> Found:
    """Orders by a part of the invoice number's beginning, of player id or phone (any four letters or digits of it), of
    nickname or e-mail address (the beginning of a word). A handful of statements, each by an index."""
    typed = typed.replace("\0", "").strip()
    letters = search.letters_of(typed)
    if not typed:
        return Found([])
    values: dict[str, list[str]] = {PLAYER: [], EMAIL: [], PHONE: []}
    is_cut = False
    for word in dict.fromkeys((typed, letters, letters.lstrip("0"))):
        seen = search.beginning_with(word, values, _MOST_VALUES) if word else []
        is_cut = is_cut or len(seen) == _MOST_VALUES
        for kind, value in seen:
            values[kind].append(value)
    ids = set(_newest(Order.objects.filter(number__startswith=_number(typed)), most)) if _number(typed) else set()
    if values[PLAYER]:
        ids.update(_newest(Order.objects.filter(player_id__in=values[PLAYER]), most))
    if values[EMAIL]:
        written = Order.objects.annotate(written=Lower("email"))
        ids.update(_newest(written.filter(written__in=values[EMAIL]), most))
    if values[PHONE]:
        ids.update(_newest(Order.objects.exclude(phone="").filter(phone__in=values[PHONE]), most))
    ids.update(_newest(_unread(typed, letters), most))
    newest = sorted(ids, reverse=True)
    return Found(newest[:most], is_cut or len(newest) >= most)


def _number(typed: str) -> str:
    return "".join(typed.split()).upper().lstrip("#")


def _newest(orders: QuerySet[Order], most: int) -> list[int]:
    return list(orders.order_by("-pk").values_list("pk", flat=True)[:most])


def _unread(typed: str, letters: str) -> QuerySet[Order]:
    """Of the newest orders, whose words are not written yet, those that have it in them."""
    marks = SearchMark.objects.filter(kind=KIND).values_list("last_id", flat=True)
    newest = Order.objects.aggregate(newest=Max("pk"))["newest"] or 0
    called = Replace("nickname", Value(" "), Value(""))
    tail = Order.objects.filter(pk__gt=max(marks.first() or 0, newest - _MOST_UNREAD)).annotate(called=called)
    found = Q(called__icontains="".join(typed.split())) | Q(email__icontains=typed)
    for part in {letters, letters.lstrip("0")} - {""}:
        found |= Q(player_id__icontains=part) | Q(phone__contains=part)
    return tail.filter(found)
