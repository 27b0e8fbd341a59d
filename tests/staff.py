"""Staff in tests: signed in to the back office as somebody who has shown password and second factor just now."""

from __future__ import annotations

import time

from django.test import Client
from django_otp import DEVICE_ID_SESSION_KEY
from django_otp.util import random_hex

from accounts import signing_in
from accounts.models import Authenticator, User
from core import sealing


def enter(client: Client, user: User, *, fresh: bool = True) -> Client:
    """The client, signed in as `user` and past the second factor. `fresh`: it was shown within the last minutes, so
    that money verbs ask for nothing."""
    client.force_login(user)
    app, _ = Authenticator.objects.get_or_create(
        user=user, defaults={"name": "authenticator", "confirmed": True, "sealed_key": sealing.seal(random_hex(20))}
    )
    session = client.session
    session[DEVICE_ID_SESSION_KEY] = app.persistent_id
    session[signing_in._FRESH_KEY] = int(time.time()) if fresh else 0
    session.save()
    return client
