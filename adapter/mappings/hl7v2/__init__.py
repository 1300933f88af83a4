"""HL7 v2.3 to v2.8: the journal's ADT feed in, acknowledgements in and out (docs/hl7v2.md).

Specification: HL7 v2.8, chapters 2 (control, ACK) and 3 (ADT); the ZSP segment is ours. Fields
that came with later versions (EVN-6, PV2-47) are simply absent in earlier ones.
"""

from __future__ import annotations

import hl7

from adapter.core.identifiers import hsa_id
from adapter.core.model import Bundle, Event
from adapter.fhir.builders import Party, message, new_id, translation
from adapter.fhir.bundles import Resource
from adapter.mappings import Context, System
from adapter.mappings.hl7v2.ack_reader import read_answer
from adapter.mappings.hl7v2.ack_writer import write_acknowledgement
from adapter.mappings.hl7v2.encounter import encounter, visit
from adapter.mappings.hl7v2.events import TRIGGERS, recognise
from adapter.mappings.hl7v2.fields import Document
from adapter.mappings.hl7v2.hl7_message import Hl7Message, begin
from adapter.mappings.hl7v2.losses import confess
from adapter.mappings.hl7v2.patient import patient

VERSION = "1"
_REASONS = {"01": "Patient request", "02": "Physician order", "03": "Census management"}

system = System("hl7v2", content="hl7", media_type="x-application/hl7-v2+er7")
system.recognises(recognise)


@system.reads(*TRIGGERS.values(), Event.PROCESS_ENDED, Event.DECEASED)
def read_stay(source: hl7.Message, context: Context) -> Bundle:
    """An ADT message as a FHIR message about a stay; FatalError where it cannot be one."""
    event, content = recognise(source), content_id(source, context)
    reading = begin(source, context, content)
    number = visit(reading)
    stay = encounter(event, number, reading)
    person = patient(reading)
    confess(reading.document, context)
    return message(
        event,
        content=content,
        sender=_sender(context),
        focus=stay,
        others=[person, _provenance(content, reading.text("MSH-10"), context)],
        cases=[f"{reading.organization}/{number}"] if number else [],
        recorded=reading.recorded,
        extra=_reason(event, reading),
    )


@system.reads(Event.RECEIPT)
def read_acknowledgement(source: hl7.Message, context: Context) -> Bundle:
    """An ACK as a receipt; `response.identifier` is the MSA-2 that was ours to send."""
    content = content_id(source, context)
    document = Document(message=source, fallback_charset=context.sender.charset)
    answer = read_answer(document, content, context)
    return message(
        Event.RECEIPT,
        content=content,
        sender=_sender(context),
        others=[*answer.outcome, _provenance(content, document.text("MSH-10"), context)],
        recorded=answer.recorded,
        extra={"response": answer.response},
    )


system.writes(Event.RECEIPT)(write_acknowledgement)


def content_id(source: hl7.Message, context: Context) -> str:
    """Control ids restart and collide in real feeds: time and bytes are counted too."""
    document = Document(message=source)
    organization = hsa_id(context.sender.organization)
    control, time = document.field("MSH-10"), document.field("MSH-7")
    return new_id(organization, control, time, context.fingerprint)


def _sender(context: Context) -> Party:
    return Party(
        organization=hsa_id(context.sender.organization),
        endpoint=context.sender.name,
        display=context.sender.display,
    )


def _provenance(content: str, control: str, context: Context) -> Resource:
    return translation(
        content,
        mapping="hl7v2",
        version=VERSION,
        source=control or content,
        sender=hsa_id(context.sender.organization),
        at=context.recorded,
    )


def _reason(event: Event, reading: Hl7Message) -> Resource:
    """Why (avbrott, makulering): ZSP-9, else EVN-4 as text or code (table 0062)."""
    code = reading.text("EVN-4")
    text = reading.text("ZSP-9") or reading.text("EVN-4.2") or _REASONS.get(code, code)
    if not text and event is Event.PROCESS_ENDED:
        text = "Bedömningen är återkallad / The assessment is withdrawn"
    return {"reason": {"text": text}} if text else {}
