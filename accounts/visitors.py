"""Who a request comes from, for every door: the member behind its bearer or its session cookie, or nobody."""

from __future__ import annotations

from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import Session, User
from core.web.envelope import unauthorized


def member_of(request: HttpRequest | Request) -> User | None:
    """The member who is signed in, None for a guest."""
    user = getattr(request, "user", None)
    return user if isinstance(user, User) and user.status == User.Status.ACTIVE else None


def signed_in(request: HttpRequest | Request) -> User:
    """The member who is signed in. Raises UNAUTHORIZED."""
    user = member_of(request)
    if user is None:
        raise unauthorized()
    return user


def session_of(request: Request) -> Session:
    """The session behind the request's bearer. Raises UNAUTHORIZED."""
    if not isinstance(request.auth, Session):
        raise unauthorized()
    return request.auth
