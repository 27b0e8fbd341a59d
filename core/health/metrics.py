"""Figures for Prometheus: requests by route, counted across all web processes, and gauges computed when asked."""

import os
import time
from collections.abc import Callable, Iterator, Mapping

from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from core.figures import readings

CONTENT_TYPE = CONTENT_TYPE_LATEST
_REQUESTS = Counter("gerbang_requests", "Answered requests.", ["method", "route", "status"])
_SECONDS = Histogram(
    "gerbang_request_seconds",
    "Time from a request's arrival to its answer.",
    ["method", "route"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class Measured:
    """Middleware: counts every answer and how long it took, by the route's pattern, never by the path asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        route = match.route if match is not None else "other"
        method = request.method if request.method in _METHODS else "other"
        _REQUESTS.labels(method, route, str(response.status_code)).inc()
        _SECONDS.labels(method, route).observe(time.perf_counter() - begun)
        return response


class _Gauges(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, explanation, reading in readings():
            if isinstance(reading, Mapping):
                family = GaugeMetricFamily(name, explanation, labels=["kind"])
                for kind, value in reading.items():
                    family.add_metric([kind], value)
                yield family
            elif reading is not None:
                yield GaugeMetricFamily(name, explanation, value=reading)


def exposition() -> bytes:
    """All figures in Prometheus' text format."""
    computed = CollectorRegistry()
    computed.register(_Gauges())
    counted: CollectorRegistry = REGISTRY
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        counted = CollectorRegistry()
        MultiProcessCollector(counted)
    return generate_latest(counted) + generate_latest(computed)
