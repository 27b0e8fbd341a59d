"""Answers that are equal for many, built once and handed out as bytes: catalogue reads and guest pages.

They are kept in each process under the catalogue's version, a random token in Redis. `touch()` makes a new one after
any change to the catalogue, and every process builds anew. The hot path is one round trip to Redis (throttle and
version together): no SQL, no serializer, no session. An answer also ends at the next moment at which the catalogue
changes by itself (`edge`: promo day, cut-off, banner), and after `max_age_s` in any case.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, wraps
from typing import Any
from urllib.parse import parse_qsl

import redis
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views import View

from core.errors import Refused
from core.redis import ask, connection
from core.web import throttle
from core.web.client import DEVICE_COOKIE, address_key, address_of, client_of
from core.web.envelope import enveloped
from core.web.language import language_of

logger = logging.getLogger(__name__)
VERSION_KEY = "catalogue:version"
MAX_AGE_S = 60.0
MAX_BYTES = 64 * 1024 * 1024
_WORTH_ZIPPING = 1024
_LONGEST_BUILD_S = 10.0

Edge = Callable[[HttpRequest], datetime | None]
AnyView = Callable[..., HttpResponseBase]


@dataclass(slots=True)
class Prebuilt:
    body: bytes
    zipped: bytes  # empty where it would not be smaller by much
    content_type: str
    etag: str
    vary: str
    good_until: float  # epoch seconds

    @property
    def size(self) -> int:
        return len(self.body) + len(self.zipped) + 500


class Shelf:
    """The answers of one process, the least recently used thrown out when there are too many bytes."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._kept: OrderedDict[Hashable, Prebuilt] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Prebuilt | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            if found.good_until <= time.time():
                self._drop(key)
                return None
            self._kept.move_to_end(key)
            return found

    def put(self, key: Hashable, answer: Prebuilt) -> None:
        with self._lock:
            self._drop(key)
            self._kept[key] = answer
            self._bytes += answer.size
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._bytes = 0

    def _drop(self, key: Hashable) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._bytes -= gone.size


_shelf = Shelf(MAX_BYTES)
_seen = ""
# After a change many ask for the same answer at once: one builds, the others of this process wait for it.
_builders = [threading.RLock() for _ in range(64)]


def version() -> str:
    """The catalogue's version: equal as long as nothing was touched. A new one each time while Redis is away."""
    fresh = secrets.token_hex(8)
    key = VERSION_KEY.encode()
    try:
        found = ask(b"GET", key)
        if not found:
            ask(b"SET", key, fresh.encode(), b"NX")
            found = ask(b"GET", key)
    except redis.RedisError:
        return fresh
    return found.decode() if isinstance(found, bytes) else str(found or fresh)


def touch() -> None:
    """After the caller's transaction commits, nothing that was built before is handed out any more.

    Without Redis, answers built before live on for up to MAX_AGE_S.
    """
    transaction.on_commit(_renew, robust=True)


_to_forget: list[Callable[[], None]] = []


def on_renewal(forget: Callable[[], None]) -> None:
    """`forget` is called in this process whenever it learns that the catalogue has changed."""
    _to_forget.append(forget)


def _renew() -> None:
    try:
        connection().set(VERSION_KEY, secrets.token_hex(8))
    except redis.RedisError:
        logger.warning("catalogue version not renewed: Redis is away; answers live on for up to %d s", MAX_AGE_S)
    _forget()


def _forget() -> None:
    _shelf.clear()
    for forget in _to_forget:
        forget()


