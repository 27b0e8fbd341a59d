"""Uploaded pictures. A stored file never changes under its name, so whoever fetched it may keep it."""

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

# Of our own making, and far shorter; a file system refuses a name beyond its measure with an error.
_LONGEST = 200


@require_safe
def picture(request: HttpRequest, path: str) -> HttpResponseBase:
    """The file under MEDIA_ROOT, or 404. It is never run or framed as a page of the shop's."""
    if len(path) > _LONGEST:
        raise Http404
    try:
        response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    except SuspiciousFileOperation as error:
        raise Http404 from error
    if isinstance(response, FileResponse):
        response["Cache-Control"] = "public, max-age=604800, immutable"
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response
