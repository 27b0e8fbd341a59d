"""Who hears by WhatsApp or Telegram, and what they were sent."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from core.admin.bases import ReadOnlyAdmin, pretty, without_keys
from core.admin.bounded import FoundByIndex, LatelyFilter, on_day
from core.admin.states import state_column
from core.models import ChatLink, ChatMessage

_LOOKS = {"QUEUED": "info", "SENT": "success", "FAILED": "danger", "DROPPED": "default"}


@admin.register(ChatLink)
class ChatLinkAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["created_at", "channel", "about", "address", "ended_at", "ended_why"]
    list_filter = ["channel", ("ended_why", LatelyFilter)]
    search_fields = ["about", "address"]


@admin.register(ChatMessage)
class ChatMessageAdmin(FoundByIndex, ReadOnlyAdmin):
    list_display = ["created_at", "link", "template", "about", "shown_state", "attempts", "sent_at", "error"]
    list_filter = ["state", ("template", LatelyFilter), "link__channel", on_day("created_at")]
    list_filter_submit = True
    list_select_related = ["link"]
    search_fields = ["about", "key", "message_id"]
    exclude = ["context"]
    readonly_fields = ["shown_context"]

    shown_state = state_column(_LOOKS)

    @display(description=_("context"))
    def shown_context(self, one: ChatMessage) -> str:
        return pretty(without_keys(one.context))
