"""How fast a hospital's ADT feed is taken: 95 % of its stays are never assessed.

The feed is one MLLP connection with one message at a time, as HL7 v2 prescribes. One worker has
its door. It is measured as fast as it goes, then at a steady rate for the times. A message counts
from the moment that the rate gives it. At last what nobody was told of is purged, as if a week had
passed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from adapter import mappings
from adapter.bench import adt_messages, adt_party, figures, measured_network
from adapter.bench.adt_messages import ASSESSED, TRIGGERS
from adapter.bench.adt_party import FeedJob
from adapter.bench.drain import Memory
from adapter.bench.measured_network import PLANNING, TOWN
from adapter.bench.measurement_setup import MeasurementSetup
from adapter.bench.message_times import MessageTimes, empty_times
from adapter.bench.party_processes import (
    Checkable,
    PartyJob,
    PartyProcesses,
    sleep_checked,
    wait_for,
)
from adapter.bench.send_schedule import SendLimits
from adapter.core.lifecycle import OPEN
from adapter.operate import maintenance
from adapter.settings.network import Network
from adapter.store.queries.figures import deliveries

_HIGHEST_RATE = 2000  # messages per second that MessageTimes has room for


@dataclass(frozen=True, slots=True, kw_only=True)
class AdtFeed:
    """Messages per second, and milliseconds at a steady rate.

    `ack` is until the journal has the acknowledgement, `notice` until the municipality has the
    admission notice that the message causes. `notices` counts them. `memory_mb` is the worker's at
    the steady rate. `purged_stays_per_s` is how fast stays that nobody was told of are purged.
    """

    messages_per_s: float
    ack_p50_ms: float
    ack_p99_ms: float
    notice_p50_ms: float
    notice_p99_ms: float
    notices: int
    memory_mb: Memory
    purged_stays_per_s: float

    @property
    def unshared_stays_per_s(self) -> float:
        """How many stays a second, at most, the feed has that nobody is told of."""
        return self.messages_per_s / len(TRIGGERS) * (1 - 1 / ASSESSED)


def measure(setup: MeasurementSetup) -> AdtFeed:
    """Measure the rate, then the times and the memory, then the purge."""
    feed = replace(
        setup,
        settings=measured_network.with_feed(setup.settings, setup.port),
        sizes=replace(setup.sizes, workers=1),
    )
    rate = _rate(feed)
    setup.say(f"adt-feed: {rate:.0f} messages/s")
    paced = _paced(feed)
    measured = _summary(feed, rate, paced, _purge(feed))
    setup.say(f"adt-feed: acknowledged, p99 {measured.ack_p99_ms:.0f} ms")
    return measured


def _rate(setup: MeasurementSetup) -> float:
    sizes = setup.sizes
    duration = sizes.warm_up + sizes.seconds
    limits = SendLimits(total=int(_HIGHEST_RATE * duration), seconds=duration)
    with setup.workers() as workers:
        times, parties = _parties(setup, limits)
        with parties:
            sleep_checked(sizes.warm_up, [workers, parties])
            since = time.monotonic()
            sleep_checked(sizes.seconds, [workers, parties])
            until = time.monotonic()
            _settle(setup, [workers, parties])
    return figures.within(times.receipted, since, until) / (until - since)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Paced:
    """A run at the steady rate: its times, when it ended, and the worker's memory."""

    times: MessageTimes
    until: float
    memory: Memory


def _paced(setup: MeasurementSetup) -> _Paced:
    sizes = setup.sizes
    limits = SendLimits(total=int(sizes.rate * (sizes.warm_up + sizes.paced)), rate=sizes.rate)
    with setup.workers() as workers:
        times, parties = _parties(setup, limits)
        with parties:
            checked: list[Checkable] = [workers, parties]
            wait_for(lambda: figures.done(times.receipted), limits.total // 10, checked)
            early = workers.memory()
            wait_for(lambda: figures.done(times.receipted), limits.total, checked)
            _settle(setup, checked)
            memory = Memory(peak=workers.peak(), after_tenth=early, at_end=workers.memory())
            return _Paced(times=times, until=time.monotonic(), memory=memory)


def _purge(setup: MeasurementSetup) -> float:
    """Purge all ended stays that nobody was told of; return how many a second."""
    network = Network(settings=setup.settings, systems=mappings.load())
    later = datetime.now(UTC) + setup.settings.sharing.purge_unshared + timedelta(days=1)
    began, purged = time.monotonic(), 0
    while done := len(maintenance.purge(setup.store, network, later)):
        purged += done
    setup.say(f"adt-feed: {purged} stays purged")
    return purged / (time.monotonic() - began)


def _parties(setup: MeasurementSetup, limits: SendLimits) -> tuple[MessageTimes, PartyProcesses]:
    """Return the journal and the two receivers of each notice. The workers have their door open."""
    town, planning = setup.servers.parties((TOWN, PLANNING))
    job = FeedJob(organisation=measured_network.hospital(), port=setup.port, limits=limits)
    jobs: list[PartyJob] = [
        (adt_party.receive, (town,)),
        (adt_party.receive_beside, (planning,)),
        (adt_party.send, (job,)),
    ]
    times = empty_times(limits.total, len(jobs))
    return times, PartyProcesses(times, jobs)


def _settle(setup: MeasurementSetup, checked: Sequence[Checkable]) -> None:
    """Wait until every notice is receipted: the next measurement needs empty queues."""
    sleep_checked(1, checked)
    wait_for(lambda: -_open_deliveries(setup), 0, checked)


def _open_deliveries(setup: MeasurementSetup) -> int:
    with setup.store.read() as tx:
        return sum(each.count for each in deliveries(tx) if each.state in OPEN)


def _summary(setup: MeasurementSetup, rate: float, paced: _Paced, purged: float) -> AdtFeed:
    times, until = paced.times, paced.until
    first = int(setup.sizes.rate * setup.sizes.warm_up)
    acks = figures.waits(times.sent[first:], times.receipted[first:], until)
    numbers = [n for n in range(first, len(times.sent)) if adt_messages.place(n).is_notice]
    sent, received = ([cells[n] for n in numbers] for cells in (times.sent, times.received))
    notices = figures.waits(sent, received, until)
    return AdtFeed(
        messages_per_s=rate,
        ack_p50_ms=figures.percentile(acks, 0.5),
        ack_p99_ms=figures.percentile(acks, 0.99),
        notice_p50_ms=figures.percentile(notices, 0.5),
        notice_p99_ms=figures.percentile(notices, 0.99),
        notices=figures.done(received),
        memory_mb=paced.memory,
        purged_stays_per_s=purged,
    )
