"""manage.py sync_supplier gemgo: the supplier's balance, games, products and costs, read into the database."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core import audit
from fulfilment import syncing
from fulfilment.suppliers.base import SupplierDenied, SupplierUnavailable


class Command(BaseCommand):
    help = "Reads a supplier's profile and whole catalogue. Safe to run again, also while the store runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("supplier", help="code of the supplier, e.g. gemgo")

    def handle(self, *args: Any, **options: Any) -> None:
        code = options["supplier"]
        try:
            synced = syncing.sync(code)
        except KeyError:
            raise CommandError(f"There is no supplier {code!r}.") from None
        except (SupplierUnavailable, SupplierDenied) as problem:
            raise CommandError(f"{code} gave no catalogue, nothing was changed: {problem}") from problem
        audit.by_command("catalogue synced", f"supplier:{code}", asdict(synced))
        self.stdout.write(
            f"{code}: {synced.games} games, {synced.products} products"
            f" ({synced.new} new, {synced.dearer} dearer, {synced.vanished} vanished)"
        )
