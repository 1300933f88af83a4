"""The faults. Each breaks something, waits, mends it, and returns whether it took place.

`on` names the target of a fault. Two faults on the same target do not run at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from random import Random

from chaos import other_faults, process_faults, server_faults
from chaos.stage import Stage

Act = Callable[[Stage, Random], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A kind of fault, how often it is drawn, and its function. `at` is its kill point."""

    kind: str
    on: str
    act: Act
    share: int = 1
    at: str = ""


def _at_each_kill_point() -> Iterator[Fault]:
    """Yield one fault per kill point, so that a whole deck kills at every one."""
    for kill_point in process_faults.WORKER_KILL_POINTS:
        act = partial(process_faults.kill_worker_at, kill_point)
        yield Fault(kind="kill-worker-at-window", on="worker", act=act, at=kill_point)
    for kill_point in process_faults.WEB_KILL_POINTS:
        act = partial(process_faults.kill_web_at, kill_point)
        yield Fault(kind="kill-web-at-window", on="web", act=act, at=kill_point)


ALL = (
    *_at_each_kill_point(),
    Fault(kind="kill-worker", on="worker", act=process_faults.kill_worker, share=2),
    Fault(kind="kill-web", on="web", act=process_faults.kill_web, share=2),
    Fault(kind="kill-both-workers", on="worker", act=process_faults.kill_both_workers),
    Fault(kind="kill-both-webs", on="web", act=process_faults.kill_both_webs),
    Fault(kind="freeze-worker", on="frozen", act=process_faults.freeze_worker),
    Fault(kind="stop-worker", on="worker", act=process_faults.stop_worker),
    Fault(kind="settings-moved", on="fleet", act=other_faults.move_mailbox),
    Fault(kind="clock-jump", on="clock", act=other_faults.jump_clock),
    Fault(kind="two-operators", on="operators", act=other_faults.two_operators),
    Fault(kind="party-away", on="party", act=other_faults.party_away),
    Fault(kind="slow-party", on="slow", act=other_faults.slow_party),
    Fault(kind="broker-killed", on="broker", act=server_faults.kill_broker),
    Fault(kind="broker-wiped", on="broker", act=server_faults.wipe_broker),
    Fault(kind="broker-memory-alarm", on="broker", act=server_faults.memory_alarm),
    Fault(kind="broker-disk-alarm", on="broker", act=server_faults.disk_alarm),
    Fault(kind="queue-deleted", on="broker", act=server_faults.delete_queue),
    Fault(kind="broker-cut", on="wire", act=server_faults.cut_broker),
    Fault(kind="broker-half-open", on="wire", act=server_faults.hang_broker),
    Fault(kind="broker-slow", on="wire", act=server_faults.slow_broker),
    Fault(kind="party-cut", on="party-wire", act=server_faults.cut_parties),
    Fault(kind="party-half-open", on="party-wire", act=server_faults.hang_parties),
    Fault(kind="store-crashed", on="store", act=server_faults.crash_store),
    Fault(kind="store-connections-cut", on="store", act=server_faults.cut_store),
    Fault(kind="store-full", on="store", act=server_faults.fill_store),
)

_LOST_PROCESS = ("wrong", "process", "lease-ended", "begun-before")
_BROKER_GONE = ("waits", "goes-on", "broker")
_PARTNER_GONE = ("not-sent", "circuit-opened", "circuit-closed")
_STORE_GONE = ("waits", "store-unavailable", "store")
EXPECTED_WORDS = {
    "kill-worker": _LOST_PROCESS,
    "kill-web": ("wrong", "process"),
    "kill-both-workers": (*_LOST_PROCESS, "consumer", "worker"),
    "kill-both-webs": ("wrong", "process"),
    "kill-worker-at-window": _LOST_PROCESS,
    "kill-web-at-window": ("wrong", "process"),
    "freeze-worker": ("stood-still", "too-late"),
    "stop-worker": ("stopping", "stopped"),
    "settings-moved": ("moved", "started"),
    "clock-jump": ("clock",),
    "two-operators": ("replayed",),
    "party-away": _PARTNER_GONE,
    "slow-party": ("not-sent", "timed-out"),
    "broker-killed": _BROKER_GONE,
    "broker-wiped": ("broker-was-empty",),
    "broker-memory-alarm": ("broker-blocked", "broker-unblocked"),
    "broker-disk-alarm": ("broker-blocked", "broker-unblocked"),
    "queue-deleted": ("broker-was-empty",),
    "broker-cut": _BROKER_GONE,
    "broker-half-open": _BROKER_GONE,
    "broker-slow": ("not-sent", "timed-out"),
    "party-cut": _PARTNER_GONE,
    "party-half-open": _PARTNER_GONE,
    "store-crashed": _STORE_GONE,
    "store-connections-cut": _STORE_GONE,
    "store-full": _STORE_GONE,
}
"""For each kind, the words of the adapter's log or history of which at least one must appear."""


def deck(sabotage: str) -> tuple[Fault, ...]:
    """Return all faults; for a sabotage, only those that reveal it soonest."""
    if not sabotage:
        return ALL
    kinds = (
        ("kill-both-webs",) if sabotage == "ack-before-commit" else ("kill-worker", "party-away")
    )
    return tuple(fault for fault in ALL if fault.kind in kinds)
