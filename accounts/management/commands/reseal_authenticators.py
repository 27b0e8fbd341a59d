"""manage.py reseal_authenticators: once a new key stands first in ENCRYPTION_KEYS, before the old one is taken out."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Authenticator
from core import audit
from core.resealing import reseal


class Command(BaseCommand):
    help = "Seals the secrets of all authenticator apps with the first of ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        resealed = reseal(Authenticator, "sealed_key")
        audit.by_command("resealed", "authenticators", {"done": resealed.done, "unreadable": len(resealed.unreadable)})
        self.stdout.write(f"{resealed.done} authenticators resealed")
        if complaint := resealed.complaint("authenticators"):
            raise CommandError(complaint)
