"""Metrics for Prometheus, counted in the store. They hold no personal data."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from threading import Lock

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from adapter.core import service_windows
from adapter.core.endpoint import Endpoint
from adapter.core.errors import TransientError
from adapter.operate import health, item_findings, partner_findings
from adapter.operate.status import PartnerStatus, partner_statuses
from adapter.settings.network import Network
from adapter.store import Store, items
from adapter.store.queries import figures
from adapter.web.authentication import context
from adapter.web.counters import Counters

router = APIRouter()
FRESH_FOR = 5.0  # seconds; several scrapers at once cost one reading of the store
_KEYS = ["endpoint", "event", "state"]


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Return the metrics in the Prometheus text format."""
    registry: CollectorRegistry = request.app.state.registry
    watchers = context(request).watchers
    text = await to_thread.run_sync(generate_latest, registry, limiter=watchers)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def registry(network: Network, store: Store) -> CollectorRegistry:
    """Return a registry with our metrics only, without those of the process or of libraries."""
    own = CollectorRegistry(auto_describe=False)
    own.register(Figures(network, store))
    return own


class Figures(Collector):
    """Reads the store when it is scraped, and keeps the result for FRESH_FOR seconds."""

    def __init__(self, network: Network, store: Store) -> None:
        self._network, self._store = network, store
        self._lock = Lock()
        self._counters = Counters()
        self._kept: list[Metric] = []
        self._until = 0.0

    def collect(self) -> Iterable[Metric]:
        """Return the metrics, at most FRESH_FOR seconds old."""
        with self._lock:
            if time.monotonic() >= self._until:
                now = datetime.now(UTC)
                self._kept = list(figures_at(self._network, self._store, self._counters, now))
                self._until = time.monotonic() + FRESH_FOR
            return self._kept


def figures_at(
    network: Network, store: Store, counters: Counters, now: datetime
) -> Iterator[Metric]:
    """Yield every metric as it is now."""
    up = GaugeMetricFamily("adapter_store_up", "Whether the store answers.")
    try:
        with store.read() as tx:
            counted = (figures.messages(tx), figures.deliveries(tx))
            endpoints, totals = figures.endpoints(tx, now), figures.totals(tx)
            item_counts = items.counts(tx, now)
            statuses = partner_statuses(tx, network.settings, now)
            counters.look(tx, time.monotonic())
    except TransientError:
        up.add_metric([], 0)
        yield up
        return
    up.add_metric([], 1)
    yield up
    yield _build()
    yield _counts("adapter_messages", "Messages not yet processed, or dead.", counted[0])
    yield _counts("adapter_deliveries", "Deliveries open, accepted or dead.", counted[1])
    yield from _endpoints(network, endpoints, now)
    yield from _partners(statuses)
    yield _dead_by_cause(statuses)
    yield from _stands(statuses)
    yield from _items([row.endpoint for row in endpoints], item_counts)
    yield from (_total(name, value) for name, value in totals.items())
    yield from counters.metrics(network.endpoints)
    yield from _health(health.survey(store, network.settings))


def _counts(name: str, text: str, counts: Iterable[figures.Count]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=_KEYS)
    for row in counts:
        family.add_metric([row.endpoint, row.event, row.state], row.count)
    return family


def _endpoints(
    network: Network, rows: Iterable[figures.EndpointFigures], now: datetime
) -> Iterator[Metric]:
    late = _gauge("adapter_oldest_due_seconds", "How long the oldest open delivery is overdue.")
    old = _gauge("adapter_oldest_open_seconds", "How old the oldest open delivery is.")
    heard = _gauge("adapter_last_received_timestamp_seconds", "When the endpoint last sent.")
    paused = _gauge("adapter_endpoint_paused", "Whether somebody paused the endpoint.")
    cut_off = _gauge("adapter_endpoint_cut_off", "Whether the far side does not answer.")
    closed = _gauge("adapter_endpoint_closed", "Whether a service window holds the endpoint.")
    for row in rows:
        known = network.endpoints.get(row.endpoint)
        late.add_metric([row.endpoint], service_windows.overdue(known, row.oldest_due, now))
        old.add_metric([row.endpoint], service_windows.overdue(known, row.oldest_open, now))
        closed.add_metric([row.endpoint], float(_is_closed(known, now)))
        paused.add_metric([row.endpoint], float(row.paused))
        cut_off.add_metric([row.endpoint], float(row.cut_off))
        at = row.last_received
        heard.add_metric([row.endpoint], at.timestamp() if at else 0)
    yield from (late, old, heard, paused, cut_off, closed)


