"""What a party hears, whatever the form of the bytes."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One message. Times are text as written; `day` compares them by their moment elsewhere."""

    event: str
    content: str
    envelope: str = ""
    cases: tuple[str, ...] = ()
    about: str = ""  # of a receipt, an answer or a report
    code: str = ""  # of a receipt, an answer, a report or an ending
    issues: tuple[tuple[str, str], ...] = ()  # severity and code, of a receipt
    numbers: frozenset[str] = frozenset()
    old_numbers: frozenset[str] = frozenset()
    family: str = ""
    street: str = ""
    kommun: str = ""
    planned: str = ""
    ready: str = ""
    leave: str = ""  # where it began, or "?" without a time
    admitted: str = ""
    discharged: str = ""
    deceased: str = ""
    listed: str = ""
    status: str = ""
    needs: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    assessed: str = ""
    withdrawn: bool = False
    protection: frozenset[str] = frozenset()
    ward: str = ""
    raw: str = field(default="", repr=False)

    @property
    def is_whole(self) -> bool:
        """Whether it describes a stay."""
        return self.event in STAY_EVENTS

    @property
    def names_person(self) -> bool:
        """Whether it holds anything of the person."""
        return bool(self.numbers or self.family or self.street)


STAY_EVENTS = frozenset(
    (
        "admission-notice",
        "admission-updated",
        "admission-cancelled",
        "process-ended",
        "leave-started",
        "leave-ended",
        "discharge-ready",
        "discharge-ready-withdrawn",
        "discharged",
        "discharge-cancelled",
        "deceased",
        "deceased-withdrawn",
    )
)
ENDINGS = frozenset({"admission-cancelled", "process-ended"})
SAYINGS = frozenset(
    (
        "care-plan",
        "message",
        "reply",
        "care-contact",
        "sip-invitation",
        "sip-invitation-changed",
        "sip-invitation-cancelled",
        "sip-invitation-answer",
        "planning-basis",
        "information-transfer",
        "progress",
        "recall",
    )
)
"""What parties say to each other in a case."""
