"""A true stay at a hospital, and how its journal names what happens in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from stories.people import Person
from stories.truth import Act, Assessment, Discharge, Ward
from stories.world import Party

TRIGGERS = {
    Act.ADMIT: "A01",
    Act.UPDATE: "A08",
    Act.CANCEL: "A11",
    Act.LEAVE: "A21",
    Act.BACK: "A22",
    Act.READY: "A16",
    Act.UNREADY: "A25",
    Act.DISCHARGE: "A03",
    Act.REOPEN: "A13",
    Act.DEATH: "A08",
    Act.ALIVE: "A08",
    Act.PERSON: "A31",
}
EVENTS = {
    Act.ADMIT: "admission-notice",
    Act.UPDATE: "admission-updated",
    Act.CANCEL: "admission-cancelled",
    Act.LEAVE: "leave-started",
    Act.BACK: "leave-ended",
    Act.READY: "discharge-ready",
    Act.UNREADY: "discharge-ready-withdrawn",
    Act.DISCHARGE: "discharged",
    Act.REOPEN: "discharge-cancelled",
    Act.DEATH: "deceased",
    Act.ALIVE: "deceased-withdrawn",
    Act.PERSON: "person-updated",
}


@dataclass(slots=True, kw_only=True)
class Visit:
    """A true stay at a hospital, with everything that its journal knows."""

    person: Person
    hospital: Party
    number: str
    admitted: datetime
    ward: Ward
    planned: date | None = None
    assessment: Assessment | None = None
    ready: datetime | None = None
    leave: tuple[datetime, datetime | None] | None = None
    discharged: Discharge | None = None
    kind: str = "I"
    account: str = ""
    tells: frozenset[str] = frozenset({"name", "address", "listed", "admitted", "ward", "planned"})
    died: datetime | None = None
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def case(self) -> str:
        """The name of its case."""
        return f"{self.hospital.organization}/{self.number}"
