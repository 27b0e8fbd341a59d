"""Texts that staff write in several languages: one JSON column {"id": ..., "en": ...}."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

FALLBACK = ("en", "id")


def pick(texts: Any, language: str) -> Any:
    """The text in `language`, else in English, Indonesian, or whatever there is; "" where there is none.

    Lists (features, how to order) are translated whole: {"id": [...], "en": [...]}.
    """
    if not isinstance(texts, dict):
        return texts or ""
    for code in (language, *FALLBACK):
        if texts.get(code):
            return texts[code]
    return next((text for text in texts.values() if text), "")


class TranslatedField(models.JSONField):
    """{"language code": text}; read with `pick`. Admin shows one input per language (core.admin.translated)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", dict)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)


class TranslatedListField(TranslatedField):
    """{"language code": [line, ...]}."""


def languages() -> list[str]:
    return [code for code, _ in settings.LANGUAGES]
