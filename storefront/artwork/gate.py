"""The mark: a *gapura*, the split gate of Java and Bali, with the morning sun behind it."""

#: The left half in a field of 64 × 64; the right half is its mirror image.
HALF = "M29.5 4L24 12v7h-4.5v-2.5L17 23v5h2v3h-5.5v-2.5L11 35v5h2v3H7.5v-2.5L5 47v6h1.5v7h23z"
SUN = (32.0, 36.0, 13.5)
