"""How long a message takes while they come at a steady pace; and beside a partner who is slow.

A message counts from the moment at which the pace has it leave, and one that did not come has
waited for as long as somebody looked.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from adapter.bench import figures, webparties
from adapter.bench.arena import Arena, Sizes
from adapter.bench.board import Board, board
from adapter.bench.copybook import addressed
from adapter.bench.network import SENDERS
from adapter.bench.pacing import Pace
from adapter.bench.players import Checked, Players, pause, watch
from adapter.bench.webparties import Street

_GRACE = 10  # seconds after the last message: what is not there by then is late


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds from when a message was to leave to the receiver's holding; to the receipt."""

    p50: float
    p99: float
    receipt_p50: float
    receipt_p99: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowPartner:
    """Milliseconds to the partners that are not slow, and how many of theirs never came.

    What never came is in the percentiles with the time that was waited for it.
    """

    others_p50_ms: float
    others_p99_ms: float
    others_late: int
    partners: int
    answers_after_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Of the messages that count, when they were to leave and were held; how long one looked."""

    sent: Sequence[float]
    held: Sequence[float]
    until: float

    @property
    def waits(self) -> list[float]:
        """Milliseconds."""
        return figures.waits(self.sent, self.held, self.until)


def measure(arena: Arena) -> Latency:
    """At a steady rate, with workers that are warm."""
    found, players = arena.on_bus(_pace(arena))
    with arena.fleet() as fleet, players:
        watch(lambda: figures.done(found.receipted), len(found.sent), [fleet, players])
    measured = _latency(found, _first(arena), time.monotonic())
    arena.say(f"latency: p99 {measured.p99:.0f} ms")
    return measured


def _latency(found: Board, first: int, until: float) -> Latency:
    held = figures.waits(found.sent[first:], found.held[first:], until)
    receipted = figures.waits(found.sent[first:], found.receipted[first:], until)
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
        seen = _seen(arena, found)
        fleet.kill()  # what it has in hand for the slow one would keep it for minutes
    measured = beside(seen, arena.sizes)
    arena.say(f"slow partner: p99 of the others {measured.others_p99_ms:.0f} ms")
    return measured


def _others(arena: Arena, found: Board) -> list[int]:
    """The messages after the warm-up that are for partners who are not slow."""
    number, total = len(arena.street), len(found.sent)
    return [i for i in range(_first(arena), total) if addressed(i, len(SENDERS), number)]


def _wait_for_others(arena: Arena, found: Board, checked: Sequence[Checked]) -> None:
    others, until = _others(arena, found), time.monotonic() + _GRACE
    while time.monotonic() < until and not all(found.held[i] for i in others):
        pause(0.25, checked)


def _seen(arena: Arena, found: Board) -> Seen:
    others = _others(arena, found)
    sent, held = ([times[i] for i in others] for times in (found.sent, found.held))
    return Seen(sent=sent, held=held, until=time.monotonic())


def beside(seen: Seen, sizes: Sizes) -> SlowPartner:
    """The figures of what was seen of the others."""
    waits = seen.waits
    return SlowPartner(
        others_p50_ms=figures.percentile(waits, 0.5),
        others_p99_ms=figures.percentile(waits, 0.99),
        others_late=len(seen.held) - figures.done(seen.held),
        partners=sizes.partners,
        answers_after_s=sizes.slow,
    )
