"""Information at discharge, planning basis and recall to documents (MDM)."""

from __future__ import annotations

from collections.abc import Iterator

import hl7

from adapter.core.errors import FatalError
from adapter.core.model import Bundle
from adapter.fhir.canonical import BASE, MESSAGE_ID
from adapter.fhir.code_words import swedish_words
from adapter.mappings import Context
from adapter.mappings.hl7v2.writing import header
from adapter.mappings.hl7v2.writing.attachments import attachment
from adapter.mappings.hl7v2.writing.document import (
    Document,
    Part,
    cancellation,
    message,
    number_of,
    text,
)
from adapter.mappings.hl7v2.writing.er7 import EMPTY, OURS, Field, coded
from adapter.mappings.hl7v2.writing.follow_up import follow_up
from adapter.mappings.hl7v2.writing.outgoing_message import (
    Node,
    OutgoingMessage,
    outgoing_message,
)
from adapter.mappings.hl7v2.writing.parties import actor
from adapter.mappings.hl7v2.writing.questionnaire import answers

_COMPLETION = {"preliminary": "IP", "final": "AU", "amended": "AU"}  # HL7 table 0271
_CONCERNS = "MessageHeader.extension[concerns]"


def write_transfer(bundle: Bundle, context: Context) -> hl7.Message:
    """Return information at discharge (utskrivningsinformation) as MDM, document type DS."""
    outgoing = outgoing_message(bundle, context)
    focus = outgoing.take_focus("Communication")
    for coding in (c for category in focus.parts("category") for c in category.parts("coding")):
        if coding.peek("code") == "information-transfer":
            coding.mark()
    discharged = focus.extension("discharged").take_time("valueDateTime")
    if focus.peek("status") == "entered-in-error":
        return _withdrawn(outgoing, focus, "DS", context)
    parts = [
        *_payload(focus, outgoing),
        Part(kind="TS", what=coded("discharged", "Utskriven"), value=discharged),
        *(p for e in focus.extensions("follow-up") for p in follow_up(e, outgoing)),
        *_about(focus),
    ]
    document = _document(outgoing, focus, "DS", discharged)
    return message(outgoing, document, parts, context)


def write_basis(bundle: Bundle, context: Context) -> hl7.Message:
    """Return a planning basis (planeringsunderlag) as MDM of the local document type UNDERLAG."""
    outgoing = outgoing_message(bundle, context)
    focus = outgoing.take_focus("Communication")
    kinds = _take_kind(focus, swedish_words("basis-kind"))
    completion = focus.extension("basis-status").take_coded("valueCode", _COMPLETION)
    if focus.peek("status") == "entered-in-error":
        return _withdrawn(outgoing, focus, "UNDERLAG", context)
    reasons = [reason.take("text") for reason in focus.parts("reasonCode")]
    parts = [
        *(Part(kind="CE", what=coded("kind", "Underlag"), value=coded(*k)) for k in kinds),
        *(part for reason in reasons for part in text("reason", "Orsak", reason)),
        *_track(focus),
        *_payload(focus, outgoing),
        *_about(focus),
    ]
    document = _document(outgoing, focus, "UNDERLAG", EMPTY, completion)
    return message(outgoing, document, parts, context)


def write_recall(bundle: Bundle, context: Context) -> hl7.Message:
    """Return a recall of one document as MDM^T11.

    FatalError where it recalls several, or an invitation: the journal has that as an appointment,
    which only SIU takes back (S15, S17), and a recall does not say which one it is.
    """
    outgoing = outgoing_message(bundle, context)
    focus = outgoing.take_focus("Communication")
    abouts = focus.parts("about")
    if len(abouts) != 1:
        raise FatalError("not-written", "MDM^T11 cancels exactly one document")
    if abouts[0].peek("type") == "Appointment":
        raise FatalError("not-written", "MDM^T11 cancels no appointment: cancel the invitation")
    identifier = abouts[0].part("identifier")
    identifier.take_implied("system", MESSAGE_ID)
    focus.take_implied("status", "entered-in-error")
    number = identifier.take("value").removeprefix("urn:uuid:")
    return _cancelled(outgoing, focus, "RECALL", number, _change(focus), context)


def _withdrawn(outgoing: OutgoingMessage, focus: Node, type_: str, context: Context) -> hl7.Message:
    """Return the cancellation of an earlier document, which the message says was a mistake."""
    focus.take_implied("status", "entered-in-error")
    number = header.required(header.concerned(outgoing), _CONCERNS)
    reason = focus.part("statusReason").take("text") or header.reason(outgoing)
    return _cancelled(outgoing, focus, type_, number, reason, context)


