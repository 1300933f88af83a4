"""Messages, deliveries and receipts as records. docs/glossary.md explains the terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from adapter.core.lifecycle import Standing, State

Bundle: TypeAlias = dict[str, Any]
"""A FHIR R4 message Bundle as parsed JSON."""


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
    DISCHARGE_CANCELLED = "discharge-cancelled"  # makulerad utskrivning
    DECEASED = "deceased"  # avliden
    DECEASED_WITHDRAWN = "deceased-withdrawn"  # felaktigt avliden
    PERSON_UPDATED = "person-updated"  # ändrade personuppgifter; taken in, never sent
    CARE_PLAN = "care-plan"
    CARE_CONTACT = "care-contact"  # fast vårdkontakt
    SIP_INVITATION = "sip-invitation"  # kallelse till samordnad individuell planering
    SIP_INVITATION_CHANGED = "sip-invitation-changed"  # ändrad kallelse
    SIP_INVITATION_CANCELLED = "sip-invitation-cancelled"  # inställd kallelse
    SIP_INVITATION_ANSWER = "sip-invitation-answer"  # kallelsesvar
    PLANNING_BASIS = "planning-basis"  # planeringsunderlag, vårdbegäran
    INFORMATION_TRANSFER = "information-transfer"  # utskrivningsinformation
    PROGRESS = "progress"  # genomfört
    RECALL = "recall"  # återkallelse: felsänt, makulering
    MESSAGE = "message"  # generellt meddelande
    REPLY = "reply"  # svar
    ANSWER = "answer"  # kvittering
    DELIVERY_REPORT = "delivery-report"  # kunde inte levereras vidare
    RECEIPT = "receipt"  # systemkvittens

    @property
    def kind(self) -> Kind:
        """The kind that the event belongs to."""
        return _KINDS.get(self, Kind.ENCOUNTER)


_KINDS = {
    Event.CARE_PLAN: Kind.CARE_PLAN,
    Event.CARE_CONTACT: Kind.COMMUNICATION,
    Event.SIP_INVITATION: Kind.COMMUNICATION,
    Event.SIP_INVITATION_CHANGED: Kind.COMMUNICATION,
    Event.SIP_INVITATION_CANCELLED: Kind.COMMUNICATION,
    Event.SIP_INVITATION_ANSWER: Kind.COMMUNICATION,
    Event.PLANNING_BASIS: Kind.COMMUNICATION,
    Event.INFORMATION_TRANSFER: Kind.COMMUNICATION,
    Event.PROGRESS: Kind.COMMUNICATION,
    Event.RECALL: Kind.COMMUNICATION,
    Event.MESSAGE: Kind.COMMUNICATION,
    Event.REPLY: Kind.COMMUNICATION,
    Event.ANSWER: Kind.COMMUNICATION,
    Event.DELIVERY_REPORT: Kind.COMMUNICATION,
    Event.RECEIPT: Kind.RECEIPT,
}
RETURNING = frozenset({Event.RECEIPT, Event.ANSWER, Event.REPLY, Event.DELIVERY_REPORT})
"""Events that go back to the sender of the message that they concern. They need no route."""
ONLY_RECEIVED = frozenset({Event.PERSON_UPDATED})
"""Events that the adapter takes and never sends."""


class Need(StrEnum):
    """The efforts that a physician's assessment asks for, and that an endpoint provides."""

    SOCIAL_SERVICES = "social-services"  # socialtjänst
    MUNICIPAL_HEALTH_CARE = "municipal-health-care"  # kommunal hälso- och sjukvård
    PRIMARY_CARE = "primary-care"  # regionfinansierad öppenvård


class DoneWhen(StrEnum):
    """The layer of receipt that closes a delivery."""

    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    READ = "read"


class Layer(StrEnum):
    """What confirms that a message arrived: the far side's transport, its system, or a person."""

    TRANSPORT = "transport"
    APPLICATION = "application"
    PERSON = "person"


