"""HTML that staff write, cleaned on its way into the database."""

from __future__ import annotations

from typing import Any

from django.db import models

from core import html
from core.translated import TranslatedField


class TranslatedHtmlField(TranslatedField):
    """{"language code": html}; whatever saves it (a form, an import, bulk_create), only harmless tags are stored."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        texts = getattr(model_instance, self.attname)
        if isinstance(texts, dict):
            texts = {language: html.clean(text) if isinstance(text, str) else "" for language, text in texts.items()}
            setattr(model_instance, self.attname, texts)
        return texts

    def deconstruct(self) -> Any:
        # The same column as its parent: no migration has to know.
        name, _, args, kwargs = super().deconstruct()
        return name, "core.translated.TranslatedField", args, kwargs
