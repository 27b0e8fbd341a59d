"""A supplier that costs next to nothing and counts what it is asked: GemGo's calls that a purchase needs, by asyncio.

The sandbox writes every order to a disk; here that would be measured too. `python -m bench.supplier PORT` listens on
loopback. PUT /set changes how it behaves, GET /counts says how often each call came.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter, deque
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

_KEPT = 20_000


class World:
    """What it sells (code → name, game, price), how long it takes to answer, and its newest orders."""

    def __init__(self) -> None:
        self.delay_s = 0.0
        self.ends = False
        self.calls_back = False
        self.products: dict[str, list[str]] = {}
        self.orders: deque[dict[str, str]] = deque(maxlen=_KEPT)
        self.made = 0
        self.counts: Counter[str] = Counter()
        self.waiting: asyncio.Queue[str] = asyncio.Queue()

    def behave(self, wanted: dict[str, Any]) -> dict[str, Any]:
        self.delay_s = wanted.get("delay_ms", self.delay_s * 1000) / 1000
        self.ends = wanted.get("ends", self.ends)
        self.calls_back = wanted.get("calls_back", self.calls_back)
        self.products = wanted.get("products", self.products)
        if "orders" in wanted:  # as if they had been bought here: newest first, as they are told
            self.orders = deque(reversed(wanted["orders"]), maxlen=_KEPT)
        self.counts.clear()
        return {}

    def order(self, asked: dict[str, str]) -> dict[str, str]:
        self.made += 1
        name, game, price = self.products[asked["product_code"]]
        row = {
            "transaction_id": f"TX-BENCH-{self.made}",
            "status": "success" if self.ends else "pending",
            "product_name": name,
            "game_code": game,
            "game_user_id": asked["game_user_id"],
            "sell_price": price,
            "created_at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        self.orders.append(row)
        if self.calls_back:
            self.waiting.put_nowait(asked["callback_url"])
        # What ended before the answer is told as pending in it, as the documented supplier does.
        return row | {"status": "pending", "message": "Order is being processed"}

    async def answer(self, method: str, target: str, body: bytes) -> Any:
        parts = urlsplit(target)
        call = parts.path.rsplit("/", 1)[-1]
        if call == "set":
            return self.behave(json.loads(body))
        if call == "counts":
            return self.counts
        self.counts[call] += 1
        match call:
            case "create_order":
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                return self.order(json.loads(body))
            case "order_history":
                limit = int(parse_qs(parts.query)["limit"][0])
                newest = reversed(self.orders)
                return {"orders": [row for row, _ in zip(newest, range(limit), strict=False)]}
            case "profile":
                counted = {"total_orders": str(len(self.orders))}
                return {"balance": "9999999.00", "status": "active"} | counted
            case "check_player":
                return {"valid": "valid", "name": "Bench"}
        return {}


async def _serve(world: World, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    world.counts["connections"] += 1
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.split("\r\n")
            method, target, _ = first.split(" ")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            told = json.dumps(await world.answer(method, target, body)).encode()
            clock = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
            writer.write(
                f"HTTP/1.1 200 OK\r\nDate: {clock}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(told)}\r\n\r\n".encode()
                + told
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def _call_back(world: World) -> None:
    while True:
        url = urlsplit(await world.waiting.get())
        body = b'{"status": "success"}'
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(
            f"POST {url.path} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        await reader.read()
        writer.close()


async def main(port: int) -> None:
    world = World()
    async with await asyncio.start_server(lambda *ends: _serve(world, *ends), "127.0.0.1", port, backlog=512):
        await asyncio.gather(*(_call_back(world) for _ in range(4)))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
