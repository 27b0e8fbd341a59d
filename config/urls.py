"""Every address of the store, and whose door stands behind it."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from core.health import views as health
from core.media import picture
from supervisor.surroundings import ROOT


def _doors(prefix: str, *modules: str) -> list[URLPattern | URLResolver]:
    """The doors that are already built."""
    return [path(prefix, include(module)) for module in modules if (ROOT / f"{module.replace('.', '/')}.py").exists()]


urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", health.figures),
    path("media/<path:path>", picture),
    path("admin/", admin.site.urls),
    *_doors("v2/", "storefront.api.urls", "payments.api.urls", "accounts.api.urls", "core.api.urls"),
    *_doors("hooks/", "payments.hooks", "fulfilment.hooks"),
    *_doors("", "payments.pages.urls", "storefront.pages.urls"),
]

handler400 = "core.web.errors.bad_request"
handler403 = "core.web.errors.forbidden"
handler404 = "core.web.errors.page_not_found"
handler500 = "core.web.errors.broken_inside"
