"""Something is wrong with an order: its owner says what, with a picture, and reads the answer on the same page."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_GET

from core import pictures
from core.errors import Refused
from core.web.client import client_of
from fulfilment.pages.owner import Owned, owners_only
from fulfilment.problems import services as problems
from fulfilment.problems.models import ProblemReport

_AROUND = 64 * 1024  # what a form adds to the picture in it


@owners_only
def report(request: HttpRequest, owned: Owned) -> HttpResponse:
    """The form and what was reported before (GET), and one more report (POST)."""
    if request.method == "POST":
        try:
            _report(request, owned)
        except Refused as refusal:
            return _page(request, owned, refusal)
        return HttpResponseRedirect(owned.url("problem", done="1"))
    return _page(request, owned)


@require_GET
@owners_only
def picture(request: HttpRequest, owned: Owned) -> HttpResponse:
    """The picture of one of the order's own reports, `?report=` its number."""
    asked = request.GET.get("report", "")
    made = owned.order.problems.filter(pk=int(asked)).first() if asked.isascii() and asked.isdigit() else None
    return picture_of(made)


def picture_of(made: ProblemReport | None) -> HttpResponse:
    """The report's picture, for whoever was let in. Raises Http404."""
    try:
        kept = pictures.kept(made.picture) if made and made.picture else b""
    except FileNotFoundError:
        kept = b""
    if not kept:
        raise Http404
    return HttpResponse(kept, content_type="image/jpeg", headers={"X-Content-Type-Options": "nosniff"})


def _report(request: HttpRequest, owned: Owned) -> None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdigit() and int(length) > pictures.MOST_BYTES + _AROUND:
        raise pictures.too_large("picture")
    upload = request.FILES.get("picture")
    given = problems.Picture(upload.file, upload.size or 0) if upload and upload.file else None
    typed = request.POST
    address = client_of(request).address_key
    problems.report(owned.order, typed.get("topic", ""), typed.get("text", ""), given, address=address)


def _page(request: HttpRequest, owned: Owned, refusal: Refused | None = None) -> HttpResponse:
    shop = owned.shop
    reports: list[dict[str, Any]] = [
        {
            "topic": made.get_topic_display(),
            "text": made.text,
            "at": shop.clock(made.created_at),
            "picture_url": owned.url("problem/picture", report=str(made.pk)) if made.picture else "",
            "answer": made.answer,
            "answered_at": shop.clock(made.answered_at) if made.answered_at else "",
        }
        for made in owned.order.problems.order_by("-id")
    ]
    context = {
        "topics": ProblemReport.Topic.choices,
        "typed": {} if refusal is None else request.POST,
        "errors": refusal.fields if refusal else {},
        "error": f"{refusal.message} {refusal.details}".strip() if refusal and not refusal.fields else "",
        "reports": reports,
        "done": refusal is None and bool(request.GET.get("done")),
        "longest": problems.LONGEST,
    }
    return owned.show(request, "problem", context, status=refusal.status if refusal else 200)
