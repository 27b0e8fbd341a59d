"""manage.py reseal_authenticators: once a new key stands first in ENCRYPTION_KEYS, before the old one is taken out."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts.resealing import reseal


class Command(BaseCommand):
    help = "Seals the secrets of all authenticator apps with the first of ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{reseal()} authenticators resealed")
