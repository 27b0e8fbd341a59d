"""Dyes and batik patterns: the ground that every picture stands on."""

from dataclasses import dataclass
from hashlib import blake2s


@dataclass(frozen=True)
class Dye:
    """Four colours that were chosen to lie on each other; all grounds are dark enough for cream lettering (4.5:1)."""

    ground: str
    deep: str
    line: str
    accent: str


CREAM = "#FFF6E3"
INK = "#1D1A14"
TURMERIC = "#F5B301"

DYES: dict[str, Dye] = {
    "tarum": Dye("#22346B", "#182550", "#4A61A8", "#F7B52C"),
    "soga": Dye("#57301A", "#40220F", "#8B5530", "#F4B04A"),
    "mengkudu": Dye("#8E1F2D", "#6D1420", "#BF4A55", "#FFC65C"),
    "daun": Dye("#1B4D34", "#123825", "#387E59", "#F2C14E"),
    "laut": Dye("#0C4F5B", "#083A44", "#24808D", "#FFB454"),
    "manggis": Dye("#4C1B48", "#381235", "#7F4479", "#FFAE94"),
    "tembikar": Dye("#A93F1A", "#842E10", "#D9703F", "#FFDB8F"),
    "malam": Dye("#20222E", "#14151D", "#4A4E68", "#F5B301"),
    "teratai": Dye("#9C2B52", "#7A1C3D", "#CC6689", "#FFDFA0"),
    "langit": Dye("#20588C", "#16426C", "#4F8CC2", "#FFD565"),
    "padi": Dye("#54561A", "#3E400F", "#878A3B", "#FFE07A"),
    "abu": Dye("#3A3F45", "#282C31", "#656D76", "#FF9F6B"),
}


def number_of(text: str) -> int:
    """A number that only depends on the text, the same on every machine."""
    return int.from_bytes(blake2s(text.encode(), digest_size=6).digest(), "big")


def _kawung(line: str) -> str:
    petal = "M0 0C17 1 23 7 24 24C7 23 1 17 0 0Z"
    petals = "".join(f'<path d="{petal}" transform="rotate({turn} 24 24)"/>' for turn in (0, 90, 180, 270))
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="1.8"/>' for x, y in ((24, 10), (38, 24), (24, 38), (10, 24)))
    return f'<g fill="none" stroke="{line}" stroke-width="2">{petals}</g><g fill="{line}">{dots}</g>'


def _parang(line: str) -> str:
    blade = "M4 48C4 30 24 34 20 14C19 8 14 4 8 4C16 12 2 16 4 30Z"
    return (
        f'<g fill="{line}"><path d="{blade}"/><path d="M44 0C44 18 24 14 28 34C29 40 34 44 40 44C32 36 46 32 44 18Z"/>'
        f'<path d="M24 20l4 4-4 4-4-4z"/></g>'
    )


def _grinsing(line: str) -> str:
    scale = '<path d="M0 24a24 24 0 0 1 48 0"/><path d="M9 24a15 15 0 0 1 30 0"/>'
    rows = f'{scale}<g transform="translate(-24 24)">{scale}</g><g transform="translate(24 24)">{scale}</g>'
    dots = '<circle cx="24" cy="19" r="3"/><circle cx="0" cy="43" r="3"/><circle cx="48" cy="43" r="3"/>'
    return f'<g fill="none" stroke="{line}" stroke-width="2">{rows}</g><g fill="{line}">{dots}</g>'


def _truntum(line: str) -> str:
    ray = "M0-13L2.6-3 0 0-2.6-3Z"
    star = "".join(f'<path d="{ray}" transform="rotate({turn})"/>' for turn in range(0, 360, 45))
    return (
        f'<g fill="{line}"><g transform="translate(24 24)">{star}</g>'
        f'<circle r="3"/><circle cx="48" r="3"/><circle cy="48" r="3"/><circle cx="48" cy="48" r="3"/></g>'
    )


