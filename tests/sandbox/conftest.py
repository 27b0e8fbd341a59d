"""A sandbox process of these tests' own, and a stand-in for the store that keeps what the sandbox sends to it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.ports import free_pair
from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "GEMGO_API_KEY": "gemgo-test-key",
    "DIGIFLAZZ_USERNAME": "gateuser",
    "DIGIFLAZZ_API_KEY": "dev-test-key",
    "DIGIFLAZZ_WEBHOOK_SECRET": "somesecretvalue",
    "XENDIT_SECRET_KEY": "xnd_development_test",
    "XENDIT_CALLBACK_TOKEN": "callback-test-token",
    "MIDTRANS_SERVER_KEY": "SB-Mid-server-TESTKEY",
    "HITPAY_API_KEY": "hitpay-test-key",
    "HITPAY_API_SALT": "hitpay-test-salt-1",
    "HITPAY_WEBHOOK_SALT": "hitpay-test-salt-2",
    "GOOGLE_CLIENT_ID": "client.example.com",
}
INVOICE = "GATE1A11BB97DF88D56530993"


class Store:
    """Answers every POST with `status` and keeps it as (path, headers, body)."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, str], Any]] = []
        self.status = 200
        store = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                store.got.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(store.status)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def bodies(self, path: str = "") -> list[Any]:
        return [body for got, _, body in list(self.got) if got.startswith(path)]

    def events(self) -> list[str]:
        return [body["event"] for body in self.bodies("/hooks/xendit")]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class World:
    """A sandbox process and ways to speak to it."""

    def __init__(self, data: Path, store: Store) -> None:
        self.data, self.store = data, store
        self.port = free_pair()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "sandbox", "--port", str(self.port)]
        command += ["--data", str(self.data), "--store-url", self.store.url]
        self.process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **KEYS})
        wait_until(self._is_alive)

    def _is_alive(self) -> bool:
        assert self.process is not None and self.process.poll() is None, "the sandbox ended"
        try:
            return requests.get(f"{self.url}/healthz", timeout=2).status_code == 200
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """kill -9, and nothing else."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> float:
        """SIGTERM; answers how many seconds it took."""
        assert self.process is not None
        before = time.monotonic()
        self.process.terminate()
        self.process.wait(20)
        return time.monotonic() - before

    def forget(self) -> None:
        assert requests.post(f"{self.url}/control/reset").status_code == 200
        self.store.got.clear()
        self.store.status = 200

    def faults(self, **body: Any) -> None:
        answer = requests.put(f"{self.url}/control/faults", json=body)
        assert answer.status_code == 200, answer.text

    # -- the supplier

    def gemgo(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        headers = {"X-API-Key": KEYS["GEMGO_API_KEY"]}
        return requests.request(
            method, f"{self.url}/gemgo/api/v1/{path}", json=body, headers=headers, timeout=20, **more
        )

    def order(self, **changed: Any) -> requests.Response:
        body = {"product_code": "mlbb_id_172_diamonds", "game_user_id": "656696292", "game_zone_id": "8610"}
        return self.gemgo("POST", "orders/create_order", {**body, **changed})

    def supplier_orders(self) -> list[dict[str, Any]]:
        orders: list[dict[str, Any]] = requests.get(f"{self.url}/control/supplier/orders").json()["orders"]
        return orders

    def balance(self) -> float:
        return float(self.gemgo("GET", "reseller/profile").json()["balance"])

    # -- the gateway

    def xendit(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        return requests.request(
            method,
            f"{self.url}/xendit{path}",
            json=body,
            headers={"api-version": "2024-11-11", **(headers or {})},
            auth=(KEYS["XENDIT_SECRET_KEY"], ""),
            timeout=20,
        )

    def request_payment(self, **changed: Any) -> requests.Response:
        body: dict[str, Any] = {
            "reference_id": INVOICE,
            "type": "PAY",
            "country": "ID",
            "currency": "IDR",
            "request_amount": 44851,
            "channel_code": "QRIS",
            "channel_properties": {},
        }
        return self.xendit("POST", "/v3/payment_requests", {**body, **changed})

    def open_session(self, **changed: Any) -> requests.Response:
        body = {
            "reference_id": INVOICE,
            "session_type": "PAY",
            "mode": "PAYMENT_LINK",
            "amount": 44851,
            "currency": "IDR",
            "country": "ID",
            "allowed_payment_channels": ["CARDS"],
            "success_return_url": "http://127.0.0.1:9/id-id/invoices/1",
            "cancel_return_url": "http://127.0.0.1:9/id-id/invoices/1",
        }
        return self.xendit("POST", "/sessions", {**body, **changed})

    def pay(self, name: str = INVOICE, **body: Any) -> requests.Response:
        return requests.post(
            f"{self.url}/control/gateway/payments/{name}", json={"outcome": "paid", **body}, timeout=20
        )

    def gateway_payments(self) -> list[dict[str, Any]]:
        payments: list[dict[str, Any]] = requests.get(f"{self.url}/control/gateway/payments").json()["payments"]
        return payments


@pytest.fixture(scope="session")
def _shared_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    store = Store()
    world = World(tmp_path_factory.mktemp("sandbox"), store)
    yield world
    world.stop()
    store.close()


@pytest.fixture
def world(_shared_world: World) -> World:
    """A sandbox that remembers nothing, shared by the tests of this run one after the other."""
    _shared_world.forget()
    return _shared_world


@pytest.fixture
def own_world(tmp_path: Path) -> Iterator[World]:
    """A sandbox of the test's own, which may be killed."""
    store = Store()
    world = World(tmp_path, store)
    yield world
    world.stop()
    store.close()
