"""What every view of the JSON API has in common: envelope, JSON with exact numbers, throttle, language, bearer rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any, ClassVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.errors import invalid, not_found
from core.web import json, throttle
from core.web.client import client_of
from core.web.envelope import refusal_of, too_large
from core.web.language import language_of


class JsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return b"" if data is None else json.dumps(data)


class JsonParser(BaseParser):
    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = stream.read(json.MAX_BODY_BYTES + 1)
        if len(raw) > json.MAX_BODY_BYTES:
            raise too_large()
        try:
            return json.loads(raw)
        except json.Malformed as problem:
            raise exceptions.ParseError(str(problem)) from problem


class ApiView(APIView):
    """A view under /v2. `rule` names its throttle in settings.THROTTLES.

    Who asks is read from the bearer by the classes of settings (DEFAULT_AUTHENTICATION_CLASSES); a bad bearer is
    refused even where none is needed. Catalogue reads set `ignores_bearer`; what only members may do derives from
    MemberView. Domain functions raise core.errors.Refused; it becomes the envelope here.
    """

    rule: ClassVar[str] = "reads"
    ignores_bearer: ClassVar[bool] = False

    permission_classes: Sequence[type[BasePermission]] = (AllowAny,)
    renderer_classes = (JsonRenderer,)
    parser_classes: Sequence[type[BaseParser]] = (JsonParser,)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with translation.override(language_of(request)):
            response = super().dispatch(request, *args, **kwargs)
            if isinstance(response, Response):
                # Lazy texts are spelt out while the caller's language is the active one.
                response.render()
            return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        plain = request._request
        if not getattr(plain, "is_counted", False):
            client = client_of(plain)
            throttle.check(self.rule, client.address_key, client.device_key)
        _refuse_nul(plain)
        super().initial(request, *args, **kwargs)

    def get_authenticators(self) -> list[BaseAuthentication]:
        return [] if self.ignores_bearer else super().get_authenticators()

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        # There is one form of answer; what the caller would rather have changes nothing.
        return JsonRenderer(), "application/json"

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def get_exception_handler(self) -> Callable[..., Response | None]:
        return answer_to


class MemberView(ApiView):
    """A view for members only: UNAUTHORIZED without a good bearer."""

    permission_classes = (IsAuthenticated,)


def answer_to(problem: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler: the envelope, or None for our own mistakes, which go on to the 500 handler and the log.

    An unreadable answer is never cached: the reason may be gone a second later.
    """
    refusal = refusal_of(problem)
    if refusal is None:
        return None
    response = Response(refusal.envelope(), status=refusal.status, headers={"Cache-Control": "no-store"})
    for name, value in refusal.headers.items():
        response[name] = value
    return response


def data(payload: Any, status: int = 200) -> Response:
    """{"data": payload}."""
    return Response({"data": payload}, status=status)


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object that was sent (an empty body is an empty object); anything else is refused."""
    body = request.data
    if not isinstance(body, Mapping):
        raise invalid({"body": _("Send a JSON object.")})
    return dict(body)


def _refuse_nul(request: HttpRequest) -> None:
    # No column can hold NUL; PostgreSQL's driver would answer it with an exception.
    if "\0" in request.path_info:
        raise not_found()
    if "%00" in request.META.get("QUERY_STRING", ""):
        names = [name for name, values in request.GET.lists() if any("\0" in value for value in values)]
        raise invalid({name.replace("\0", "") or "query": _("This is not text.") for name in names or ["query"]})
