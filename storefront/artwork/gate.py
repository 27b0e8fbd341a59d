"""The mark: a *gapura*, the split gate of Java and Bali, with the morning sun behind it."""

from .cloth import INK, TURMERIC

#: The left half in a field of 64 × 64; the right half is its mirror image.
HALF = "M29.5 4L24 12v7h-4.5v-2.5L17 23v5h2v3h-5.5v-2.5L11 35v5h2v3H7.5v-2.5L5 47v6h1.5v7h23z"
SUN = (32.0, 36.0, 13.5)
#: How far each half stands from where it began once the gate is fully open.
TRAVEL = 13.0


def gate_mark(opening: float = 0.0, *, ink: str = INK, sun: str = TURMERIC, size: int | None = None) -> str:
    """The mark as SVG, its halves ``opening`` (0 to 1) of the way apart; closed, a slit of light is seen."""
    shift = TRAVEL * min(max(opening, 0.0), 1.0)
    x, y, radius = SUN
    extent = f' width="{size}" height="{size}"' if size else ""
    edge = TRAVEL if shift else 0.0
    field = f"{-edge:g} {-edge:g} {64 + 2 * edge:g} {64 + 2 * edge:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{field}"{extent}>'
        f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{sun}"/><g fill="{ink}">'
        f'<path transform="translate({-shift:g} 0)" d="{HALF}"/>'
        f'<path transform="translate({64 + shift:g} 0) scale(-1 1)" d="{HALF}"/></g></svg>'
    )
