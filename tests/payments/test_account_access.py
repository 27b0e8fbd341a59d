"""The dashboard's pages are a member's own and nobody else's, and take in nothing that is no text (invariant 9)."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from payments.models import Deposit
from tests.accounts.cast import member
from tests.conftest import Sandbox
from tests.payments.dashboard import HERE, browser, deposit_of
from tests.payments.members import funded
from tests.payments.past import order_of
from tests.storefront import factories

pytestmark = pytest.mark.django_db
LISTS = ["", "orders", "wallet", "deposits", "report", "membership", "players"]
READS = [*LISTS, "deposits/new", "deposits/ways", "orders.csv", "wallet.csv"]
ACTS = ["deposits/new", "deposits/place", "membership"]


@pytest.fixture(autouse=True)
def _shop(db: None) -> None:
    factories.channel()


@pytest.mark.parametrize("rest", READS)
def test_guests_and_the_suspended_are_led_to_the_sign_in_and_back(rest: str) -> None:
    suspended = member()
    client = browser(suspended)
    User.objects.filter(pk=suspended.pk).update(status=User.Status.SUSPENDED)
    for visitor in (Client(), client):
        answer = visitor.get(HERE + rest)
        back = f"{HERE}{rest}".replace("/", "%2F")
        assert (answer.status_code, answer["Location"]) == (302, f"{HERE}sign-in?next={back}")


@pytest.mark.parametrize("rest", ACTS)
def test_nobody_acts_without_signing_in(rest: str) -> None:
    answer = Client().post(HERE + rest, {"amount": "100000", "paymentCode": "QRIS", "points": "5"})
    assert (answer.status_code, answer["Location"]) == (302, f"{HERE}sign-in")
    assert not Deposit.objects.exists()


@pytest.mark.parametrize("place", ["en-id", "id-id", "en-sg"])
@pytest.mark.parametrize("rest", LISTS)
def test_pages_of_a_new_member(rest: str, place: str) -> None:
    factories.region("SG")
    answer = browser(member()).get(f"/{place}/account/{rest}")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert 'content="noindex"' in html
    assert "no-store" in answer["Cache-Control"]
    assert html.count("<h1") == 1
    assert 'aria-current="page"' in html


def test_a_part_of_a_page_takes_the_whole_page_to_the_sign_in() -> None:
    answer = Client().get(f"{HERE}deposits/ways", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith(f"{HERE}sign-in")


def test_forms_of_other_sites_are_refused() -> None:
    user = member()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser(user).cookies
    assert strict.post(f"{HERE}membership", {"points": "5"}).status_code == 403


def test_no_page_tells_anything_of_another_member(sandbox: Sandbox) -> None:
    owner = member()
    order = order_of(owner, nickname="Somebody")
    funded(owner, 77_777)
    theirs = deposit_of(owner, browser(owner))
    other = browser(member())
    for rest in READS:
        answer = other.get(HERE + rest)
        body = b"".join(answer) if answer.streaming else answer.content
        for text in (order.number, theirs.number, "Somebody", "77.777"):
            assert text not in body.decode(), rest
    for act in (other.get, Client().get):
        for rest in ("", "/live"):
            assert act(f"{HERE}deposits/{theirs.number}{rest}").status_code in (302, 404)
    assert other.post(f"{HERE}deposits/{theirs.number}/check").status_code == 404
    html = other.get(f"/en-id/mobile-legends?again={order.number}").content.decode()
    assert "656696292" not in html


@pytest.mark.parametrize(
    "rest", ["orders?search=%00", "wallet?search=%00", "deposits?search=%00", "wallet.csv?search=%00"]
)
def test_what_is_no_text_is_refused_at_the_door(rest: str) -> None:
    """No column holds NUL; it may not end in a broken page, nor in half a file."""
    client = browser(member())
    assert client.get(HERE + rest).status_code == 400


@pytest.mark.parametrize("by", ["email", "number", "code"])
def test_a_form_that_is_no_text_is_refused_at_the_door(by: str) -> None:
    sent = {"email": "john.doe@example.com", "number": "GATE1", "code": "123456", by: "a\0b"}
    assert browser(None).post("/en-id/track", sent).status_code == 400
    assert browser(None).get("/en-id/mobile-legends?again=%00").status_code == 400
