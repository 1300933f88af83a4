"""Journeys a second, and in the same minutes messages a second of the naive pipeline."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

from adapter.bench import figures, naive
from adapter.bench.arena import Arena
from adapter.bench.board import Board, Goal
from adapter.bench.copybook import Copybook
from adapter.bench.fleet import Fleet, machine_cpu_seconds
from adapter.bench.network import RECEIVERS, SENDERS
from adapter.bench.pacing import Pace
from adapter.bench.players import Checked, pause, watch

_MOST = 5000  # a second: boards have room for so many


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """A journey counts when its receiver has the message and its sender has the receipt.

    `cores` are processors that the workers kept busy, `machine` all processes together.
    """

    journeys_per_s: float
    naive_per_s: float | None  # None where the naive pipeline is not at hand
    ratio: float | None
    journeys: tuple[float, ...]  # each round
    naive: tuple[float, ...]
    body_bytes: int
    cores: float
    machine: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One of them: a rate, and the processors that were busy meanwhile."""

    rate: float
    cores: float = 0.0
    machine: float = 0.0


def measure(arena: Arena) -> Iterator[Throughput]:
    """Both rates, each the mean of its rounds so far: what breaks later leaves those there are."""
    ours: list[Round] = []
    compared: list[Round] = []
    for number in range(1, arena.sizes.rounds + 1):
        of = f"round {number} of {arena.sizes.rounds}"
        ours.append(_adapter(arena))
        arena.say(f"throughput, {of}: {ours[-1].rate:.0f} journeys/s")
        if naive.at_hand():
            compared.append(_naive(arena))
            arena.say(f"throughput, {of}: naive pipeline {compared[-1].rate:.0f} messages/s")
        yield _summary(arena, ours, compared)


def _summary(arena: Arena, ours: Sequence[Round], compared: Sequence[Round]) -> Throughput:
    journeys = mean(each.rate for each in ours)
    naive_rate = mean(each.rate for each in compared) if compared else None
    return Throughput(
        journeys_per_s=journeys,
        naive_per_s=naive_rate,
        ratio=journeys / naive_rate if naive_rate else None,
        journeys=tuple(each.rate for each in ours),
        naive=tuple(each.rate for each in compared),
        body_bytes=body_bytes(arena),
        cores=mean(each.cores for each in ours),
        machine=mean(each.machine for each in ours),
    )


def body_bytes(arena: Arena) -> int:
    """Of one message, on average."""
    sender, *_ = arena.servers.parties(SENDERS)
    whom = [party.who for party in arena.servers.parties(RECEIVERS)]
    return Copybook(sender.who, whom, len(SENDERS)).weight


def _pace(arena: Arena) -> Pace:
    sizes = arena.sizes
    lasts = sizes.warm_up + sizes.seconds
    return Pace(total=int(_MOST * lasts), window=sizes.window, seconds=lasts)


def _adapter(arena: Arena) -> Round:
    board, players = arena.on_bus(_pace(arena))
    with arena.fleet() as fleet, players:
        found = _timed(arena, board, fleet, [fleet, players])
        _finish(board, players, fleet)
    return found


def _timed(arena: Arena, board: Board, fleet: Fleet, checked: Sequence[Checked]) -> Round:
    """What happens between the warm-up and the end."""
    pause(arena.sizes.warm_up, checked)
    since, own, all_ = time.monotonic(), fleet.cpu_seconds(), machine_cpu_seconds()
    pause(arena.sizes.seconds, checked)
    lasted = time.monotonic() - since
    cores = (fleet.cpu_seconds() - own) / lasted
    machine = (machine_cpu_seconds() - all_) / lasted
    return Round(rate=_rate(board, since, lasted), cores=cores, machine=machine)


def _rate(board: Board, since: float, lasted: float) -> float:
    """An end is when both have what they wait for: a receipt may outrun the note of the holding."""
    goals = (board.held, board.receipted) if board.goal is Goal.RECEIPTED else (board.held,)
    ends = (max(times) for times in zip(*goals, strict=True) if all(times))
    return figures.within(ends, since, since + lasted) / lasted


def _finish(board: Board, *checked: Checked) -> None:
    """Let everything that was sent arrive: the next measurement begins with empty queues."""
    pause(1, checked)
    watch(lambda: figures.done(board.ends), figures.done(board.sent), checked)


def _naive(arena: Arena) -> Round:
    board, players = arena.on_bus(_pace(arena), Goal.HELD)
    with naive.pipeline(arena) as pipeline, players:
        pause(arena.sizes.warm_up, [pipeline, players])
        since = time.monotonic()
        pause(arena.sizes.seconds, [pipeline, players])
        found = Round(rate=_rate(board, since, time.monotonic() - since))
        _finish(board, players, pipeline)
    return found
