"""QR codes of payments: drawn only for valid EMV payloads, so that our address never decorates anybody else's text."""

from __future__ import annotations

import io

import segno

LONGEST = 512
_TAG = 2
_HEAD = 4


def crc16(text: str) -> str:
    """CRC-16/CCITT-FALSE as four upper-case hex digits (EMVCo merchant-presented codes, field 63)."""
    register = 0xFFFF
    for byte in text.encode():
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1 ^ 0x1021 if register & 0x8000 else register << 1) & 0xFFFF
    return f"{register:04X}"


def is_payload(text: str) -> bool:
    """Whether `text` is a whole EMV payload: fields of right lengths, the first 00, the last a checksum that holds."""
    if len(text) > LONGEST or not text.isascii() or not text.isprintable() or not text.startswith("00"):
        return False
    if text[-8:-4] != "6304" or crc16(text[:-4]) != text[-4:].upper():
        return False
    at = 0
    while at < len(text):
        length = text[at + _TAG : at + _HEAD]
        if not text[at : at + _HEAD].isdigit() or len(length) < _TAG:
            return False
        at += _HEAD + int(length)
    return at == len(text)


def png(text: str) -> bytes:
    """The code as a picture, dark on white, with the quiet zone that scanners need."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(out, kind="png", scale=8, border=4)
    return out.getvalue()


def svg(text: str) -> str:
    """The code as inline SVG without a size of its own, for pages."""
    drawn: str = segno.make(text, error="m", micro=False).svg_inline(scale=8, border=4, omitsize=True, light="#fff")
    return drawn
