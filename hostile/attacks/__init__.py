"""The attacks. Each knows of the adapter what an attacker knows (`hostile.target`).

An attack counts what came back. One that lasts goes on until it is stopped; the others end when
they have done their whole work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from hostile.attacks import bodies, bus_messages, connections, start_bytes, unfinished
from hostile.attacks.signals import Stop
from hostile.size import Size
from hostile.target import Target

Counts: TypeAlias = "Counter[str]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """What is done, and after which share of the attacked time it begins."""

    run: Callable[[Target, Size, Stop], Counts]
    begins: float
    lasts: bool = False


ATTACKS: Mapping[str, Attack] = {
    "connections": Attack(run=connections.run, begins=0.0),
    "unfinished": Attack(run=unfinished.run, begins=0.05, lasts=True),
    "start-bytes": Attack(run=start_bytes.run, begins=0.15),
    "bodies": Attack(run=bodies.run, begins=0.25),
    "bus-messages": Attack(run=bus_messages.run, begins=0.4),
}
