"""What visitors see around the goods: languages, contacts, popups, banners, questions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db.models import Q, QuerySet

from core.models import Region
from core.translated import pick
from storefront.content.models import Banner, Contact, Language, Popup, Question, Scheduled
from storefront.pictures import drawn, picture

Shown = TypeVar("Shown", bound=Scheduled)


@dataclass(frozen=True, slots=True)
class LanguageShown:
    code: str
    name: str
    country: str
    flag: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class PopupShown:
    title: str
    content: str
    image: str
    href: str


@dataclass(frozen=True, slots=True)
class BannerShown:
    title: str
    description: str
    image: str
    href: str
    position: int


@dataclass(frozen=True, slots=True)
class QuestionShown:
    question: str
    answer: str


def languages() -> list[LanguageShown]:
    return [
        LanguageShown(row.code, row.name, row.country, drawn("flag", row.flag), row.is_default)
        for row in Language.objects.filter(is_active=True)
    ]


def contacts() -> dict[str, str]:
    """{kind: value} in the order in which they are shown."""
    return dict(Contact.objects.values_list("kind", "value"))


def _live(rows: QuerySet[Shown], region: Region, now: datetime) -> QuerySet[Shown]:
    return rows.filter(
        Q(region=None) | Q(region=region),
        Q(starts_at=None) | Q(starts_at__lte=now),
        Q(ends_at=None) | Q(ends_at__gt=now),
        is_active=True,
    )


def link(href: str, region: Region, language: str) -> str:
    """Where a banner leads: a bare slug is a page of the reader's own shop (`/id-my/mobile-legends`)."""
    if not href or href.startswith(("/", "https://", "http://")):
        return href
    return f"/{language}-{region.code.lower()}/{href}"


def popup(region: Region, language: str, now: datetime) -> PopupShown | None:
    """The first popup that is on now, or None."""
    row = _live(Popup.objects.all(), region, now).first()
    return popup_shown(row, region, language) if row is not None else None


def popup_shown(row: Popup, region: Region, language: str) -> PopupShown:
    """A popup as visitors of that shop read it, whether it is on or not."""
    return PopupShown(
        title=pick(row.title, language),
        content=pick(row.content, language),
        image=picture(row.image, "banner", row.artwork) if row.image or row.artwork else "",
        href=link(row.href, region, language),
    )


def banners(region: Region, language: str, now: datetime) -> list[BannerShown]:
    """What is on now, numbered from 1."""
    return [
        banner_shown(row, region, language, number)
        for number, row in enumerate(_live(Banner.objects.all(), region, now), start=1)
    ]


def banner_shown(row: Banner, region: Region, language: str, number: int = 1) -> BannerShown:
    """A banner as visitors of that shop see it, whether it is on or not."""
    return BannerShown(
        title=pick(row.title, language),
        description=pick(row.description, language),
        image=picture(row.image, "banner", row.artwork or f"banner-{row.pk}"),
        href=link(row.href, region, language),
        position=number,
    )


def questions(language: str) -> list[QuestionShown]:
    return [
        QuestionShown(pick(row.question, language), pick(row.answer, language))
        for row in Question.objects.filter(is_active=True)
    ]


def edges(region: Region, now: datetime) -> list[datetime]:
    """Moments after `now` at which a banner or popup of the region appears or goes."""
    found: list[datetime] = []
    for model in (Banner, Popup):
        rows = model.objects.filter(Q(region=None) | Q(region=region), is_active=True)
        for pair in rows.values_list("starts_at", "ends_at"):
            found += [moment for moment in pair if moment is not None and moment > now]
    return found
