"""Journeys per second, and messages per second of the naive pipeline in the same minutes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

from adapter.bench import figures, naive_pipeline
from adapter.bench.measured_network import RECEIVERS, SENDERS
from adapter.bench.measurement_setup import MeasurementSetup
from adapter.bench.message_templates import MessageTemplates
from adapter.bench.message_times import Goal, MessageTimes
from adapter.bench.party_processes import Checkable, sleep_checked, wait_for
from adapter.bench.send_schedule import SendLimits
from adapter.bench.worker_processes import WorkerProcesses, machine_cpu_seconds

_HIGHEST_RATE = 5000  # messages per second that MessageTimes has room for


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """A journey is done when its receiver has the message and its sender has the receipt.

    `cores` is the number of processors that the workers kept busy, `machine` that of all processes.
    """

    journeys_per_s: float
    naive_per_s: float | None  # None where the naive pipeline is not installed
    ratio: float | None
    journeys: tuple[float, ...]  # each round
    naive: tuple[float, ...]
    body_bytes: int
    cores: float
    machine: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round: a rate, and the processors that were busy meanwhile."""

    rate: float
    cores: float = 0.0
    machine: float = 0.0


def measure(setup: MeasurementSetup) -> Iterator[Throughput]:
    """Yield both rates after each round, as means so far: a later error does not lose them."""
    ours: list[Round] = []
    compared: list[Round] = []
    for number in range(1, setup.sizes.rounds + 1):
        label = f"round {number} of {setup.sizes.rounds}"
        ours.append(_adapter(setup))
        setup.say(f"throughput, {label}: {ours[-1].rate:.0f} journeys/s")
        if naive_pipeline.is_installed():
            compared.append(_naive(setup))
            setup.say(f"throughput, {label}: naive pipeline {compared[-1].rate:.0f} messages/s")
        yield _summary(setup, ours, compared)


def _summary(
    setup: MeasurementSetup, ours: Sequence[Round], compared: Sequence[Round]
) -> Throughput:
    journeys = mean(each.rate for each in ours)
    naive_rate = mean(each.rate for each in compared) if compared else None
    return Throughput(
        journeys_per_s=journeys,
        naive_per_s=naive_rate,
        ratio=journeys / naive_rate if naive_rate else None,
        journeys=tuple(each.rate for each in ours),
        naive=tuple(each.rate for each in compared),
        body_bytes=body_bytes(setup),
        cores=mean(each.cores for each in ours),
        machine=mean(each.machine for each in ours),
    )


def body_bytes(setup: MeasurementSetup) -> int:
    """Return the mean size of a message."""
    sender, *_ = setup.servers.parties(SENDERS)
    receivers = [party.organisation for party in setup.servers.parties(RECEIVERS)]
    return MessageTemplates(sender.organisation, receivers, len(SENDERS)).mean_size


def _limits(setup: MeasurementSetup) -> SendLimits:
    sizes = setup.sizes
    duration = sizes.warm_up + sizes.seconds
    return SendLimits(total=int(_HIGHEST_RATE * duration), window=sizes.window, seconds=duration)


def _adapter(setup: MeasurementSetup) -> Round:
    times, parties = setup.on_bus(_limits(setup))
    with setup.workers() as workers, parties:
        result = _timed(setup, times, workers, [workers, parties])
        _finish(times, parties, workers)
    return result


def _timed(
    setup: MeasurementSetup,
    times: MessageTimes,
    workers: WorkerProcesses,
    checked: Sequence[Checkable],
) -> Round:
    """Measure between the warm-up and the end."""
    sleep_checked(setup.sizes.warm_up, checked)
    since, own, all_ = time.monotonic(), workers.cpu_seconds(), machine_cpu_seconds()
    sleep_checked(setup.sizes.seconds, checked)
    duration = time.monotonic() - since
    cores = (workers.cpu_seconds() - own) / duration
    machine = (machine_cpu_seconds() - all_) / duration
    return Round(rate=_rate(times, since, duration), cores=cores, machine=machine)


def _rate(times: MessageTimes, since: float, duration: float) -> float:
    """A journey ends when both times are noted: a receipt may come before `received` is noted."""
    goal_times = (
        (times.received, times.receipted) if times.goal is Goal.RECEIPTED else (times.received,)
    )
    ends = (max(moments) for moments in zip(*goal_times, strict=True) if all(moments))
    return figures.within(ends, since, since + duration) / duration


def _finish(times: MessageTimes, *checked: Checkable) -> None:
    """Wait until everything sent has arrived: the next measurement needs empty queues."""
    sleep_checked(1, checked)
    wait_for(lambda: figures.done(times.ends), figures.done(times.sent), checked)


def _naive(setup: MeasurementSetup) -> Round:
    times, parties = setup.on_bus(_limits(setup), Goal.RECEIVED)
    with naive_pipeline.pipeline(setup) as pipeline, parties:
        sleep_checked(setup.sizes.warm_up, [pipeline, parties])
        since = time.monotonic()
        sleep_checked(setup.sizes.seconds, [pipeline, parties])
        result = Round(rate=_rate(times, since, time.monotonic() - since))
        _finish(times, parties, pipeline)
    return result