def api(view_class: type[View], *, params: tuple[str, ...], edge: Edge | None = None, rule: str = "reads") -> AnyView:
    """`view_class.as_view()` for a catalogue read whose answer depends on nothing but `params` and the language.

    The class (and with it the OpenAPI document) stays as it is; it is only asked when there is no ready answer.
    Other parameters of the query change nothing, so that they cannot be used to get past the ready answers.
    """
    view: AnyView = view_class.as_view()
    name = f"{view_class.__module__}.{view_class.__qualname__}"

    @wraps(view)
    def ready(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return view(request, *args, **kwargs)
        query = _query(request.META.get("QUERY_STRING", ""), params)
        key = (name, request.path_info if kwargs or args else "", query, language_of(request))
        return serve(request, key, lambda: view(request, *args, **kwargs), edge=edge, rule=rule, vary="Accept-Language")

    return ready


def page(
    *, params: tuple[str, ...] = (), edge: Edge | None = None, rule: str = "reads", max_age_s: float = MAX_AGE_S
) -> Callable[[AnyView], AnyView]:
    """Decorates a page's view: guests get ready bytes per path, `params` and kind of request (whole page or fragment).

    Language and region stand in the path. Whoever carries a session, or any cookie by which a page could differ for
    them, gets the view itself; what the view answers with a cookie, or not with 200, is never kept.
    """

    def decorate(view: AnyView) -> AnyView:
        @wraps(view)
        def ready(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in ("GET", "HEAD") or _is_personal(request):
                return view(request, *args, **kwargs)
            query = _query(request.META.get("QUERY_STRING", ""), params)
            is_fragment = "HTTP_HX_REQUEST" in request.META
            key = ("page", request.path_info, query, is_fragment, settings.PUBLIC_BASE_URL)
            return serve(
                request,
                key,
                lambda: view(request, *args, **kwargs),
                edge=edge,
                max_age_s=max_age_s,
                rule=rule,
                vary="Cookie, HX-Request",
            )

        return ready

    return decorate


def serve(
    request: HttpRequest,
    key: Hashable,
    build: Callable[[], HttpResponseBase | bytes],
    *,
    edge: Edge | None = None,
    max_age_s: float = MAX_AGE_S,
    rule: str = "reads",
    content_type: str = "application/json",
    vary: str = "",
) -> HttpResponseBase:
    """The ready answer under `key`, or what `build` gives, kept for the next. Counts the request against `rule`.

    `edge(request)` is the next moment at which the answer changes by itself. What is not a plain 200 without cookies
    is handed through and not kept. Without Redis every answer is built.
    """
    try:
        current = throttle.check_and_read(rule, *_who(request), token_key=VERSION_KEY, fallback=secrets.token_hex(8))
    except throttle.Away:
        return _plain(build(), content_type)
    except Refused as refusal:
        return enveloped(request, refusal)
    request.is_counted = True  # type: ignore[attr-defined]
    global _seen
    if current != _seen:
        # Somebody changed the catalogue; what was built before can never be asked for again.
        _seen = current
        _forget()
    key = (current, key)
    found = _shelf.get(key)
    if found is not None:
        return _handed(request, found)
    lock = _builders[hash(key) % len(_builders)]
    is_mine = lock.acquire(timeout=_LONGEST_BUILD_S)
    try:
        found = _shelf.get(key)
        if found is None:
            # Asked before building: an edge that passes meanwhile ends the answer at once instead of being missed.
            ends = edge(request) if edge else None
            built = _plain(build(), content_type)
            found = _prebuilt(built, ends, max_age_s, vary)
            if found is None:
                return built
            _shelf.put(key, found)
    finally:
        if is_mine:
            lock.release()
    return _handed(request, found)


def _who(request: HttpRequest) -> tuple[str, str]:
    if DEVICE_COOKIE in request.COOKIES or "HTTP_X_DEVICE_ID" in request.META:
        client = client_of(request)
        return client.address_key, client.device_key
    return address_key(address_of(request)), ""


def _is_personal(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES or "messages" in request.COOKIES


@lru_cache(maxsize=4096)
def _short_query(query: str, params: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    # The last of several equal names counts, as in Django's QueryDict.
    named = {name: value for name, value in parse_qsl(query, keep_blank_values=True) if name in params}
    return tuple(sorted(named.items()))


def _query(query: str, params: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    if not query or not params:
        return ()
    return _short_query(query, params) if len(query) <= 300 else _short_query.__wrapped__(query, params)


def _plain(built: HttpResponseBase | bytes, content_type: str) -> HttpResponseBase:
    if isinstance(built, bytes):
        return HttpResponse(built, content_type=content_type)
    render = getattr(built, "render", None)
    if render is not None and not getattr(built, "is_rendered", True):
        render()
    return built


def _prebuilt(built: HttpResponseBase, ends: datetime | None, max_age_s: float, vary: str) -> Prebuilt | None:
    """What is kept of an answer; None where it may not be kept."""
    if built.status_code != 200 or built.cookies or not isinstance(built, HttpResponse):
        return None
    if "no-store" in built.get("Cache-Control", "") or "private" in built.get("Cache-Control", ""):
        return None
    body = built.content
    zipped = gzip.compress(body, compresslevel=6, mtime=0) if len(body) >= _WORTH_ZIPPING else b""
    now = time.time()
    return Prebuilt(
        body=body,
        zipped=zipped if len(zipped) < len(body) * 0.9 else b"",
        content_type=built["Content-Type"],
        etag=hashlib.blake2b(body, digest_size=12).hexdigest(),
        vary=f"Accept-Encoding, {vary}" if vary else "Accept-Encoding",
        good_until=min(now + max_age_s, ends.timestamp() if ends else now + max_age_s),
    )


def _handed(request: HttpRequest, found: Prebuilt) -> HttpResponse:
    meta = request.META
    is_zipped = bool(found.zipped) and "gzip" in meta.get("HTTP_ACCEPT_ENCODING", "")
    etag = f'"{found.etag}-gz"' if is_zipped else f'"{found.etag}"'
    # The version may change at any moment: whoever keeps the answer asks whether it still holds.
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": found.vary}
    known = meta.get("HTTP_IF_NONE_MATCH")
    if known and (found.etag in known or known.strip() == "*"):
        response = HttpResponse(status=304, headers=headers)
        del response["Content-Type"]
        return response
    if is_zipped:
        headers["Content-Encoding"] = "gzip"
    return HttpResponse(found.zipped if is_zipped else found.body, content_type=found.content_type, headers=headers)