def _cancelled(
    outgoing: OutgoingMessage, focus: Node, type_: str, number: str, change: str, context: Context
) -> hl7.Message:
    document = Document(
        type_=type_,
        number=number,
        acted=_sent(focus),
        authors=(actor(focus.part("sender"), outgoing),),
        availability="CA",
        change=change,
    )
    outgoing.take_referenced(focus.part("subject"), "Patient")
    return cancellation(outgoing, document, context)


def _change(focus: Node) -> str:
    """Return TXA-21: the act in Swedish, the reason, and what the receiver is asked to do."""
    reason = focus.part("statusReason")
    acts = []
    for coding in reason.parts("coding")[:1]:
        acts.append(coding.take_coded("code", swedish_words("recall")))
        coding.mark("system", "display")
    asked = focus.extension("asked").take_coded("valueCode", swedish_words("asked")).lower()
    said = ": ".join(part for part in (*acts, reason.take("text")) if part)
    return f"{said} ({asked})" if asked else said


def _document(
    outgoing: OutgoingMessage, focus: Node, type_: str, acted: Field, completion: str = "AU"
) -> Document:
    """Return what the document is; its first author is the sender."""
    focus.take_implied("status", "completed")
    outgoing.take_referenced(focus.part("subject"), "Patient")
    return Document(
        type_=type_,
        number=number_of(outgoing.bundle),
        parent=header.concerned(outgoing),
        acted=acted,
        originated=_sent(focus),
        authors=(actor(focus.part("sender"), outgoing),),
        completion=completion or "AU",
    )


def _sent(focus: Node) -> Field:
    return focus.take_time("sent")


def _take_kind(focus: Node, table: dict[str, str]) -> list[tuple[str, str, str]]:
    """Take the categories; one of an open list that we do not have keeps its own system."""
    kinds = []
    for coding in (c for category in focus.parts("category") for c in category.parts("coding")):
        code, display = coding.take("code"), coding.take("display")
        system = coding.take("system")
        is_ours = code in table and system.startswith(BASE)
        kinds.append((code, table[code], OURS) if is_ours else (code, display, system))
    return kinds


def _track(focus: Node) -> Iterator[Part]:
    coding, tracks = focus.extension("track").part("valueCoding"), swedish_words("track")
    code, display, system = (coding.take(key) for key in ("code", "display", "system"))
    if code in tracks and system.startswith(BASE):
        yield Part(kind="CE", what=coded("track", "Spår"), value=coded(code, tracks[code]))
    elif code:
        yield Part(kind="CE", what=coded("track", "Spår"), value=coded(code, display, system))


def _payload(focus: Node, outgoing: OutgoingMessage) -> Iterator[Part]:
    """Yield each text, each form with its answers, and each attachment, in their order."""
    for payload in focus.parts("payload"):
        yield from _content(payload, outgoing)


def _content(payload: Node, outgoing: OutgoingMessage) -> Iterator[Part]:
    section = payload.extension("section")
    code = str(section.peek("valueCode") or "text")
    title = section.take_coded("valueCode", swedish_words("section")) or "Text"
    yield from text(code, title, payload.take("contentString"))
    reference = payload.part("contentReference")
    form = outgoing.take_referenced(reference, "QuestionnaireResponse")
    if form is not None:
        yield from answers(form, outgoing)
    team = outgoing.take_referenced(reference, "CareTeam")
    if team is not None:
        yield from _contact(team, outgoing)
    yield from attached(reference, outgoing)


def _contact(team: Node, outgoing: OutgoingMessage) -> Iterator[Part]:
    """Yield the named contact (fast vårdkontakt) of a CareTeam: who, where, and one telephone."""
    outgoing.take_referenced(team.part("subject"), "Patient")
    team.take_implied("status", "active")
    for participant in team.parts("participant"):
        who = actor(participant.part("member"), outgoing)
        phone = "".join(t.take("value") for t in who.telecoms[:1])
        yield from text("contact", "Fast kontakt", who.in_words(phone))


def attached(reference: Node, outgoing: OutgoingMessage) -> Iterator[Part]:
    """Yield an attachment, where a reference names one."""
    file = outgoing.take_referenced(reference, "DocumentReference")
    if file is not None:
        yield attachment(file)


def _about(focus: Node) -> Iterator[Part]:
    """Yield the plan that it is about, by its number; consents and relatives are losses."""
    for reference in focus.parts("about"):
        if reference.peek("reference") is None:
            identifier = reference.part("identifier")
            value = identifier.take("value")
            yield from text("about", reference.take("display") or "Avser", value)
