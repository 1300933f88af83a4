"""How long messages take at a steady rate; and what a slow partner costs the others.

A message counts from the moment that the rate gives it. A message that never arrived counts with
the time until the measurement ended.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from adapter.bench import figures, http_partners
from adapter.bench.http_partners import HttpPartners
from adapter.bench.measured_network import SENDERS
from adapter.bench.measurement_setup import MeasurementSetup, Sizes
from adapter.bench.message_templates import receiver_place
from adapter.bench.message_times import MessageTimes, empty_times
from adapter.bench.party_processes import Checkable, PartyProcesses, sleep_checked, wait_for
from adapter.bench.send_schedule import SendLimits

_GRACE = 10  # seconds after the last message; what arrives later is late


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds from when a message was due to be sent until it is received, or receipted."""

    p50: float
    p99: float
    receipt_p50: float
    receipt_p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowPartner:
    """Milliseconds to the partners that are not slow, and how many messages never arrived.

    Messages that never arrived are in the percentiles with the time until the end.
    """

    others_p50_ms: float
    others_p99_ms: float
    others_late: int
    partners: int
    answers_after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OthersTimes:
    """When the messages to the other partners were due and received; when the measurement ended."""

    sent: Sequence[float]
    received: Sequence[float]
    until: float

    @property
    def waits(self) -> list[float]:
        """How long each message took, in milliseconds."""
        return figures.waits(self.sent, self.received, self.until)


def measure(setup: MeasurementSetup) -> Latency:
    """Measure at a steady rate, after a warm-up."""
    times, parties = setup.on_bus(_limits(setup))
    with setup.workers() as workers, parties:
        wait_for(lambda: figures.done(times.receipted), len(times.sent), [workers, parties])
    measured = _latency(times, _first(setup), time.monotonic())
    setup.say(f"latency: p99 {measured.p99:.0f} ms")
    return measured


def _latency(times: MessageTimes, first: int, until: float) -> Latency:
    received = figures.waits(times.sent[first:], times.received[first:], until)
    receipted = figures.waits(times.sent[first:], times.receipted[first:], until)
    return Latency(
        p50=figures.percentile(received, 0.5),
        p99=figures.percentile(received, 0.99),
        receipt_p50=figures.percentile(receipted, 0.5),
        receipt_p99=figures.percentile(receipted, 0.99),
    )


def _limits(setup: MeasurementSetup) -> SendLimits:
    sizes = setup.sizes
    return SendLimits(total=int(sizes.rate * (sizes.warm_up + sizes.paced)), rate=sizes.rate)


def _first(setup: MeasurementSetup) -> int:
    """Return the first message after the warm-up."""
    return int(setup.sizes.rate * setup.sizes.warm_up)


def measure_beside_slow(setup: MeasurementSetup) -> SlowPartner:
    """Measure at the same rate to all HTTP partners in turn, while the first one is slow."""
    limits = _limits(setup)
    times = empty_times(limits.total, len(SENDERS) + 1)
    partners = HttpPartners(
        port=setup.port, organisations=setup.http_partners, slow=setup.sizes.slow
    )
    jobs = [(http_partners.serve, (partners,)), *setup.senders(limits, setup.http_partners)]
    with setup.workers() as workers, PartyProcesses(times, jobs) as parties:
        wait_for(lambda: figures.done(times.sent), limits.total, [workers, parties])
        _wait_for_others(setup, times, [workers, parties])
        others_times = _others_seen(setup, times)
        workers.kill()  # a worker would wait minutes for the slow partner
    measured = beside(others_times, setup.sizes)
    setup.say(f"slow partner: p99 of the others {measured.others_p99_ms:.0f} ms")
    return measured


def _others(setup: MeasurementSetup, times: MessageTimes) -> list[int]:
    """Return the messages after the warm-up to partners that are not slow."""
    number, total = len(setup.http_partners), len(times.sent)
    return [i for i in range(_first(setup), total) if receiver_place(i, len(SENDERS), number)]


def _wait_for_others(
    setup: MeasurementSetup, times: MessageTimes, checked: Sequence[Checkable]
) -> None:
    others, until = _others(setup, times), time.monotonic() + _GRACE
    while time.monotonic() < until and not all(times.received[i] for i in others):
        sleep_checked(0.25, checked)


def _others_seen(setup: MeasurementSetup, times: MessageTimes) -> OthersTimes:
    others = _others(setup, times)
    sent, received = ([times[i] for i in others] for times in (times.sent, times.received))
    return OthersTimes(sent=sent, received=received, until=time.monotonic())


def beside(others_times: OthersTimes, sizes: Sizes) -> SlowPartner:
    """Return the figures of the other partners."""
    waits = others_times.waits
    return SlowPartner(
        others_p50_ms=figures.percentile(waits, 0.5),
        others_p99_ms=figures.percentile(waits, 0.99),
        others_late=len(others_times.received) - figures.done(others_times.received),
        partners=sizes.partners,
        answers_after_s=sizes.slow,
    )
