"""What Telegram tells us: stored first, once per update; a start binds a chat, a stop or a block ends it."""

from __future__ import annotations

from django.http import HttpRequest

from core import inbox
from core.messages import links, outbox
from core.messages.adapters import telegram
from core.messages.models import ChatLink
from core.models import InboxMessage
from core.web import json


def receive(request: HttpRequest) -> bool:
    """The update is in the inbox and acted upon; False where the caller does not know our secret."""
    is_authentic = outbox.is_on(ChatLink.Channel.TELEGRAM) and telegram.is_authentic(request.headers)
    try:
        update = json.loads(request.body)
    except json.Malformed:
        update = None
    number = str(update.get("update_id", "")) if isinstance(update, dict) else ""
    key = ("update", number) if number else ("body", request.body.decode("utf-8", "replace"))
    message = inbox.store("telegram", request, key_parts=key, authentic=is_authentic)
    if is_authentic and message.state == InboxMessage.State.NEW:
        _act(message, telegram.read(update))
    return is_authentic


def _act(message: InboxMessage, heard: telegram.Heard | None) -> None:
    if heard is None:
        inbox.ignored(message, "nothing for us")
    elif heard.is_stop:
        ended = links.stop_all(ChatLink.Channel.TELEGRAM, heard.chat)
        inbox.done(message, f"{ended} links ended")
    elif about := links.about_of(heard.token):
        link = links.follow(about, ChatLink.Channel.TELEGRAM, heard.chat)
        language = "id" if heard.language in ("", "id") else "en"
        # Alerts are staff's: their links are shown in the back office alone.
        is_alerts = about.startswith("alerts-")
        template, path = ("alert_bound", "admin/") if is_alerts else ("chat_bound", f"invoices/{about}")
        outbox.queue(about, template, language, item="", detail="", path=path, once_per=str(link.pk))
        inbox.done(message, "chat bound", about=about)
    else:
        inbox.ignored(message, "a token we did not make")
