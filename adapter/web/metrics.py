"""Figures for Prometheus, from the store: what waits, since when, and for whom. No person in it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from threading import Lock

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from adapter.errors import TransientError
from adapter.store import Store
from adapter.store.queries import figures

router = APIRouter()
FRESH_FOR = 5.0  # seconds; several who ask at once cost the store one look
_KEYS = ["endpoint", "event", "state"]


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """The Prometheus text format."""
    registry: CollectorRegistry = request.app.state.registry
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def registry(store: Store) -> CollectorRegistry:
    """A registry of our own: nothing of the process or of other libraries is in it."""
    found = CollectorRegistry(auto_describe=False)
    found.register(Figures(store))
    return found


class Figures(Collector):
    """Asks the store when it is scraped, and keeps the answer for some seconds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._kept: list[Metric] = []
        self._until = 0.0

    def collect(self) -> Iterable[Metric]:
        """The metrics, at most FRESH_FOR seconds old."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._kept = list(_asked(self._store, datetime.now(UTC)))
                self._until = time.monotonic() + FRESH_FOR
            return self._kept


def _asked(store: Store, now: datetime) -> Iterator[Metric]:
    up = GaugeMetricFamily("adapter_store_up", "Whether the store answers.")
    try:
        with store.read() as tx:
            counted = (figures.messages(tx), figures.deliveries(tx))
            endpoints, totals = figures.endpoints(tx, now), figures.totals(tx)
    except TransientError:
        up.add_metric([], 0)
        yield up
        return
    up.add_metric([], 1)
    yield up
    yield _counts("adapter_messages", "Messages not yet processed, or dead.", counted[0])
    yield _counts("adapter_deliveries", "Deliveries open, accepted or dead.", counted[1])
    yield from _endpoints(endpoints, now)
    yield from (_total(name, value) for name, value in totals.items())


def _counts(name: str, text: str, counts: Iterable[figures.Count]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=_KEYS)
    for one in counts:
        family.add_metric([one.endpoint, one.event, one.state], one.count)
    return family


def _endpoints(found: Iterable[figures.EndpointFigures], now: datetime) -> Iterator[Metric]:
    late = _gauge("adapter_oldest_due_seconds", "How long the oldest open delivery is overdue.")
    heard = _gauge("adapter_last_received_timestamp_seconds", "When the endpoint last sent.")
    paused = _gauge("adapter_endpoint_paused", "Whether somebody paused the endpoint.")
    cut_off = _gauge("adapter_endpoint_cut_off", "Whether the far side does not answer.")
    for one in found:
        overdue = (now - one.oldest_due).total_seconds() if one.oldest_due else 0.0
        late.add_metric([one.endpoint], max(0.0, overdue))
        paused.add_metric([one.endpoint], float(one.paused))
        cut_off.add_metric([one.endpoint], float(one.cut_off))
        if one.last_received:
            heard.add_metric([one.endpoint], one.last_received.timestamp())
    yield from (late, heard, paused, cut_off)


def _gauge(name: str, text: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=["endpoint"])


def _total(name: str, value: int) -> Metric:
    text = f"The highest row number of {name}: for rates. A number may have been skipped."
    return CounterMetricFamily(f"adapter_{name}_stored", text, value=value)
