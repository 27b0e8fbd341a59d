"""Uploaded pictures. A stored file never changes under its name, so whoever fetched it may keep it."""

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve


@require_safe
def picture(request: HttpRequest, path: str) -> HttpResponseBase:
    """The file under MEDIA_ROOT, or 404. It is never run or framed as a page of the shop's."""
    response = serve(request, path, document_root=settings.MEDIA_ROOT)
    if isinstance(response, FileResponse):
        response["Cache-Control"] = "public, max-age=604800, immutable"
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response
