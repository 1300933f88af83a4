"""A backlog on the bus that the workers find when they start: how fast it goes, in what memory."""

from __future__ import annotations

import time
from dataclasses import dataclass

from adapter.bench import figures
from adapter.bench.arena import Arena
from adapter.bench.board import Board
from adapter.bench.fleet import Fleet
from adapter.bench.pacing import Pace
from adapter.bench.players import Players, pause, watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """Messages a second from the workers' start to the last receipt."""

    messages_per_s: float
    messages: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Of the largest worker, MB: its peak, after a tenth of the backlog, and at the end."""

    peak: float
    after_tenth: float
    at_end: float


def measure(arena: Arena) -> tuple[Drain, Memory]:
    """Publish everything while nobody works, then start the workers and watch."""
    found, players = arena.on_bus(Pace(total=arena.sizes.backlog))
    with players:
        _pile_up(arena, found, players)
        started = time.monotonic()
        with arena.fleet() as fleet:
            early = _watch(arena, found, fleet, players, arena.sizes.backlog // 10)
            late = _watch(arena, found, fleet, players, arena.sizes.backlog)
            memory = Memory(peak=fleet.peak(), after_tenth=early, at_end=late)
    return _drained(found, started), memory


def _pile_up(arena: Arena, found: Board, players: Players) -> None:
    total = arena.sizes.backlog
    watch(lambda: figures.done(found.sent), total, [players])
    pause(2, [players])  # the broker reads what is still on the wire
    arena.say(f"drain: {total} messages wait")


def _watch(arena: Arena, found: Board, fleet: Fleet, players: Players, wanted: int) -> float:
    """Wait for so many receipts; what the largest worker holds then."""
    total, told = arena.sizes.backlog, time.monotonic()

    def say(reached: int) -> None:
        nonlocal told
        if time.monotonic() - told >= 10:
            told = time.monotonic()
            arena.say(f"drain: {reached} of {total}, largest worker {fleet.memory():.0f} MB")

    watch(lambda: figures.done(found.receipted), wanted, [fleet, players], say)
    return fleet.memory()


def _drained(found: Board, started: float) -> Drain:
    seconds = max(*found.receipted, *found.held) - started
    total = len(found.sent)
    return Drain(messages_per_s=total / seconds, messages=total, seconds=seconds)
