"""A member, their tokens and their profile as the API shows them (API §21 to §36), and what OpenAPI says of them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from rest_framework import serializers
from rest_framework.request import Request

from accounts import levels, mfa, profile, tokens
from accounts.models import Level, User
from accounts.signing_in import MfaStep
from core import regions
from core.models import Region
from core.money import Money
from payments.wallet.services import balances
from storefront.api.shapes import enveloped
from storefront.orders.volume import paid_volume


def region_asked(request: Request) -> Region | None:
    """The region that the query names; None without one. Raises INVALID_REGION."""
    code = request.query_params.get("region", "").strip()
    return regions.named(code.upper()) if code else None


# --- JSON ---


def brief(user: User) -> dict[str, Any]:
    """The member as §36 shows them."""
    return {
        "id": user.public_id,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "email": user.email,
        "phoneNumber": user.phone,
        "profilePicture": profile.picture_url(user),
        "status": user.status,
    }


def member(user: User, **more: Any) -> dict[str, Any]:
    """The member as §21 shows them, `more` at the end. Every currency of the shop has a balance, if only 0."""
    current = user.current_region or regions.default()
    kept = balances(user)
    currencies = dict.fromkeys(region.currency for region in regions.regions())
    return {
        **brief(user),
        "primaryRegion": user.primary_region_id or regions.default().code,
        "currentRegion": current.code,
        "currency": current.currency,
        "balance": {currency: kept.get(currency, Money(0, currency)) for currency in currencies},
        "membership": {"level": user.level, "name": Level(user.level).label},
        "mfaStatus": mfa_status(mfa.is_active(user)),
        "createdAt": user.created_at,
        **more,
    }


def whole(user: User) -> dict[str, Any]:
    """The profile of §35, with benefits in the active language and the way to the next level."""
    shown = member(user)
    created_at = shown.pop("createdAt")
    progress = levels.progress(user.level, paid_volume(user, timezone.now()))
    shown["membership"] |= {
        "benefits": levels.benefits(user.level, get_language() or "id"),
        "progress": {
            "current": progress.current,
            "target": progress.target,
            "percentage": progress.percentage,
            "nextLevel": progress.next_level,
            "currency": progress.target.currency,
        },
    }
    return shown | {
        "emailVerifiedAt": user.email_verified_at,
        "createdAt": created_at,
        "lastLoginAt": user.last_login,
        "updatedAt": user.updated_at,
    }


def pair(issued: tokens.Pair) -> dict[str, Any]:
    return {
        "accessToken": issued.access,
        "refreshToken": issued.refresh,
        "expiresIn": tokens.ACCESS_SECONDS,
        "tokenType": "Bearer",
    }


def step(owed: MfaStep) -> dict[str, Any]:
    return {"step": "MFA_VERIFICATION", "mfaToken": owed.token, "expiresAt": owed.expires_at}


def mfa_status(is_active: bool) -> str:
    return "ACTIVE" if is_active else "INACTIVE"


# --- OpenAPI ---

_STATUS = User.Status.values
_MFA = ("ACTIVE", "INACTIVE")


class Balance(serializers.Serializer[Any]):
    IDR = serializers.FloatField()
    MYR = serializers.FloatField()
    PHP = serializers.FloatField()
    SGD = serializers.FloatField()
    THB = serializers.FloatField()


class Membership(serializers.Serializer[Any]):
    level = serializers.ChoiceField(Level.values)
    name = serializers.CharField()


class Progress(serializers.Serializer[Any]):
    current = serializers.FloatField(help_text="paid within 90 days")
    target = serializers.FloatField()
    percentage = serializers.FloatField()
    nextLevel = serializers.ChoiceField(Level.values, allow_null=True, help_text="null at the highest level")
    currency = serializers.CharField()


class MembershipWhole(Membership):
    benefits = serializers.ListField(child=serializers.CharField())
    progress = Progress()


class MemberBrief(serializers.Serializer[Any]):
    id = serializers.CharField()
    firstName = serializers.CharField()
    lastName = serializers.CharField(allow_blank=True)
    email = serializers.EmailField()
    phoneNumber = serializers.CharField(allow_null=True, help_text="E.164")
    profilePicture = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(_STATUS)


class MemberUpdated(MemberBrief):
    updatedAt = serializers.DateTimeField()


class MemberShown(MemberBrief):
    primaryRegion = serializers.CharField(help_text="set at registration, permanent")
    currentRegion = serializers.CharField()
    currency = serializers.CharField(help_text="of the current region")
    balance = Balance()
    membership = Membership()
    mfaStatus = serializers.ChoiceField(_MFA)
    createdAt = serializers.DateTimeField()
    lastLoginAt = serializers.DateTimeField(required=False)
    googleId = serializers.CharField(required=False)


class ProfileShown(MemberShown):
    membership = MembershipWhole()
    emailVerifiedAt = serializers.DateTimeField(allow_null=True)
    updatedAt = serializers.DateTimeField()


class Tokens(serializers.Serializer[Any]):
    accessToken = serializers.CharField()
    refreshToken = serializers.CharField(help_text="good for one use")
    expiresIn = serializers.IntegerField(help_text="seconds of the access token")
    tokenType = serializers.ChoiceField(("Bearer",))


class RegisterAnswer(serializers.Serializer[Any]):
    step = serializers.ChoiceField(("EMAIL_VERIFICATION",))
    user = MemberShown()


class SignInAnswer(serializers.Serializer[Any]):
    """With SUCCESS: token and user; with MFA_VERIFICATION: mfaToken and expiresAt."""

    step = serializers.ChoiceField(("SUCCESS", "MFA_VERIFICATION"))
    token = Tokens(required=False)
    user = MemberShown(required=False)
    mfaToken = serializers.CharField(required=False)
    expiresAt = serializers.DateTimeField(required=False)


class MemberVerified(serializers.Serializer[Any]):
    id = serializers.CharField()
    status = serializers.ChoiceField(_STATUS)
    emailVerifiedAt = serializers.DateTimeField()


class VerifyAnswer(serializers.Serializer[Any]):
    step = serializers.ChoiceField(("SUCCESS",))
    token = Tokens()
    user = MemberVerified()


class Said(serializers.Serializer[Any]):
    message = serializers.CharField()


class MfaSetup(serializers.Serializer[Any]):
    step = serializers.ChoiceField(("SETUP",))
    qrCode = serializers.CharField(help_text="otpauth address")
    qrCodeImage = serializers.CharField(help_text="address of a PNG, good for ten minutes")
    secret = serializers.CharField()
    backupCodes = serializers.ListField(child=serializers.CharField())


class MfaConfirmed(serializers.Serializer[Any]):
    step = serializers.ChoiceField(("SUCCESS",))
    message = serializers.CharField()
    mfaStatus = serializers.ChoiceField(_MFA)


class MfaDisabled(serializers.Serializer[Any]):
    message = serializers.CharField()
    mfaStatus = serializers.ChoiceField(_MFA)


# One component each, however many calls answer it.
SAID = enveloped("SaidEnvelope", Said())
SIGNED_IN = enveloped("SignInEnvelope", SignInAnswer())
