"""Every address of the store, and whose door stands behind it."""

from django.contrib import admin
from django.urls import include, path

from core.health import views as health
from core.media import picture
from fulfilment.admin import desk
from fulfilment.api.admin.urls import nothing

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", health.figures),
    path("media/<path:path>", picture),
    path("admin/v2", nothing),
    path("admin/v2/", include("fulfilment.api.admin.urls")),
    path("admin/operations/", include("fulfilment.admin.operations_urls")),
    path("admin/desk/", desk.view, name="desk"),
    path("admin/", admin.site.urls),
    path("v2/", include("accounts.api.urls")),
    path("v2/", include("storefront.api.urls")),
    path("v2/", include("payments.api.urls")),
    path("v2/", include("core.api.urls")),
    path("hooks/", include("core.messages.hooks")),
    path("hooks/", include("payments.hooks")),
    path("hooks/", include("fulfilment.hooks")),
    path("", include("payments.pages.urls")),
    path("", include("fulfilment.pages.urls")),
    path("", include("accounts.pages.urls")),
    path("", include("storefront.pages.urls")),
]

handler400 = "core.web.errors.bad_request"
handler403 = "core.web.errors.forbidden"
handler404 = "core.web.errors.page_not_found"
handler500 = "core.web.errors.broken_inside"
