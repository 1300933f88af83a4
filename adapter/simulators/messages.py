"""Messages as a party sees them, independent of the format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A party: its HSA-id and its name."""

    hsa: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A patient as in a party's own register. All patients are invented."""

    number: str  # personnummer, 12 digits
    family: str
    given: str
    street: str = ""
    postcode: str = ""
    city: str = ""
    municipality: str = ""  # kommunkod, four digits
    old_number: str = ""  # the number that `number` replaced
    protection: tuple[str, ...] = ()  # sekretessmarkering, …; none: it was lifted


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The physician's assessment of which services may be needed (SFS 2017:612, 2 kap. 1 §)."""

    at: datetime
    social_services: bool = True
    municipal_health_care: bool = True
    primary_care: bool = False
    units: tuple[str, ...] = ()  # HSA-ids of further receiving units
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One stay at the hospital (vårdtillfälle), as the journal has it now."""

    person: Person
    visit: str
    ward: str
    admitted: datetime
    planned: datetime | None = None  # beräknad utskrivning
    discharged: datetime | None = None
    assessment: Assessment | None = None
    ready: datetime | None = None  # utskrivningsklar
    leave_from: datetime | None = None  # permission, until leave_to
    leave_to: datetime | None = None
    died: datetime | None = None
    is_alive: bool = False  # says so: a death was told by mistake (felaktigt avliden)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldStay:
    """What a message tells of a stay: all of it, as it is now. Times are as they were written."""

    status: str  # in-progress, onleave, finished, entered-in-error
    admitted: str = ""
    planned: str = ""
    ready: str = ""
    leave_from: str = ""
    leave_to: str = ""
    discharged: str = ""
    needs: tuple[str, ...] = ()
    is_dead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """What a party reads of a message that it received."""

    event: str
    content_id: str
    envelope_id: str
    sender: str  # HSA-id
    case: str = ""  # <HSA-id>/<visit number>
    about: str = ""  # the content id that a receipt, answer or reply is about
    code: str = ""  # of a receipt: ok, …; of an answer: received, …
    person: Person | None = None
    stay: ToldStay | None = None
    reason: str = ""  # of an ending: withdrawn, need-ended, moved, transferred
    recalled: tuple[str, ...] = ()  # content ids of the messages that a recall is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """An effort (insats) of a plan. Its id stays the same in every version."""

    id: str
    text: str
    principal: str  # huvudman: region | municipality | other
    unit: Organisation  # who does it
    contact: str  # whom the person calls


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What a SIP says besides its efforts, once it is in full."""

    situation: str
    own_words: str  # the person's
    need: str
    goal: str
    due: date  # of the goal
    present: tuple[Organisation, ...]  # who took part in the meeting
    absent: tuple[Organisation, ...]
    follow_up: date
    coordinator: Organisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A version of a care plan (SIP): with `activities` alone, or in full."""

    id: str
    version: int
    status: str  # draft | active | completed | revoked
    title: str
    activities: tuple[str, ...] = ()
    efforts: tuple[Effort, ...] = ()
    agreement: Agreement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A version of an invitation to a SIP meeting (kallelse)."""

    id: str
    version: int
    question: str
    start: datetime
    end: datetime
    place: str
    caller: Organisation
    invited: tuple[Organisation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationAnswer:
    """A unit's answer to one version of an invitation. `declined` has a comment."""

    id: str  # of the invitation
    version: int
    code: str  # accepted | declined | tentative
    comment: str = ""
    other_start: datetime | None = None  # another time that would do
    other_end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DischargeInformation:
    """What the hospital transfers on the day of discharge (SFS 2017:612, 3 kap. 2 §)."""

    discharged: datetime
    sections: Mapping[str, str]  # summary and others of docs/message.md, and their texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What was done of one effort of a version of a plan."""

    plan: Plan
    effort: Effort
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """The recall of messages that went to the wrong receiver (felsänt)."""

    messages: tuple[str, ...]  # content ids
    reason: str


Planning = Invitation | InvitationAnswer | DischargeInformation | Progress | Recall


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message that a party sends, before it is written in a format.

    An `answer` has `about` and `code`, a `reply` has `about` and `text`, a `message` has `text`,
    a `care-plan` has `plan`, an event of a stay has `stay`, every other event has `planning`.
    """

    event: str
    content_id: str
    case: str
    person: Person
    to: tuple[Organisation, ...]
    at: datetime
    about: str = ""
    code: str = ""
    text: str = ""
    plan: Plan | None = None
    stay: Stay | None = None
    planning: Planning | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """A message in a format, and what the transport needs of it."""

    event: str
    content_id: str
    envelope_id: str
    case: str
    body: bytes
    about: str = ""
    code: str = ""

    @classmethod
    def of(cls, message: ReceivedMessage, body: bytes) -> OutgoingMessage:
        """Return the message that `body` is read as."""
        return cls(
            event=message.event,
            content_id=message.content_id,
            envelope_id=message.envelope_id,
            case=message.case,
            body=body,
            about=message.about,
            code=message.code,
        )


class MessageFormat(Protocol):
    """A format as one party writes and reads it."""

    content_type: str

    def read(self, body: bytes) -> ReceivedMessage:
        """Read a message. ValueError when it cannot be read."""

    def receipt(self, letter: ReceivedMessage, code: str, at: datetime) -> OutgoingMessage:
        """Write the receipt (systemkvittens) for a message: ok, transient-error or fatal-error."""

    def write(self, draft: Draft) -> OutgoingMessage:
        """Write a message of the party's own."""
