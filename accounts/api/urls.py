"""Addresses of the accounts' part of the public API."""

from __future__ import annotations

from django.urls import path

from accounts.api import auth, profile, secrets

urlpatterns = [
    path("auth/register", auth.Register.as_view()),
    path("auth/register/google", auth.RegisterGoogle.as_view()),
    path("auth/verify-email", auth.VerifyEmail.as_view()),
    path("auth/resend-verification", auth.ResendVerification.as_view()),
    path("auth/login", auth.Login.as_view()),
    path("auth/login/google", auth.LoginGoogle.as_view()),
    path("auth/verify-mfa", auth.VerifyMfa.as_view()),
    path("auth/forgot-password", secrets.ForgotPassword.as_view()),
    path("auth/reset-password", secrets.ResetPassword.as_view()),
    path("auth/mfa/enable", secrets.EnableMfa.as_view()),
    path("auth/mfa/verify-setup", secrets.VerifyMfaSetup.as_view()),
    path("auth/mfa/disable", secrets.DisableMfa.as_view()),
    path("auth/refresh-token", auth.RefreshToken.as_view()),
    path("auth/logout", auth.Logout.as_view()),
    path("user/profile", profile.Profile.as_view()),
    path("user/change-password", secrets.ChangePassword.as_view()),
]
