"""HL7 v2.3 to v2.8: read the ADT feed, write SIU and MDM, read and write ACKs (docs/hl7v2.md).

Specification: HL7 v2.8, chapters 2 (control, ACK) and 3 (ADT). The ZSP segment is ours. Fields
of later versions (EVN-6, PV2-47) are absent from earlier ones.

| HL7 v2 | FHIR | module |
|---|---|---|
| MSH-9 | event | `events` |
| MSH-11, MSH-12 | test messages, versions | `control` |
| PID-3, MRG-1 | Patient.identifier | `patient_identifiers`, `number_kinds` |
| PID-11 | Patient.address | `addresses` |
| PD1-12 | Patient.meta.security | `protection` |
| PID, PD1 | Patient | `patient` |
| PV1-19, MRG-5 | case | `case_names` |
| PV1-2, PV1-36 | Encounter.class, Encounter.hospitalization | `visit_codes` |
| EVN, PV1, PV2, ZSP | Encounter | `encounter` |
| `""` | deleted elements | `deletions` |
| ACK from a receiver | receipt | `ack_reader` |
| ACK to a sender | receipt | `ack_writer`, `ack_header`, `ack_errors`, `ack_places` |
| SIU, MDM to a journal | Appointment, Communication, CarePlan | the package `writing` |
| FHS, BHS, BTS, FTS | several messages | `batches` |
| all else | a loss | `losses`, `unread`, `understood` |

`hl7_message` is the message that these modules read; `fields`, `separators`, `times` and
`validity` are its data types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import hl7

from adapter.core.endpoint import Disposition
from adapter.core.identifiers import hsa_id
from adapter.core.model import Bundle, Event
from adapter.fhir import builders
from adapter.fhir.bundles import Resource
from adapter.fhir.parts import deleted_extensions, ended_reason, party_of
from adapter.mappings import Context, System
from adapter.mappings.hl7v2.ack_header import wish
from adapter.mappings.hl7v2.ack_reader import read_ack
from adapter.mappings.hl7v2.ack_writer import write_ack
from adapter.mappings.hl7v2.batches import open_batch
from adapter.mappings.hl7v2.case_names import case_names, visit_number
from adapter.mappings.hl7v2.deletions import deleted
from adapter.mappings.hl7v2.encounter import encounter
from adapter.mappings.hl7v2.events import TRIGGERS, recognise
from adapter.mappings.hl7v2.fields import Document
from adapter.mappings.hl7v2.hl7_message import Hl7Message, control_id, open_message
from adapter.mappings.hl7v2.losses import report_losses
from adapter.mappings.hl7v2.patient import patient
from adapter.mappings.hl7v2.writing import communication, invitation, plan

VERSION = "1"
_REASONS = {  # HL7 table 0062
    "01": "Patient request",
    "02": "Physician order",
    "03": "Census management",
}

_MAY_BE_DEATH = (Event.DISCHARGED, Event.ADMISSION_UPDATED)  # where the stay is over
_WITHDRAWN = "Bedömningen är återtagen"

system = System("hl7v2", content="hl7", media_type="x-application/hl7-v2+er7")
system.recognises(recognise)
system.writes(Event.RECEIPT)(write_ack)
system.writes(Event.SIP_INVITATION, Event.SIP_INVITATION_CHANGED, Event.SIP_INVITATION_CANCELLED)(
    invitation.write
)
system.writes(Event.INFORMATION_TRANSFER)(communication.write_transfer)
system.writes(Event.PLANNING_BASIS)(communication.write_basis)
system.writes(Event.RECALL)(communication.write_recall)
system.writes(Event.CARE_PLAN)(plan.write)
system.opens(open_batch)
system.asks(wish)


def read_stay(event: Event, source: hl7.Message, context: Context) -> Bundle:
    """Return an ADT message about a stay as a FHIR message; FatalError where it is none.

    A discharge by a death code (PV1-36) becomes the event `deceased`.
    """
    message = open_message(source, context, content_id(source, context))
    names = case_names(message)
    stay = encounter(event, visit_number(message), message)
    person = patient(message)
    if event in _MAY_BE_DEATH and _left_dead(stay):
        _ask_who_lives(message)
        event, person = Event.DECEASED, {"deceasedBoolean": True} | person
    if event is Event.ADMISSION_NOTICE and not person.get("name"):
        context.warn("required", "PID-5", "the notice has no name (SFS 2017:612 2 kap. 2 §)")
    header = _reason(event, message)
    report_losses(message.document, context)
    parts = _Parts(stay=stay, person=person, header=header, names=names)
    return _message(event, parts, message)


@system.reads(Event.PERSON_UPDATED)
def read_person(source: hl7.Message, context: Context) -> Bundle:
    """Return an ADT message about a person without a stay as a FHIR message."""
    message = open_message(source, context, content_id(source, context))
    person = patient(message)
    report_losses(message.document, context)
    return _message(Event.PERSON_UPDATED, _Parts(person=person), message)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """The parts of an ADT message: `stay` is {} where it is about the person alone."""

    person: Resource
    stay: Resource = field(default_factory=dict)
    header: Resource = field(default_factory=dict)
    names: Sequence[str] = ()


def _message(event: Event, parts: _Parts, message: Hl7Message) -> Bundle:
    control = control_id(message.document)
    return builders.message(
        event,
        content=message.content,
        sender=party_of(message.context.sender),
        focus=parts.stay or parts.person,
        others=[
            *([parts.person] if parts.stay else ()),
            _provenance(message.content, control, message.context),
        ],
        cases=[f"{message.organization}/{name}" for name in parts.names],
        recorded=message.recorded,
        extensions=deleted_extensions(deleted(parts.stay, parts.person, message)),
        extra=parts.header,
    )


def _ask_who_lives(message: Hl7Message) -> None:
    if message.text("PID-30").upper() == "N":
        message.context.ask(
            "contradiction", "PV1-36", "a death; PID-30 says that the patient lives"
        )


def _left_dead(stay: Resource) -> bool:
    ending = stay.get("hospitalization", {}).get("dischargeDisposition", {})
    return any(coding["code"] == Disposition.DEAD for coding in ending.get("coding", ()))


for _event in (*TRIGGERS.values(), Event.PROCESS_ENDED, Event.DECEASED):
    if _event is not Event.PERSON_UPDATED:
        system.reads(_event)(partial(read_stay, _event))


@system.reads(Event.RECEIPT)
def read_receipt(source: hl7.Message, context: Context) -> Bundle:
    """Return an ACK as a receipt; `response.identifier` is MSA-2, the control id that we sent."""
    content = content_id(source, context)
    document = Document(message=source, fallback_charset=context.sender.charset)
    parts = read_ack(document, content, context)
    return builders.message(
        Event.RECEIPT,
        content=content,
        sender=party_of(context.sender),
        others=[*parts.outcome, _provenance(content, control_id(document), context)],
        recorded=parts.recorded,
        extra={"response": parts.response},
    )


def content_id(source: hl7.Message, context: Context) -> str:
    """Return the content id of a message: from its sender, MSH-10, MSH-7 and bytes.

    MSH-10 alone is not enough: control ids restart and collide in real feeds.
    """
    document = Document(message=source)
    organization = hsa_id(context.sender.organization)
    control, time = document.field("MSH-10"), document.field("MSH-7")
    return builders.new_id(organization, control, time, context.fingerprint)


def _provenance(content: str, control: str, context: Context) -> Resource:
    return builders.translation(
        content,
        mapping="hl7v2",
        version=VERSION,
        source=control or content,
        sender=hsa_id(context.sender.organization),
        at=context.recorded,
    )


def _reason(event: Event, message: Hl7Message) -> Resource:
    """Return the reason: of an ending a fixed text, else the meaning of a code in EVN-4.

    A free text may tell a diagnosis: it is a loss.
    """
    code, text = message.text("EVN-4"), message.text("EVN-4.2")
    meaning = _REASONS.get(code, "")
    if (code and not meaning) or text.casefold() not in ("", meaning.casefold()):
        message.context.lose("EVN-4", "only a code of table 0062 is carried")
    if event is Event.PROCESS_ENDED:
        message.document.leave("EVN-4", "the reason is that the assessment is withdrawn")
        return {"reason": ended_reason("withdrawn", _WITHDRAWN)}
    return {"reason": {"text": meaning}} if meaning else {}