class Code(StrEnum):
    """FHIR R4 ResponseType."""

    OK = "ok"
    TRANSIENT = "transient-error"
    FATAL = "fatal-error"


CUT_OFF = "only the beginning of"  # how the note of a message over the limit begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A body over the limit, of which only the beginning was kept."""

    size: int  # bytes
    digest: str  # SHA-256, hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """The bytes of a message with what the transport says of them. The bytes are not yet parsed."""

    id: str = ""  # as claimed by the sender: AMQP message_id, Idempotency-Key; else ""
    endpoint: str = ""  # in: the authenticated sender, "" for none; out: the receiver
    body: bytes
    content_type: str = ""
    event: str = ""  # as claimed: AMQP type
    case: str = ""  # AMQP correlation_id
    delivery: str = ""  # out: x-delivery-id
    attempt: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    tag: Any = None  # the transport's own handle, for acknowledge
    whole: Whole | None = None  # of a message over the limit, whose `body` is only the beginning


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A field that the target format cannot hold: its path, and why. Shown and counted."""

    path: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A receipt: what a system, or a transport, answers about one message."""

    about: str  # the content id (MessageHeader.id) that is answered
    code: Code
    said: str = ""  # the code in the far side's own form: MSA-1
    layer: Layer = Layer.APPLICATION
    detail: str = ""  # codes and expressions, never personal data
    issues: tuple[Any, ...] = ()  # of adapter.core.errors.Issue


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one endpoint: the unit of retries and receipts. A row of the outbox.

    An open delivery waits for exactly one of `next_attempt_at`, `lease_until` and
    `receipt_due_at`.
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
    order_key: str | None = None  # None: it waits for no other delivery
    order_no: int = 0
    right_no: int | None = None  # of its receiver's right; None: not judged again at a claim
    content_id: str = ""
    envelope_id: str = ""
    content_type: str = ""
    body: bytes | None = None  # rendered once; None when the query left it out, or it is purged
    losses: str = ""  # JSON of what the mapping could not write; "" when the query left it out
    forwarded: bool = False  # the body is the sender's own bytes
    attempt: int = 0  # number of claims; an outcome counts only for the newest
    failures: int = 0
    resends: int = 0
    next_attempt_at: datetime | None = None
    lease_until: datetime | None = None
    receipt_due_at: datetime | None = None
    answer_due_at: datetime | None = None
    reminded_at: datetime | None = None
    sent_at: datetime | None = None  # first transport acceptance: legal clocks count from here
    closed_at: datetime | None = None
    code: str = ""  # of the catalogue: the newest failure, or why it is dead
    detail: str = ""
    taken_by: str = ""
    untold: bool = False  # dead, and its sender is informed only when a person discards it
    copy_of: str = ""  # the delivery whose bytes this one sends again
    replaced_by: str = ""  # the corrected delivery that replaces this one
    replaces: str = ""  # the delivery that this one corrects


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that arrived, byte for byte."""

    id: str
    endpoint: str  # the authenticated sender; "" when it could not be identified
    body: bytes
    fingerprint: str  # SHA-256 of the body, hex
    received_at: datetime
    claimed_event: str = ""
    direct: bool = False  # its sender gets the receipt in the same exchange, not through the outbox
    tries: int = 0
    note: str = (
        ""  # before it is processed: CUT_OFF and the size, when `body` is only the beginning
    )

    @property
    def is_cut_off(self) -> bool:
        """Whether it was over the limit; the fingerprint is of all its bytes."""
        return self.note.startswith(CUT_OFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMessage:
    """A row of the inbox: a message that arrived, and the result of its processing."""

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
    receipt_code: str  # the code of our receipt; "" until it is written
    receipt_body: bytes | None
    shared: bool
    direct: bool
    taken_by: str
    replaced_by: str
    replaces: str

    @property
    def message(self) -> Message | None:
        """The message that arrived; None when its bytes are purged."""
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
            note=self.note,
        )
