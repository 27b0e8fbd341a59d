"""Registering, signing in and out (API §21 to §27, §33, §34)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import google, google_members, registering, sessions, signing_in, tokens
from accounts.api import shown
from accounts.models import User
from accounts.visitors import session_of
from core import regions
from core.web.api import ApiView, MemberView, body_of, data
from storefront.api.shapes import BODY_ERRORS, Text, answers, enveloped
from storefront.orders import claiming

_TAG = ["Auth"]
_REGION = OpenApiParameter("region", str, enum=["ID", "MY", "PH", "SG", "TH"], description="Region code")
_ERRORS = (*BODY_ERRORS,)


class OpenView(ApiView):
    """For whoever is not signed in (any more): an expired bearer that an app sends along changes nothing here."""

    ignores_bearer: ClassVar[bool] = True


class Password(Text):
    """As it was typed: blanks belong to it."""

    def __init__(self, **rules: Any) -> None:
        super().__init__(max_length=128, trim_whitespace=False, **rules)


class RegisterBody(serializers.Serializer[Any]):
    firstName = Text(max_length=60)
    lastName = Text(max_length=60, required=False, allow_blank=True, default="")
    email = Text(max_length=254)
    phoneNumber = Text(max_length=40, required=False, allow_blank=True, allow_null=True, default="")
    password = Password()
    confirmPassword = Password()


class IdTokenBody(serializers.Serializer[Any]):
    idToken = Text(max_length=8192)


class VerifyBody(serializers.Serializer[Any]):
    email = Text(max_length=254)
    token = Text(max_length=200)


class EmailBody(serializers.Serializer[Any]):
    email = Text(max_length=254)


class LoginBody(serializers.Serializer[Any]):
    email = Text(max_length=254)
    password = Password()


class CodeBody(serializers.Serializer[Any]):
    mfaToken = Text(max_length=2000)
    code = Text(max_length=20)


class RefreshBody(serializers.Serializer[Any]):
    refreshToken = Text(max_length=2000)


def read(body: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The body's values. Raises VALIDATION_ERROR."""
    sent = body(data=body_of(request))
    sent.is_valid(raise_exception=True)
    return dict(sent.validated_data)


def private(answer: Response) -> Response:
    """Tokens and personal data are nobody's to keep on the way."""
    answer["Cache-Control"] = "no-store"
    return answer


def _signed_in(done: signing_in.SignedIn, **more: Any) -> dict[str, Any]:
    user = shown.member(done.user, **more)
    return {"step": "SUCCESS", "token": shown.pair(done.pair), "user": user}


def _entered(done: signing_in.SignedIn) -> dict[str, Any]:
    return _signed_in(done, lastLoginAt=done.user.last_login)


def _registered(done: signing_in.SignedIn) -> dict[str, Any]:
    """As §22 has it: Google's id, and the day of registration last."""
    answer = _signed_in(done)
    answer["user"].pop("createdAt", None)
    answer["user"] |= {"googleId": done.user.google_id, "createdAt": done.user.created_at}
    return answer


def _open(
    request: Request,
    user: User,
    region_code: str,
    *,
    told: Callable[[signing_in.SignedIn], dict[str, Any]] = _entered,
    status: int = 200,
) -> Response:
    """Tokens, in the words of `told`, or the step that is left (§25)."""
    owed = signing_in.owed(user, region_code)
    if owed is not None:
        return private(data(shown.step(owed)))
    done = signing_in.open_app(user, sessions.device_of(request._request), region_code=region_code)
    return private(data(told(done), status=status))


class Register(OpenView):
    rule: ClassVar[str] = "login"

    @extend_schema(
        operation_id="register",
        tags=_TAG,
        summary="Register",
        description="The account waits for its address to be proved by the link in a mail.",
        parameters=[_REGION],
        request=RegisterBody,
        responses=answers(enveloped("RegisterEnvelope", shown.RegisterAnswer()), status=201, errors=_ERRORS),
    )
    def post(self, request: Request) -> Response:
        region = shown.region_asked(request) or regions.default()
        sent = read(RegisterBody, request)
        user = registering.register(
            registering.Application(
                first_name=sent["firstName"],
                last_name=sent["lastName"],
                email=sent["email"],
                phone=sent["phoneNumber"] or "",
                password=sent["password"],
                confirmed=sent["confirmPassword"],
            ),
            region,
            get_language() or "id",
        )
        return private(data({"step": "EMAIL_VERIFICATION", "user": shown.member(user)}, status=201))


