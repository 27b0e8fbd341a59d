"""The demo's customer signs in, on the page and by the API."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts import mfa
from accounts.models import User
from tests.accounts.cast import log_in, with_second_factor
from tests.demo.shop import _loaded, demo_shop  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_shop")]


def test_the_demo_s_customer_signs_in(client: Client) -> None:
    user = User.objects.get(email="customer@example.com")
    body = {"email": user.email, "password": "demo-Passw0rd!"}
    assert client.post("/id-id/account/sign-in", body)["Location"] == "/id-id/account/"
    assert log_in(client, user, "demo-Passw0rd!")


def test_a_demo_login_s_code_is_there_for_whoever_tries_the_shop(settings: Any) -> None:
    user = User.objects.get(email="customer@example.com")

    def told() -> str:
        out = StringIO()
        call_command("demo_code", user.email, stdout=out)
        return out.getvalue().strip()

    with pytest.raises(CommandError):
        told()
    with_second_factor(user)
    for _again in range(2):  # the first is used up by then
        mfa.verify(user, told())
    settings.DEMO = False
    with pytest.raises(CommandError):
        told()
