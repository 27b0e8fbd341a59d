"""manage.py reseal_codes: after a new key was put first in ENCRYPTION_KEYS, before the old one is taken out."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import audit
from fulfilment.codes.resealing import reseal


class Command(BaseCommand):
    help = "Seals every voucher code with the first of ENCRYPTION_KEYS, so that the other keys can be taken out."

    def handle(self, *args: Any, **options: Any) -> None:
        resealed = reseal()
        audit.by_command("resealed", "codes", {"done": resealed.done, "unreadable": len(resealed.unreadable)})
        self.stdout.write(f"{resealed.done} codes resealed")
        if complaint := resealed.complaint("codes"):
            raise CommandError(complaint)
