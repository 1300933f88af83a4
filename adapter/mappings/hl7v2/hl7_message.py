"""The ADT message that is being read: its fields, its sender's clock and its context."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import hl7

from adapter.core.errors import FatalError
from adapter.core.identifiers import hsa_id
from adapter.mappings import Context
from adapter.mappings.hl7v2.fields import Document
from adapter.mappings.hl7v2.times import Clock, Moment, exact, sender_clock

_AHEAD = timedelta(days=1)  # a smaller clock error still orders a case's messages well enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Hl7Message:
    """A document with its context. `content` is the content id of the FHIR message."""

    document: Document
    context: Context
    clock: Clock
    content: str
    organization: str  # HSA-id of the sender
    recorded: datetime

    def text(self, path: str) -> str:
        """Return the text at a path."""
        return self.document.text(path)

    def moment(self, path: str) -> Moment | None:
        """Return the time at a path; None where it is empty, or unreadable (with a warning)."""
        return self.clock.moment(self.document.text(path), path)

    def first_moment(self, *paths: str) -> Moment | None:
        """Return the first of several times that can be read."""
        moments = (self.moment(path) for path in paths)
        return next((moment for moment in moments if moment), None)

    def event_time(self) -> Moment:
        """Return when the event occurred (EVN-6), else when it was recorded."""
        return self.moment("EVN-6") or exact(self.recorded)


def open_message(source: hl7.Message, context: Context, content: str) -> Hl7Message:
    """Return the message ready for reading; FatalError unless it has exactly one PID."""
    document = Document(message=source, fallback_charset=context.sender.charset)
    if not document.has("PID"):
        raise FatalError("required", "PID: the message names no patient")
    if document.count("PID") > 1:
        raise FatalError("several-patients", "PID")
    clock = sender_clock(context)
    return Hl7Message(
        document=document,
        context=context,
        clock=clock,
        content=content,
        organization=hsa_id(context.sender.organization),
        recorded=recorded_at(document, clock),
    )


def recorded_at(document: Document, clock: Clock) -> datetime:
    """Return when the source recorded the event: EVN-2, else MSH-7, else when we received it.

    A time more than a day ahead of our clock is not used: every later message of the case
    would seem to be older.
    """
    received = clock.context.recorded
    for path in ("EVN-2", "MSH-7"):
        moment = clock.moment(document.text(path), path)
        if moment and moment.at > received + _AHEAD:
            clock.warn_once("bad-time", path, "later than the message was received")
            break
        if moment:
            return moment.at
    return received
