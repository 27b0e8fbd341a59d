"""Django's own sign-in (the back office's form) under the same limits as every other door."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts import mfa, sessions, signing_in
from accounts.models import User
from core.errors import Refused


class Guarded(ModelBackend):
    """Tries are counted as on the sign-in page. Whoever has a second factor signs in there, where it is asked for:
    the back office then knows them by the same cookie."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        email = username if username is not None else kwargs.get(User.USERNAME_FIELD)
        if not email or password is None:
            return None
        try:
            device = sessions.device_of(request) if request is not None else None
            user = signing_in.check_credentials(email, password, device)
        except Refused as refusal:
            raise PermissionDenied from refusal
        return None if mfa.is_active(user) else user
