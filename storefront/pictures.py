"""Addresses of pictures: what staff uploaded, else what the shop draws itself.

A drawing's address carries a version made from everything that it is drawn from, so that browsers may keep it for ever.
"""

from __future__ import annotations

from functools import cache
from hashlib import blake2s
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db.models.fields.files import FieldFile

from storefront import artwork

#: Kinds of drawings whose name and hints are looked up in the catalogue; the others are drawn from their code alone.
NAMED = frozenset({"product", "product-banner", "banner", "category", "channel", "channel-category"})


@cache
def _drawing_version() -> bytes:
    """What the drawings are made by: another line of code there is another picture."""
    sources = sorted(Path(artwork.__file__).parent.glob("*.py"))
    return blake2s(b"".join(source.read_bytes() for source in sources), digest_size=8).digest()


def drawing_version(kind: str, code: str, name: str = "", hints: dict[str, Any] | None = None) -> str:
    """Ten hex digits that change whenever the picture would."""
    hints = hints or {}
    material = "\x1f".join((kind, code, name, str(hints.get("palette", "")), str(hints.get("glyph", ""))))
    return blake2s(material.encode(), key=_drawing_version(), digest_size=5).hexdigest()


def drawn(kind: str, code: str, name: str = "", hints: dict[str, Any] | None = None) -> str:
    """The path of the drawing of that kind and code (`/art/product/MLBB.svg?v=…`)."""
    return f"/art/{kind}/{quote(code, safe='')}.svg?v={drawing_version(kind, code, name, hints)}"


def picture(upload: FieldFile | str, kind: str, code: str, name: str = "", hints: dict[str, Any] | None = None) -> str:
    """The path of the uploaded picture, or of the drawing where there is none."""
    if upload:
        return f"{settings.MEDIA_URL}{quote(str(upload))}"
    return drawn(kind, code, name, hints)


def absolute(path: str) -> str:
    """The same address as the outside world reaches it; "" stays "", full addresses stay as they are."""
    if not path or "://" in path:
        return path
    return settings.PUBLIC_BASE_URL.rstrip("/") + path
