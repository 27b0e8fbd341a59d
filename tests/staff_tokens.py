"""A script that uses the admin API."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Permission
from django.http.response import HttpResponseBase
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core.models import StaffToken
from core.staff_tokens import services

REASON = {"reason": "asked by the customer"}


def maker(name: str, *scopes: str) -> User:
    """Somebody of staff who may do just that."""
    user = User.objects.create(email=f"{name}@shop.example", is_staff=True)
    codes = [scope.partition(".")[2] for scope in scopes]
    user.user_permissions.add(*Permission.objects.filter(codename__in=codes))
    return user


class Script:
    """Somebody's token, and the calls made with it."""

    def __init__(self, name: str, *scopes: str, by: User | None = None) -> None:
        self.by = by or maker(f"maker-of-{name}", *scopes)
        until = timezone.now() + timedelta(days=30)
        self.token, self.secret = services.make(User.objects.get(pk=self.by.pk), name, scopes, until)
        self.client = Client()

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/admin/v2/{path}", query, headers=self._headers())

    def head(self, path: str) -> Any:
        return self.client.head(f"/admin/v2/{path}", headers=self._headers())

    def post(self, path: str, body: dict[str, Any] | None = None, key: str = "") -> Any:
        more = {"Idempotency-Key": key} if key else {}
        raw = json.dumps(REASON if body is None else body)
        headers = self._headers() | more
        return self.client.post(f"/admin/v2/{path}", raw, content_type="application/json", headers=headers)

    def fresh(self) -> StaffToken:
        return StaffToken.objects.get(pk=self.token.pk)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}", "Accept-Language": "en"}


def told(answer: HttpResponseBase) -> tuple[int, str]:
    """Status, and the error's code or nothing."""
    body = answer.json()  # type: ignore[attr-defined]
    return answer.status_code, body["error"]["code"] if "error" in body else ""
