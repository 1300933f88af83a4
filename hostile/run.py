"""One run: a calm beginning, the attacks, and what was measured meanwhile."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from adapter.store import Store
from hostile.attackers import Attackers
from hostile.evidence import Evidence
from hostile.measuring import Measured, measuring, partners
from hostile.partners import Answer, greet
from hostile.program import Program
from hostile.region import Region
from hostile.size import Size

_TAKEN_WITHIN = 60.0  # seconds in which the adapter must have taken what the broker has


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the store has after the run."""

    missing: tuple[str, ...]  # ids that were answered yes and are not stored
    fragments: int  # rows that the packets of start blocks became
    from_the_bus: int  # large messages that were taken from the broker
    largest: int  # bytes of the largest body


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run measured. Memory is in MiB."""

    size: Size
    attacks: Mapping[str, Mapping[str, int]]  # what came back, by attack
    unended: tuple[str, ...]  # attacks that failed or did not end in time
    attacked_at: float  # of time.monotonic()
    idle: float  # memory at the end of the calm beginning
    peak: float
    answers: Sequence[Answer]
    liveness: Sequence[float]  # milliseconds of each answer; infinite without one
    deaths: int  # of the process, before it was told to end
    starts: int
    kept: Kept
    stop: float  # seconds from SIGTERM to the end
    exit_code: int | None


def run(size: Size, names: Sequence[str], region: Region, folder: Path) -> Result:
    """Attack with the attacks of these names, and measure."""
    tokens = region.prepare()
    attackers = Attackers(size, region.target(tokens), names)
    store = Store(region.store, most=2)
    with closing(store), Program(region, folder) as program:
        evidence = Evidence(store)
        everybody = partners(region, tokens)
        for partner in everybody:
            greet(partner)
        with measuring(everybody, size.rate, program.is_live) as measured:
            time.sleep(size.calm)
            idle, attacked_at = program.memory(), time.monotonic()
            attackers.play()
            _await_taken(evidence, attackers)
        peak, deaths = program.peak(), int(program.has_ended())
        kept = _kept(evidence, measured)
        stop = program.stop()
        return Result(
            size=size,
            attacks=attackers.found,
            unended=attackers.unended,
            attacked_at=attacked_at,
            idle=idle,
            peak=peak,
            answers=measured.answers,
            liveness=measured.liveness,
            deaths=deaths,
            starts=program.starts(),
            kept=kept,
            stop=stop,
            exit_code=program.process.returncode,
        )


def _await_taken(evidence: Evidence, attackers: Attackers) -> None:
    """Wait until the adapter has taken every message that the broker confirmed."""
    confirmed = attackers.found.get("bus-messages", Counter())["confirmed"]
    until = time.monotonic() + _TAKEN_WITHIN
    while evidence.from_the_bus() < confirmed and time.monotonic() < until:
        time.sleep(0.5)


def _kept(evidence: Evidence, measured: Measured) -> Kept:
    yes = [answer for answer in measured.answers if not answer.wrong]
    return Kept(
        missing=tuple(evidence.missing(yes)),
        fragments=evidence.fragments(),
        from_the_bus=evidence.from_the_bus(),
        largest=evidence.largest(),
    )
