"""What the storefront's lists share."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.admin.bases import ShopAdmin
from core.models import Region
from storefront.admin.forms import PictureField


class PicturedAdmin(ShopAdmin):
    """Uploads are drawn anew before they are stored."""

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, models.ImageField):
            return db_field.formfield(form_class=PictureField)
        return super().formfield_for_dbfield(db_field, request, **kwargs)


def thumbnail(path: str, *, width: int = 40) -> SafeString:
    """A small picture for a list."""
    return format_html('<img src="{}" alt="" width="{}" loading="lazy" style="border-radius:6px">', path, width)


def home_shop(region: Region | None = None) -> str:
    """The address of the region's shop, of the default one for None, `/id-id/`: where "view on site" leads."""
    region = region or Region.objects.filter(is_active=True).order_by("-is_default", "position").first()
    return f"/{region.language}-{region.code.lower()}/" if region else "/"
