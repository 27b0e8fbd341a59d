"""The pictures themselves, and the one door to them: ``render``."""

from collections.abc import Callable
from html import escape

from .cloth import CREAM, INK, TURMERIC, Dye, dye_and_pattern, number_of, pattern, tumpal
from .flags import FLAGS
from .glyphs import GLYPHS
from .letters import CAP, EM, LETTERS
from .subjects import ANY_SUBJECT, DYE_OF, GOODS, SUBJECTS

#: Drawings that many products share: their names are lettered below.
_NAMED = frozenset({"wallet", "signal", "radio-tower", "card-sim", "globe"})


def _svg(width: int, height: int, body: str, label: str = "") -> str:
    title = f"<title>{escape(label)}</title>" if label else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}">{title}{body}</svg>'
    )


def _drawing_of(code: str, name: str) -> str:
    text = f"{name} {code} ".lower()
    for drawing, words in SUBJECTS:
        if any(word in text for word in words):
            return drawing
    return ANY_SUBJECT[number_of(code) // 7 % len(ANY_SUBJECT)]


def _print(glyph: str, x: float, y: float, size: float, *, line: str, fill: str, weight: float = 1.5) -> str:
    """One drawing as a block print: the colour lies a little off the lines."""
    lines, shapes = GLYPHS[glyph]
    scale = size / 24
    off = 0.85
    return (
        f'<g transform="translate({x:g} {y:g}) scale({scale:g})" stroke-linecap="round" stroke-linejoin="round">'
        f'<g transform="translate({off} {off})" fill="{fill}">{shapes}</g>'
        f'<g fill="none" stroke="{line}" stroke-width="{weight}">{lines}</g></g>'
    )


def _cecek(cx: float, cy: float, radius: float, count: int, colour: str) -> str:
    """A ring of wax dots."""
    gap = 6.2832 * radius / count
    return (
        f'<circle cx="{cx:g}" cy="{cy:g}" r="{radius:g}" fill="none" stroke="{colour}" stroke-width="5" '
        f'stroke-linecap="round" stroke-dasharray="0 {gap:.3f}"/>'
    )


def lettering(
    text: str, x: float, baseline: float, height: float, colour: str, *, tracking: float = 0
) -> tuple[str, float]:
    """Capitals and digits as paths, and the width they take; what has no outline is left out."""
    scale = height / CAP
    parts, at = [], 0.0
    for letter in text.upper():
        if letter == " ":
            at += EM * 0.26
        elif letter in LETTERS:
            advance, path = LETTERS[letter]
            parts.append(f'<path transform="translate({at:g} 0)" d="{path}"/>')
            at += advance + tracking
    drawn = f'<g transform="translate({x:g} {baseline:g}) scale({scale:.4f})" fill="{colour}">{"".join(parts)}</g>'
    return drawn, at * scale


def _medallion(seed: int, dye: Dye) -> str:
    """The quiet field behind the drawing: a disc, a gate's niche, or a lozenge, ringed with wax dots."""
    match seed // 13 % 3:
        case 0:
            return f'<circle cx="120" cy="108" r="84" fill="{dye.deep}"/>{_cecek(120, 108, 76, 44, dye.line)}'
        case 1:
            niche = "M34 216V70H50V50H68V34H90V20H150V34H172V50H190V70H206V216z"
            inner = "M44 216V80H60V60H78V44H100V30H140V44H162V60H180V80H196V216"
        case _:
            niche = "M120 8L220 108 120 208 20 108z"
            inner = "M120 22L206 108 120 194 34 108z"
    dots = f'stroke="{dye.line}" stroke-width="5" stroke-linecap="round" stroke-dasharray="0 11" fill="none"'
    field = f'<path d="{niche}" fill="{dye.deep}" stroke="{dye.deep}" stroke-width="8" stroke-linejoin="round"/>'
    return f'{field}<path d="{inner}" {dots}/>'


def product_icon(code: str, name: str, *, palette: str | None = None, glyph: str | None = None) -> str:
    """A square of 240: the product's tile. Operators and wallets carry their name in letters, games a drawing alone."""
    dye, weave = dye_and_pattern(code, palette or DYE_OF.get(code.upper()))
    drawing = glyph if glyph in GLYPHS else _drawing_of(code, name)
    word = "".join(letter for letter in name.upper() if letter in LETTERS)
    figure = _print(drawing, 62, 48, 116, line=CREAM, fill=dye.accent)
    if drawing in _NAMED and 1 < len(word) <= 9:
        _, width = lettering(word, 0, 0, 100, CREAM, tracking=10)
        height = min(34.0, 118 / width * 100)
        letters, _ = lettering(word, 120 - width * height / 200, 158, height, CREAM, tracking=10)
        figure = _print(drawing, 90, 52, 60, line=CREAM, fill=dye.accent, weight=1.7) + letters
    body = (
        f"<defs>{pattern(weave, dye.line, 'p')}</defs>"
        f'<path d="M0 0H240V240H0z" fill="{dye.ground}"/><path d="M0 0H240V240H0z" fill="url(#p)" opacity=".8"/>'
        f"{_medallion(number_of(code), dye)}{figure}"
        f'<path d="M0 214H240V240H0z" fill="{dye.deep}"/>{tumpal(240, 240, 20, dye.accent)}'
    )
    return _svg(240, 240, body, name)


def _wide(code: str, name: str, width: int, height: int, dye: Dye, weave: str, drawing: str) -> str:
    """Cloth with quiet ground on the left for words and the drawing on the right."""
    size = height * 0.86
    cx, cy = width - height * 0.62, height * 0.47
    edge = height // 16
    body = (
        f"<defs>{pattern(weave, dye.line, 'p', scale=height / 300)}"
        f'<linearGradient id="q"><stop offset=".28" stop-color="{dye.ground}"/>'
        f'<stop offset=".62" stop-color="{dye.ground}" stop-opacity="0"/></linearGradient></defs>'
        f'<path d="M0 0H{width}V{height}H0z" fill="{dye.ground}"/>'
        f'<path d="M0 0H{width}V{height}H0z" fill="url(#p)" opacity=".7"/>'
        f'<path d="M0 0H{width}V{height}H0z" fill="url(#q)"/>'
        f'<circle cx="{cx:g}" cy="{cy:g}" r="{height * 0.52:g}" fill="{dye.deep}"/>'
        f"{_cecek(cx, cy, height * 0.48, 64, dye.line)}"
        f"{_print(drawing, cx - size / 2, cy - size / 2, size, line=CREAM, fill=dye.accent, weight=1.3)}"
        f'<path d="M0 {height - edge * 1.3:g}H{width}V{height}H0z" fill="{dye.deep}"/>'
        f"{tumpal(width, height, edge, dye.accent, step=max(edge, 8) * 6 // 5)}"
    )
    return _svg(width, height, body, name)


def product_banner(code: str, name: str, *, palette: str | None = None, glyph: str | None = None) -> str:
    """1200 × 220, the same cloth as the product's tile; words stand on its left half."""
    dye, weave = dye_and_pattern(code, palette or DYE_OF.get(code.upper()))
    return _wide(code, name, 1200, 220, dye, weave, glyph if glyph in GLYPHS else _drawing_of(code, name))


def banner(code: str, name: str, *, palette: str | None = None, glyph: str | None = None) -> str:
    """1200 × 480 for the front page's campaigns."""
    dye, weave = dye_and_pattern(code, palette)
    return _wide(code, name, 1200, 480, dye, weave, glyph if glyph in GLYPHS else _drawing_of(code, name))


#: Where each piece of a heap lies, and how large it is.
_HEAPS = {
    1: ((28, 28, 40),),
    2: ((14, 30, 38), (44, 26, 38)),
    3: ((12, 40, 36), (48, 40, 36), (30, 12, 36)),
    4: ((6, 46, 34), (56, 46, 34), (31, 44, 36), (16, 16, 34), (46, 16, 34)),
    5: ((4, 52, 32), (60, 52, 32), (32, 52, 34), (15, 28, 32), (48, 28, 32), (32, 4, 32)),
}


def sku_code(name: str, position: int, count: int) -> str:
    """The picture's code for the SKU at ``position`` (from 0) of ``count``, e.g. ``gem-3``.

    A product's SKUs share at most five pictures, so that a page of twenty amounts asks for few files.
    """
    words = f" {name.lower()} "
    drawing = next((goods[1] for goods in GOODS if any(word in words for word in goods[0])), "gem")
    heap = 1 + min(4, position * 5 // max(count, 1))
    return drawing if drawing in ("ticket", "globe", "smartphone", "gift") else f"{drawing}-{heap}"


def sku_image(code: str, name: str) -> str:
    """96 × 96 on nothing: a heap of one to five gems, coins or notes, or one pass or gift; code as by ``sku_code``."""
    drawing, _, heap = code.partition("-")
    goods = next((goods for goods in GOODS if goods[1] == drawing), GOODS[1])
    places = _HEAPS.get(int(heap) if heap.isdigit() else 0, ((20, 20, 56),))
    body = "".join(_print(goods[1], x, y, size, line=goods[3], fill=goods[2], weight=1.7) for x, y, size in places)
    return _svg(96, 96, f'<circle cx="48" cy="50" r="44" fill="{goods[2]}" opacity=".16"/>{body}', name)


_CHANNEL_COLOURS = ("#22346B", "#8E1F2D", "#1B4D34", "#0C4F5B", "#4C1B48", "#A93F1A", "#20588C", "#7A1C3D", "#57301A")
_CHANNEL_GLYPHS = (
    (("qr", "paynow", "promptpay"), "qr-code"), (("balance", "saldo"), "wallet"), (("card", "kartu"), "credit-card"),
    (("mart", "retail", "store", "7-eleven"), "store"),
)  # fmt: skip


def channel_logo(code: str, name: str) -> str:
    """96 × 60: the channel's name in the shop's own letters on a white card; nobody's trademark is drawn."""
    text = f"{code} {name}".lower()
    colour = _CHANNEL_COLOURS[number_of(code) % len(_CHANNEL_COLOURS)]
    short = "".join(letter for letter in name.split(" (")[0] if letter.isalnum() or letter in " +&")
    for words in ("Virtual Account", "virtual account", " VA", "Bank ", "bank "):
        short = short.replace(words, "")
    short = short.strip().upper()
    if len(short) > 10:
        short = short.split(" ")[0][:9]
    glyph = next((drawing for words, drawing in _CHANNEL_GLYPHS if any(word in text for word in words)), None)
    _, width = lettering(short, 0, 0, 100, colour)
    card = '<rect x=".5" y=".5" width="95" height="59" rx="7.5" fill="#fff" stroke="#1D1A14" stroke-opacity=".14"/>'
    if glyph:
        height = min(12.0, 76 / max(width, 1) * 100)
        word, taken = lettering(short, 48 - width * height / 200, 52, height, colour)
        return _svg(96, 60, f"{card}{_print(glyph, 35, 8, 26, line=colour, fill=TURMERIC, weight=1.8)}{word}", name)
    height = min(21.0, 78 / max(width, 1) * 100)
    word, taken = lettering(short, 48 - width * height / 200, 30 + height / 2 - 2, height, colour)
    return _svg(
        96, 60, f'{card}{word}<path d="M{48 - taken / 2:g} 47h{taken:g}v3h-{taken:g}z" fill="{TURMERIC}"/>', name
    )


def flag(code: str) -> str:
    """60 × 40; an unknown country gets an empty field."""
    field = FLAGS.get(code.upper(), f'<path fill="{TURMERIC}" d="M0 0h60v40H0z"/>')
    edge = f'<path d="M.5.5h59v39H.5z" fill="none" stroke="{INK}" stroke-opacity=".16"/>'
    return _svg(60, 40, field + edge, code.upper())


def category_icon(code: str) -> str:
    """The name of the sprite's icon (``static/icons/sprite.svg``) for a category."""
    text = code.lower()
    for words, icon in (
        (("game", "mobile"), "gamepad-2"),
        (("pulsa", "telco", "data", "credit"), "signal"),
        (("wallet", "e-money", "emoney"), "wallet"),
        (("voucher", "gift"), "gift"),
        (("bill", "pln"), "zap"),
        (("stream", "entertain"), "sparkles"),
    ):
        if any(word in text for word in words):
            return icon
    return "layout-grid"


def _tile_of_category(code: str, name: str) -> str:
    glyph = category_icon(code)
    return product_icon(f"category-{code}", name, glyph=glyph if glyph in GLYPHS else "package")


_KINDS: dict[str, Callable[..., str]] = {
    "product": product_icon,
    "product-banner": product_banner,
    "banner": banner,
}
_PLAIN_KINDS: dict[str, Callable[[str, str], str]] = {
    "sku": sku_image,
    "channel": channel_logo,
    "category": _tile_of_category,
    "channel-category": _tile_of_category,
    "flag": lambda code, name: flag(code),
}


def render(kind: str, code: str, name: str, *, palette: str | None = None, glyph: str | None = None) -> str | None:
    """The picture behind ``/art/<kind>/<code>.svg``, or None where there is no such kind; ``name`` is its title.

    ``palette`` and ``glyph`` are hints that only cloths follow; unknown ones are passed over.
    """
    if kind in _KINDS:
        return _KINDS[kind](code, name, palette=palette, glyph=glyph)
    return _PLAIN_KINDS[kind](code, name) if kind in _PLAIN_KINDS else None
