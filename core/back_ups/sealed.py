"""Files of any length sealed with a passphrase, piece by piece: what is cut off, turned round or changed does not open.

AES-256-GCM in pieces of a mebibyte. A piece's number and whether it is the last one are part of its nonce (the STREAM
construction), the key comes from the passphrase by scrypt with a salt of the file's own.
"""

from __future__ import annotations

import hashlib
import os
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"GERBANG-SEALED-1\n"
_PIECE = 1024 * 1024
_TAG = 16
_SALT = 16
_PREFIX = 7
# 64 MiB and about a third of a second for each guess.
_COST, _BLOCK, _MEMORY = 2**16, 8, 128 * 1024 * 1024


class NotOpened(Exception):
    """The passphrase is another one, or the file is not as it was written."""


def seal(source: IO[bytes], target: IO[bytes], passphrase: str) -> None:
    """All that `source` still holds stands in `target`, for whoever knows the passphrase."""
    salt, prefix = os.urandom(_SALT), os.urandom(_PREFIX)
    target.write(MAGIC + salt + prefix)
    cipher, number, piece = _cipher(passphrase, salt), 0, source.read(_PIECE)
    while True:
        following = source.read(_PIECE)
        target.write(cipher.encrypt(_nonce(prefix, number, is_last=not following), piece, MAGIC))
        if not following:
            return
        number, piece = number + 1, following


def is_sealed(source: IO[bytes]) -> bool:
    """Whether `source`, which stands at its beginning again afterwards, was written by `seal`."""
    begun = source.read(len(MAGIC))
    source.seek(0)
    return begun == MAGIC


def unseal(source: IO[bytes], target: IO[bytes], passphrase: str) -> None:
    """What was sealed stands in `target`. Raises NotOpened; what was written until then is worth nothing."""
    head = source.read(len(MAGIC) + _SALT + _PREFIX)
    salt, prefix = head[len(MAGIC) : len(MAGIC) + _SALT], head[len(MAGIC) + _SALT :]
    if not head.startswith(MAGIC) or len(prefix) != _PREFIX:
        raise NotOpened("this is no sealed back-up")
    cipher, number, piece = _cipher(passphrase, salt), 0, source.read(_PIECE + _TAG)
    while True:
        following = source.read(_PIECE + _TAG)
        try:
            target.write(cipher.decrypt(_nonce(prefix, number, is_last=not following), piece, MAGIC))
        except InvalidTag:
            raise NotOpened("the passphrase is another one, or the file was cut or changed") from None
        if not following:
            return
        number, piece = number + 1, following


def _cipher(passphrase: str, salt: bytes) -> AESGCM:
    key = hashlib.scrypt(passphrase.encode(), salt=salt, n=_COST, r=_BLOCK, p=1, maxmem=_MEMORY, dklen=32)
    return AESGCM(key)


def _nonce(prefix: bytes, number: int, *, is_last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([is_last])
