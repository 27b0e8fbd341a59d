"""Uploaded pictures: what came in is never kept or served; it is drawn anew as a JPEG without any of its metadata."""

from __future__ import annotations

import secrets
from io import BytesIO
from typing import IO

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from core.errors import Refused, invalid

MOST_BYTES = 5 * 1024 * 1024
# A picture of a few kilobytes may claim gigabytes of pixels. A phone's camera stays below the first figure, and a JPEG
# is decoded small; the others are decoded whole, four bytes to the pixel, in every thread that is sent one.
MOST_PIXELS = {"JPEG": 50_000_000, "PNG": 20_000_000, "WEBP": 20_000_000}
FORMATS = tuple(MOST_PIXELS)
# What Pillow raises over a file that is none, cut off, or spoiled.
BROKEN = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError)


def redrawn(upload: IO[bytes], size: int, field: str, *, side: int, square: bool = False) -> bytes:
    """A JPEG no wider or higher than `side`, cut to a square if asked for. Raises VALIDATION_ERROR on `field`."""
    if size > MOST_BYTES:
        raise too_large(field)
    try:
        with Image.open(upload, formats=FORMATS) as picture:
            if has_too_many_pixels(picture):
                raise _refused(field, _("The picture has too many pixels."))
            picture.draft("RGB", (side, side))  # a large JPEG need not be decoded whole
            small = _reduced(picture, side, square=square)
            upright = ImageOps.exif_transpose(small) or small
            shown = upright.convert("RGBA")
    except BROKEN as problem:
        raise _refused(field, _("Choose a picture in JPG, PNG or WebP format.")) from problem
    if square:
        shown = ImageOps.fit(shown, (min(side, *shown.size),) * 2)
    else:
        shown.thumbnail((side, side))
    paper = Image.new("RGB", shown.size, "white")
    paper.paste(shown, mask=shown.getchannel("A"))
    out = BytesIO()
    paper.save(out, "JPEG", quality=86, optimize=True)
    return out.getvalue()


def has_too_many_pixels(picture: Image.Image) -> bool:
    """Whether decoding it would take more memory than an upload may."""
    # Phones put a second picture into a JPEG, its depth or its brightness; Pillow then calls it MPO.
    most = MOST_PIXELS["JPEG" if picture.format in (None, "MPO") else picture.format]
    return picture.width * picture.height > most


def _reduced(picture: Image.Image, side: int, *, square: bool) -> Image.Image:
    """The picture at less than twice the size it will be drawn in: each later step copies it."""
    plain = picture if picture.mode in ("L", "RGB", "RGBA") else picture.convert("RGBA")
    times = (min if square else max)(plain.size) // side
    return plain.reduce(times) if times > 1 else plain


def too_large(field: str) -> Refused:
    return _refused(field, _("The picture may have 5 MB at most."))


def keep(folder: str, picture: bytes) -> str:
    """The name under which the picture is kept where no address leads: only a door that asks who is there shows it."""
    return _private().save(f"{folder}/{secrets.token_hex(12)}.jpg", ContentFile(picture))


def kept(name: str) -> bytes:
    """A picture that was kept. Raises FileNotFoundError."""
    with _private().open(name) as file:
        return bytes(file.read())


def discard(name: str) -> None:
    _private().delete(name)


def _private() -> FileSystemStorage:
    return FileSystemStorage(location=settings.PRIVATE_ROOT)


def _refused(field: str, text: str) -> Refused:
    return invalid({field: text})