class RegisterGoogle(OpenView):
    rule: ClassVar[str] = "login"

    @extend_schema(
        operation_id="registerWithGoogle",
        tags=_TAG,
        summary="Register with Google",
        description="Somebody who has an account with that address already is linked and signed in.",
        parameters=[_REGION],
        request=IdTokenBody,
        responses=answers(shown.SIGNED_IN, status=201, errors=(*_ERRORS, 503)),
    )
    def post(self, request: Request) -> Response:
        region = shown.region_asked(request)
        person = google.read_id_token(read(IdTokenBody, request)["idToken"])
        user = google_members.member_or_new(person, region or regions.default(), get_language() or "id")
        claiming.claim(user)
        return _open(request, user, region.code if region else "", told=_registered, status=201)


class VerifyEmail(OpenView):
    rule: ClassVar[str] = "login"

    @extend_schema(
        operation_id="verifyEmail",
        tags=_TAG,
        summary="Verify email",
        description="Orders that were placed as a guest with this address belong to the account from then on.",
        request=VerifyBody,
        responses=answers(enveloped("VerifyEnvelope", shown.VerifyAnswer()), errors=_ERRORS),
    )
    def post(self, request: Request) -> Response:
        sent = read(VerifyBody, request)
        user = registering.verify(sent["email"], sent["token"])
        claiming.claim(user)
        done = signing_in.open_app(user, sessions.device_of(request._request))
        answer = {
            "step": "SUCCESS",
            "token": shown.pair(done.pair),
            "user": {"id": user.public_id, "status": user.status, "emailVerifiedAt": user.email_verified_at},
        }
        return private(data(answer))


class ResendVerification(OpenView):
    rule: ClassVar[str] = "resend"

    @extend_schema(
        operation_id="resendVerification",
        tags=_TAG,
        summary="Resend verification email",
        description="Answers the same whether or not the address is known.",
        request=EmailBody,
        responses=answers(shown.SAID, errors=_ERRORS),
    )
    def post(self, request: Request) -> Response:
        registering.resend(read(EmailBody, request)["email"])
        return data({"message": _("Verification email has been sent")})


class Login(OpenView):
    rule: ClassVar[str] = "login"

    @extend_schema(
        operation_id="login",
        tags=_TAG,
        summary="Login",
        parameters=[_REGION],
        request=LoginBody,
        responses=answers(shown.SIGNED_IN, errors=_ERRORS),
    )
    def post(self, request: Request) -> Response:
        region = shown.region_asked(request)
        sent = read(LoginBody, request)
        user = signing_in.check_credentials(sent["email"], sent["password"], sessions.device_of(request._request))
        return _open(request, user, region.code if region else "")


class LoginGoogle(OpenView):
    rule: ClassVar[str] = "login"

    @extend_schema(
        operation_id="loginWithGoogle",
        tags=_TAG,
        summary="Login with Google",
        parameters=[_REGION],
        request=IdTokenBody,
        responses=answers(shown.SIGNED_IN, errors=(*_ERRORS, 503)),
    )
    def post(self, request: Request) -> Response:
        region = shown.region_asked(request)
        user = google_members.member(google.read_id_token(read(IdTokenBody, request)["idToken"]))
        claiming.claim(user)
        return _open(request, user, region.code if region else "")


class VerifyMfa(OpenView):
    rule: ClassVar[str] = "login"

    @extend_schema(
        operation_id="verifyMfa",
        tags=_TAG,
        summary="Verify MFA",
        description="The code of the authenticator app, or a back-up code. Each counts once.",
        request=CodeBody,
        responses=answers(shown.SIGNED_IN, errors=_ERRORS),
    )
    def post(self, request: Request) -> Response:
        sent = read(CodeBody, request)
        user, claim = signing_in.pay_code(sent["mfaToken"], sent["code"], sessions.device_of(request._request))
        device = sessions.device_of(request._request)
        done = signing_in.open_app(user, device, region_code=claim.region_code, session_id=claim.session_id)
        return private(data(_entered(done)))


class RefreshToken(OpenView):
    @extend_schema(
        operation_id="refreshToken",
        tags=_TAG,
        summary="Refresh token",
        description="A refresh token is good for one use; one that comes back later ends its session.",
        request=RefreshBody,
        responses=answers(enveloped("TokensEnvelope", shown.Tokens()), errors=_ERRORS),
    )
    def post(self, request: Request) -> Response:
        return private(data(shown.pair(tokens.refresh(read(RefreshBody, request)["refreshToken"]))))


class Logout(MemberView):
    @extend_schema(
        operation_id="logout",
        tags=_TAG,
        summary="Logout",
        description="Ends the session: its access token and its refresh tokens are worth nothing from then on.",
        request=None,
        responses=answers(shown.SAID, errors=(401,)),
    )
    def post(self, request: Request) -> Response:
        signing_in.log_out(session_of(request))
        return data({"message": _("Logged out successfully")})
