"""A member's dashboard as a browser meets it: signing in, reading a page, making a deposit."""

from __future__ import annotations

from html import unescape

from django.test import Client

from accounts.models import User
from payments.models import Deposit
from tests.accounts.cast import PASSWORD

HERE = "/en-id/account/"


def browser(user: User | None) -> Client:
    """A browser in which `user` has signed in."""
    client = Client()
    if user is not None:
        answer = client.post(f"{HERE}sign-in", {"email": user.email, "password": PASSWORD})
        assert answer.status_code == 302, answer.content
    return client


def page(client: Client, rest: str, **query: str) -> str:
    answer = client.get(HERE + rest, query)
    assert answer.status_code == 200, answer.content[:2000]
    return unescape(answer.content.decode())


def quoted(client: Client, amount: str = "100.000") -> str:
    """The validation token on the last look at a deposit by QRIS."""
    answer = client.post(f"{HERE}deposits/new", {"amount": amount, "paymentCode": "QRIS"})
    html = answer.content.decode()
    assert answer.status_code == 200, html
    return html.partition('name="validationToken" value="')[2].partition('"')[0]


def deposit_of(user: User, client: Client) -> Deposit:
    answer = client.post(f"{HERE}deposits/place", {"validationToken": quoted(client)})
    assert answer.status_code == 302
    return Deposit.objects.get(user=user, number=answer["Location"].rpartition("/")[2])
