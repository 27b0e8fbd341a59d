"""Whole purchases over HTTP on a running store: web, worker, beat, gateway and supplier all real."""

import itertools
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Barrier
from typing import Any

import requests

from tests.conftest import Store
from tests.waiting import wait_until

_players = itertools.count(810_000_001)
_addresses = itertools.count(1)


def someone() -> dict[str, str]:
    """A network address nobody else in these tests has."""
    number = next(_addresses)
    return {"X-Forwarded-For": f"10.200.{number // 250}.{number % 250 + 1}"}


def quote(store: Store, headers: dict[str, str], **change: Any) -> requests.Response:
    body = {
        "productCode": "MLBB", "skuCode": "MLBB_172", "userId": str(next(_players)), "zoneId": "2001", "quantity": 1,
        "paymentCode": "QRIS", "email": "flow@example.com", "phoneNumber": "+6281234567890",
    }  # fmt: skip
    return requests.post(f"{store.url}/v2/orders/inquiries", json=body | change, headers=headers, timeout=60)


def order(store: Store, token: str, headers: dict[str, str]) -> requests.Response:
    return requests.post(f"{store.url}/v2/orders", json={"validationToken": token}, headers=headers, timeout=60)


def buy(store: Store, **change: Any) -> dict[str, Any]:
    headers = someone()
    quoted = quote(store, headers, **change)
    assert quoted.status_code == 200, quoted.text
    placed = order(store, quoted.json()["data"]["validationToken"], headers)
    assert placed.status_code == 201, placed.text
    return placed.json()["data"]["order"]


def invoice(store: Store, number: str) -> dict[str, Any]:
    answer = requests.get(f"{store.url}/v2/invoices", params={"invoiceNumber": number}, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def ended(store: Store, number: str, within: float = 40) -> dict[str, Any]:
    """The invoice once it has ended; fails when it does not in time."""

    def has_ended() -> dict[str, Any] | None:
        now = invoice(store, number)
        return now if now["status"] in ("SUCCESS", "FAILED", "EXPIRED") else None

    return wait_until(has_ended, within) or {}


def mails_about(store: Store, number: str) -> list[EmailMessage]:
    found = []
    for file in (store.data / "mail").glob("*.eml"):
        message = message_from_bytes(file.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        if number in str(message["subject"]):
            found.append(message)
    return found


def test_paid_by_qris_ends_as_success_with_one_supplier_order(store: Store) -> None:
    placed = buy(store)
    assert placed["status"] == "PENDING"
    assert placed["payment"]["qrCode"].startswith("000201")
    assert store.sandbox.pay(placed["invoiceNumber"], repeat=3) == [200, 200, 200]
    done = ended(store, placed["invoiceNumber"])
    assert done["status"] == "SUCCESS"
    assert [step["status"] for step in done["timeline"]] == ["PENDING", "PAID", "PROCESSING", "SUCCESS"]
    player = placed["account"]["inputs"].partition(" - ")[0]
    assert [row["status"] for row in store.sandbox.supplier_orders() if row["game_user_id"] == player] == ["success"]


def test_mails_go_out_at_payment_and_at_the_end_in_the_customers_language(store: Store) -> None:
    headers = someone() | {"Accept-Language": "en"}
    quoted = quote(store, headers)
    placed = order(store, quoted.json()["data"]["validationToken"], headers).json()["data"]["order"]
    number = placed["invoiceNumber"]
    store.sandbox.pay(number)
    ended(store, number)
    wait_until(lambda: len(mails_about(store, number)) >= 2, within=30)
    mails = mails_about(store, number)
    assert len(mails) == 2
    for mail in mails:
        assert mail["to"] == "flow@example.com"
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert text and html
        assert f"/invoices/{number}?key=" in text.get_content()
        assert "Order" in html.get_content()


def test_three_units_are_three_supplier_orders(store: Store) -> None:
    placed = buy(store, quantity=3)
    store.sandbox.pay(placed["invoiceNumber"])
    done = ended(store, placed["invoiceNumber"], within=60)
    assert (done["status"], done["units"]) == ("SUCCESS", {"delivered": 3, "refunded": 0, "pending": 0})
    player = placed["account"]["inputs"].partition(" - ")[0]
    assert len([row for row in store.sandbox.supplier_orders() if row["game_user_id"] == player]) == 3


def test_fifty_buyers_at_once_for_the_last_ten_slots(store: Store) -> None:
    made = store.console(
        "shell",
        "-c",
        "from storefront.models import Promo; Promo.objects.update_or_create(code='RUSH10', defaults={"
        "'region_id': 'ID', 'max_usage': 10, 'used': 0, 'flat_minor': 1000, 'title': {'en': 'Rush'}})",
    )
    assert made.returncode == 0, made.stderr
    buyers = []
    for _ in range(50):
        headers = someone()
        quoted = quote(store, headers, promoCode="RUSH10")
        assert quoted.status_code == 200, quoted.text
        buyers.append((quoted.json()["data"]["validationToken"], headers))
    start = Barrier(len(buyers))

    def rush(buyer: tuple[str, dict[str, str]]) -> str:
        start.wait()
        answer = order(store, *buyer)
        return "placed" if answer.status_code == 201 else answer.json()["error"]["code"]

    with ThreadPoolExecutor(len(buyers)) as pool:
        outcome = Counter(pool.map(rush, buyers))
    assert outcome == {"placed": 10, "PROMO_LIMIT_REACHED": 40}


def test_the_ledger_holds_whatever_ran_before(store: Store) -> None:
    checked = store.console("check_ledger", "--json")
    assert checked.returncode == 0, checked.stderr
    report = json.loads(checked.stdout.strip().splitlines()[-1])
    assert report["problems"] == []
