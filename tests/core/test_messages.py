"""WhatsApp and Telegram: who is written to, once, over the real wire; and what stops it."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests
from django import conf
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from core.messages import links, outbox
from core.messages.models import ChatLink, ChatMessage
from core.models import InboxMessage, MailMessage, StaffCase
from storefront.orders import invoice
from storefront.orders.models import Order
from tests.conftest import Sandbox
from tests.fulfilment import desk
from tests.fulfilment.conftest import supplier as supplier

pytestmark = pytest.mark.django_db
CHAT = 555_001


def taken(box: Sandbox) -> list[dict]:
    return box._call("GET", "messages")["messages"]


def hook(text: str = "", *, secret: str | None = None, update: int = 1, **more):
    """An update as Telegram posts it."""
    chat = {"id": CHAT, "type": "private"}
    body = {"update_id": update, "message": {"chat": chat, "from": {"language_code": "en"}, "text": text}} | more
    header = {"X-Telegram-Bot-Api-Secret-Token": conf.settings.TELEGRAM_WEBHOOK_SECRET if secret is None else secret}
    return Client().post("/hooks/telegram", body, content_type="application/json", headers=header)


def at(order: Order, rest: str = "news") -> str:
    return f"/en-id/invoices/{order.number}/{rest}?key={invoice.view_key(order)}"


def follow_by_whatsapp(order: Order, phone: str = "0812 3456 7890") -> None:
    assert Client().post(at(order), {"phone": phone, "consent": "yes"}).status_code == 302


def due() -> None:
    ChatMessage.objects.update(not_before=timezone.now() - timedelta(seconds=1))


def test_nobody_is_written_to_who_did_not_ask(supplier):
    order = desk.paid()
    desk.work()
    assert MailMessage.objects.filter(about=order.number).exists()
    assert not ChatMessage.objects.exists() and outbox.send_due() == 0 and taken(supplier) == []


def test_whatsapp_tells_each_state_once_by_approved_templates(supplier):
    order = desk.paid(language="en")
    follow_by_whatsapp(order)
    desk.work()
    assert (outbox.send_due(), outbox.send_due()) == (1, 0)
    [message] = taken(supplier)
    template = message["body"]["template"]
    assert message["to"] == "6281234567890" and template["name"] == "gerbang_order_done"
    assert template["language"] == {"code": "en"}
    body, button = template["components"]
    assert [one["text"] for one in body["parameters"]] == [order.number, f"{order.sku_name}, {order.product_name}"]
    path = button["parameters"][0]["text"]
    assert order.number in path and invoice.view_key(order) in path and "://" not in path
    assert ChatMessage.objects.get().message_id.startswith("wamid.")


def test_what_did_not_arrive_is_told_with_what_comes_back(supplier):
    supplier.faults(create_order={"reject": 1.0})
    order = desk.paid(language="en")
    follow_by_whatsapp(order)
    desk.work()
    supplier.faults()
    outbox.send_due()
    template = taken(supplier)[0]["body"]["template"]
    assert template["name"] == "gerbang_order_failed"
    assert str(order.total) in template["components"][0]["parameters"][2]["text"]


@pytest.mark.parametrize("given", [{"phone": "081234567890"}, {"phone": "not a number", "consent": "yes"}])
def test_without_a_number_and_a_tick_there_is_no_whatsapp(supplier, given):
    order = desk.paid()
    assert Client().post(at(order), given).status_code == 422
    assert not ChatLink.objects.exists()
    assert Client().post(at(order).partition("?")[0], given | {"consent": "yes"}).status_code == 404


def test_telegram_binds_the_chat_that_brings_our_token(supplier):
    order = desk.paid(language="en")
    page = Client().get(at(order)).content.decode()
    token = links.token_of(order.number)
    assert f"?start={token}" in page and len(token) <= 64
    supplier._call("POST", "telegram/updates", {"chat_id": CHAT, "text": "hello"})  # it is a chat there now
    assert hook(f"/start {token}", update=7).status_code == 200
    assert hook(f"/start {token}", update=7).status_code == 200  # told twice
    link = ChatLink.objects.get()
    assert (link.about, link.address) == (order.number, str(CHAT))
    desk.work()
    assert outbox.send_due() == 2
    texts = [one["body"]["text"] for one in taken(supplier)]
    assert texts[0].startswith(f"From now on you hear here about order {order.number}")
    assert "has arrived" in texts[1] and invoice.view_key(order) in texts[1]
    assert InboxMessage.objects.get(party="telegram").about == order.number


def test_a_forged_or_strange_start_binds_nothing(supplier):
    order = desk.paid()
    token = links.token_of(order.number)
    assert hook(f"/start {token}", secret="guessed", update=1).status_code == 401
    assert hook(f"/start {token}", secret="", update=2).status_code == 401
    assert hook(f"/start {order.number}_AAAAAAAAAAAAAAAAAAAAAA", update=3).status_code == 200
    assert hook("/start", update=4).status_code == 200 and hook("hello", update=5).status_code == 200
    group = {"chat": {"id": -5, "type": "group"}, "text": f"/start {token}"}
    assert hook(update=6, message=group).status_code == 200
    assert not ChatLink.objects.exists() and not ChatMessage.objects.exists()


def test_stop_and_block_end_it_also_for_what_is_queued(supplier):
    order, other = desk.paid(), desk.paid()
    for update, one in enumerate((order, other), 1):
        hook(f"/start {links.token_of(one.number)}", update=update)
    assert hook("/stop", update=9).status_code == 200
    desk.work()
    assert outbox.send_due() == 0 and taken(supplier) == []
    assert {one.state for one in ChatMessage.objects.all()} == {"DROPPED"}
    hook(f"/start {links.token_of(order.number)}", update=10)
    change = {"chat": {"id": CHAT, "type": "private"}, "new_chat_member": {"status": "kicked"}}
    hook(update=11, message=None, my_chat_member=change)
    assert not ChatLink.objects.filter(ended_at=None).exists()


def test_who_blocked_the_bot_is_not_written_to_again(supplier):
    order = desk.paid()
    hook(f"/start {links.token_of(order.number)}")
    supplier.faults(message={"unreachable": 1.0}, callback={"early": 1.0})
    supplier._call("POST", "telegram/updates", {"chat_id": CHAT, "text": "hello"})
    assert outbox.send_due() == 0
    assert ChatMessage.objects.get().state == "FAILED" and ChatLink.objects.get().ended_why == "unreachable"
    assert not StaffCase.objects.exists()


def test_what_fails_is_tried_again_and_goes_out_once(supplier):
    order = desk.paid()
    follow_by_whatsapp(order)
    supplier.faults(message={"http_429": 1.0}, callback={"early": 1.0})
    desk.work()
    assert outbox.send_due() == 0
    message = ChatMessage.objects.get()
    assert message.state == "QUEUED" and message.not_before > timezone.now() + timedelta(seconds=20)
    assert outbox.send_due() == 0 and ChatMessage.objects.get().attempts == 1
    supplier.faults()
    due()
    assert outbox.send_due() == 1 and len(taken(supplier)) == 1


def test_a_key_that_is_not_accepted_is_a_case_and_never_in_an_error(supplier, settings):
    order = desk.paid()
    hook(f"/start {links.token_of(order.number)}")
    settings.TELEGRAM_BOT_TOKEN = "123:secret"
    for _ in range(outbox.MAX_ATTEMPTS):
        outbox.send_due()
        due()
    message = ChatMessage.objects.get()
    assert message.state == "FAILED" and "secret" not in message.error
    assert StaffCase.objects.get(kind="messenger").about == order.number
    settings.TELEGRAM_BASE_URL = "http://127.0.0.1:9"
    ChatMessage.objects.update(state="QUEUED", attempts=0)
    due()
    outbox.send_due()
    assert "secret" not in ChatMessage.objects.get().error


def test_switched_off_there_is_neither_link_nor_message(supplier, settings):
    order = desk.paid()
    follow_by_whatsapp(order)
    settings.WHATSAPP_BASE_URL = settings.TELEGRAM_BASE_URL = ""
    page = Client().get(at(order))
    assert "Telegram and press" not in page.content.decode()
    desk.work()
    assert not ChatMessage.objects.exists()
    assert hook(f"/start {links.token_of(order.number)}").status_code == 401


def test_the_command_tells_telegram_where_updates_go(supplier, settings, capsys):
    call_command("telegram_webhook")
    assert f"{settings.PUBLIC_BASE_URL}/hooks/telegram" in capsys.readouterr().out


def test_the_sandbox_refuses_as_whatsapp_does(supplier, settings):
    url = f"{settings.WHATSAPP_BASE_URL}/{settings.WHATSAPP_PHONE_NUMBER_ID}/messages"
    key = {"Authorization": f"Bearer {settings.WHATSAPP_ACCESS_TOKEN}"}
    text = {"messaging_product": "whatsapp", "to": "62812", "type": "text", "text": {"body": "hi"}}
    assert requests.post(url, json=text, timeout=5).json()["error"]["code"] == 190
    assert requests.post(url, json=text, headers=key, timeout=5).json()["error"]["code"] == 131047
    named = {"name": "another", "language": {"code": "id"}}
    unknown = text | {"type": "template", "template": named}
    assert requests.post(url, json=unknown, headers=key, timeout=5).json()["error"]["code"] == 132001
