"""What every supplier's adapter must do, whatever its kind: a new one inherits this and says how it is spoken to."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest

from core.money import Money
from fulfilment.suppliers.base import Ask, Outcome, Supplier
from tests.conftest import Sandbox


class Party:
    """A server that answers every connection with the same bytes and counts what reached it."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self.answer: bytes | Callable[[socket.socket], None] = b""
        self.requests: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def says(self, body: object, status: int = 200, headers: str = "") -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(raw)}\r\n{headers}Connection: close\r\n\r\n"
        self.answer = head.encode() + raw

    def told(self) -> Any:
        """The JSON body of the only request."""
        [request] = self.requests
        return json.loads(request.partition(b"\r\n\r\n")[2])

    def close(self) -> None:
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                self.requests.append(self._request(connection))
                if callable(self.answer):
                    self.answer(connection)
                else:
                    connection.sendall(self.answer)

    def _request(self, connection: socket.socket) -> bytes:
        seen = b""
        while b"\r\n\r\n" not in seen:
            seen += connection.recv(65536)
        head, _, body = seen.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body


class SupplierContract:
    supplier: ClassVar[Supplier]
    #: the setting that says where it stands, and the one that says how long it may take to answer
    address: ClassVar[str]
    patience: ClassVar[str]
    secret: ClassVar[str]
    ask: ClassVar[Ask]
    #: an answer that says that the purchase was made
    made: ClassVar[dict[str, Any]]

    @pytest.fixture
    def party(self, settings: Any) -> Iterator[Party]:
        made = Party()
        setattr(settings, self.address, made.url)
        setattr(settings, self.patience, 0.5)
        yield made
        made.close()

    def test_it_says_what_is_sold_and_what_we_have_left(self, sandbox: Sandbox) -> None:
        assert self.supplier.profile().balance.currency == self.supplier.currency
        assert self.supplier.profile().balance.minor > 0
        catalogue = self.supplier.catalogue()
        codes = [offer.code for offer in catalogue.offers]
        assert len(set(codes)) == len(codes) > 10
        assert {offer.game_code for offer in catalogue.offers} <= {game.code for game in catalogue.games}
        assert self.ask.product_code in codes

    @pytest.mark.parametrize(
        ("fault", "outcome", "made"),
        [
            ({"reject": 1.0}, Outcome.REJECTED, 0),
            ({"http_401": 1.0}, Outcome.DENIED, 0),
            ({"http_429": 1.0}, Outcome.UNKNOWN, 0),
            ({"error": 1.0}, Outcome.UNKNOWN, 0),
            ({"lose_request": 1.0}, Outcome.UNKNOWN, 0),
            ({"lose_reply": 1.0}, Outcome.UNKNOWN, 1),
            ({"commit_then_502": 1.0}, Outcome.UNKNOWN, 1),
            ({"garbled": 1.0}, Outcome.UNKNOWN, 1),
            ({"slow": 1.0, "slow_ms": 1500}, Outcome.UNKNOWN, 1),
            ({}, Outcome.ACCEPTED, 1),
        ],
    )
    def test_every_fault_has_the_outcome_that_it_proves(
        self, sandbox: Sandbox, settings: Any, fault: dict[str, float], outcome: Outcome, made: int
    ) -> None:
        setattr(settings, self.patience, 0.5)
        sandbox.faults(create_order=fault, callback={"drop": 1.0})
        placed = self.supplier.place(self.ask)
        assert placed.outcome == outcome
        truth = sandbox.supplier_orders()
        assert len(truth) == made, "and it was sent once"
        assert {row["supplier"] for row in truth} <= {self.supplier.code}
        if outcome in (Outcome.REJECTED, Outcome.ACCEPTED):
            assert placed.transaction_id and placed.raw

    @pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://no-such-host.invalid"])
    def test_where_no_connection_comes_about_nothing_was_sent(self, settings: Any, url: str) -> None:
        setattr(settings, self.address, url)
        assert self.supplier.place(self.ask).outcome == Outcome.NOT_SENT

    @pytest.mark.parametrize("half", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{", b"HTTP/1.1 20"])
    def test_a_connection_that_breaks_after_sending_is_unknown(self, party: Party, half: bytes) -> None:
        party.answer = lambda connection: connection.sendall(half)
        assert self.supplier.place(self.ask).outcome == Outcome.UNKNOWN and len(party.requests) == 1

    @pytest.mark.parametrize("body", [b"<html>maintenance</html>", b"", b"[]", b"{}", b'{"data": null}', b"null"])
    def test_what_is_no_answer_proves_nothing(self, party: Party, body: bytes) -> None:
        party.says(body)
        assert self.supplier.place(self.ask).outcome == Outcome.UNKNOWN

    @pytest.mark.parametrize(("status", "headers"), [(500, ""), (503, ""), (429, ""), (302, "Location: /else\r\n")])
    def test_a_good_answer_under_a_bad_status_proves_nothing(self, party: Party, status: int, headers: str) -> None:
        party.says(self.made, status, headers)
        assert self.supplier.place(self.ask).outcome == Outcome.UNKNOWN and len(party.requests) == 1

    def test_each_purchase_has_a_connection_of_its_own(self, party: Party) -> None:
        """A kept connection that the other side closed would make an outcome unknown for nothing."""
        party.says(self.made)
        assert [self.supplier.place(self.ask).outcome for _ in range(3)] == [Outcome.ACCEPTED] * 3
        assert len(party.requests) == 3

    def test_a_trickle_does_not_hold_a_worker_for_ever(self, party: Party, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("fulfilment.suppliers.wire.CONNECT_SECONDS", 0.1)
        done = threading.Event()

        def trickle(connection: socket.socket) -> None:
            with contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                while not done.wait(0.1):
                    connection.sendall(b"1\r\n \r\n")

        party.answer = trickle
        try:
            assert self.supplier.place(self.ask).outcome == Outcome.UNKNOWN
        finally:
            done.set()

    def test_our_key_stands_in_nothing_that_is_kept(self, party: Party, settings: Any) -> None:
        key = getattr(settings, self.secret)
        party.says(json.dumps(self.made).replace("ukses", f"ukses {key}").replace("100 ", f"{key} ").encode())
        placed = self.supplier.place(self.ask)
        assert placed.raw and key not in placed.raw + placed.message

    def test_costs_are_in_the_suppliers_currency(self, party: Party) -> None:
        party.says(self.made)
        cost = self.supplier.place(self.ask).cost
        assert isinstance(cost, Money) and cost.currency == self.supplier.currency
