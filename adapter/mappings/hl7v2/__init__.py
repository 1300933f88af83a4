"""HL7 v2.3 to v2.8: read the journal's ADT feed, and read and write ACKs (docs/hl7v2.md).

Specification: HL7 v2.8, chapters 2 (control, ACK) and 3 (ADT). The ZSP segment is ours. Fields
of later versions (EVN-6, PV2-47) are absent from earlier ones.

| HL7 v2 | FHIR | module |
|---|---|---|
| MSH-9 | event | `events` |
| PID-3 | Patient.identifier | `patient_identifiers` |
| PID, PD1 | Patient | `patient` |
| EVN, PV1, PV2, ZSP | Encounter | `encounter` |
| ACK from a receiver | receipt | `ack_reader` |
| ACK to a sender | receipt | `ack_writer` |
| all else | a loss | `losses` |

`hl7_message` is the message that these modules read; `fields` and `times` are its data types.
"""

from __future__ import annotations

from functools import partial

import hl7

from adapter.core.identifiers import hsa_id
from adapter.core.model import Bundle, Event
from adapter.fhir import builders
from adapter.fhir.bundles import Resource
from adapter.fhir.parts import party_of
from adapter.mappings import Context, System
from adapter.mappings.hl7v2.ack_reader import read_ack
from adapter.mappings.hl7v2.ack_writer import write_ack
from adapter.mappings.hl7v2.encounter import encounter, visit_number
from adapter.mappings.hl7v2.events import TRIGGERS, recognise
from adapter.mappings.hl7v2.fields import Document
from adapter.mappings.hl7v2.hl7_message import Hl7Message, open_message
from adapter.mappings.hl7v2.losses import report_losses
from adapter.mappings.hl7v2.patient import patient

VERSION = "1"
_REASONS = {  # HL7 table 0062
    "01": "Patient request",
    "02": "Physician order",
    "03": "Census management",
}

system = System("hl7v2", content="hl7", media_type="x-application/hl7-v2+er7")
system.recognises(recognise)
system.writes(Event.RECEIPT)(write_ack)


def read_adt(event: Event, source: hl7.Message, context: Context) -> Bundle:
    """Return an ADT message as a FHIR message; FatalError where it cannot be read as one."""
    content = content_id(source, context)
    message = open_message(source, context, content)
    number = visit_number(message)
    stay = encounter(event, number, message)
    person = patient(message)
    report_losses(message.document, context)
    return builders.message(
        event,
        content=content,
        sender=party_of(context.sender),
        focus=stay,
        others=[person, _provenance(content, message.text("MSH-10"), context)],
        cases=[f"{message.organization}/{number}"] if number else [],
        recorded=message.recorded,
        extra=_reason(event, message),
    )


for _event in (*TRIGGERS.values(), Event.PROCESS_ENDED, Event.DECEASED):
    system.reads(_event)(partial(read_adt, _event))


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
        others=[*parts.outcome, _provenance(content, document.text("MSH-10"), context)],
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
    """Return the reason of the message: ZSP-9, else EVN-4 as text, else the meaning of its code."""
    code = message.text("EVN-4")
    text = message.text("ZSP-9") or message.text("EVN-4.2") or _REASONS.get(code, code)
    if not text and event is Event.PROCESS_ENDED:
        text = "Bedömningen är återkallad / The assessment is withdrawn"
    return {"reason": {"text": text}} if text else {}
