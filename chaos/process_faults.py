"""Faults of the adapter's processes: they are killed, frozen or stopped."""

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
_ARMED = 4.0  # seconds within which the process should reach the kill point
_BACK = 15.0  # seconds within which the process should have restarted


def kill_worker(stage: Stage, chance: Random) -> bool:
    """Kill a worker (`kill -9`) at any moment."""
    return _kill([chance.choice(stage.fleet.workers)])


def kill_web(stage: Stage, chance: Random) -> bool:
    """Kill a web process (`kill -9`) at any moment."""
    return _kill([chance.choice(stage.fleet.webs)])


def kill_both_workers(stage: Stage, _: Random) -> bool:
    """Kill both workers, as a power cut would."""
    return _kill(stage.fleet.workers)


def kill_both_webs(stage: Stage, _: Random) -> bool:
    """Kill both web processes while they respond, as a power cut would."""

    def receipts() -> int:
        return sum(http_sender.receipts for http_sender in stage.http_senders)

    before = receipts()
    return eventually(lambda: receipts() > before, _BACK) and _kill(stage.fleet.webs)


def _kill(victims: Sequence[Victim]) -> bool:
    """Kill processes; whether each was running, and runs again."""
    lives = [victim.lives for victim in victims]
    hit = [victim.signal(signal.SIGKILL) for victim in victims]
    again = [_lives_again(*pair) for pair in zip(victims, lives, strict=True)]
    return all(hit) and all(again)


def _lives_again(victim: Victim, lives: int) -> bool:
    return eventually(partial(victim.lives_since, lives), _BACK)


def kill_worker_at(kill_point: str, stage: Stage, chance: Random) -> bool:
    """Kill a worker (`kill -9`) at a kill point."""
    return _kill_at(stage.fleet.workers, chance, kill_point)


def kill_web_at(kill_point: str, stage: Stage, chance: Random) -> bool:
    """Kill a web process (`kill -9`) at a kill point."""
    return _kill_at(stage.fleet.webs, chance, kill_point)


def _kill_at(victims: Sequence[Victim], chance: Random, kill_point: str) -> bool:
    """Arm one of two processes; if it does not reach the kill point, arm the other."""
    spec = f"{kill_point}:{chance.randint(1, 5)}"
    return any(_killed_at(victim, spec) for victim in chance.sample(victims, len(victims)))


def _killed_at(victim: Victim, spec: str) -> bool:
    """Whether it died at the kill point; another fault may have ended it first."""
    lives = victim.lives
    victim.arm(spec)
    if not eventually(lambda: not victim.alive or victim.lives_since(lives), _ARMED):
        victim.arm("")
        return False
    return _lives_again(victim, lives) and victim.ended_with == -signal.SIGKILL


def freeze_worker(stage: Stage, chance: Random) -> bool:
    """Stop a worker for longer than its leases last, and then let it go on."""
    victim = chance.choice(stage.fleet.workers)
    if not victim.signal(signal.SIGSTOP):
        return False
    stage.rest(2.5 * TIMERS["timeout"].total_seconds() + chance.uniform(0, 2))
    victim.signal(signal.SIGCONT)
    return True


def stop_worker(stage: Stage, chance: Random) -> bool:
    """Stop a worker with SIGTERM, as an operator does, and start it again."""
    victim = chance.choice(stage.fleet.workers)
    lives = victim.lives
    return victim.signal(signal.SIGTERM) and _lives_again(victim, lives)
