"""Messages, deliveries and receipts as values. docs/glossary.md explains the words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from adapter.core.lifecycle import Standing, State

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
    """One message to one endpoint: what is retried and receipted. A row of the outbox.

    Of its timers, an open delivery has exactly one of `next_attempt_at`, `lease_until` and
    `receipt_due_at`: what it waits for.
    """

    id: str
    message_id: str
    endpoint: str
    event: Event
    state: State
    done_when: DoneWhen
    created_at: datetime
    expires_at: datetime
    seq: int = 0  # the row's number, from the database
    case_id: str | None = None
    order_key: str | None = None  # None: in no order
    order_no: int = 0
    content_id: str = ""
    envelope_id: str = ""
    content_type: str = ""
    body: bytes | None = None  # rendered once; None where it was not read, or is purged
    losses: str = ""  # JSON of what the mapping could not write; "" where it was not read
    forwarded: bool = False  # the body is the sender's own
    attempt: int = 0  # claims so far; an outcome counts only for the newest
    failures: int = 0
    resends: int = 0
    next_attempt_at: datetime | None = None
    lease_until: datetime | None = None
    receipt_due_at: datetime | None = None
    answer_due_at: datetime | None = None
    reminded_at: datetime | None = None
    sent_at: datetime | None = None  # first transport acceptance: legal clocks count from here
    closed_at: datetime | None = None
    code: str = ""  # of the catalogue: the last failure, or why it is dead
    detail: str = ""
    taken_by: str = ""
    untold: bool = False  # dead, and its sender is told only when a person discards it
    copy_of: str = ""  # the delivery that this one sends again
    replaced_by: str = ""  # the delivery that a person made of this one
    replaces: str = ""  # the delivery that this one was made of


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What arrived, byte for byte."""

    id: str
    endpoint: str  # the authenticated sender; "" when it could not be identified
    body: bytes
    fingerprint: str  # SHA-256 of the body, hex
    received_at: datetime
    claimed_event: str = ""
    direct: bool = False  # its door answers by itself: no receipt goes through the outbox
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A row of the inbox: what arrived, and what the adapter made of it."""

    seq: int
    id: str
    endpoint: str
    received_at: datetime
    body: bytes | None  # None once purged
    content_type: str
    fingerprint: str
    claimed_id: str  # the sender's own id: AMQP message_id, Idempotency-Key, MSH-10
    claimed_event: str
    event: str
    content_id: str
    envelope_id: str
    case_id: str | None
    recorded: str  # at the source, ISO 8601 with the offset as received
    standing: Standing
    tries: int
    code: str  # of the catalogue: why it was refused, or is dead
    detail: str
    note: str
    losses: str
    issues: str
    receipt_code: str  # what we answered; "" while the answer is owed
    receipt_body: bytes | None
    shared: bool
    direct: bool
    taken_by: str
    replaced_by: str
    replaces: str

    @property
    def message(self) -> Message | None:
        """What arrived; None when its bytes are purged."""
        if self.body is None:
            return None
        return Message(
            id=self.id,
            endpoint=self.endpoint,
            body=self.body,
            fingerprint=self.fingerprint,
            received_at=self.received_at,
            claimed_event=self.claimed_event,
            direct=self.direct,
        )
