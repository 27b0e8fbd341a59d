"""The picture that a link to a page shows elsewhere (OpenGraph), as PNG: messengers draw no SVG."""

from functools import cache
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from .cloth import CREAM, INK, TURMERIC, dye_and_pattern
from .gate import SUN

WIDTH, HEIGHT = 1200, 630
_FONT = Path(__file__).resolve().parents[2] / "static" / "fonts" / "plus-jakarta-sans.woff2"
#: The left half of the mark (``gate.HALF``) as corners.
_HALF = (
    (29.5, 4), (24, 12), (24, 19), (19.5, 19), (19.5, 16.5), (17, 23), (17, 28), (19, 28), (19, 31),
    (13.5, 31), (13.5, 28.5), (11, 35), (11, 40), (13, 40), (13, 43), (7.5, 43), (7.5, 40.5), (5, 47),
    (5, 53), (6.5, 53), (6.5, 60), (29.5, 60),
)  # fmt: skip


@cache
def _font(size: int, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(_FONT, size)
    font.set_variation_by_axes([weight])
    return font


def _lines(text: str, font: ImageFont.FreeTypeFont, width: int) -> list[str]:
    """The text in at most three lines that fit the width."""
    lines: list[str] = []
    for word in text.split():
        if lines and font.getlength(f"{lines[-1]} {word}") <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines[:3]


def social_image(code: str, name: str, line: str, *, shop: str = "Gerbang") -> bytes:
    """1200 × 630 PNG in the dye of the code: name large, one line below, the open gate on the right."""
    dye, _ = dye_and_pattern(code)
    picture = Image.new("RGB", (WIDTH, HEIGHT), dye.ground)
    draw = ImageDraw.Draw(picture)
    scale, left, top = 7.6, 640.0, 100.0
    x, y, radius = left + SUN[0] * scale, top + SUN[1] * scale, SUN[2] * scale * 1.15
    draw.ellipse((x - 2.3 * radius, y - 2.3 * radius, x + 2.3 * radius, y + 2.3 * radius), fill=dye.deep)
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=TURMERIC)
    for shift, mirrored in ((-9, False), (9, True)):
        corners = [((64 - px if mirrored else px) + shift, py) for px, py in _HALF]
        draw.polygon([(left + px * scale, top + py * scale) for px, py in corners], fill=CREAM)
    draw.rectangle((0, HEIGHT - 46, WIDTH, HEIGHT), fill=dye.deep)
    for at in range(0, WIDTH, 40):
        draw.polygon([(at, HEIGHT), (at + 20, HEIGHT - 38), (at + 40, HEIGHT)], fill=dye.accent)
    title = _font(84 if len(name) < 18 else 64, 800)
    at_y = 190
    for words in _lines(name, title, 540):
        draw.text((72, at_y), words, font=title, fill=CREAM)
        at_y += int(title.size * 1.08)
    for words in _lines(line, _font(34, 500), 540):
        draw.text((72, at_y + 22), words, font=_font(34, 500), fill=CREAM)
        at_y += 44
    draw.rounded_rectangle((72, 72, 72 + _font(36, 800).getlength(shop) + 44, 132), radius=12, fill=TURMERIC)
    draw.text((94, 78), shop, font=_font(36, 800), fill=INK)
    out = BytesIO()
    picture.quantize(96).save(out, format="PNG", optimize=True)
    return out.getvalue()
