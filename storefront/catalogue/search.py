"""Finding a product by what people type: prefixes, other names, and a slip of the finger or two."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from storefront.catalogue.shop import ProductCard

_WORD = re.compile(r"[a-z0-9]+")
_LONGEST_QUERY = 60


def words(text: str) -> list[str]:
    """The words of a text without case and accents: "Pokémon UNITE" → pokemon, unite."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))


def find(cards: Iterable[ProductCard], query: str, most: int = 40) -> list[ProductCard]:
    """The cards that fit every word of `query`, best first; those that can be bought before those that cannot."""
    wanted = words(query[:_LONGEST_QUERY])
    if not wanted:
        return []
    scored: list[tuple[float, int, ProductCard]] = []
    for place, card in enumerate(cards):
        score = _score(card, wanted)
        if score > 0:
            scored.append((score + (0.5 if card.is_available else 0), -place, card))
    scored.sort(key=lambda entry: entry[:2], reverse=True)
    return [card for _, _, card in scored[:most]]


def _score(card: ProductCard, wanted: Sequence[str]) -> float:
    title = words(f"{card.title} {card.name}")
    other = words(f"{card.search_words} {card.code.replace('_', ' ')}")
    around = words(f"{card.publisher} {card.subtitle} {card.category_title} {' '.join(card.tags)}")
    joined = "".join(words(card.title))
    total = 0.0
    for word in wanted:
        best = max(_fit(word, title) * 3, _fit(word, other) * 3, _fit(word, around))
        if best == 0 and len(word) >= 3 and word in joined:
            best = 1.5
        if best == 0:
            return 0.0
        total += best
    return total


def _fit(word: str, among: Iterable[str]) -> float:
    """1 for the word itself, less for a beginning, a part, or a misspelling; 0 for none."""
    best = 0.0
    for candidate in among:
        if candidate == word:
            return 1.0
        if candidate.startswith(word):
            best = max(best, 0.9)
        elif len(word) >= 3 and word in candidate:
            best = max(best, 0.6)
        elif len(word) >= 4 and slips(word, candidate[: len(word) + 1], 2 if len(word) > 6 else 1):
            best = max(best, 0.4)
    return best


def slips(one: str, other: str, most: int) -> bool:
    """Whether `one` becomes `other` by at most `most` letters added, dropped, changed or swapped with a neighbour."""
    if abs(len(one) - len(other)) > most:
        return False
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        current = [row]
        for column, compared in enumerate(other, start=1):
            cost = min(last[column] + 1, current[-1] + 1, last[column - 1] + (letter != compared))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == compared:
                cost = min(cost, before[column - 2] + 1)
            current.append(cost)
        before, last = last, current
    return last[-1] <= most
