"""The work queues of the order desk, on one page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from fulfilment.desk import queues


def desk(request: HttpRequest) -> HttpResponse:
    """Each queue that the reader may work on: how much waits, since when, the oldest rows and the list behind."""
    if not request.user.has_perm("core.view_staffcase"):  # type: ignore[union-attr]
        raise PermissionDenied
    now = timezone.now()
    shown: list[dict[str, Any]] = []
    for one in queues.standing(request.user.has_perm, now):  # type: ignore[union-attr]
        queue = one.queue
        shown.append(
            {
                "code": queue.code,
                "title": queue.title,
                "meaning": queue.meaning,
                "count": f"{one.count}+" if one.is_more else str(one.count),
                "oldest": timesince(one.oldest, now, depth=1) if one.oldest else "",
                "list": reverse(f"admin:{queue.page}_changelist") + (f"?{queue.query}" if queue.query else ""),
                "rows": [
                    {
                        "address": reverse(f"admin:{queue.page}_change", args=[row.pk]),
                        "told": queue.told(row),
                        "age": timesince(queue.since(row), now, depth=1),
                    }
                    for row in one.rows
                ],
            }
        )
    context = {**admin.site.each_context(request), "title": _("Order desk"), "queues": shown}
    return render(request, "fulfilment/admin/desk.html", context)


view = admin.site.admin_view(desk)
