"""Languages, contacts, banners, popups, questions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin.bases import ShopAdmin
from core.admin.dragging import Dragged
from core.admin.sheets import Sheeted
from core.models import Region
from core.translated import pick
from storefront.admin.bases import PicturedAdmin, home_shop, thumbnail
from storefront.admin.previews import Previewed, picture_of
from storefront.content import shop as content
from storefront.content.models import Banner, Contact, Language, Popup, Question, Scheduled
from storefront.pictures import picture
from storefront.sheets import shown


@admin.register(Language)
class LanguageAdmin(ShopAdmin):
    list_display = ["code", "name", "country", "flag", "is_default", "is_active", "position"]
    list_editable = ["is_active", "position"]
    search_fields = ["code", "name"]


@admin.register(Contact)
class ContactAdmin(ShopAdmin):
    list_display = ["kind", "value", "position"]
    list_editable = ["value", "position"]
    search_fields = ["kind", "value"]


class ScheduledAdmin(Sheeted, Previewed, PicturedAdmin):
    list_display: Any = ["drawing", "shown_title", "region", "href", "starts_at", "ends_at", "standing", "is_active"]
    list_display_links = ["drawing", "shown_title"]
    list_editable = ["is_active"]
    list_filter = ["region", "is_active"]
    list_select_related = ["region"]
    search_fields = ["title", "href"]

    def view_on_site(self, row: Any) -> str:
        return home_shop(row.region)

    @display(description="")
    def drawing(self, row: Scheduled) -> SafeString:
        return thumbnail(picture(row.image, "banner", row.artwork or f"banner-{row.pk}"), width=120)

    @display(description=_("title"))
    def shown_title(self, row: Any) -> str:
        return str(pick(row.title, "en") or row.pk)

    @display(description=_("now"), label={"on": "success", "off": "info"})
    def standing(self, row: Scheduled) -> tuple[str, Any]:
        now = timezone.now()
        is_on = (
            row.is_active
            and (row.starts_at is None or row.starts_at <= now)
            and (row.ends_at is None or now < row.ends_at)
        )
        return ("on", _("shown")) if is_on else ("off", _("not shown"))


@admin.register(Banner)
class BannerAdmin(Dragged, ScheduledAdmin):
    sheets = (shown.BANNERS,)
    preview_template = "storefront/admin/preview_banner.html"

    def shown(self, request: HttpRequest, row: Any, region: Region, language: str) -> dict[str, Any]:
        banner = content.banner_shown(row, region, language)
        return {"banner": replace(banner, image=picture_of(request, row, banner.image))}

    list_display = [*ScheduledAdmin.list_display, "position"]
    list_editable = ["is_active", "position"]


@admin.register(Popup)
class PopupAdmin(Dragged, ScheduledAdmin):
    sheets = (shown.POPUPS,)
    list_display = [*ScheduledAdmin.list_display, "position"]
    list_editable = ["is_active", "position"]
    preview_template = "storefront/admin/preview_popup.html"

    def shown(self, request: HttpRequest, row: Any, region: Region, language: str) -> dict[str, Any]:
        popup = content.popup_shown(row, region, language)
        return {"popup": replace(popup, image=picture_of(request, row, popup.image))}

    html_texts = ("content",)


@admin.register(Question)
class QuestionAdmin(Sheeted, Dragged, ShopAdmin):
    sheets = (shown.QUESTIONS,)
    list_display = ["shown_question", "is_active", "position"]
    list_editable = ["is_active", "position"]
    search_fields = ["question", "answer"]
    html_texts = ("answer",)

    def view_on_site(self, row: Question) -> str:
        return f"{home_shop()}help"

    @display(description=_("question"))
    def shown_question(self, row: Question) -> str:
        return str(pick(row.question, "en"))
