"""What a party thinks of a message, whatever the format: who, about whom, which case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A party by its HSA-id, with a name for people."""

    hsa: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A patient, as a party's own register has her. All of them are invented."""

    number: str  # personnummer, 12 digits
    family: str
    given: str
    street: str = ""
    postcode: str = ""
    city: str = ""
    municipality: str = ""  # kommunkod, four digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a party reads of a message that came."""

    event: str
    content_id: str
    envelope_id: str
    sender: str  # HSA-id
    case: str = ""  # <HSA-id>/<visit number>
    about: str = ""  # the content id that a receipt, answer or reply speaks of
    code: str = ""  # of a receipt: ok …; of an answer: received …
    person: Person | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A version of a care plan (SIP)."""

    id: str
    version: int
    status: str  # draft | active | completed | revoked
    title: str
    activities: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a party wants to say, before it is written in a format.

    An `answer` has `about` and `code`, a `reply` has `about` and `text`, a `message` has `text`,
    a `care-plan` has `plan`.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """Bytes that a party sends, and what their envelope says outside."""

    event: str
    content_id: str
    envelope_id: str
    case: str
    body: bytes
    about: str = ""
    code: str = ""


class Pen(Protocol):
    """A format, as one party writes and reads it."""

    content_type: str

    def read(self, body: bytes) -> Letter:
        """What came; ValueError when it cannot be read."""

    def receipt(self, letter: Letter, code: str, at: datetime) -> Outgoing:
        """The receipt (systemkvittens) for a message: ok, transient-error or fatal-error."""

    def write(self, draft: Draft) -> Outgoing:
        """A message of one's own."""
