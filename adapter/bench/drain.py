"""How fast the workers drain a backlog on the bus, and how much memory they use."""

from __future__ import annotations

import time
from dataclasses import dataclass

from adapter.bench import figures
from adapter.bench.measurement_setup import MeasurementSetup
from adapter.bench.message_times import MessageTimes
from adapter.bench.party_processes import PartyProcesses, sleep_checked, wait_for
from adapter.bench.send_schedule import SendLimits
from adapter.bench.worker_processes import WorkerProcesses


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """Messages per second from the start of the workers to the last receipt."""

    messages_per_s: float
    messages: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Memory of the largest worker in MB: peak, after a tenth of the backlog, and at the end."""

    peak: float
    after_tenth: float
    at_end: float


def measure(setup: MeasurementSetup) -> tuple[Drain, Memory]:
    """Publish the backlog while no worker runs, then start the workers and wait."""
    times, parties = setup.on_bus(SendLimits(total=setup.sizes.backlog))
    with parties:
        _publish_backlog(setup, times, parties)
        started = time.monotonic()
        with setup.workers() as workers:
            early = _wait_for_receipts(setup, times, workers, parties, setup.sizes.backlog // 10)
            late = _wait_for_receipts(setup, times, workers, parties, setup.sizes.backlog)
            memory = Memory(peak=workers.peak(), after_tenth=early, at_end=late)
    return _drain(times, started), memory


def _publish_backlog(setup: MeasurementSetup, times: MessageTimes, parties: PartyProcesses) -> None:
    total = setup.sizes.backlog
    wait_for(lambda: figures.done(times.sent), total, [parties])
    sleep_checked(2, [parties])  # the broker still reads from its sockets
    setup.say(f"drain: {total} messages wait")


def _wait_for_receipts(
    setup: MeasurementSetup,
    times: MessageTimes,
    workers: WorkerProcesses,
    parties: PartyProcesses,
    wanted: int,
) -> float:
    """Wait for so many receipts; return the memory of the largest worker then."""
    total, said_at = setup.sizes.backlog, time.monotonic()

    def say(reached: int) -> None:
        nonlocal said_at
        if time.monotonic() - said_at >= 10:
            said_at = time.monotonic()
            setup.say(f"drain: {reached} of {total}, largest worker {workers.memory():.0f} MB")

    wait_for(lambda: figures.done(times.receipted), wanted, [workers, parties], say)
    return workers.memory()


def _drain(times: MessageTimes, started: float) -> Drain:
    seconds = max(*times.receipted, *times.received) - started
    total = len(times.sent)
    return Drain(messages_per_s=total / seconds, messages=total, seconds=seconds)
