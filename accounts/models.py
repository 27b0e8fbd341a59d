"""People who sign in: customers and staff."""

from __future__ import annotations

import secrets
import time
import uuid
from binascii import unhexlify
from typing import Any

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device
from django_otp.oath import TOTP

from core import sealing
from core.models import Region
from core.translated import TranslatedField


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


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # Authenticator has no types
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
    google_id = models.CharField(
        max_length=64, unique=True, null=True, blank=True, help_text=_("Google's lasting id of the person")
    )
    picture = models.CharField(max_length=500, blank=True, help_text=_("path under media/, or Google's address"))
    password_changed_at = models.DateTimeField(null=True, blank=True)
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
        indexes = [
            models.Index(fields=["-id"], condition=models.Q(is_staff=True), name="user_staff"),
            models.Index(fields=["status", "-id"], name="user_by_status"),
            models.Index(fields=["level", "-id"], name="user_by_level"),
        ]
        permissions = [
            ("manage_staff", _("Can add staff, give roles and help staff who lost a second factor")),
            ("end_sessions", _("Can sign customers out everywhere")),
            ("reset_second_factor", _("Can take a lost second factor off a customer after a check")),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        return self.status != self.Status.SUSPENDED

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def get_short_name(self) -> str:
        return self.first_name or self.email


class Session(models.Model):
    """One sign-in on one device: of an app (its refresh tokens are the session's family) or of a browser.

    It is the authority: access tokens, refresh tokens and cookies are worth nothing once it has ended.
    """

    class Kind(models.TextChoices):
        API = "API", _("app")
        PAGE = "PAGE", _("browser")

    class End(models.TextChoices):
        LOGOUT = "LOGOUT", _("signed out")
        OTHER_DEVICE = "OTHER_DEVICE", _("ended from another device")
        PASSWORD = "PASSWORD", _("password changed")
        REPLAY = "REPLAY", _("an old refresh token came back")
        STAFF = "STAFF", _("ended by staff")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    kind = models.CharField(max_length=4, choices=Kind)
    device = models.CharField(max_length=80, blank=True, help_text=_("as its user agent calls itself"))
    device_key = models.CharField(max_length=64, blank=True, help_text=_("hash, to know the device again"))
    address = models.GenericIPAddressField(null=True, blank=True)
    cookie = models.CharField(max_length=40, blank=True, help_text=_("key of the browser's session row"))
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_why = models.CharField(max_length=12, choices=End, blank=True)

    class Meta:
        ordering = ["-seen_at"]
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        indexes = [
            models.Index(fields=["user", "-seen_at"], name="session_of_user"),
            models.Index(fields=["seen_at"], name="session_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.device or self.kind} {self.created_at:%Y-%m-%d}"


class FailedSignIn(models.Model):
    """Somebody tried to sign in as this person and could not; who succeeds has a Session. Kept as long as those."""

    class Why(models.TextChoices):
        PASSWORD = "PASSWORD", _("wrong password")
        CODE = "CODE", _("right password, wrong code")
        SHUT = "SHUT", _("right password, account not open")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="failed_sign_ins")
    why = models.CharField(max_length=8, choices=Why)
    device = models.CharField(max_length=80, blank=True, help_text=_("as its user agent calls itself"))
    address = models.GenericIPAddressField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at"]
        verbose_name = _("failed sign-in")
        verbose_name_plural = _("failed sign-ins")
        indexes = [
            models.Index(fields=["user", "-at"], name="failed_sign_in_of_user"),
            models.Index(fields=["-at"], name="failed_sign_in_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.why} {self.at:%Y-%m-%d %H:%M}"


class RefreshToken(models.Model):
    """A refresh token, known by its hash alone. It is used once; its successor belongs to the same session."""

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="refresh_tokens")
    hash = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("refresh token")
        verbose_name_plural = _("refresh tokens")

    def __str__(self) -> str:
        return f"{self.session_id} {self.issued_at:%Y-%m-%d %H:%M:%S}"


class MailedToken(models.Model):
    """What a link in a mail carries, known by its hash alone; good once and for a while."""

    class Purpose(models.TextChoices):
        VERIFY = "VERIFY", _("verify the address")
        RESET = "RESET", _("reset the password")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="mailed_tokens")
    purpose = models.CharField(max_length=6, choices=Purpose)
    hash = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mailed token")
        verbose_name_plural = _("mailed tokens")

    def __str__(self) -> str:
        return f"{self.purpose} {self.issued_at:%Y-%m-%d %H:%M:%S}"


class Lockout(models.Model):
    """Tries at one secret (a password, a code), counted in one statement each; accounts.lockouts alone writes it."""

    key = models.CharField(max_length=90, primary_key=True, help_text=_("rule and hash of whom it guards"))
    tries = models.PositiveIntegerField(default=0)
    until = models.DateTimeField(db_index=True, help_text=_("the count begins anew then"))

    class Meta:
        verbose_name = _("lockout")
        verbose_name_plural = _("lockouts")

    def __str__(self) -> str:
        return self.key


class Authenticator(Device):  # type: ignore[misc]  # django-otp has no types
    """An authenticator app (TOTP, six digits, 30 s), for customers and staff; its secret is kept sealed.

    django-otp's own TOTP device would keep the secret in clear; to django-otp this is a device like any other.
    """

    sealed_key = models.TextField(editable=False, help_text=_("the secret in hex, sealed with ENCRYPTION_KEYS"))
    last_t = models.BigIntegerField(default=-1, help_text=_("the last time step whose code was accepted"))
    drift = models.SmallIntegerField(default=0, help_text=_("how many steps the app's clock is ahead"))

    class Meta:
        verbose_name = _("authenticator app")
        verbose_name_plural = _("authenticator apps")
        constraints = [models.UniqueConstraint(fields=["user"], name="one_authenticator")]

    @property
    def bin_key(self) -> bytes:
        """The secret. Raises ValueError where the key it was sealed with is gone."""
        return unhexlify(sealing.unseal(self.sealed_key))

    def verify_token(self, token: str) -> bool:
        """The code is the app's of now (one step of leeway) and none before it can come again. The caller holds the
        row's lock and has counted the try (accounts.lockouts)."""
        totp = TOTP(self.bin_key, drift=self.drift)
        totp.time = time.time()
        if not totp.verify(int(token), 1, self.last_t + 1):
            return False
        self.last_t, self.drift = totp.t(), totp.drift
        self.save(update_fields=["last_t", "drift"])
        return True


class Benefit(models.Model):
    """One line of what a membership level gives, instead of the shop's own lines for that level."""

    level = models.CharField(max_length=8, choices=Level)
    text = TranslatedField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["level", "position", "id"]
        verbose_name = _("benefit")
        verbose_name_plural = _("benefits")

    def __str__(self) -> str:
        return f"{self.level} {self.position}"
