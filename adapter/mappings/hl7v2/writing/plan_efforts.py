"""An effort of a plan (insats) as one text."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.core.errors import FatalError
from adapter.mappings.hl7v2.writing.outgoing_message import Node, OutgoingMessage
from adapter.mappings.hl7v2.writing.parties import actor

_STATUS = {
    "not-started": "ej påbörjad",
    "scheduled": "planerad",
    "in-progress": "pågår",
    "on-hold": "vilande",
    "completed": "genomförd",
    "cancelled": "inställd",
    "stopped": "avbruten",
    "unknown": "okänd",
    "entered-in-error": "felaktig",
}
_PRINCIPALS = {"region": "region", "municipality": "kommun", "other": "annan huvudman"}


def words(first: str, *rest: str) -> str:
    """Return a text, with what is said about it in brackets."""
    said = ", ".join(text for text in rest if text)
    return f"{first} ({said})" if first and said else first or said


def effort(activity: Node, outgoing: OutgoingMessage) -> str:
    """Return what is done, by whom, when and how it stands; FatalError for one without text."""
    detail = activity.part("detail")
    text = detail.take("description") or detail.part("code").take("text")
    if not text:
        raise FatalError("not-written", f"{activity.expression} has no text")
    detail.take_implied("doNotPerform", False)  # noqa: FBT003 - the default value
    lines = [words(text, *_about(detail, outgoing)), *_outcomes(activity)]
    return "\n".join(lines)


def _about(detail: Node, outgoing: OutgoingMessage) -> Iterator[str]:
    yield detail.take_coded("status", _STATUS)
    yield detail.extension("principal").take_coded("valueCode", _PRINCIPALS)
    for performer in detail.parts("performer"):
        if outgoing.take_referenced(performer, "Patient") is not None:
            yield "den enskilde"
            continue
        who = actor(performer, outgoing)
        yield words(" ".join((*who.given, who.family)), who.hsa, who.title, who.unit)
    period = detail.part("scheduledPeriod")
    yield "–".join(t for t in (period.take("start"), period.take("end")) if t)
    yield detail.take("scheduledString")
    yield detail.extension("contact").take("valueString")


def _outcomes(activity: Node) -> Iterator[str]:
    for outcome in activity.parts("outcomeCodeableConcept"):
        yield outcome.take("text")
    for note in activity.parts("progress"):
        yield words(note.take("text"), note.take("authorString"), note.take("time"))
