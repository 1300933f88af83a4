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

WORKER_WINDOWS = (
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
WEB_WINDOWS = ("received", "processing", "answering")
_ARMED = 3.0  # seconds within which a window should be passed


def kill_worker(stage: Stage, chance: Random) -> bool:
    """`kill -9`, at any time."""
    return _kill(stage.fleet.workers, chance)


def kill_web(stage: Stage, chance: Random) -> bool:
    """`kill -9`, at any time."""
    return _kill(stage.fleet.webs, chance)


def kill_both_workers(stage: Stage, _: Random) -> bool:
    """As when their machine loses its power."""
    return _kill_all(stage.fleet.workers)


def kill_both_webs(stage: Stage, _: Random) -> bool:
    """As when their machine loses its power."""
    return _kill_all(stage.fleet.webs)


def _kill_all(victims: Sequence[Victim]) -> bool:
    for victim in victims:
        victim.signal(signal.SIGKILL)
    return eventually(lambda: all(victim.alive for victim in victims), 10)


def _kill(victims: Sequence[Victim], chance: Random) -> bool:
    victim = chance.choice(victims)
    if not victim.alive:
        return False
    victim.signal(signal.SIGKILL)
    return eventually(lambda: victim.alive, 10)


def kill_worker_at_window(stage: Stage, chance: Random) -> bool:
    """`kill -9` between two effects."""
    return _kill_at(stage.fleet.workers, chance, WORKER_WINDOWS)


def kill_web_at_window(stage: Stage, chance: Random) -> bool:
    """`kill -9` between two effects."""
    return _kill_at(stage.fleet.webs, chance, WEB_WINDOWS)


def _kill_at(victims: Sequence[Victim], chance: Random, windows: Sequence[str]) -> bool:
    """Of two processes, one may never come by that window: then the other is armed."""
    spec = f"{chance.choice(windows)}:{chance.randint(1, 12)}"
    for victim in chance.sample(victims, len(victims)):
        lived = partial(_lives_since, victim, victim.lives)
        victim.arm(spec)
        if eventually(lived, _ARMED):
            return True
        victim.arm("")
    return False


def _lives_since(victim: Victim, lives: int) -> bool:
    return victim.lives > lives


def freeze_worker(stage: Stage, chance: Random) -> bool:
    """A process that stands still for longer than its leases, and then goes on as if nothing."""
    victim = chance.choice(stage.fleet.workers)
    if not victim.alive:
        return False
    victim.signal(signal.SIGSTOP)
    stage.rest(2.5 * TIMERS["timeout"].total_seconds() + chance.uniform(0, 2))
    victim.signal(signal.SIGCONT)
    return True


def stop_worker(stage: Stage, chance: Random) -> bool:
    """As an operator does: SIGTERM, and a new start."""
    victim = chance.choice(stage.fleet.workers)
    lives = victim.lives
    victim.signal(signal.SIGTERM)
    return eventually(lambda: victim.lives > lives, 15)
