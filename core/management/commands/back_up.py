"""`manage.py back_up FILE`: rows and uploads as one file, while the store runs; see docs/deploy.md."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core import audit
from core.back_ups import archive, database


class Command(BaseCommand):
    help = "Writes a back-up of the database and the uploads into one new file; `manage.py restore` puts it back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("target", type=Path, help="the file to write; a folder gets one named by the time")
        parser.add_argument("--passphrase-file", type=Path, help="seal it with what stands in this file")
        parser.add_argument("--with-keys", action="store_true", help="put the store's own keys in (sealed only)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            passphrase = archive.passphrase_in(options["passphrase_file"])
            target: Path = options["target"]
            if target.is_dir():
                target /= archive.name_of_now()
            manifest = archive.make(target, passphrase=passphrase, with_keys=options["with_keys"])
        except (archive.Unfit, database.Failed) as problem:
            raise CommandError(str(problem)) from problem
        size = os.path.getsize(target)
        how = "sealed" if passphrase else "NOT sealed"
        # It holds every customer: that somebody took a copy is kept.
        audit.by_command("back-up made", target.name[:120], {"how": how, "with_keys": options["with_keys"]})
        self.stdout.write(f"{target}: {len(manifest.files)} files, {size} bytes, {how}")
        if not options["with_keys"]:
            self.stdout.write(
                "ENCRYPTION_KEYS is not in it: keep the key apart. Without it voucher codes, pay-out accounts and "
                "second factors in this back-up are lost."
            )
