"""How fast a hospital's ADT feed is taken: 95 % of its stays are never assessed.

The feed is one MLLP connection with one message at a time, as HL7 v2 prescribes. One worker has
its door. It is measured as fast as it goes, then at a steady rate for the times. A message counts
from the moment that the rate gives it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapter.bench import adt_messages, adt_party, figures, measured_network
from adapter.bench.adt_party import FeedJob
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
from adapter.store.queries.figures import deliveries

_HIGHEST_RATE = 2000  # messages per second that MessageTimes has room for


@dataclass(frozen=True, slots=True, kw_only=True)
class AdtFeed:
    """Messages per second, and milliseconds at a steady rate.

    `ack` is until the journal has the acknowledgement, `notice` until the municipality has the
    admission notice that the message causes. `notices` counts them.
    """

    messages_per_s: float
    ack_p50_ms: float
    ack_p99_ms: float
    notice_p50_ms: float
    notice_p99_ms: float
    notices: int


def measure(setup: MeasurementSetup) -> AdtFeed:
    """Measure the rate, then the times."""
    feed = replace(
        setup,
        settings=measured_network.with_feed(setup.settings, setup.port),
        sizes=replace(setup.sizes, workers=1),
    )
    rate = _rate(feed)
    setup.say(f"adt-feed: {rate:.0f} messages/s")
    times, until = _paced(feed)
    measured = _summary(feed, rate, times, until)
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


def _paced(setup: MeasurementSetup) -> tuple[MessageTimes, float]:
    """Return the times of a run at the steady rate, and when it ended."""
    sizes = setup.sizes
    limits = SendLimits(total=int(sizes.rate * (sizes.warm_up + sizes.paced)), rate=sizes.rate)
    with setup.workers() as workers:
        times, parties = _parties(setup, limits)
        with parties:
            checked: list[Checkable] = [workers, parties]
            wait_for(lambda: figures.done(times.receipted), limits.total, checked)
            _settle(setup, checked)
            return times, time.monotonic()


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


def _summary(setup: MeasurementSetup, rate: float, times: MessageTimes, until: float) -> AdtFeed:
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
    )
