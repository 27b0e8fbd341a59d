"""Patterns that staff write for input fields: matched whole, and never for longer than a customer would wait."""

from __future__ import annotations

import logging
import time
from functools import lru_cache

import regex

logger = logging.getLogger(__name__)
TIMEOUT_S = 0.05
# The time-out runs while other threads have the processor, too: whoever was only held up tries again.
_TRIES = 5
MAX_TEXT = 500


def matches(pattern: str, text: str) -> bool:
    """True if all of `text` fits `pattern`; no pattern fits everything.

    A text on which the pattern loses itself (catastrophic backtracking) does not fit. A pattern that cannot be compiled
    refuses nothing: the supplier's own check stands behind it, and a slip of ours must not close the shop.
    """
    if not pattern:
        return True
    if len(text) > MAX_TEXT:
        return False
    try:
        compiled = _compiled(pattern)
    except regex.error:
        logger.error("pattern %r is broken", pattern)
        return True
    for _ in range(_TRIES):
        begun = time.thread_time()
        try:
            return compiled.fullmatch(text, timeout=TIMEOUT_S, concurrent=True) is not None
        except TimeoutError:
            if time.thread_time() - begun > TIMEOUT_S / 2:
                break
    logger.error("pattern %r takes too long", pattern)
    return False


def problem_of(pattern: str) -> str:
    """Why `pattern` cannot be compiled, for the form in which it is written; "" where it can."""
    try:
        _compiled(pattern)
    except regex.error as problem:
        return str(problem)
    return ""


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern, regex.V0)
