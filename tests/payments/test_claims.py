"""A guest whose channel takes nothing back says where the money goes (invariants 2, 3, 9)."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from core.errors import Refused
from core.models import MailMessage, StaffCase
from payments import ledger_check, mails
from payments.models import Payout, Refund
from payments.money_back import claims, destinations, links
from storefront.orders import invoice
from tests.payments.back import ACCOUNT, again, claimable
from tests.payments.cast import TOTAL, books, sound
from tests.payments.members import books_hold, holds, member

pytestmark = pytest.mark.django_db
TYPED = {"into": "account", "method": "BCA", "number": "0123-456 789", "holder": "Ani  Budi"}


def browser(*, signed_in_as: User | None = None) -> Client:
    client = Client(headers={"Origin": "http://testserver"})
    if signed_in_as is not None:
        client.force_login(signed_in_as)
    return client


def told(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    assert (answer.headers["Referrer-Policy"], "no-store" in answer.headers["Cache-Control"]) == ("same-origin", True)
    return unescape(answer.content.decode())


def test_the_link_is_mailed_and_stands_on_the_owners_invoice_alone() -> None:
    refund = claimable()
    mails.order_failed(refund.order, refund.amount)
    mail = MailMessage.objects.get(template="order_failed")
    assert mail.context["invoice"]["refund"]["claim_url"] == links.url(refund)
    page = f"/en-id/invoices/{refund.order.number}"
    key = {"key": invoice.view_key(refund.order)}
    owners, strangers = (unescape(Client().get(page, given).content.decode()) for given in (key, {}))
    assert links.path(refund) in owners and links.token(refund) not in strangers
    assert "say where it should go" in strangers


@pytest.mark.parametrize("token", ["nonsense", "GATE1-R1.AAAA", "..", "%00"])
def test_nobody_guesses_a_link(token: str) -> None:
    claimable()
    assert browser().get(f"/en-id/refunds/{token}").status_code == 404
    assert browser().post(f"/en-id/refunds/{token}", TYPED).status_code == 404


def test_a_member_has_it_in_the_wallet_at_once_and_once() -> None:
    refund, user = claimable(), member()
    path = links.path(refund).replace("/id-id/", "/en-id/")
    client = browser(signed_in_as=user)
    assert "into my balance" in told(client, path)
    for _click in range(2):
        assert client.post(path, {"into": "wallet"}).status_code == 302
    refund = again(refund)
    assert (refund.state, refund.way, refund.wallet_of, holds(user)) == ("DONE", "WALLET", user, TOTAL)
    assert "went back to your balance" in told(client, path)
    assert MailMessage.objects.filter(template="refund").count() == 1
    # Nobody takes it again, neither to another wallet nor to an account.
    other = browser(signed_in_as=member("b"))
    assert other.post(path, {"into": "wallet"}).status_code == 422
    assert other.post(path, TYPED | {"confirmed": "yes"}).status_code == 422
    assert sound(refund.order) and books_hold() and not Payout.objects.exists()


def test_a_guest_is_led_through_the_sign_in_and_back() -> None:
    refund = claimable()
    answer = browser().post(links.path(refund), {"into": "wallet"})
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/id-id/account/sign-in?next=%2Fid-id%2Frefunds%2F")
    assert again(refund).state == "CLAIMABLE"


def test_an_account_is_shown_once_more_then_sealed_and_never_shown_whole() -> None:
    refund = claimable()
    path, client = links.path(refund).replace("/id-id/", "/en-id/"), browser()
    shown = client.post(path, TYPED)
    assert "Is this the right account?" in shown.content.decode() and not Payout.objects.exists()
    for _click in range(2):
        assert client.post(path, TYPED | {"confirmed": "yes"}).status_code == 302
    payout = Payout.objects.get()
    assert (again(refund).state, payout.state) == ("CLAIMED", "ASKED")
    assert destinations.unsealed(payout.method, payout.sealed) == ACCOUNT
    assert "0123456789" not in payout.sealed and payout.masked == "BCA ••••6789 · A•• B•••"
    page = told(client, path)
    assert "BCA ••••6789" in page and "0123456789" not in page and "Usually by" in page
    number_alone = unescape(Client().get(f"/en-id/invoices/{refund.order.number}").content.decode())
    assert "6789" not in number_alone and "the account that was named" in number_alone
    assert StaffCase.objects.get().kind == "payout"
    # Another account, or a wallet, comes too late.
    assert client.post(path, TYPED | {"number": "1111111111", "confirmed": "yes"}).status_code == 422
    with pytest.raises(Refused):
        claims.into_wallet(refund.pk, member())
    assert books()["refunds:IDR"] == TOTAL and ledger_check.problems() == []


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"method": "DBS"}, "method"),  # another region's
        ({"method": "HAND"}, "method"),
        ({"number": "123456789"}, "number"),
        ({"number": "٠١٢٣٤٥٦٧٨٩"}, "number"),
        ({"method": "DANA", "number": "0123456789"}, "number"),
        ({"holder": "<b>"}, "holder"),
        ({"holder": "7"}, "holder"),
    ],
)
def test_what_is_no_account_is_named(typed: dict[str, str], field: str) -> None:
    refund = claimable()
    answer = browser().post(links.path(refund), TYPED | typed)
    assert answer.status_code == 422
    assert f'id="{field}-says"' in answer.content.decode()
    assert again(refund).state == "CLAIMABLE" and not Payout.objects.exists()


def test_who_stays_silent_is_reminded_and_then_staff_are_told() -> None:
    refund = claimable()
    assert claims.remind_due() == 0
    seen = []
    for _round in range(5):
        Refund.objects.update(not_before=timezone.now() - timedelta(seconds=1))
        claims.remind_due()
        claims.remind_due()
        seen.append((MailMessage.objects.filter(template="refund").count(), StaffCase.objects.count()))
    assert seen == [(1, 0), (2, 0), (3, 0), (3, 1), (3, 1)]
    assert StaffCase.objects.get().kind == "refund-unclaimed"
    claims.into_wallet(refund.pk, member())
    assert StaffCase.objects.get().state == "RESOLVED"


def test_a_guest_who_became_the_orders_member_has_it_without_asking() -> None:
    refund, user = claimable(), member()
    type(refund.order).objects.update(user=user)
    assert claims.remind_due() == 1
    assert (again(refund).state, holds(user)) == ("DONE", TOTAL)
    assert books_hold()
