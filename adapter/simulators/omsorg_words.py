"""What omsorg/1 and omsorg/2 call the same things (docs/omsorg-2.md, "Other words")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one version."""

    name: str
    namespace: str
    receipt: str  # the element of a receipt of a system
    answer: str  # the element of a person's answer
    events: Mapping[str, str]  # by Meddelande/@typ

    @property
    def types(self) -> Mapping[str, str]:
        """Meddelande/@typ by event."""
        return {event: type_ for type_, event in self.events.items()}


_BOTH = {
    "inskrivningsmeddelande": "admission-notice",
    "makulerad-inskrivning": "admission-cancelled",
    "avbrott": "process-ended",
    "permission-borjar": "leave-started",
    "permission-slutar": "leave-ended",
    "utskrivningsklar": "discharge-ready",
    "atertagen-utskrivningsklar": "discharge-ready-withdrawn",
    "utskriven": "discharged",
    "avliden": "deceased",
    "avliden-aterkallad": "deceased-withdrawn",
    "plan": "care-plan",
    "meddelande": "message",
    "svarsmeddelande": "reply",
    "leveransrapport": "delivery-report",
}
ONE = Words(
    name="omsorg/1",
    namespace="https://careplan-adapter.example/omsorg/1",
    receipt="Kvittens",
    answer="Svar",
    events=_BOTH
    | {
        "andrad-inskrivning": "admission-updated",
        "ateroppnad": "discharge-cancelled",
        "svar": "answer",
    },
)
TWO = Words(
    name="omsorg/2",
    namespace="https://careplan-adapter.example/omsorg/2",
    receipt="Systemkvittens",
    answer="Kvittering",
    events=_BOTH
    | {
        "andrat-inskrivningsmeddelande": "admission-updated",
        "makulerad-utskrivning": "discharge-cancelled",
        "kvittering": "answer",
        "fast-vardkontakt": "care-contact",
        "kallelse": "sip-invitation",
        "andrad-kallelse": "sip-invitation-changed",
        "installd-kallelse": "sip-invitation-cancelled",
        "kallelsesvar": "sip-invitation-answer",
        "planeringsunderlag": "planning-basis",
        "utskrivningsinformation": "information-transfer",
        "genomfort": "progress",
        "aterkallelse": "recall",
    },
)
