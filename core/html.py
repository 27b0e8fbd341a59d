"""HTML that staff write: only what a text needs passes; scripts, styles, frames and odd addresses do not."""

from __future__ import annotations

from typing import Any

import nh3

_TAGS = {
    "a", "b", "blockquote", "br", "code", "em", "h2", "h3", "h4", "hr", "i", "img", "li", "ol", "p", "s", "small",
    "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "width", "height"}, "td": {"colspan"}, "th": {"colspan"}}
_SCHEMES = {"https", "http", "mailto", "tel"}


def clean(html: str) -> str:
    """`html` without anything that could run, track or break the page around it. Cleaning twice changes nothing."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener nofollow",
        clean_content_tags={"script", "style", "iframe", "object", "template", "svg", "math"},
    )


def clean_translated(texts: Any) -> dict[str, str]:
    """The value of a TranslatedField with each language's HTML cleaned."""
    return {code: clean(text) for code, text in texts.items()} if isinstance(texts, dict) else {}
