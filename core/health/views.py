"""/healthz, /readyz and /metrics, for whoever watches the store from outside."""

import logging
from collections.abc import Mapping
from hmac import compare_digest
from ipaddress import ip_address
from math import isfinite

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection as database
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.alerts import watching
from core.health import metrics
from core.pulse import heartbeat
from core.redis import connection
from core.web.client import address_of

logger = logging.getLogger(__name__)


@require_safe
@never_cache
def alive(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers at all; asks nobody else."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 if an order can be taken and worked off; else 503, naming what is missing: database, redis, worker.

    `queues` tells of each how many seconds ago somebody took from it (null: never); a worker is missing where that is
    too long ago, and `silent` names those queues.
    """
    watching.look_if_overdue()
    missing = []
    ages: Mapping[str, float] = {}
    try:
        with database.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        logger.warning("not ready, database: %s", error)
        missing.append("database")
    try:
        connection().ping()
        ages = heartbeat.ages()
        if heartbeat.silent(ages):
            missing.append("worker")
    except redis.RedisError as error:
        logger.warning("not ready, Redis: %s", error)
        missing.append("redis")
    shown = {queue: round(age, 1) if isfinite(age) else None for queue, age in ages.items()}
    answer = {"ready": not missing, "missing": missing, "silent": heartbeat.silent(ages), "queues": shown}
    return JsonResponse(answer, status=503 if missing else 200)


@require_safe
@never_cache
def figures(request: HttpRequest) -> HttpResponse:
    """The figures for Prometheus; for this machine, or for whoever shows METRICS_TOKEN as a bearer."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    shown = bool(settings.METRICS_TOKEN) and compare_digest(token.encode(), settings.METRICS_TOKEN.encode())
    if not shown and not ip_address(address_of(request)).is_loopback:
        return HttpResponse(status=403)
    watching.look_if_overdue()
    return HttpResponse(metrics.exposition(), content_type=metrics.CONTENT_TYPE)
