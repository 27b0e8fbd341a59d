"""People who sign in: customers and staff."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import Region


def new_public_id() -> str:
    return f"usr_{secrets.token_hex(6)}"


class Level(models.TextChoices):
    CLASSIC = "CLASSIC", "Classic"
    PRESTIGE = "PRESTIGE", "Prestige"
    ROYAL = "ROYAL", "Royal"


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A customer or a member of staff; signs in with the e-mail address, which never changes."""

    class Status(models.TextChoices):
        ACTIVE = "ACTIVE", _("active")
        INACTIVE = "INACTIVE", _("inactive")
        SUSPENDED = "SUSPENDED", _("suspended")

    public_id = models.CharField(max_length=16, unique=True, default=new_public_id, editable=False)
    email = models.EmailField(unique=True)
    first_name = models.CharField(max_length=60, blank=True)
    last_name = models.CharField(max_length=60, blank=True)
    phone = models.CharField(max_length=16, unique=True, null=True, blank=True, help_text=_("E.164"))
    status = models.CharField(max_length=9, choices=Status, default=Status.ACTIVE)
    level = models.CharField(max_length=8, choices=Level, default=Level.CLASSIC)
    language = models.CharField(max_length=5, default="id")
    primary_region = models.ForeignKey(Region, null=True, on_delete=models.PROTECT, related_name="+")
    current_region = models.ForeignKey(Region, null=True, on_delete=models.PROTECT, related_name="+")
    email_verified_at = models.DateTimeField(null=True, blank=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_per_address")]

    def __str__(self) -> str:
        return self.email

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        return self.status != self.Status.SUSPENDED

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def get_short_name(self) -> str:
        return self.first_name or self.email
