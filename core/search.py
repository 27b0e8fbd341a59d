"""Words by which staff find an order or a customer: a table with an index for prefixes, since this PostgreSQL has no
extension for it (design, "Embedded services")."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from django.db import transaction

from core.models import SearchToken

MAX_WORD = 120


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


def index(kind: str, target: str, words: Iterable[str]) -> None:
    """`target` (an invoice number, a user's id) of `kind` is found by exactly these words from now on."""
    wanted = {word[:MAX_WORD] for word in words if word}
    with transaction.atomic():
        SearchToken.objects.filter(kind=kind, target=target).exclude(word__in=wanted).delete()
        SearchToken.objects.bulk_create(
            [SearchToken(kind=kind, target=target, word=word) for word in sorted(wanted)], ignore_conflicts=True
        )


def find(typed: str, *, kind: str = "", limit: int = 20) -> list[tuple[str, str]]:
    """(kind, target) of what is found by a word that begins with each of the typed ones, newest first."""
    prefixes = _folded(typed).split()[:5]
    if not prefixes:
        return []
    tokens = SearchToken.objects.filter(word__startswith=prefixes[0][:MAX_WORD])
    if kind:
        tokens = tokens.filter(kind=kind)
    for prefix in prefixes[1:]:
        also = SearchToken.objects.filter(word__startswith=prefix[:MAX_WORD])
        tokens = tokens.filter(target__in=also.values("target"))
    found: dict[tuple[str, str], None] = {}
    for one in tokens.order_by("-id").values_list("kind", "target")[: limit * 5]:
        found.setdefault(one)
    return list(found)[:limit]


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.replace("\0", " ")).casefold()
    return "".join(letter for letter in plain if not unicodedata.combining(letter))
