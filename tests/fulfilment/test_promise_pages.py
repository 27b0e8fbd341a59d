"""The pages under an invoice where its owner cancels or corrects: who may, in which words, what the invoice says."""

from __future__ import annotations

from html import unescape

import pytest
from django.test import Client

from fulfilment.models import Correction
from payments.models import Refund
from storefront.orders import invoice
from storefront.orders.models import Order
from tests.fulfilment import desk
from tests.fulfilment.test_promises import RIGHT, fresh, held, overdue

pytestmark = pytest.mark.django_db


def at(order: Order, rest: str = "", *, key: bool = True) -> str:
    address = f"/en-id/invoices/{order.number}{rest}"
    return f"{address}?key={invoice.view_key(order)}" if key else address


def text(answer) -> str:
    return unescape(answer.content.decode())


def test_the_live_part_shows_the_buttons_once_they_are_possible(supplier):
    order = desk.paid(player="000123456")
    browser = Client()
    before = browser.get(at(order, "/live"))
    assert "Promised by" in text(before) and "Cancel, money back" not in text(before)
    tag = before.headers["ETag"]
    assert browser.get(at(order, "/live"), headers={"If-None-Match": tag}).status_code == 304
    desk.work(2)
    after = browser.get(at(order, "/live"), headers={"If-None-Match": tag})
    told = text(after)
    assert after.status_code == 200 and told.count("The game does not know this account") == 2, "headline, timeline"
    assert "Correct the account" in told and "Cancel, money back" in told and "We keep it for you until" in told
    stranger = text(Client().get(at(order, "/live", key=False)))
    assert "Correct the account" not in stranger and "Cancel, money back" not in stranger


@pytest.mark.parametrize("rest", ["/cancel", "/account"])
def test_to_strangers_there_is_no_such_page(supplier, rest):
    order = held()
    for method in (Client().get, Client().post):
        assert method(at(order, rest, key=False)).status_code == 404
    assert Client().get(at(order, rest, key=False) + "?key=guessed").status_code == 404
    assert Client(enforce_csrf_checks=True).post(at(order, rest)).status_code == 403
    assert not Refund.objects.exists() and not Correction.objects.exists()


def test_cancelling_is_asked_first_and_done_once(supplier):
    order = held()
    browser = Client()
    asked = text(browser.get(at(order, "/cancel")))
    assert str(order.total) in asked and "Yes, cancel it" in asked and fresh(order).status == "PROCESSING"
    for _ in range(2):
        assert browser.post(at(order, "/cancel"))["Location"] == at(order)
    told = text(browser.get(at(order)))
    assert "Cancelled, as you asked" in told and Refund.objects.count() == 1
    assert browser.get(at(order, "/cancel"))["Location"] == at(order)


def test_what_is_being_sent_is_not_cancelled_and_says_so(supplier):
    supplier.faults(order={"never": 1.0})
    order = desk.paid()
    desk.buy(order)
    overdue(order)
    assert Client().get(at(order, "/cancel"))["Location"] == at(order)
    answer = Client().post(at(order, "/cancel"))
    assert answer.status_code == 400 and "cannot be cancelled any more" in text(answer)
    told = text(Client().get(at(order)))
    assert "Our supplier has taken the order" in told and "Cancel, money back" not in told


def test_the_name_is_seen_before_the_account_is_changed(supplier):
    order = held()
    browser = Client()
    form = text(browser.get(at(order, "/account")))
    assert 'value="000123456"' in form
    wrong = browser.post(at(order, "/account"), {"userId": "000777", "zoneId": "1"})
    assert wrong.status_code == 404 and "We could not find this account" in text(wrong)
    empty = browser.post(at(order, "/account"), {"userId": "", "zoneId": "8610"})
    assert empty.status_code == 422 and "Please fill this in" in text(empty)
    answer = browser.post(at(order, "/account"), RIGHT)
    assert "り い こ ✧" in text(answer) and fresh(order).player_id == "000123456"
    token = answer.context["token"]
    assert browser.post(at(order, "/account"), {"token": token})["Location"] == at(order)
    assert browser.post(at(order, "/account"), {"token": token})["Location"] == at(order)
    desk.work(2)
    told = text(browser.get(at(order)))
    assert "You corrected the account" in told and "It has arrived" in told
    assert Correction.objects.count() == 1


def test_while_the_check_is_away_nothing_is_changed(supplier):
    order = held()
    supplier.faults(check_player={"error": 1.0})
    answer = Client().post(at(order, "/account"), RIGHT)
    assert answer.status_code == 503 and "We cannot check this account right now" in text(answer)
    assert fresh(order).player_id == "000123456"


def test_posts_are_counted(supplier, settings):
    settings.THROTTLES = settings.THROTTLES | {"order_help": 2}
    order = held()
    browser = Client()
    answers = [browser.post(at(order, "/account"), {"userId": "000777", "zoneId": "1"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
