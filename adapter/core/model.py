"""The words of the adapter: plain, frozen, and no behaviour but what follows from the values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

Bundle: TypeAlias = dict[str, Any]
"""A FHIR R4 message Bundle as parsed JSON; fhir.resources checks it, it does not carry it."""


class Kind(StrEnum):
    """Groups events for routing and mapping."""

    ENCOUNTER = "encounter"
    CARE_PLAN = "care-plan"
    COMMUNICATION = "communication"
    RECEIPT = "receipt"


class Event(StrEnum):
    """MessageHeader.eventCoding, code system `<base>/CodeSystem/event`."""

    ADMISSION_NOTICE = "admission-notice"  # inskrivningsmeddelande
    ADMISSION_UPDATED = "admission-updated"
    ADMISSION_CANCELLED = "admission-cancelled"  # makulerad inskrivning
    PROCESS_ENDED = "process-ended"  # avbrott i processen
    LEAVE_STARTED = "leave-started"  # permission
    LEAVE_ENDED = "leave-ended"
    DISCHARGE_READY = "discharge-ready"  # utskrivningsklar
    DISCHARGE_READY_WITHDRAWN = "discharge-ready-withdrawn"  # återtagen utskrivningsklar
    DISCHARGED = "discharged"  # utskriven
    DISCHARGE_CANCELLED = "discharge-cancelled"  # återöppnad
    DECEASED = "deceased"  # avliden
    CARE_PLAN = "care-plan"
    MESSAGE = "message"  # generellt meddelande
    REPLY = "reply"  # svar
    ANSWER = "answer"  # kvittens av en person
    DELIVERY_REPORT = "delivery-report"  # kunde inte levereras vidare
    RECEIPT = "receipt"  # systemkvittens

    @property
    def kind(self) -> Kind:
        """The kind that the event belongs to."""
        return _KINDS.get(self, Kind.ENCOUNTER)


_KINDS = {
    Event.CARE_PLAN: Kind.CARE_PLAN,
    Event.MESSAGE: Kind.COMMUNICATION,
    Event.REPLY: Kind.COMMUNICATION,
    Event.ANSWER: Kind.COMMUNICATION,
    Event.DELIVERY_REPORT: Kind.COMMUNICATION,
    Event.RECEIPT: Kind.RECEIPT,
}
RETURNING = frozenset({Event.RECEIPT, Event.ANSWER, Event.REPLY, Event.DELIVERY_REPORT})
"""Events that go to the sender of what they concern, and need no route."""


class Need(StrEnum):
    """What the physician's assessment asks for, and what an endpoint serves."""

    SOCIAL_SERVICES = "social-services"  # socialtjänst
    MUNICIPAL_HEALTH_CARE = "municipal-health-care"  # kommunal hälso- och sjukvård
    PRIMARY_CARE = "primary-care"  # regionfinansierad öppenvård


class DoneWhen(StrEnum):
    """The layer of receipt that closes a delivery."""

    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    READ = "read"


class Layer(StrEnum):
    """Who says that something arrived: the far side's wire, its system, or a person."""

    TRANSPORT = "transport"
    APPLICATION = "application"
    PERSON = "person"


class Code(StrEnum):
    """FHIR R4 ResponseType."""

    OK = "ok"
    TRANSIENT = "transient-error"
    FATAL = "fatal-error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Bytes that travel, and what the transport says of them. Nobody has looked inside yet."""

    id: str = ""  # as claimed by the sender: AMQP message_id, Idempotency-Key; else ""
    endpoint: str = ""  # in: the authenticated sender; out: the receiver; "" = unidentified
    body: bytes
    content_type: str = ""
    event: str = ""  # as claimed: AMQP type
    case: str = ""  # AMQP correlation_id
    delivery: str = ""  # out: x-delivery-id
    attempt: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    tag: Any = None  # the transport's own handle, for acknowledge


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A field that the target could not carry: where, and why. Shown and counted."""

    path: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """One side's answer to the other about one message."""

    about: str  # the content id (MessageHeader.id) that is answered
    code: Code
    said: str = ""  # the same in the answerer's own code: MSA-1
    layer: Layer = Layer.APPLICATION
    detail: str = ""  # codes and expressions, never personal data
    issues: tuple[Any, ...] = ()  # of adapter.core.errors.Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one endpoint: the thing that is retried and receipted."""

    id: str
    message_id: str
    endpoint: str
    event: Event
    case_id: str
    content_id: str
    envelope_id: str
    content_type: str
    body: bytes
    attempt: int
    failures: int
    resends: int
    forwarded: bool
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What arrived, byte for byte, and what we made of it."""

    id: str
    endpoint: str  # the authenticated sender; "" when it could not be identified
    body: bytes
    fingerprint: str  # SHA-256 of the body, hex
    received_at: datetime
    claimed_event: str = ""
    direct: bool = False  # its door answers by itself: no receipt goes through the outbox
    tries: int = 0
