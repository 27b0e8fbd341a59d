"""What every page draws: icons of the sprite, the gate, ids in groups of three."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from storefront.artwork.gate import HALF, SUN

register = template.Library()

#: The gate opens in this many steps, so that style sheets can move it without inline styles.
GATE_STEPS = 4
#: Widths of the courses between which the sun is seen in a mail.
_LIT = (9, 13)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """The icon of that name from the sprite; hidden from screen readers unless it has a label of its own."""
    href = static("icons/sprite.svg") + "#" + name
    if label:
        return format_html('<svg class="icon" role="img" aria-label="{}"><use href="{}"/></svg>', label, href)
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>', href)


@register.simple_tag
def gate(opening: float = 0.0, identity: str = "") -> SafeString:
    """The shop's mark, ``opening`` (0 to 1) apart. With an ``identity`` a later swap of the page lets it swing."""
    step = round(min(max(float(opening), 0.0), 1.0) * GATE_STEPS)
    x, y, radius = SUN
    named = format_html(' id="{}"', identity) if identity else ""
    return format_html(
        '<svg class="gate" viewBox="-14 0 92 62" aria-hidden="true" data-open="{step}"{identity}>'
        '<circle class="gate-sun" cx="{x}" cy="{y}" r="{radius}"/><path class="gate-left" d="{half}"/>'
        '<g transform="matrix(-1 0 0 1 64 0)"><path class="gate-right" d="{half}"/></g></svg>',
        step=step, identity=named, x=x, y=y, radius=radius, half=HALF,
    )  # fmt: skip


@register.filter
def threes(text: str) -> str:
    """``656696292`` as ``656 696 292``, for reading aloud and comparing; anything but plain digits stays as it is."""
    digits = str(text)
    if not (digits.isascii() and digits.isdigit()) or len(digits) < 6:
        return digits
    first = len(digits) % 3 or 3
    groups = [digits[:first], *(digits[at : at + 3] for at in range(first, len(digits), 3))]
    if len(groups) > 1 and len(groups[0]) == 1:
        groups[:2] = [groups[0] + groups[1]]
    return "\u2009".join(groups)


@register.simple_tag
def mail_gate(opening: float = 0.0) -> SafeString:
    """The mark for a mail, drawn with table cells: mail programs show neither SVG nor our style sheets."""
    gap = 3 + round(min(max(float(opening or 0), 0.0), 1.0) * 22)
    rows = format_html_join(
        "",
        '<tr><td width="18" align="right"><div style="width:{0}px;height:8px;background:#1d1a14"></div></td>'
        '<td width="{1}" style="background:{2}"></td>'
        '<td width="18"><div style="width:{0}px;height:8px;background:#1d1a14"></div></td></tr>',
        ((width, gap, "#f5b301" if width in _LIT else "transparent") for width in (5, 9, 13, 18)),
    )
    return format_html(
        '<table role="presentation" cellpadding="0" cellspacing="0" '
        'style="display:inline-table;font-size:0;line-height:0">{}</table>',
        rows,
    )
