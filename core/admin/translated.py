"""One labelled input per language for texts that staff write in several."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.datastructures import MultiValueDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import INPUT_CLASSES, TEXTAREA_CLASSES

from core.html import clean_translated

_CODE = re.compile(r"[a-z]{2,3}(-[a-z]{2,4})?")


class TranslatedWidget(forms.Widget):
    """Inputs `<name>__<code>`, one per language of the shop and one per further language the value has."""

    def __init__(self, *, is_long: bool = False, is_list: bool = False) -> None:
        super().__init__()
        self.is_long = is_long or is_list
        self.is_list = is_list

    def render(self, name: str, value: Any, attrs: Mapping[str, Any] | None = None, renderer: Any = None) -> SafeString:
        texts = value if isinstance(value, dict) else {}
        languages = dict(settings.LANGUAGES)
        codes = [*languages, *(code for code in texts if code not in languages)]
        identity = (attrs or {}).get("id", f"id_{name}")
        inputs = format_html_join(
            "",
            '<div><label class="block mb-1 text-xs font-medium" for="{}__{}">{}</label>{}</div>',
            (
                (identity, code, languages.get(code, code), self._input(name, identity, code, texts.get(code)))
                for code in codes
            ),
        )
        # Side by side: who translates reads one while writing the other.
        return format_html('<div class="grid gap-3 mb-2 md:grid-cols-2">{}</div>', inputs)

    def _input(self, name: str, identity: str, code: str, text: Any) -> SafeString:
        if self.is_list and isinstance(text, list):
            text = "\n".join(str(line) for line in text)
        given = {
            "name": f"{name}__{code}",
            "id": f"{identity}__{code}",
            "lang": code,
            "text": text or "",
        }
        if self.is_long:
            rows = max(3, min(12, str(text or "").count("\n") + 2))
            form = '<textarea name="{name}" id="{id}" lang="{lang}" rows="{rows}" class="{looks}">{text}</textarea>'
            return format_html(form, **given, rows=rows, looks=" ".join(TEXTAREA_CLASSES))
        form = '<input type="text" name="{name}" id="{id}" lang="{lang}" value="{text}" class="{looks}">'
        return format_html(form, **given, looks=" ".join(INPUT_CLASSES))

    def value_from_datadict(self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str) -> Any:
        prefix = f"{name}__"
        texts: dict[str, Any] = {}
        for key in data:
            code = key.removeprefix(prefix)
            if not key.startswith(prefix) or not _CODE.fullmatch(code):
                continue
            text = str(data[key]).replace("\r\n", "\n").strip()
            if self.is_list:
                lines = [line.strip() for line in text.split("\n") if line.strip()]
                if lines:
                    texts[code] = lines
            elif text:
                texts[code] = text
        return texts

    def value_omitted_from_data(self, data: Mapping[str, Any], files: MultiValueDict[str, Any], name: str) -> bool:
        return not any(key.startswith(f"{name}__") for key in data)

    def id_for_label(self, id_: str) -> str:
        return f"{id_}__{settings.LANGUAGES[0][0]}"


class TranslatedFormField(forms.Field):
    """{"code": text}, empty languages left out; HTML is cleaned where it `is_html`."""

    widget = TranslatedWidget

    def __init__(self, *, is_html: bool = False, encoder: Any = None, decoder: Any = None, **kwargs: Any) -> None:
        self.is_html = is_html
        super().__init__(**kwargs)

    def clean(self, value: Any) -> Any:
        value = super().clean(value or {})
        return clean_translated(value) if self.is_html else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or {}) != (data or {})
