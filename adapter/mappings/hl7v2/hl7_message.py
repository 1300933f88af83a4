"""The ADT message that is being read: its fields, its sender's clock and its context."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import hl7

from adapter.core.errors import FatalError
from adapter.core.identifiers import hsa_id
from adapter.mappings import Context
from adapter.mappings.hl7v2.control import check_control
from adapter.mappings.hl7v2.fields import Document
from adapter.mappings.hl7v2.times import Clock, Moment, exact, sender_clock

_SEVERAL_PATIENTS = frozenset({"A24"})  # links two persons; only the first is read


@dataclass(frozen=True, kw_only=True)
class Hl7Message:
    """A document with its context. `content` is the content id of the FHIR message."""

    document: Document
    context: Context
    clock: Clock
    content: str
    organization: str  # HSA-id of the sender
    recorded: datetime

    @property
    def trigger(self) -> str:
        """MSH-9.2, the trigger event of HL7 table 0003."""
        return self.text("MSH-9.2").upper()

    @cached_property
    def today(self) -> date:
        """The day on which validity is judged: of recording, but not after it was received."""
        at = min(self.recorded, self.context.recorded)
        return at.astimezone(self.clock.zone).date()

    def text(self, path: str) -> str:
        """Return the text at a path."""
        return self.document.text(path)

    def moment(self, path: str) -> Moment | None:
        """Return the time at a path; None where it is empty, or unreadable (with a warning)."""
        return self.clock.moment(self.document.text(path), path)

    def is_own(self, authority: str) -> bool:
        """Whether an authority is the sender: its HSA-id, or its name in MSH-3 or MSH-4."""
        names = {self.text("MSH-3").upper(), self.text("MSH-4").upper()}
        return hsa_id(authority) == self.organization or authority.upper() in names

    def event_time(self) -> Moment:
        """Return when the event occurred (EVN-6), else when it was recorded."""
        return self.moment("EVN-6") or exact(self.recorded)


def open_message(source: hl7.Message, context: Context, content: str) -> Hl7Message:
    """Return the message ready for reading.

    FatalError unless it has exactly one PID, and is no test of an endpoint in production. Of an
    A24, which links two persons, the first is read, and the second is a loss.
    """
    document = Document(message=source, fallback_charset=context.sender.charset)
    check_control(document, context)
    if not document.has("PID"):
        raise FatalError("required", "PID: the message names no patient")
    if document.count("PID") > 1:
        document = _first_patient(document, context)
    clock = sender_clock(context)
    return Hl7Message(
        document=document,
        context=context,
        clock=clock,
        content=content,
        organization=hsa_id(context.sender.organization),
        recorded=recorded_at(document, clock),
    )


def _first_patient(document: Document, context: Context) -> Document:
    if document.text("MSH-9.2").upper() not in _SEVERAL_PATIENTS:
        raise FatalError("several-patients")
    first = document.before_second("PID")
    context.lose("PID", "the second person, to whom the first is linked, is not read")
    if document.count("ZSP") > first.count("ZSP"):
        context.lose("ZSP", "it follows the second person")
        context.ask("contradiction", "ZSP", "an assessment that follows the second person")
    return first


def control_id(document: Document) -> str:
    """Return MSH-10 as it was sent, without control characters: two senders' ids stay two."""
    return "".join(c for c in document.field("MSH-10") if not _is_control(c)).strip()


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc"


def recorded_at(document: Document, clock: Clock) -> datetime:
    """Return when the source recorded the event: EVN-2, else MSH-7, else when we received it.

    The stated time is kept, also where it is later than we received the message.
    """
    moments = (clock.moment(document.text(path), path) for path in ("EVN-2", "MSH-7"))
    return next((moment.at for moment in moments if moment), clock.context.recorded)
