"""Counters and histograms for Prometheus: what has happened since this process began to look.

They are read from the store, so a process without HTTP is counted too. Each process counts the
same; a rate of one is the rate of all.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from adapter.core.catalogue import is_error_code
from adapter.core.model import Layer
from adapter.store.queries import tallies
from adapter.store.queries.tallies import BUCKETS, Place, Receipts
from adapter.store.transaction import Transaction

LATE = 15.0  # seconds: a row with a lower number may be committed so much later
MOST = 50_000  # rows of a table in one look
_CODE = re.compile(r"[a-z-]+")
_NAMES = {
    "refused": ("adapter_refused", "Messages of the endpoint that were refused."),
    "retry": ("adapter_failed", "Attempts to send to the endpoint that failed, and are retried."),
    "dead": ("adapter_given_up", "Deliveries to it and messages from it that became dead."),
}


class _Times:
    """A histogram: how many, how long together, and how many within each bucket."""

    def __init__(self) -> None:
        self.count, self.seconds, self.within = 0, 0.0, [0] * len(BUCKETS)

    def add(self, more: Receipts) -> None:
        self.count += more.count
        self.seconds += more.seconds
        self.within = [a + b for a, b in zip(self.within, more.within, strict=True)]

    def buckets(self) -> list[tuple[str, float]]:
        limits = (str(float(bucket)) for bucket in BUCKETS)
        return [*zip(limits, self.within, strict=True), ("+Inf", self.count)]


class Counters:
    """Reads what is new in the store at each look."""

    def __init__(self) -> None:
        self._at: Place | None = None
        self._seen = deque[tuple[float, Place]]()
        self._times = dict[tuple[str, str], _Times]()
        self._receipts = Counter[tuple[str, str, str]]()
        self._failures = Counter[tuple[str, str, str]]()

    def look(self, tx: Transaction, at: float) -> None:
        """Count what has been stored since the last look, LATE behind; `at` is monotonic."""
        newest = tallies.newest(tx)
        if self._at is None:
            self._at = newest
        self._seen.append((at, newest))
        until = self._at
        while self._seen and self._seen[0][0] <= at - LATE:
            until = self._seen.popleft()[1]
        self._count(tx, self._at, until)

    def _count(self, tx: Transaction, after: Place, until: Place) -> None:
        end = Place(
            receipt=min(until.receipt, after.receipt + MOST),
            history=min(until.history, after.history + MOST),
        )
        for more in tallies.receipts(tx, after.receipt, end.receipt):
            self._receipts[more.endpoint, more.layer, more.code] += more.count
            self._times.setdefault((more.endpoint, more.layer), _Times()).add(more)
        for what, endpoint, detail in tallies.failures(tx, after.history, end.history):
            self._failures[what, endpoint, _code(detail)] += 1
        if end != until:  # more than one look can count: the rest comes with the next
            self._seen.appendleft((float("-inf"), until))
        self._at = end

    def metrics(self, endpoints: Iterable[str]) -> Iterator[Metric]:
        """Yield the metrics; the histograms of these endpoints also at zero."""
        yield from self._histograms(sorted({*endpoints, *(name for name, _ in self._times)}))
        text = "Receipts of the endpoint, by layer and code."
        received = CounterMetricFamily(
            "adapter_receipts", text, labels=["endpoint", "layer", "code"]
        )
        for key, number in sorted(self._receipts.items()):
            received.add_metric(key, number)
        yield received
        for what, (name, text) in _NAMES.items():
            family = CounterMetricFamily(name, text, labels=["endpoint", "code"])
            for (word, endpoint, code), number in sorted(self._failures.items()):
                if word == what:
                    family.add_metric([endpoint, code], number)
            yield family

    def _histograms(self, endpoints: Iterable[str]) -> Iterator[Metric]:
        text = "From when a delivery was made until the far side's transport had it."
        latency = HistogramMetricFamily("adapter_latency_seconds", text, labels=["endpoint"])
        text = "From when a delivery was sent until its system, or a person there, answered."
        answer = HistogramMetricFamily(
            "adapter_receipt_seconds", text, labels=["endpoint", "layer"]
        )
        for name in endpoints:
            _add(latency, [name], self._times.get((name, Layer.TRANSPORT)))
            for layer in (Layer.APPLICATION, Layer.PERSON):
                _add(answer, [name, layer], self._times.get((name, layer)))
        yield from (latency, answer)


def _add(family: HistogramMetricFamily, labels: list[str], times: _Times | None) -> None:
    times = times or _Times()
    family.add_metric(labels, buckets=times.buckets(), sum_value=times.seconds)


def _code(detail: str) -> str:
    """The code with which a detail begins: only codes of the catalogue become a label."""
    match = _CODE.match(detail)
    code = match.group().strip("-") if match else ""
    return code if is_error_code(code) else "other"
