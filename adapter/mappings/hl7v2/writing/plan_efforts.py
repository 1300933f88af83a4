"""An effort of a plan (insats) as one text."""

from __future__ import annotations

from collections.abc import Iterator

from adapter.core.errors import FatalError
from adapter.fhir.readable.words import EFFORT_STATUS, PRINCIPAL
from adapter.mappings.hl7v2.writing.outgoing_message import Node, OutgoingMessage
from adapter.mappings.hl7v2.writing.parties import actor, words


def effort(activity: Node, outgoing: OutgoingMessage) -> str:
    """Return what is done, by whom, when and how it stands; FatalError for one without text."""
    detail = activity.part("detail")
    text = detail.take("description") or detail.part("code").take("text")
    if not text:
        raise FatalError("not-written", f"{activity.expression} has no text")
    detail.take_implied("doNotPerform", False)  # noqa: FBT003 - the default value
    lines = [words(text, *_about(detail, outgoing)), *_why(detail), *_outcomes(activity, outgoing)]
    return "\n".join(lines)


def _about(detail: Node, outgoing: OutgoingMessage) -> Iterator[str]:
    yield detail.take_coded("status", EFFORT_STATUS)
    yield detail.extension("principal").take_coded("valueCode", PRINCIPAL)
    for performer in detail.parts("performer"):
        if outgoing.take_referenced(performer, "Patient") is not None:
            yield "den enskilde"
            continue
        yield actor(performer, outgoing).in_words()
    period = detail.part("scheduledPeriod")
    yield "–".join(t for t in (period.take("start"), period.take("end")) if t)
    yield detail.take("scheduledString")
    yield detail.extension("contact").take("valueString")


def _why(detail: Node) -> Iterator[str]:
    reason = detail.part("statusReason").take("text")
    if reason:
        yield f"Skäl: {reason}"


def _outcomes(activity: Node, outgoing: OutgoingMessage) -> Iterator[str]:
    for outcome in activity.parts("outcomeCodeableConcept"):
        yield outcome.take("text")
    for note in outgoing.open_notes(activity.parts("progress")):
        yield words(note.take("text"), note.take("authorString"), note.take("time"))
