"""`manage.py demo_code EMAIL`: what the authenticator app of a demo login would show now."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_otp.oath import TOTP

from accounts.models import Authenticator


class Command(BaseCommand):
    help = "Prints the present code of a demo login whose two-factor sign-in is on; each code counts once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("DEMO is off: here a code is its owner's alone.")
        app = Authenticator.objects.filter(user__email=options["email"], confirmed=True).first()
        if app is None:
            raise CommandError(f"{options['email']} signs in without a second factor.")
        totp = TOTP(app.bin_key, drift=app.drift)
        # A code that was used is used up: then the next one, which is accepted a step early.
        totp.time = max(time.time(), (app.last_t + 1 - app.drift) * totp.step)
        self.stdout.write(f"{totp.token():06d}")
