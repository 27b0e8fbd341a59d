"""What the customer typed, field by field, read into the one form in which it is kept and sent on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import patterns
from core.errors import invalid
from core.models import Region
from core.translated import pick
from storefront.catalogue.models import ProductField

# Countries whose national numbers carry a leading 0 that the international form drops; Singapore has none
# (reference/facts/accounts-validation.md §5).
TRUNK_ZERO = frozenset({"ID", "MY", "PH", "TH"})
LONGEST = 120  # what an order's column holds
_BETWEEN_DIGITS = re.compile(r"[\s.()\-\u2010-\u2015]+")
_WHITE = re.compile(r"\s+")


class Value(TypedDict):
    """One input of a product as an order keeps it; `name` is its label at the time."""

    key: str
    name: str
    value: str


class _Wrong(Exception):
    """What is wrong with one value, for the customer."""


def read(
    fields: Sequence[ProductField], data: Mapping[str, Any], region: Region, *, lenient: bool = False
) -> list[Value]:
    """The values of a product's `fields` out of `data`, in the product's order.

    Digits are NFKC without spaces, phone numbers national (08…), text NFC and trimmed. Raises VALIDATION_ERROR naming
    every input that is missing, malformed or (unless `lenient`) none of the product's.
    """
    language = get_language() or "id"
    wrong: dict[str, str] = {}
    values: list[Value] = []
    for field in fields:
        try:
            value = _value(field, data.get(field.key), region)
        except _Wrong as problem:
            wrong[field.key] = str(problem)
            continue
        if value:
            values.append({"key": field.key, "name": pick(field.name, language) or field.key, "value": value})
    if not lenient:
        known = {field.key for field in fields}
        wrong |= {str(key)[:60]: _("This product has no such input.") for key in data if key not in known}
    if wrong:
        raise invalid(wrong)
    return values


def is_phone(field: ProductField) -> bool:
    return "phone" in field.key.lower()


def _value(field: ProductField, raw: Any, region: Region) -> str:
    """The normalised text, "" for an optional field left empty. Raises _Wrong."""
    text = _text(field, raw)
    if field.type == ProductField.Type.NUMBER:
        text = _digits(field, text, region)
    elif field.type == ProductField.Type.EMAIL:
        text = text.strip()
        if text:
            _check_email(text)
    else:
        text = unicodedata.normalize("NFC", text).strip()
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
            raise _Wrong(_("This holds characters that cannot be typed."))
    if not text:
        if field.is_required:
            raise _Wrong(_("Please fill this in."))
        return ""
    if field.type == ProductField.Type.SELECT:
        if text not in {str(option.get("value")) for option in field.options}:
            raise _Wrong(_("Choose one of the options."))
        return text
    _check_length(field, text)
    if field.pattern and not patterns.matches(field.pattern, text):
        raise _Wrong(_("This does not look right. Example: %(example)s") % {"example": field.placeholder or "–"})
    return text


def _text(field: ProductField, raw: Any) -> str:
    if raw is None:
        return ""
    if isinstance(raw, str):
        return raw
    if isinstance(raw, int) and not isinstance(raw, bool) and field.type != ProductField.Type.EMAIL:
        # A number has already lost its leading zeros; an id has none, a phone number nearly always does.
        if not is_phone(field):
            return str(raw)
        raise _Wrong(_("Send this as text, so that no leading zero is lost."))
    raise _Wrong(_("Send this as text."))


def _digits(field: ProductField, text: str, region: Region) -> str:
    text = unicodedata.normalize("NFKC", text)
    text = national(text, region) if is_phone(field) else _WHITE.sub("", text)
    if text and not (text.isascii() and text.isdigit()):
        raise _Wrong(_("Use digits only."))
    return text


def national(text: str, region: Region) -> str:
    """A phone number as people there write it: +62 851-5512 3456, 0062851… and 62851… become 0851…"""
    text = _BETWEEN_DIGITS.sub("", unicodedata.normalize("NFKC", text))
    dial = region.dial_code.lstrip("+")
    zero = "0" if region.code in TRUNK_ZERO else ""
    for prefix in (f"+{dial}", f"00{dial}"):
        if dial and text.startswith(prefix):
            return zero + text[len(prefix) :].lstrip("0" if zero else "")
    if zero and dial and text.startswith(dial):
        return zero + text[len(dial) :].lstrip("0")
    return text


def _check_email(text: str) -> None:
    try:
        validate_email(text)
    except ValidationError as problem:
        raise _Wrong(_("This is not an e-mail address.")) from problem


def _check_length(field: ProductField, text: str) -> None:
    longest = min(field.max_length, LONGEST)
    if not field.min_length <= len(text) <= longest:
        if field.min_length == longest:
            raise _Wrong(_("This has %(count)d characters.") % {"count": longest})
        raise _Wrong(_("This has %(least)d to %(most)d characters.") % {"least": field.min_length, "most": longest})
