"""Passwords and the second factor (API §28 to §32, §37)."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import quote

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import mfa, passwords
from accounts.api import shown
from accounts.api.auth import EmailBody, OpenView, Password, private, read
from accounts.visitors import session_of, signed_in
from core.web.api import MemberView, data
from storefront.api.shapes import BODY_ERRORS, Text, answers, enveloped

_TAG = ["Auth"]


class ResetBody(serializers.Serializer[Any]):
    token = Text(max_length=200)
    newPassword = Password()
    confirmPassword = Password()


class ChangeBody(serializers.Serializer[Any]):
    currentPassword = Password()
    newPassword = Password()
    confirmPassword = Password()


class SetupCodeBody(serializers.Serializer[Any]):
    code = Text(max_length=20)


class DisableBody(serializers.Serializer[Any]):
    code = Text(max_length=20)
    password = Password()


class ForgotPassword(OpenView):
    rule: ClassVar[str] = "resend"

    @extend_schema(
        operation_id="forgotPassword",
        tags=_TAG,
        summary="Forgot password",
        description="Answers the same whether or not the address is known.",
        request=EmailBody,
        responses=answers(shown.SAID, errors=BODY_ERRORS),
    )
    def post(self, request: Request) -> Response:
        passwords.forgot(read(EmailBody, request)["email"])
        return data({"message": _("Password reset link has been sent to your email")})


class ResetPassword(OpenView):
    rule: ClassVar[str] = "login"

    @extend_schema(
        operation_id="resetPassword",
        tags=_TAG,
        summary="Reset password",
        description="Every session is over; the member signs in again.",
        request=ResetBody,
        responses=answers(shown.SAID, errors=BODY_ERRORS),
    )
    def post(self, request: Request) -> Response:
        sent = read(ResetBody, request)
        passwords.reset(sent["token"], sent["newPassword"], sent["confirmPassword"])
        return data({"message": _("Password has been reset successfully")})


class ChangePassword(MemberView):
    rule: ClassVar[str] = "login"

    @extend_schema(
        operation_id="changePassword",
        tags=["User"],
        summary="Change password",
        description="Other sessions are over, and every refresh token is invalid.",
        request=ChangeBody,
        responses=answers(shown.SAID, errors=BODY_ERRORS),
    )
    def post(self, request: Request) -> Response:
        sent = read(ChangeBody, request)
        passwords.change(
            signed_in(request),
            sent["currentPassword"],
            sent["newPassword"],
            sent["confirmPassword"],
            session_id=session_of(request).pk,
        )
        return data({"message": _("Password changed successfully")})


class EnableMfa(MemberView):
    rule: ClassVar[str] = "login"

    @extend_schema(
        operation_id="enableMfa",
        tags=_TAG,
        summary="Enable MFA",
        description="Begins a set-up; it is on once `verify-setup` has seen the app's first code.",
        request=None,
        responses=answers(enveloped("MfaSetupEnvelope", shown.MfaSetup()), errors=(401, 422)),
    )
    def post(self, request: Request) -> Response:
        setup = mfa.enable(signed_in(request))
        answer = {
            "step": "SETUP",
            "qrCode": setup.uri,
            "qrCodeImage": f"{settings.PUBLIC_BASE_URL}/v2/qr/generate?data={quote(setup.reference, safe='')}",
            "secret": setup.secret,
            "backupCodes": setup.backup_codes,
        }
        return private(data(answer))


class VerifyMfaSetup(MemberView):
    rule: ClassVar[str] = "login"

    @extend_schema(
        operation_id="verifyMfaSetup",
        tags=_TAG,
        summary="Verify MFA setup",
        request=SetupCodeBody,
        responses=answers(enveloped("MfaConfirmedEnvelope", shown.MfaConfirmed()), errors=BODY_ERRORS),
    )
    def post(self, request: Request) -> Response:
        mfa.confirm_setup(signed_in(request), read(SetupCodeBody, request)["code"])
        message = _("MFA has been enabled successfully")
        return data({"step": "SUCCESS", "message": message, "mfaStatus": shown.mfa_status(True)})


class DisableMfa(MemberView):
    rule: ClassVar[str] = "login"

    @extend_schema(
        operation_id="disableMfa",
        tags=_TAG,
        summary="Disable MFA",
        request=DisableBody,
        responses=answers(enveloped("MfaDisabledEnvelope", shown.MfaDisabled()), errors=BODY_ERRORS),
    )
    def post(self, request: Request) -> Response:
        sent = read(DisableBody, request)
        mfa.disable(signed_in(request), sent["password"], sent["code"])
        return data({"message": _("MFA has been disabled"), "mfaStatus": shown.mfa_status(False)})