def _partners(statuses: Iterable[PartnerStatus]) -> Iterator[Metric]:
    """What `adapter status` shows, at zero too."""
    waiting = _gauge("adapter_endpoint_waiting", "Open deliveries.")
    troubled = _gauge("adapter_endpoint_troubled", "Open deliveries that failed or are late.")
    dead = _gauge("adapter_endpoint_dead", "Dead deliveries to it and dead messages from it.")
    refused = _gauge("adapter_endpoint_refused_today", "Its messages that we refused today.")
    findings = _gauge("adapter_endpoint_findings", "What `adapter status` finds wrong.")
    days = _gauge("adapter_certificate_days", "How long its certificates are still valid.")
    for each in statuses:
        name = [each.endpoint]
        waiting.add_metric(name, each.waiting)
        troubled.add_metric(name, each.troubled)
        dead.add_metric(name, each.dead)
        refused.add_metric(name, each.refused_today)
        findings.add_metric(name, len(each.findings))
        if each.certificate_days is not None:
            days.add_metric(name, each.certificate_days)
    yield from (waiting, troubled, dead, refused, findings, days)


def _build() -> Metric:
    family = _gauge("adapter_build_info", "Always 1: the version is its label.", "version")
    family.add_metric([version("careplan-adapter")], 1)
    return family


def _dead_by_cause(statuses: Iterable[PartnerStatus]) -> Metric:
    """Only causes that there are; `adapter_endpoint_dead` is told at zero too."""
    text = "What is dead of an endpoint, by kind and code."
    family = GaugeMetricFamily("adapter_dead", text, labels=["endpoint", "kind", "code"])
    for each in statuses:
        for cause in each.causes:
            family.add_metric([each.endpoint, cause.kind, cause.code], cause.count)
    return family


def _stands(statuses: Iterable[PartnerStatus]) -> Iterator[Metric]:
    """What stops each partner, until when, and each finding by its name: 0 where there is none."""
    pause = _gauge("adapter_endpoint_paused_until_timestamp_seconds", "When its pause ends.")
    window = _gauge("adapter_endpoint_closed_until_timestamp_seconds", "When its window ends.")
    probe = _gauge("adapter_endpoint_next_probe_timestamp_seconds", "When it is tried again.")
    text = "Whether `adapter status` finds this wrong."
    wrong = GaugeMetricFamily("adapter_endpoint_finding", text, labels=["endpoint", "finding"])
    for each in statuses:
        for family, at in ((pause, each.paused_until), (window, each.closed_until)):
            family.add_metric([each.endpoint], at.timestamp() if at else 0)
        probe.add_metric([each.endpoint], each.next_probe.timestamp() if each.next_probe else 0)
        own = {finding.name for finding in each.findings}
        for name in (*partner_findings.NAMES, *item_findings.NAMES):
            wrong.add_metric([each.endpoint, name], name in own)
    yield from (pause, window, probe, wrong)


def _items(names: Iterable[str], counts: Iterable[items.ItemCount]) -> Iterator[Metric]:
    """Open items; needs without a receiver also at zero, for each endpoint."""
    number = GaugeMetricFamily(
        "adapter_items", "Items that wait for a person.", labels=["endpoint", "what"]
    )
    overdue = GaugeMetricFamily(
        "adapter_items_overdue", "Items whose legal time has passed.", labels=["endpoint", "what"]
    )
    none = {(name, "nobody-to-tell"): (0, 0) for name in names}
    rows = none | {(row.endpoint, row.what): (row.open, row.overdue) for row in counts}
    for key, (open_, late) in sorted(rows.items()):
        number.add_metric(key, open_)
        overdue.add_metric(key, late)
    yield from (number, overdue)


def _is_closed(known: Endpoint | None, now: datetime) -> bool:
    return known is not None and service_windows.closed_until(known, now) is not None


def _health(survey: health.Survey) -> Iterator[Metric]:
    wrong = _gauge("adapter_wrong", "How many say so of this finding.", "finding")
    for name in health.FINDINGS:
        wrong.add_metric([name], sum(f.name == name for f in survey.findings))
    living = _gauge("adapter_processes", "Processes that were seen lately.", "part")
    for part in health.PARTS:
        living.add_metric([part], sum(p.part == part for p in survey.living))
    probe = max((p.probe for p in survey.living), default=0.0)
    apart = max((abs(p.ahead) for p in survey.living), default=0.0)
    yield from (wrong, living)
    yield _single(
        "adapter_store_seconds", "The slowest process's last write of a small row.", probe
    )
    yield _single("adapter_clock_skew_seconds", "The wrongest clock, beside the database's.", apart)


def _single(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)


def _gauge(name: str, text: str, label: str = "endpoint") -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=[label])


def _total(name: str, value: int) -> Metric:
    text = f"The highest row number of {name}: for rates. A number may have been skipped."
    return CounterMetricFamily(f"adapter_{name}_stored", text, value=value)
