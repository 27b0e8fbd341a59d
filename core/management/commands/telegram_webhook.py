"""manage.py telegram_webhook: tells Telegram where the bot's updates go, and with which secret."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core import audit
from core.messages.adapters import telegram
from core.messages.adapters.base import Misconfigured, NotNow, Unreachable


class Command(BaseCommand):
    help = "Tells Telegram where the bot's updates go. Once per address and secret."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.TELEGRAM_BASE_URL:
            raise CommandError("Telegram is off: set TELEGRAM_BASE_URL and the bot's settings (docs/messages.md).")
        body = {
            "url": f"{settings.PUBLIC_BASE_URL}/hooks/telegram",
            "secret_token": settings.TELEGRAM_WEBHOOK_SECRET,
            "allowed_updates": ["message", "my_chat_member"],
        }
        try:
            telegram.call("setWebhook", body)
        except (NotNow, Unreachable, Misconfigured) as problem:
            raise CommandError(str(problem)) from problem
        audit.by_command("webhook set", "telegram", {"url": body["url"]})
        self.stdout.write(f"updates go to {body['url']}")
