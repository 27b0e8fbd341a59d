"""Notes of staff about an order or a customer: for staff alone, with their author, and never changed."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext as _

from core.errors import invalid
from core.models import Note

LONGEST = 4000


def about_order(number: str) -> str:
    return f"order:{number}"


def about_user(public_id: str) -> str:
    return f"user:{public_id}"


def write(about: str, author: AbstractBaseUser, text: str) -> Note:
    """One more note stands there, unless its author wrote the very same there last: a double click writes one.

    Raises VALIDATION_ERROR for an empty or endless text.
    """
    text = text.strip()
    if not text or len(text) > LONGEST:
        raise invalid({"text": _("Between 1 and %(most)d characters, please.") % {"most": LONGEST}})
    last = Note.objects.filter(about=about).first()
    if last is not None and (last.author_id, last.text) == (author.pk, text):
        return last
    return Note.objects.create(about=about, author_id=author.pk, text=text)


def of(about: str, most: int = 50) -> Sequence[Note]:
    """The notes there, newest first; one statement."""
    return list(Note.objects.filter(about=about).select_related("author")[:most])
