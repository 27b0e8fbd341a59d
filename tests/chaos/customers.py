"""Customers who buy what the demo sells, each in their own way, and do not give up when the store does not answer."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests

from tests.chaos.stock_up import LATE_CHANNELS, PASSWORD, PROMO, member_email
from tests.waiting import wait_until

#: Answers after which a customer tries the same again.
_AGAIN = (429, 500, 502, 503, 504)
#: What of an order's payment says where to pay.
_WAYS = ("qrCode", "accountNumber", "paymentCode", "redirectUrl", "deeplink")
_MOMENT_S = 0.3  # before somebody whose page did not come tries again
_PATIENCE_S = 120.0


@dataclass(frozen=True)
class Wish:
    """One kind of purchase; `weight` of all of them says how often it is made. `double`: may be of a player who buys
    the same thing twice within seconds."""

    name: str
    weight: int
    product: str
    sku: str
    channels: tuple[str, ...]
    region: str = "ID"
    most: int = 1
    double: bool = False
    promo: str = ""
    is_member: bool = False


WISHES = (
    Wish("game", 22, "MLBB", "MLBB_172", ("QRIS", "DANA", "BNI_VA"), double=True),
    Wish("several units", 8, "MLBB", "MLBB_86", ("QRIS", "GOPAY"), most=3),
    Wish("with a promo", 6, "MLBB", "MLBB_257", ("QRIS", "SHOPEEPAY"), promo=PROMO),
    Wish("phone credit", 20, "TELKOMSEL", "TELKOMSEL_25000", ("GOPAY", "BRI_VA", "BCA_VA", "QRIS")),
    Wish("other game", 8, "FF", "FF_140", ("SHOPEEPAY", "DANA")),
    Wish("abroad", 14, "MLBB", "MLBB_172", ("PAYNOW",), region="SG", double=True),
    Wish("code", 8, "GOOGLEPLAY", "GOOGLEPLAY_20000", ("QRIS", "GOPAY")),
    Wish("in pieces", 5, "MLBB", "MLBB_514", ("QRIS", "BNI_VA")),
    Wish("by balance", 6, "MLBB", "MLBB_86", ("BALANCE",), is_member=True),
    Wish("late", 3, "MLBB", "MLBB_172", LATE_CHANNELS, promo=PROMO),
)


class Unserved(Exception):
    """The store would not sell, whatever the customer did."""


@dataclass
class Customers:
    """Places and pays orders; `paid` says by number which wish each was, once its customer had paid.

    `untold`: references of payments of which not every webhook has reached the store.
    """

    store: str
    world: str
    seed: int
    members: int = 0
    paid: dict[str, str] = field(default_factory=dict)
    late: dict[str, str] = field(default_factory=dict)
    untold: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    unserved: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._here = threading.local()
        self._lock = threading.Lock()
        self._tokens: dict[str, str] = {}

    def buy_all(self, orders: int, *, at_once: int, is_over: Callable[[], bool] = lambda: False) -> None:
        """Customers 0 to `orders` - 1 have bought and paid, `at_once` of them at a time."""

        def one(number: int) -> None:
            if is_over():
                return
            try:
                self.buy(number)
            except (Unserved, AssertionError) as problem:
                self.unserved.append(f"customer {number}: {problem}")

        with ThreadPoolExecutor(at_once) as crowd:
            list(crowd.map(one, range(orders)))

    def buy(self, number: int) -> None:
        dice = random.Random(f"{self.seed}/{number}")
        wish = dice.choices(WISHES, [wish.weight for wish in WISHES])[0]
        headers = {"X-Forwarded-For": f"10.{number // 57600 % 240}.{number // 240 % 240}.{number % 240 + 1}"}
        if wish.is_member:
            headers["Authorization"] = f"Bearer {self._token(member_email(number % self.members))}"
        inquiry = {
            "productCode": wish.product, "skuCode": wish.sku, "region": wish.region,
            "quantity": dice.randint(1, wish.most), "paymentCode": dice.choice(wish.channels),
            "email": f"storm{number}@example.com", "phoneNumber": "+6281234567890",
        } | _account(wish, number, dice)  # fmt: skip
        if wish.promo:
            inquiry["promoCode"] = wish.promo
        quote = self._post("/v2/orders/inquiries", inquiry, headers, 200)
        placed = self._place(quote["validationToken"], headers)
        invoice = str(placed["order"]["invoiceNumber"])
        if wish.name == "late" and _is_over(placed["order"]):
            return  # so long the store did not answer; nobody was ever told where to pay
        if wish.name == "late":
            self.late[invoice] = _shown(placed["order"])
        elif not wish.is_member:
            shown = _shown(placed["order"])
            is_told = self._pay(invoice, shown, repeat=3 if dice.random() < 0.08 else 1)
            # Xendit shows the last payment of a request and tells of earlier ones only by webhook, which it repeats for
            # a day; here a dropped one is gone for good, and with it all that anybody could know.
            if dice.random() < 0.05 and is_told:
                self._pay(invoice, shown, again=True)
        self.paid[invoice] = wish.name

    def _place(self, token: str, headers: Mapping[str, str]) -> dict[str, Any]:
        """The order, with how to pay it: while a payment is being opened by somebody who may have been killed, the
        same token is sent again, as the page asks again."""
        found: dict[str, Any] = {}

        def is_shown() -> bool:
            found.update(self._post("/v2/orders", {"validationToken": token}, headers, 201))
            order = found["order"]
            return _is_over(order) or order["status"] != "PENDING" or any(order["payment"].get(way) for way in _WAYS)

        wait_until(is_shown, within=_PATIENCE_S, every=_MOMENT_S)
        return found

    def deposit(self, email: str, amount: int) -> None:
        """The member has paid that much and has seen it come: it counts once a worker has read the webhook."""
        headers = {"Authorization": f"Bearer {self._token(email)}"}
        quote = self._post("/v2/deposits/inquiries", {"amount": amount, "paymentCode": "QRIS"}, headers, 200)
        placed = self._post("/v2/deposits", {"validationToken": quote["validationToken"]}, headers, 201)
        invoice = str(placed["deposit"]["invoiceNumber"])
        self._pay(invoice, _shown(placed["deposit"]))

        def has_come() -> bool:
            answer = self._http.get(f"{self.store}/v2/deposits?search={invoice}", headers=headers, timeout=60)
            return answer.ok and [one["status"] for one in answer.json()["data"]["deposits"]] == ["SUCCESS"]

        wait_until(has_come, within=_PATIENCE_S)

    def pay_late(self) -> None:
        """Whoever did not pay in time does so now."""
        for invoice, shown in self.late.items():
            self._pay(invoice, shown)

    def control(self, method: str, path: str, **body: Any) -> Any:
        # A fresh connection each time: a payment must not be made twice because an idle one was just being closed.
        answer = requests.request(method, f"{self.world}/control/{path}", json=body, timeout=120)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _pay(self, invoice: str, shown: str, *, repeat: int = 1, again: bool = False) -> bool:
        """The money is at the gateway; whether the store was told so, and took every webhook that came.

        Customers pay what they were `shown`: of a request whose answer the store never got, nobody knows.
        """
        body: dict[str, Any] = {"outcome": "paid", "repeat": repeat, "shown": shown}
        told = self.control("POST", f"gateway/payments/{invoice}", **(body | {"again": True} if again else body))
        # The failed try of a moment before may be told, and the money's own webhook be dropped.
        of_money = [event for event in told["events"] if event["event"] != "payment.failure"]
        is_told = bool(of_money) and all(event["status"] == 200 for event in told["events"])
        if not is_told:
            self.untold.append(told["reference"])
        return is_told

    @property
    def _http(self) -> requests.Session:
        if not hasattr(self._here, "http"):
            self._here.http = requests.Session()
            self._here.http.trust_env = False
        http: requests.Session = self._here.http
        return http

    def _post(self, path: str, body: Mapping[str, Any], headers: Mapping[str, str], wanted: int) -> dict[str, Any]:
        """The answer's data. A refused connection, an error or "try again" is tried again, as a browser's owner would.

        Raises Unserved for any other refusal, and when patience is over.
        """
        begun, last = time.monotonic(), "nobody answers"
        while time.monotonic() < begun + _PATIENCE_S:
            try:
                answer = self._http.post(self.store + path, json=body, headers=headers, timeout=60)
            except requests.RequestException as problem:
                last = type(problem).__name__
                self.answers[f"{path}: no answer"] += 1
                time.sleep(_MOMENT_S)
                continue
            self.answers[f"{path}: {answer.status_code}"] += 1
            if answer.status_code == wanted:
                data: dict[str, Any] = answer.json()["data"]
                return data
            last = f"{answer.status_code} {answer.text[:300]}"
            if answer.status_code not in _AGAIN:
                break
            time.sleep(_MOMENT_S)
        raise Unserved(f"{path}: {last}")

    def _token(self, email: str) -> str:
        with self._lock:
            if email not in self._tokens:
                told = self._post("/v2/auth/login", {"email": email, "password": PASSWORD}, {}, 200)
                self._tokens[email] = str(told["token"]["accessToken"])
            return self._tokens[email]


def _is_over(order: Mapping[str, Any]) -> bool:
    return datetime.fromisoformat(order["expiredAt"]) <= datetime.now(UTC)


def _shown(placed: Mapping[str, Any]) -> str:
    """By which QR code, number or address the customer is told to pay. Raises Unserved where there is none."""
    for way in _WAYS:
        if told := placed["payment"].get(way):
            return str(told)
    raise Unserved(f"{placed['invoiceNumber']}, {placed['status']}: no way to pay is shown")


def _account(wish: Wish, number: int, dice: random.Random) -> dict[str, str]:
    """Whose account is topped up: the customer's own, so that every order can be told from every other; of a tenth
    of some wishes one of a few players who buy the same again and again (F1)."""
    player = 700_000_000 + number
    if wish.double and dice.random() < 0.1:
        player = 600_000_000 + number % 17
    match wish.product:
        case "MLBB":
            return {"userId": str(player), "zoneId": "2001"}
        case "TELKOMSEL":
            return {"phoneNumber": f"0812{number:08d}"}
        case "FF":
            return {"userId": str(1_000_000_000 + number)}
        case _:
            return {}
