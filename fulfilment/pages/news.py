"""By which messengers an order's owner hears of it, beside the mails."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from core import phones
from core.errors import Refused, invalid
from core.messages import links, outbox
from core.messages.models import ChatLink
from fulfilment.pages.owner import Owned, owners_only

_Channel = ChatLink.Channel


@owners_only
def news(request: HttpRequest, owned: Owned) -> HttpResponse:
    """What may be chosen (GET); a number for WhatsApp given and ticked, or one of the two stopped (POST)."""
    number = owned.order.number
    if request.method == "GET":
        return _page(request, owned)
    if request.POST.get("stop") in _Channel.values:
        links.stop(number, request.POST["stop"])
        return owned.back()
    try:
        links.follow(number, _Channel.WHATSAPP, _number(request, owned))
    except Refused as refusal:
        return _page(request, owned, refusal)
    return owned.back()


def _number(request: HttpRequest, owned: Owned) -> str:
    if not outbox.is_on(_Channel.WHATSAPP):
        raise invalid({"phone": _("This shop does not write by WhatsApp.")})
    if not request.POST.get("consent"):
        raise invalid({"consent": _("Please tick that we may write to you there.")})
    return phones.e164(request.POST.get("phone", "")[:40], owned.order.region_id, field="phone")


def _page(request: HttpRequest, owned: Owned, refusal: Refused | None = None) -> HttpResponse:
    order = owned.order
    active = dict(ChatLink.objects.filter(about=order.number, ended_at=None).values_list("channel", "address"))
    context = {
        "whatsapp": outbox.is_on(_Channel.WHATSAPP),
        "whatsapp_to": phones.mask_phone(active[_Channel.WHATSAPP]) if _Channel.WHATSAPP in active else "",
        "telegram_url": links.start_url(order.number),
        "telegram_on": _Channel.TELEGRAM in active,
        "phone": request.POST.get("phone", "") or (phones.national(order.phone) if order.phone else ""),
        "errors": refusal.fields if refusal else {},
    }
    return owned.show(request, "news", context, status=refusal.status if refusal else 200)
