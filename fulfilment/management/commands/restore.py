"""`manage.py restore FILE`: a back-up into an empty database, proved afterwards; see docs/deploy.md.

It stands in the last stage, since what a restore must not do is buy: what was bought after the back-up was made is in
no row any more, and would be bought a second time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import audit
from core.back_ups import archive, database
from core.cases import open_case
from fulfilment import circuit
from fulfilment.models import SupplierAccount

CASE = "restored"


class Command(BaseCommand):
    help = "Puts a back-up into an empty database and empty upload folders, brings it up to date and proves the ledger."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path)
        parser.add_argument("--passphrase-file", type=Path, help="what it was sealed with")
        parser.add_argument("--keys-to", type=Path, help="write the keys in it to this file, restore nothing")
        parser.add_argument(
            "--nothing-happened-since",
            action="store_true",
            help="the store stood still since the back-up (a move to another machine): buying goes on at once",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            passphrase = archive.passphrase_in(options["passphrase_file"])
            with archive.opened(options["source"], passphrase=passphrase) as (manifest, parts):
                if options["keys_to"]:
                    archive.write_keys(parts, options["keys_to"])
                    self.stdout.write(f"{options['keys_to']} holds the keys; nothing was restored.")
                    return
                archive.ensure_fits(manifest, parts)
                archive.put_back(parts)
        except (archive.Unfit, database.Failed) as problem:
            raise CommandError(str(problem)) from problem
        call_command("migrate", interactive=False, verbosity=0)
        if not options["nothing_happened_since"]:
            self._hold_buying(manifest)
        audit.by_command("back-up restored", options["source"].name, {"made_at": manifest.made_at})
        self.stdout.write(f"restored: the store as it was at {manifest.made_at}")
        call_command("check_ledger", stdout=self.stdout, stderr=self.stderr)

    def _hold_buying(self, manifest: archive.Manifest) -> None:
        # Our own stock too: a code that was sold since is for sale again in these rows.
        accounts = list(SupplierAccount.objects.order_by("code"))
        for account in accounts:
            circuit.open_by_hand(account, audit.COMMAND, f"restored from {manifest.made_at}")
        open_case(
            CASE,
            f"{CASE}:{manifest.made_at}",
            "The store was restored: compare with the suppliers before anything is bought",
            evidence={"back_up_of": manifest.made_at, "held": [account.code for account in accounts]},
            actions="Compare what the suppliers and gateways did since with the orders, then close each circuit.",
        )
        self.stdout.write(
            f"Nothing goes out by {len(accounts)} accounts until staff close their circuits: what was bought "
            "after the back-up is not in it. The case says what to compare."
        )
