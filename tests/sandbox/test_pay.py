"""The page on which a person pays."""

import requests

from tests.sandbox.conftest import INVOICE, World
from tests.waiting import wait_until

RETURNS = {"success_return_url": "http://127.0.0.1:9/ok", "cancel_return_url": "http://127.0.0.1:9/no"}


def press(world: World, action: str, **more: bool) -> requests.Response:
    return requests.post(f"{world.url}/pay/{INVOICE}", data={"action": action}, timeout=20, **more)


def test_the_page_shows_what_is_to_be_paid_in_two_languages(world: World):
    world.request_payment()
    page = requests.get(f"{world.url}/pay/{INVOICE}")
    assert page.status_code == 200
    assert "Rp44.851" in page.text
    assert "QRIS" in page.text
    assert "Cancel payment" in page.text
    assert "Batalkan pembayaran" in requests.get(f"{world.url}/pay/{INVOICE}?lang=id").text
    assert requests.get(f"{world.url}/pay/NOTHING").status_code == 404


def test_paying_is_told_to_the_store_and_leads_back(world: World):
    world.request_payment(channel_code="DANA", channel_properties=RETURNS)
    page = press(world, "pay")
    assert "Payment successful" in page.text
    assert '<meta http-equiv="refresh" content="2;url=http://127.0.0.1:9/ok">' in page.text
    wait_until(lambda: world.store.events() == ["payment.capture"])
    assert "Payment successful" in press(world, "pay").text
    assert world.gateway_payments()[0]["amount"] == 44851
    assert world.store.events() == ["payment.capture"]


def test_cancelling_fails_the_payment(world: World):
    world.request_payment(channel_code="DANA", channel_properties=RETURNS)
    assert "http://127.0.0.1:9/no" in press(world, "fail").text
    wait_until(lambda: world.store.events() == ["payment.failure"])
    assert world.gateway_payments()[0]["status"] == "failed"


def test_the_newest_attempt_is_on_the_page(world: World):
    world.request_payment()
    world.request_payment(reference_id=f"{INVOICE}-2", request_amount=50000)
    assert "Rp50.000" in requests.get(f"{world.url}/pay/{INVOICE}").text
    press(world, "pay")
    assert [truth["status"] for truth in world.gateway_payments()] == ["pending", "paid"]


def test_a_card_page_has_no_card_field_and_its_own_ends(world: World):
    world.open_session()
    page = requests.get(f"{world.url}/pay/{INVOICE}").text
    assert "<input" not in page
    assert "3-D Secure" in page
    away = press(world, "leave", allow_redirects=False)
    assert (away.status_code, away.headers["Location"]) == (302, "http://127.0.0.1:9/id-id/invoices/1")
    assert world.gateway_payments()[0]["status"] == "pending"
    assert "refused this card" in press(world, "fail").text
    assert world.gateway_payments()[0]["status"] == "pending"
    press(world, "decline_then_pay")
    assert world.gateway_payments()[0]["status"] == "paid"
    wait_until(lambda: len(world.store.events()) == 4)
    assert sorted(world.store.events()) == [
        "payment.capture",
        "payment.failure",
        "payment.failure",
        "payment_session.completed",
    ]


def test_late_money_can_be_sent_from_an_expired_page(world: World):
    world.request_payment()
    world.pay(outcome="expired")
    assert "Payment time is over" in requests.get(f"{world.url}/pay/{INVOICE}").text
    assert "Payment successful" in press(world, "late").text
    assert world.gateway_payments()[0]["status"] == "paid"
