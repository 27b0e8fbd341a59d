"""Rows as a small table on a page of the back office, and links from there to other pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import MAXYEAR
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from unfold.decorators import display


def moment(value: Any) -> str:
    """The moment by the reader's clock; a dash for none, and for one that never comes (a year of 9999)."""
    return date_format(localtime(value), "j M Y H:i:s") if value and value.year < MAXYEAR else "–"


def moment_column(column: str, *, title: Any) -> Callable[[Any, Any], str]:
    """A list or page column that tells a moment, where one that never comes is a dash."""

    @display(description=title, ordering=column)  # type: ignore[untyped-decorator]
    def written(_admin: Any, row: Any) -> str:
        return moment(getattr(row, column))

    return written  # type: ignore[no-any-return]


def in_percent(value: float | None) -> str:
    return "–" if value is None else f"{value:g} %"


def table(heads: Iterable[Any], rows: Iterable[Iterable[Any]]) -> SafeString | str:
    """Rows as a small table; a dash where there are none."""
    lines = [format_html_join("", '<td class="p-2 align-top">{}</td>', ((cell,) for cell in row)) for row in rows]
    if not lines:
        return "–"
    head = format_html_join("", '<th class="p-2 text-left font-semibold">{}</th>', ((one,) for one in heads))
    body = format_html_join(
        "", '<tr class="border-t border-base-200 dark:border-base-800">{}</tr>', ((line,) for line in lines)
    )
    return format_html(
        '<div class="overflow-x-auto"><table class="w-full text-sm"><tr>{}</tr>{}</table></div>', head, body
    )


def link(name: str, pk: Any, text: Any) -> SafeString:
    """`text`, leading to the page of a row: link("storefront_order", 1, "GATE…")."""
    return format_html(
        '<a class="text-primary-600 underline" href="{}">{}</a>', reverse(f"admin:{name}_change", args=[pk]), text
    )


def raw(text: Any) -> SafeString:
    """What was sent or answered, word for word."""
    return format_html(
        '<pre class="max-w-md max-h-64 overflow-auto whitespace-pre-wrap break-all text-xs">{}</pre>', text
    )
