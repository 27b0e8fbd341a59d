"""Words by which staff find an order or a customer: a table with an index for prefixes, since this PostgreSQL has no
extension for it (design, "Embedded services")."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from core.models import SearchToken

MAX_WORD = 120
SHORTEST_PART = 4
# Between the moment a row bears and its insertion, and between the clocks of two machines.
_SLACK = timedelta(minutes=2)
# However common a beginning is, no search reads more words than these: staff type another letter.
_MOST_READ = 2000


def settled_before() -> datetime:
    """Rows made before then are all to be seen, or will never be: no transaction that writes is as old as that. Whoever
    goes through a table by id stops at the first row that is younger, since one with a lower id may still come to
    light."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(xact_start) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"
        )
        oldest = cursor.fetchone()[0]
    return min(timezone.now(), oldest or timezone.now()) - _SLACK


def words_in(*texts: str | None) -> set[str]:
    """The words to be found by: lower case, without accents; of mail addresses and numbers the parts too."""
    found: set[str] = set()
    for text in texts:
        folded = _folded(text or "")
        for whole in folded.split():
            found.add(whole[:MAX_WORD])
            parts = "".join(letter if letter.isalnum() else " " for letter in whole).split()
            found.update(part[:MAX_WORD] for part in parts if len(part) > 1)
    return found


def endings(text: str | None) -> set[str]:
    """Words by whose beginnings any part of `text` is found that has at least SHORTEST_PART letters or digits."""
    plain = letters_of(text or "")
    return {plain[at : at + MAX_WORD] for at in range(max(1, len(plain) - SHORTEST_PART + 1))} if plain else set()


def letters_of(text: str) -> str:
    """`text` as `endings` has it: letters and digits alone, lower case, without accents."""
    return "".join(letter for letter in _folded(text) if letter.isalnum())


def index(kind: str, target: str, words: Iterable[str]) -> None:
    """`target` (an invoice number, a user's id) of `kind` is found by exactly these words from now on."""
    wanted = {word[:MAX_WORD] for word in words if word}
    with transaction.atomic():
        SearchToken.objects.filter(kind=kind, target=target).exclude(word__in=wanted).delete()
        SearchToken.objects.bulk_create(
            [SearchToken(kind=kind, target=target, word=word) for word in sorted(wanted)], ignore_conflicts=True
        )


def add(words: Mapping[tuple[str, str], Iterable[str]]) -> None:
    """Each (kind, target) is found by these words, too; what it was found by before still holds."""
    rows = [
        SearchToken(kind=kind, target=target, word=word[:MAX_WORD])
        for (kind, target), found in sorted(words.items())
        for word in sorted(set(found))
        if word
    ]
    SearchToken.objects.bulk_create(rows, batch_size=2000, ignore_conflicts=True)


def beginning_with(typed: str, kinds: Iterable[str], limit: int) -> list[tuple[str, str]]:
    """Up to `limit` (kind, target) that have a word beginning with `typed`, blanks left out; in no order."""
    prefix = "".join(_folded(typed).split())[:MAX_WORD]
    if not prefix:
        return []
    rows = SearchToken.objects.filter(word__startswith=prefix, kind__in=list(kinds)).values_list("kind", "target")
    return list(dict.fromkeys(rows[: limit * 10]))[:limit]


def find(typed: str, *, kind: str = "", limit: int = 20) -> list[tuple[str, str]]:
    """(kind, target) of what is found by a word that begins with each of the typed ones; newest first, where they are
    not too many to read."""
    prefixes = _folded(typed).split()[:5]
    if not prefixes:
        return []
    tokens = SearchToken.objects.filter(word__startswith=prefixes[0][:MAX_WORD])
    if kind:
        tokens = tokens.filter(kind=kind)
    for prefix in prefixes[1:]:
        also = SearchToken.objects.filter(word__startswith=prefix[:MAX_WORD])
        tokens = tokens.filter(target__in=also.values("target"))
    read = sorted(tokens.values_list("id", "kind", "target")[:_MOST_READ], reverse=True)
    return list(dict.fromkeys((kind, target) for _, kind, target in read))[:limit]


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("\0", " ")).casefold()
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
