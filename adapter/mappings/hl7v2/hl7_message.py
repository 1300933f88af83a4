"""One message while it is read: its fields, its clock, and where warnings go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import hl7

from adapter.core.errors import FatalError
from adapter.core.identifiers import hsa_id
from adapter.mappings import Context
from adapter.mappings.hl7v2.fields import Document
from adapter.mappings.hl7v2.times import Clock, Moment, clock, exact

_AHEAD = timedelta(days=1)  # a clock that is wrong by less than this orders well enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Hl7Message:
    """A document with its context. `content` is the content id of the message that it becomes."""

    document: Document
    context: Context
    clock: Clock
    content: str
    organization: str  # HSA-id of the sender
    recorded: datetime

    def text(self, path: str) -> str:
        """The text at a path."""
        return self.document.text(path)

    def moment(self, path: str) -> Moment | None:
        """The time at a path; None for none, and, with a warning, for nonsense."""
        return self.clock.moment(self.document.text(path), path)

    def first(self, *paths: str) -> Moment | None:
        """The first of several times that can be read."""
        found = (self.moment(path) for path in paths)
        return next((moment for moment in found if moment), None)

    def happened(self) -> Moment:
        """When the event occurred (EVN-6), else when it was recorded."""
        return self.moment("EVN-6") or exact(self.recorded)


def begin(message: hl7.Message, context: Context, content: str) -> Hl7Message:
    """What the readers need; FatalError where the message is not about one patient."""
    document = Document(message=message, fallback_charset=context.sender.charset)
    if not document.has("PID"):
        raise FatalError("required", "PID: the message names no patient")
    if document.count("PID") > 1:
        raise FatalError("several-patients", "PID")
    times = clock(context)
    return Hl7Message(
        document=document,
        context=context,
        clock=times,
        content=content,
        organization=hsa_id(context.sender.organization),
        recorded=recorded(document, times),
    )


def recorded(document: Document, times: Clock) -> datetime:
    """When the source recorded the event: EVN-2, else MSH-7, else when we took the message.

    A time far ahead of our own is not believed: every later message would seem to be older.
    """
    received = times.context.recorded
    for path in ("EVN-2", "MSH-7"):
        moment = times.moment(document.text(path), path)
        if moment and moment.at > received + _AHEAD:
            times.tell("bad-time", path, "later than the message was received")
            break
        if moment:
            return moment.at
    return received
