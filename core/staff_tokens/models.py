"""Staff tokens, and the answers that were given under an idempotency key."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class StaffToken(models.Model):
    """A key of the admin API. It may do what its scopes say, as long as its maker may do that too, until it expires or
    is revoked. The secret itself is kept nowhere."""

    name = models.CharField(max_length=40, unique=True, help_text=_("small letters, digits and hyphens; kept for ever"))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False, help_text=_("how the secret begins"))
    scopes = models.JSONField(default=list, help_text=_("permissions: app.codename"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    last_address = models.GenericIPAddressField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=254, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("token of the admin API")
        verbose_name_plural = _("tokens of the admin API")

    def __str__(self) -> str:
        return self.name

    @property
    def actor(self) -> str:
        """The name under which the audit trail keeps what is done with it."""
        return f"token:{self.name}"

    def get_username(self) -> str:
        """As `actor`: a token decides like a person, and its maker answers for it."""
        return self.actor

    def has_perm(self, permission: str) -> bool:
        """Whether it was given that scope and its maker still has the permission."""
        return permission in self.scopes and bool(self.made_by.has_perm(permission))

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and timezone.now() < self.expires_at


class KeptAnswer(models.Model):
    """What a call of the admin API was answered under an idempotency key: the same call again gets it once more, and
    does nothing."""

    token = models.ForeignKey(StaffToken, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=80)
    call = models.CharField(max_length=200, help_text=_("method and path"))
    asked = models.CharField(max_length=64, help_text=_("hash of what was sent"))
    answer = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"{self.token_id} {self.key}"
