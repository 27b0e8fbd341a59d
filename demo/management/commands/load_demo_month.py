"""`manage.py load_demo_month`: a month of orders of every state for the demo."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from core import audit
from demo.month.loading import load_month


class Command(BaseCommand):
    help = "Loads a month of orders into the demo's catalogue, once: a store that has orders is left alone."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO is off: this store takes no demo data.")
        counts = load_month(timezone.now())
        if not counts:
            self.stdout.write("There are orders already, or no demo catalogue; no month was loaded.")
            return
        audit.by_command("demo month loaded", "demo", dict(counts))
        self.stdout.write("Demo month: " + ", ".join(f"{count} {name}" for name, count in counts.items()) + ".")
