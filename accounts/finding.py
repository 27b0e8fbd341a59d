"""By which words staff find people: addresses, names, phone numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from django.db import transaction

from accounts.models import User
from core import search
from core.models import SearchMark

KIND = "user"
_BATCH = 500


def index(user: User) -> None:
    """The person is found by what the row says now, and by nothing it said before."""
    words = search.words_in(user.email, user.first_name, user.last_name, user.public_id) | search.endings(user.phone)
    search.index(KIND, user.public_id, words)


@transaction.atomic
def index_new() -> int:
    """Up to some hundred people who were not read yet are found by their words; how many were read."""
    SearchMark.objects.get_or_create(kind=KIND)
    mark = SearchMark.objects.select_for_update(skip_locked=True, no_key=True).filter(kind=KIND).first()
    if mark is None:
        return 0
    settled = search.settled_before()
    new = User.objects.filter(pk__gt=mark.last_id).order_by("pk")[:_BATCH]
    # Ids and times need not agree (accounts that were brought in).
    rows = list(takewhile(lambda user: user.created_at < settled, new))
    for user in rows:
        index(user)
    if rows:
        mark.last_id = rows[-1].pk
        mark.save(update_fields=["last_id"])
    return len(rows)


def find(typed: str, most: int = 100) -> Sequence[str]:
    """Public ids of who is found by a word that begins with each of the typed ones, or by the whole address; also of
    people nobody has read yet. A few statements, each by an index."""
    typed = typed.replace("\0", "").strip().lower()
    if not typed:
        return []
    found = [public_id for _, public_id in search.find(typed, kind=KIND, limit=most)]
    digits = search.letters_of(typed).lstrip("0")
    is_number = digits.isdigit() and len(digits) >= search.SHORTEST_PART
    if is_number:
        found += [public_id for _, public_id in search.beginning_with(digits, [KIND], most)]
    last = SearchMark.objects.filter(kind=KIND).values_list("last_id", flat=True).first() or 0
    unread = User.objects.filter(pk__gt=last).order_by("-pk").values_list("public_id", "email", "first_name", "phone")
    for public_id, *texts in unread[:_BATCH]:
        if any(typed in (text or "").lower() or (is_number and digits in (text or "")) for text in [public_id, *texts]):
            found.append(public_id)
    return list(dict.fromkeys(found))[:most]
