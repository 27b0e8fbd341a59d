"""`manage.py sync_roles`: the groups of the staff hold what accounts/roles.py says; run at every start and release."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts import roles
from core import audit


class Command(BaseCommand):
    help = "Makes the staff's groups equal to accounts/roles.py and says what it changed."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            changes = roles.sync()
        except roles.UnknownPermission as problem:
            raise CommandError(f"accounts/roles.py names what no model has: {problem}") from problem
        if changes:
            audit.by_command("roles synced", "roles", {"changes": changes})
        for line in changes:
            self.stdout.write(line)
        if not changes:
            self.stdout.write("The roles are as they should be.")
