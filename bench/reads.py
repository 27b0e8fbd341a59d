"""Catalogue reads against a bare JSON view, guest pages against bare bytes from Redis."""

from __future__ import annotations

import redis
import requests

from bench.servers import Store, in_turns, load
from supervisor.surroundings import complete

JSON = [
    ("GET /v2/skus", "/v2/skus?region=ID&productCode=MLBB"),
    ("GET /v2/products", "/v2/products?region=ID"),
]
PAGES = [("home page, guest", "/id-id/"), ("product page, guest", "/id-id/mobile-legends")]


def measure(store: Store, bare: str) -> list[str]:
    """Table rows; each limit answers the very bytes that the store answers."""
    rows = []
    memory = redis.Redis.from_url(redis_url(store))
    for number, (name, path) in enumerate(JSON):
        memory.set(f"bench:json{number}", requests.get(store.url + path, timeout=10).content)
        pair = in_turns(store.url + path, f"{bare}/json/json{number}")
        rows.append(f"| {name} | {pair.ours:.0f}/s | {pair.limit:.0f}/s bare JSON view | {pair.ratio:.2f} | ≥ 0.8 |")
        tag = requests.get(store.url + path, timeout=10).headers["ETag"]
        again = load(store.url + path, 3, headers=(f"If-None-Match: {tag}",))
        share = again / pair.limit
        rows.append(f"| {name}, If-None-Match | {again:.0f}/s | {pair.limit:.0f}/s | {share:.2f} | faster |")
    for number, (name, path) in enumerate(PAGES):
        answer = requests.get(store.url + path, timeout=10, headers={"Accept-Encoding": "identity"})
        memory.set(f"bench:page{number}", answer.content)
        pair = in_turns(store.url + path, f"{bare}/page/page{number}")
        rows.append(
            f"| {name} ({len(answer.content) // 1024} KB) | {pair.ours:.0f}/s | {pair.limit:.0f}/s bytes from Redis "
            f"| {pair.ratio:.2f} | ≥ 0.6 |"
        )
    return rows


def redis_url(store: Store) -> str:
    if store.env.get("REDIS_URL"):
        return store.env["REDIS_URL"]
    return complete(store.env).environ["REDIS_URL"]
