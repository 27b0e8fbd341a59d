"""Banners, popups and questions; a row is known by its English title."""

from __future__ import annotations

from collections.abc import Mapping

from core.models import Region
from demo.catalogue.content import BANNERS, POPUPS, QUESTIONS, Show
from storefront.content.models import Banner, Popup, Question


def _places(show: Show, regions: Mapping[str, Region]) -> list[Region | None]:
    return [regions[code] for code in show.regions] or [None]


def load_content(regions: Mapping[str, Region]) -> None:
    for position, show in enumerate(BANNERS, start=1):
        for region in _places(show, regions):
            Banner.objects.update_or_create(
                title__en=show.title["en"], region=region,
                defaults={"title": show.title, "description": show.text, "artwork": show.artwork, "href": show.href,
                          "position": position},
            )  # fmt: skip
    for position, show in enumerate(POPUPS, start=1):
        for region in _places(show, regions):
            Popup.objects.update_or_create(
                title__en=show.title["en"], region=region,
                defaults={"title": show.title, "content": show.text, "artwork": show.artwork, "href": show.href,
                          "position": position},
            )  # fmt: skip
    for position, (question, answer) in enumerate(QUESTIONS, start=1):
        Question.objects.update_or_create(
            question__en=question["en"], defaults={"question": question, "answer": answer, "position": position}
        )
