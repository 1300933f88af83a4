"""How long a message takes while they come at a steady pace; and beside a partner who is slow."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from adapter.bench import figures, webparties
from adapter.bench.arena import Arena
from adapter.bench.board import Board, board
from adapter.bench.copybook import addressed
from adapter.bench.network import SENDERS
from adapter.bench.pacing import Pace
from adapter.bench.players import Checked, Players, pause, watch
from adapter.bench.webparties import Street

_GRACE = 10  # seconds after the last message: what is not there by then is late


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds from the sender's publishing to the receiver's holding; to the receipt."""

    p50: float
    p99: float
    receipt_p50: float
    receipt_p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowPartner:
    """Milliseconds to the partners that are not slow, and how many of theirs never came."""

    others_p50_ms: float
    others_p99_ms: float
    others_late: int
    partners: int
    answers_after_s: float


def measure(arena: Arena) -> Latency:
    """At a steady rate, with workers that are warm."""
    found, players = arena.on_bus(_pace(arena))
    with arena.fleet() as fleet, players:
        watch(lambda: figures.done(found.receipted), len(found.sent), [fleet, players])
    first = _first(arena)
    sent, held = found.sent[first:], figures.waits(found.sent[first:], found.held[first:])
    receipted = figures.waits(sent, found.receipted[first:])
    arena.say(f"latency: p99 {figures.percentile(held, 0.99):.0f} ms")
    return Latency(
        p50=figures.percentile(held, 0.5),
        p99=figures.percentile(held, 0.99),
        receipt_p50=figures.percentile(receipted, 0.5),
        receipt_p99=figures.percentile(receipted, 0.99),
    )


def _pace(arena: Arena) -> Pace:
    sizes = arena.sizes
    return Pace(total=int(sizes.rate * (sizes.warm_up + sizes.paced)), rate=sizes.rate)


def _first(arena: Arena) -> int:
    """The first message after the warm-up."""
    return int(arena.sizes.rate * arena.sizes.warm_up)


def measure_beside_slow(arena: Arena) -> SlowPartner:
    """At the same rate to all partners by HTTP in turn, while the first keeps everyone waiting."""
    pace = _pace(arena)
    found = board(pace.total, len(SENDERS) + 1)
    street = Street(port=arena.port, partners=arena.street, slow=arena.sizes.slow)
    jobs = [(webparties.serve, (street,)), *arena.senders(pace, arena.street)]
    with arena.fleet() as fleet, Players(found, jobs) as players:
        watch(lambda: figures.done(found.sent), pace.total, [fleet, players])
        _wait_for_others(arena, found, [fleet, players])
        fleet.kill()  # what it has in hand for the slow one would keep it for minutes
    return _beside(arena, found)


def _others(arena: Arena, found: Board) -> list[int]:
    """The messages after the warm-up that are for partners who are not slow."""
    number, total = len(arena.street), len(found.sent)
    return [i for i in range(_first(arena), total) if addressed(i, len(SENDERS), number)]


def _wait_for_others(arena: Arena, found: Board, checked: Sequence[Checked]) -> None:
    others, until = _others(arena, found), time.monotonic() + _GRACE
    while time.monotonic() < until and not all(found.held[i] for i in others):
        pause(0.25, checked)


def _beside(arena: Arena, found: Board) -> SlowPartner:
    others = _others(arena, found)
    waits = figures.waits([found.sent[i] for i in others], [found.held[i] for i in others])
    p99 = figures.percentile(waits, 0.99)
    arena.say(f"slow partner: p99 of the others {p99:.0f} ms")
    return SlowPartner(
        others_p50_ms=figures.percentile(waits, 0.5),
        others_p99_ms=p99,
        others_late=len(others) - len(waits),
        partners=len(arena.street),
        answers_after_s=arena.sizes.slow,
    )
