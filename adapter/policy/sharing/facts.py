"""What a case knows of the stay and of the assessment, as the store keeps it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from adapter.core.model import Need


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a case knows. Times are ISO 8601 text, "" for none."""

    admitted: bool = False
    started: str = ""  # when the stay began
    assessed: str = ""  # when the assessment in force was recorded
    needs: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    told: tuple[str, ...] = ()  # endpoints
    planned: str = ""  # beräknad utskrivning
    ready: str = ""  # utskrivningsklar
    ward: str = ""
    identity: str = ""
    municipality: str = ""
    known: str = ""  # id of the newest message that describes the stay
    closed: bool = False
    applied: dict[str, str] = field(default_factory=dict)  # family: newest recorded time

    @property
    def shared(self) -> bool:
        """Whether others may hear of the case."""
        return self.admitted and bool(self.assessed)

    def dump(self) -> str:
        """As the store keeps it."""
        return json.dumps(asdict(self), separators=(",", ":"))


def facts(text: str) -> Facts:
    """From the store; nothing known for ""."""
    values: dict[str, Any] = json.loads(text or "{}")
    for name in ("needs", "units", "told"):
        values[name] = tuple(values.get(name, ()))
    return Facts(**values)


def needs(after: Facts) -> frozenset[Need]:
    """The needs in force."""
    return frozenset(Need(n) for n in after.needs)
