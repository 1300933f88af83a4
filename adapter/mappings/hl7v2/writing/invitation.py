"""An invitation to a SIP meeting (kallelse) to SIU: SCH, TQ1, NTE (HL7 v2.5.1 chapter 10)."""

from __future__ import annotations

from collections.abc import Iterator

import hl7

from adapter.core.errors import FatalError
from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.mappings import Context
from adapter.mappings.hl7v2.writing import header, person, visit
from adapter.mappings.hl7v2.writing.er7 import (
    Field,
    coded,
    components,
    formatted,
    repeated,
    segment,
)
from adapter.mappings.hl7v2.writing.outgoing_message import (
    Node,
    OutgoingMessage,
    finished,
    outgoing_message,
)
from adapter.mappings.hl7v2.writing.parties import Actor
from adapter.mappings.hl7v2.writing.resources import Meeting, resources, taking_part

STATUS = {  # Appointment.status to SCH-25, HL7 table 0278
    "proposed": "Pending",
    "booked": "Booked",
    "fulfilled": "Complete",
    "noshow": "Noshow",
    "cancelled": "Cancelled",
    "entered-in-error": "Deleted",
}
_EVENTS = {
    "sip-invitation": "Kallelse",
    "sip-invitation-changed": "Ändrad kallelse",
    "sip-invitation-cancelled": "Inställd kallelse",
}
_TRIGGERS = {"noshow": "S26", "cancelled": "S15", "entered-in-error": "S17", "fulfilled": "S14"}
_ACTIONS = {"S12": "A", "S15": "D", "S17": "D"}  # HL7 table 0206; else U
_PLACER, _FILLER = "PLAC", "FILL"  # HL7 table 0203
_LONGEST = 199  # characters of the question in SCH-7 (ST); a longer one is whole in NTE


def write(bundle: Bundle, context: Context) -> hl7.Message:
    """Return an invitation as SIU^S12 to S26 of structure SIU_S12; the rest are losses.

    FatalError `unknown-code` for a status that table 0278 does not have.
    """
    outgoing = outgoing_message(bundle, context)
    appointment = outgoing.take_focus("Appointment")
    status = appointment.take_coded("status", STATUS)
    meeting = taking_part(appointment, outgoing)
    trigger = _trigger(appointment, meeting, bundles.event_code(bundle)[1])
    patient = outgoing.take_patient()
    lines = [
        header.header(outgoing, trigger, "SIU_S12", context),
        _schedule(appointment, meeting, status, outgoing),
        _timing(appointment),
        *_notes(appointment),
        person.person(outgoing, patient, context),
        person.additional(outgoing, patient),
        visit.visit(outgoing, context),
        *resources(meeting, _ACTIONS.get(trigger, "U")),
    ]
    return finished(lines, outgoing, context)


def _trigger(appointment: Node, meeting: Meeting, event: str) -> str:
    """Return the trigger event.

    A new time asks everybody anew. So where an answer stands, another thing was changed: S14.
    """
    status = str(appointment.peek("status"))
    if event == "sip-invitation":
        return "S12"
    if status in _TRIGGERS:
        return _TRIGGERS[status]
    return "S14" if meeting.is_answered else "S13"


def _schedule(appointment: Node, meeting: Meeting, status: str, outgoing: OutgoingMessage) -> str:
    placer, filler = _ids(appointment)
    start, end = _start(appointment), _end(appointment)
    hsa, name = header.organisation(outgoing.header.part("sender"), outgoing)
    by = Actor(hsa=hsa, family=name).person()
    description = appointment.take("description")
    fields = {
        1: placer,
        2: filler,
        6: _event_reason(appointment, outgoing),
        7: components("", description[:_LONGEST]),
        11: repeated([components("", "", "", start, end)]),
        16: meeting.caller.person() if meeting.caller else by,
        17: meeting.caller.phone() if meeting.caller else Field(""),
        20: by,
        25: coded(status, system="HL70278"),
    }
    return segment("SCH", fields)


def _ids(appointment: Node) -> tuple[Field, Field]:
    """Return SCH-1 and SCH-2: by the type of the identifier; one alone is both."""
    identifiers = appointment.parts("identifier")
    typed = {_kind(i): i for i in identifiers}
    filler = typed.get(_FILLER) or next((i for i in identifiers if _kind(i) != _PLACER), None)
    placer = typed.get(_PLACER) or next((i for i in identifiers if i is not filler), filler)
    filler = filler or placer
    if placer is None or filler is None:
        raise FatalError("not-written", "Appointment.identifier is missing")
    return entity(placer), entity(filler)


def _kind(identifier: Node) -> str:
    codings = identifier.part("type").parts("coding")
    return next((str(c.peek("code")) for c in codings), "")


def entity(identifier: Node) -> Field:
    """Return an Identifier as EI: value, and its system as URI or OID."""
    if _kind(identifier) in (_PLACER, _FILLER):
        identifier.mark("type")
    return entity_of(identifier.take("value"), identifier.take("system"))


def entity_of(value: str, system: str) -> Field:
    """Return a number and its system as EI."""
    if system.startswith("urn:oid:"):
        return components(value, "", system.removeprefix("urn:oid:"), "ISO")
    return components(value, "", system, "URI" if system else "")


def _event_reason(appointment: Node, outgoing: OutgoingMessage) -> Field:
    """Return SCH-6: why it was cancelled or a mistake in words, else what the event is."""
    event = bundles.event_code(outgoing.bundle)[1]
    reason = appointment.part("cancelationReason").take("text") or header.reason(outgoing)
    return components("", reason) if reason else coded(event, _EVENTS[event])


def _start(appointment: Node) -> str:
    return appointment.take_time("start")


def _end(appointment: Node) -> str:
    return appointment.take_time("end")


def _timing(appointment: Node) -> str:
    start, end = _start(appointment), _end(appointment)
    return segment("TQ1", {1: "1", 7: start, 8: end}) if start or end else ""


def _notes(appointment: Node) -> Iterator[str]:
    for number, (kind, title, text) in enumerate(_texts(appointment), start=1):
        fields = {1: str(number), 3: formatted(text), 4: coded(kind, title)}
        yield segment("NTE", fields)


def _texts(appointment: Node) -> Iterator[tuple[str, str, str]]:
    """Yield what has no field of its own: its kind, the kind in Swedish, and the text."""
    first = appointment.take("description")
    long = [first] if len(first) > _LONGEST else []
    questions = [*long, *(reason.take("text") for reason in appointment.parts("reasonCode"))]
    yield from (("question", "Frågeställning", text) for text in questions if text)
    version = appointment.extension("version")
    if version.peek("valuePositiveInt"):
        version.mark("valuePositiveInt")
        yield "version", "Version", str(version.peek("valuePositiveInt"))
    if answer_by := appointment.extension("answer-by").take_time("valueDateTime"):
        yield "answer-by", "Svara senast", answer_by
    for key in ("comment", "patientInstruction"):
        if text := appointment.take(key):
            yield "comment", "Kommentar", text
