"""The demo's customer signs in, on the page and by the API."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from tests.accounts.cast import log_in
from tests.demo.shop import _loaded, demo_shop  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("demo_shop")]


def test_the_demo_s_customer_signs_in(client: Client) -> None:
    user = User.objects.get(email="customer@example.com")
    body = {"email": user.email, "password": "demo-Passw0rd!"}
    assert client.post("/id-id/account/sign-in", body)["Location"] == "/id-id/account/"
    assert log_in(client, user, "demo-Passw0rd!")
