"""Addresses of the account's pages under /{language}-{region}/account/."""

from __future__ import annotations

from django.urls import path

from accounts.pages import entering, joining, profile, security

urlpatterns = [
    path("account/google/callback", entering.google_back, name="google_back"),
    path("<shop:place>/account/head", profile.head, name="account_head"),
    path("<shop:place>/account/sign-in", entering.sign_in, name="sign_in"),
    path("<shop:place>/account/code", entering.code, name="sign_in_code"),
    path("<shop:place>/account/sign-out", entering.sign_out, name="sign_out"),
    path("<shop:place>/account/google", entering.google_begin, name="google_begin"),
    path("<shop:place>/account/register", joining.register, name="register"),
    path("<shop:place>/account/verify", joining.verify, name="verify"),
    path("<shop:place>/account/resend", joining.resend, name="resend"),
    path("<shop:place>/account/forgot", entering.forgot, name="forgot"),
    path("<shop:place>/account/reset", entering.reset, name="reset"),
    path("<shop:place>/account/profile", profile.profile_page, name="profile"),
    path("<shop:place>/account/security", security.security, name="security"),
    path("<shop:place>/account/security/password", security.password, name="change_password"),
    path("<shop:place>/account/security/mfa", security.begin_mfa, name="begin_mfa"),
    path("<shop:place>/account/security/mfa/confirm", security.confirm_mfa, name="confirm_mfa"),
    path("<shop:place>/account/security/mfa/disable", security.disable_mfa, name="disable_mfa"),
    path("<shop:place>/account/security/mfa/codes", security.renew_codes, name="renew_backup_codes"),
    path("<shop:place>/account/security/devices", security.end_device, name="end_device"),
]
