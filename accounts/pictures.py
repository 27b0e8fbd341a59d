"""Profile pictures: what was uploaded is never served; it is drawn anew as a small JPEG without any of its metadata."""

from __future__ import annotations

import secrets
from io import BytesIO
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from core.errors import invalid

MOST_BYTES = 5 * 1024 * 1024
# A picture of a few kilobytes may claim gigabytes of pixels; a phone's camera stays below this.
MOST_PIXELS = 50_000_000
SIDE = 512
_FORMATS = ("JPEG", "PNG", "WEBP")
FOLDER = "profiles"


def store(upload: IO[bytes], size: int) -> str:
    """The path under media/ of the picture, drawn anew. Raises VALIDATION_ERROR on `profilePicture`."""
    if size > MOST_BYTES:
        raise _refused(too_large())
    name = f"{FOLDER}/{secrets.token_hex(12)}.jpg"
    return default_storage.save(name, ContentFile(_drawn(upload)))


def remove(path: str) -> None:
    """A stored picture is gone; an address of Google's was never ours."""
    if path.startswith(f"{FOLDER}/"):
        default_storage.delete(path)


def _drawn(upload: IO[bytes]) -> bytes:
    try:
        with Image.open(upload, formats=_FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _refused(_("The picture has too many pixels."))
            picture.draft("RGB", (2 * SIDE, 2 * SIDE))  # a large JPEG need not be decoded whole
            upright = ImageOps.exif_transpose(picture) or picture
            shown = upright.convert("RGBA")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as problem:
        raise _refused(_("Choose a picture in JPG, PNG or WebP format.")) from problem
    shown = ImageOps.fit(shown, (min(SIDE, *shown.size),) * 2)
    paper = Image.new("RGB", shown.size, "white")
    paper.paste(shown, mask=shown.getchannel("A"))
    out = BytesIO()
    paper.save(out, "JPEG", quality=86, optimize=True)
    return out.getvalue()


def too_large() -> str:
    return _("The picture may have 5 MB at most.")


def _refused(text: str) -> Exception:
    return invalid({"profilePicture": text})
