"""Profile pictures, drawn anew (core.pictures) and served to everybody under media/."""

from __future__ import annotations

import secrets
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from core import pictures

SIDE = 512
FOLDER = "profiles"
FIELD = "profilePicture"


def store(upload: IO[bytes], size: int) -> str:
    """The path under media/ of the picture, drawn anew. Raises VALIDATION_ERROR on `profilePicture`."""
    drawn = pictures.redrawn(upload, size, FIELD, side=SIDE, square=True)
    return default_storage.save(f"{FOLDER}/{secrets.token_hex(12)}.jpg", ContentFile(drawn))


def remove(path: str) -> None:
    """A stored picture is gone; an address of Google's was never ours."""
    if path.startswith(f"{FOLDER}/"):
        default_storage.delete(path)
