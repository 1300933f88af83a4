"""Faults of the adapter's own processes: killed, frozen, stopped."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from functools import partial
from random import Random

from chaos.plan import TIMERS
from chaos.servers import eventually
from chaos.stage import Stage
from chaos.victim import Victim

WORKER_KILL_POINTS = (
    "received",
    "stored",
    "acknowledged",
    "tried",
    "processing",
    "processed",
    "claimed",
    "sent",
    "recorded",
)
WEB_KILL_POINTS = ("received", "processing", "answering")
_ARMED = 4.0  # seconds within which the kill point should be passed
_BACK = 15.0  # seconds within which the next life should have begun


def kill_worker(stage: Stage, chance: Random) -> bool:
    """`kill -9`, at any time."""
    return _kill([chance.choice(stage.fleet.workers)])


def kill_web(stage: Stage, chance: Random) -> bool:
    """`kill -9`, at any time."""
    return _kill([chance.choice(stage.fleet.webs)])


def kill_both_workers(stage: Stage, _: Random) -> bool:
    """As when their machine loses its power."""
    return _kill(stage.fleet.workers)


def kill_both_webs(stage: Stage, _: Random) -> bool:
    """As when their machine loses its power, in the middle of answering."""

    def receipts() -> int:
        return sum(hospital.receipts for hospital in stage.hospitals)

    before = receipts()
    return eventually(lambda: receipts() > before, _BACK) and _kill(stage.fleet.webs)


def _kill(victims: Sequence[Victim]) -> bool:
    """True when each lived, and lives again."""
    lives = [victim.lives for victim in victims]
    hit = [victim.signal(signal.SIGKILL) for victim in victims]
    again = [_lives_again(*pair) for pair in zip(victims, lives, strict=True)]
    return all(hit) and all(again)


def _lives_again(victim: Victim, lives: int) -> bool:
    return eventually(partial(victim.lives_since, lives), _BACK)


def kill_worker_at(kill_point: str, stage: Stage, chance: Random) -> bool:
    """`kill -9` between two effects."""
    return _kill_at(stage.fleet.workers, chance, kill_point)


def kill_web_at(kill_point: str, stage: Stage, chance: Random) -> bool:
    """`kill -9` between two effects."""
    return _kill_at(stage.fleet.webs, chance, kill_point)


def _kill_at(victims: Sequence[Victim], chance: Random, kill_point: str) -> bool:
    """Arm one of two processes; if it does not pass the kill point, arm the other."""
    spec = f"{kill_point}:{chance.randint(1, 5)}"
    return any(_killed_at(victim, spec) for victim in chance.sample(victims, len(victims)))


def _killed_at(victim: Victim, spec: str) -> bool:
    """Whether it died at the kill point; another fault may have stopped it first."""
    lives = victim.lives
    victim.arm(spec)
    if not eventually(lambda: not victim.alive or victim.lives_since(lives), _ARMED):
        victim.arm("")
        return False
    return _lives_again(victim, lives) and victim.ended_with == -signal.SIGKILL


def freeze_worker(stage: Stage, chance: Random) -> bool:
    """A process that stands still for longer than its leases, and then goes on as if nothing."""
    victim = chance.choice(stage.fleet.workers)
    if not victim.signal(signal.SIGSTOP):
        return False
    stage.rest(2.5 * TIMERS["timeout"].total_seconds() + chance.uniform(0, 2))
    victim.signal(signal.SIGCONT)
    return True


def stop_worker(stage: Stage, chance: Random) -> bool:
    """As an operator does: SIGTERM, and a new start."""
    victim = chance.choice(stage.fleet.workers)
    lives = victim.lives
    return victim.signal(signal.SIGTERM) and _lives_again(victim, lives)
