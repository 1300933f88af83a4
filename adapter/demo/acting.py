"""What the scenes are made of: telling of a stay, sending a message, and waiting for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapter.demo.region import HOSPITAL
from adapter.demo.stage import Stage, StuckError
from adapter.simulators.messages import Organisation, Stay
from adapter.simulators.party_system import PartySystem
from adapter.simulators.traffic_log import EntryKind, has


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A heading, and the function that plays the scene."""

    title: str
    act: Callable[[Stage], None]


def tell(stage: Stage, trigger: str, stay: Stay) -> None:
    """Send an ADT message from the journal; StuckError unless it is accepted."""
    code = stage.journal.send(trigger, stay)
    if code != "AA":
        raise StuckError(f"ADT {trigger} was answered {code}")


def send(stage: Stage, sender: PartySystem, event: str, *to: Organisation, **says: Any) -> str:
    """Send a message about the discharge from a party's system, and return its content id."""
    stay = stage.stays.discharge
    return sender.send(event, f"{HOSPITAL.hsa}/{stay.visit}", stay.person, to, **says)


def applied(stage: Stage, event: str, *systems: PartySystem, times: int = 1) -> None:
    """Wait until each system has applied so many messages of an event."""
    for system in systems:
        stage.until(system, has(EntryKind.APPLIED, event, times), event)


def applied_by_all(stage: Stage, event: str, times: int = 1) -> None:
    """Wait for the planning service and both municipalities."""
    everybody = (stage.planning.system, stage.umea.system, stage.lulea.system)
    applied(stage, event, *everybody, times=times)
