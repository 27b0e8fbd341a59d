"""Uploaded pictures: whatever a phone sends is drawn, and whatever is none is refused in words, never an error."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from core import pictures
from core.errors import Refused
from storefront.admin.forms import PictureField


def made(form: str, size: tuple[int, int] = (60, 40), mode: str = "RGB", **more: Any) -> bytes:
    out = BytesIO()
    Image.effect_noise(size, 90).convert(mode).save(out, form, **more)
    return out.getvalue()


def of_customer(content: bytes) -> bytes:
    return pictures.redrawn(BytesIO(content), len(content), "picture", side=30)


def of_staff(content: bytes) -> bytes:
    return bytes(PictureField().clean(SimpleUploadedFile("art.png", content)).read())


#: A JPEG with a second picture in it, as phones make them.
_OF_A_PHONE = made("MPO", save_all=True, append_images=[Image.new("RGB", (60, 40))])


@pytest.mark.parametrize("redrawn", [of_customer, of_staff])
@pytest.mark.parametrize("content", [_OF_A_PHONE, made("JPEG"), made("PNG", mode="P"), made("WEBP")])
def test_what_cameras_and_programs_make_is_drawn_anew(redrawn: Any, content: bytes) -> None:
    with Image.open(BytesIO(redrawn(content))) as picture:
        assert picture.width in (30, 60) and picture.format in ("JPEG", "WEBP")


@pytest.mark.parametrize("redrawn", [of_customer, of_staff])
@pytest.mark.parametrize(
    "content",
    [
        made("JPEG")[:-200], made("PNG")[:-200], b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
        made("GIF"), b"P6\n9000 9000\n255\n", b"<svg/>", made("PNG", (5001, 4000), "1"),
    ],
    ids=["cut JPEG", "cut PNG", "PostScript", "GIF", "PPM", "SVG", "too many pixels"],
)  # fmt: skip
def test_what_is_cut_off_a_program_or_a_bomb_is_refused_in_words(redrawn: Any, content: bytes) -> None:
    with pytest.raises((Refused, ValidationError)):
        redrawn(content)
