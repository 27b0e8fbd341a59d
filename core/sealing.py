"""Secrets written down to be read again: sealed with ENCRYPTION_KEYS, so that no copy of the database shows them.

The first of the keys seals; all of them open. A new key is put first, what lasts is sealed again, the old one dropped.
"""

from __future__ import annotations

import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def seal(text: str) -> str:
    """`text` so that only this shop reads it again."""
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed. Raises ValueError for anything else."""
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken as problem:
        raise ValueError("not sealed by this shop") from problem


def key_mark() -> str:
    """Names the key that seals now, and tells nothing about it; kept beside what lasts, to know what is left to do."""
    return key_marks()[0]


def key_marks() -> list[str]:
    """The marks of all keys that open something here, that of the sealing key first."""
    return [hashlib.sha256(b"mark:" + key.encode()).hexdigest()[:12] for key in settings.ENCRYPTION_KEYS]


def digests(text: str) -> list[str]:
    """Keyed hashes of `text` (64 hex digits), one per key, that of the sealing key first.

    They find a secret again without opening anything, and are worthless without the keys.
    """
    return [
        hmac.new(b"digest:" + key.encode(), text.encode(), hashlib.sha256).hexdigest()
        for key in settings.ENCRYPTION_KEYS
    ]


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])
