"""`manage.py load_demo`: the demo's catalogue, channels, promos, supplier routes and logins."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from core import audit, regions
from demo.loading import load, load_people
from storefront.catalogue.models import Product


class Command(BaseCommand):
    help = "Loads the demo shop; run again, it brings the demo's rows back to what they were and doubles nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--if-empty", action="store_true", help="only add missing logins where there are products already"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            # Its logins have a password that everybody knows.
            raise CommandError("DEMO is off: this store takes no demo data.")
        if options["if_empty"] and Product.objects.exists():
            load_people({region.code: region for region in regions.regions()})
            self.stdout.write("There are products already; of the demo only missing logins were added.")
            return
        counts = load(timezone.now())
        audit.by_command("demo loaded", "demo", dict(counts))
        self.stdout.write("Demo: " + ", ".join(f"{count} {name}" for name, count in counts.items()) + ".")
