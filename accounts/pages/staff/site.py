"""The back office as a site: shut to everybody who has not shown a second factor in this very session."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from unfold.sites import UnfoldAdminSite

from accounts import signing_in
from accounts.pages.staff import confirming, entering, roles_table, second_factor


class BackOffice(UnfoldAdminSite):  # type: ignore[misc]  # unfold has no types
    """`/admin/`: Django's admin behind the shop's own sign-in."""

    def has_permission(self, request: HttpRequest) -> bool:
        return bool(super().has_permission(request)) and signing_in.has_shown_second_factor(request)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return entering.sign_in(request, self)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST":
            signing_in.log_out_browser(request)
        answer: HttpResponse = super().logout(request, extra_context)
        return answer

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("second-factor/", lambda request: second_factor.set_up(request, self), name="second_factor"),
            path("confirm/", self.admin_view(lambda request: confirming.page(request, self)), name="confirm"),
            path("roles/", self.admin_view(lambda request: roles_table.show(request, self)), name="roles"),
        ]
        return own + list(super().get_urls())