def _ceplok(line: str) -> str:
    return (
        f'<g fill="none" stroke="{line}" stroke-width="2"><path d="M24 0L48 24 24 48 0 24Z"/>'
        f'<path d="M24 10L38 24 24 38 10 24Z"/></g>'
        f'<g fill="{line}"><path d="M24 18l6 6-6 6-6-6z"/><circle r="4"/><circle cx="48" r="4"/>'
        f'<circle cy="48" r="4"/><circle cx="48" cy="48" r="4"/></g>'
    )


def _lereng(line: str) -> str:
    return (
        f'<g stroke="{line}" stroke-width="2" fill="none"><path d="M0 4H48M0 30H48"/>'
        f'<path d="M0 17C8 9 16 9 24 17S40 25 48 17"/></g>'
        f'<g fill="{line}"><circle cx="6" cy="39" r="2.4"/><circle cx="18" cy="39" r="2.4"/>'
        f'<circle cx="30" cy="39" r="2.4"/><circle cx="42" cy="39" r="2.4"/></g>'
    )


def _poleng(line: str) -> str:
    return (
        f'<g fill="{line}"><path d="M0 0H24V24H0z" opacity=".75"/><path d="M24 24H48V48H24z" opacity=".75"/>'
        f'<path d="M33 9h6v6h-6zM9 33h6v6H9z"/></g>'
    )


def _nitik(line: str) -> str:
    spots = [(24, 6), (15, 15), (33, 15), (6, 24), (24, 24), (42, 24), (15, 33), (33, 33), (24, 42)]
    dots = "".join(f'<path d="M{x - 3} {y - 3}h6v6h-6z"/>' for x, y in spots)
    knots = "".join(f'<circle cx="{x}" cy="{y}" r="5"/>' for x in (0, 48) for y in (0, 48))
    return f'<g fill="{line}">{dots}{knots}</g>'


def _mendung(line: str) -> str:
    cloud = "M4 30c-2-9 7-14 12-9 1-9 15-10 17 0 8-3 14 4 11 10"
    return (
        f'<g fill="none" stroke="{line}" stroke-width="2.4" stroke-linecap="round"><path d="{cloud}"/>'
        f'<path d="M11 31c0-5 5-6 7-3 1-6 10-6 11 0 5-2 8 0 8 3"/><path d="M0 44h14M34 44h14M20 6h8"/></g>'
    )


_PATTERNS = {
    "kawung": (_kawung, ""),
    "parang": (_parang, "rotate(-12)"),
    "grinsing": (_grinsing, ""),
    "truntum": (_truntum, "rotate(45) scale(.8)"),
    "ceplok": (_ceplok, ""),
    "lereng": (_lereng, "rotate(-45)"),
    "poleng": (_poleng, ""),
    "nitik": (_nitik, ""),
    "mendung": (_mendung, ""),
}
PATTERNS = tuple(_PATTERNS)


def pattern(name: str, line: str, identity: str, *, scale: float = 1.0) -> str:
    """A ``<pattern>`` element with the given id; fill with ``url(#id)``."""
    draw, turn = _PATTERNS[name]
    transform = f"{turn} scale({scale})".strip()
    return (
        f'<pattern id="{identity}" width="48" height="48" patternUnits="userSpaceOnUse" '
        f'patternTransform="{transform}">{draw(line)}</pattern>'
    )


def tumpal(width: int, bottom: int, height: int, colour: str, *, step: int = 24) -> str:
    """A row of triangles that stand on the line ``bottom`` and reach across ``width``."""
    teeth = "".join(f"l{step / 2:g}-{height}l{step / 2:g} {height}" for _ in range(width // step))
    return f'<path d="M0 {bottom}{teeth}z" fill="{colour}"/>'


def dye_and_pattern(code: str, palette: str | None = None) -> tuple[Dye, str]:
    """The cloth of a code: the asked dye or the code's own, and the code's pattern."""
    seed = number_of(code)
    names = tuple(DYES)
    dye = DYES[palette] if palette in DYES else DYES[names[seed % len(names)]]
    return dye, PATTERNS[(seed // 97) % len(PATTERNS)]
