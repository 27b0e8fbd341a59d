"""The shop's own artwork: every picture that staff have not uploaded, always the same for the same code.

Each product is a piece of cloth: a ground dyed in one of twelve dyes, a batik pattern in wax lines, a drawing printed
slightly off its colour, and a row of *tumpal* triangles along the lower edge. So thirty products look like one
collection.
Everything is a pure function from texts to SVG text; nothing is read from disk, database or clock.
"""

from .pieces import banner, category_icon, channel_logo, flag, product_banner, product_icon, render, sku_code, sku_image

__all__ = [
    "banner",
    "category_icon",
    "channel_logo",
    "flag",
    "product_banner",
    "product_icon",
    "render",
    "sku_code",
    "sku_image",
]
