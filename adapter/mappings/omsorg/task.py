"""Svar (a person's answer) and Leveransrapport (a failed delivery), to and from a Task."""

from __future__ import annotations

from adapter.core.errors import FatalError
from adapter.fhir.builders import about, new_id, reference
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import ERROR, MESSAGE_ID
from adapter.fhir.parts import present
from adapter.mappings.omsorg import forms
from adapter.mappings.omsorg.code_tables import ANSWER_STATUS, code_of, word_of
from adapter.mappings.omsorg.incoming_message import IncomingMessage
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.parties import write_organisation
from adapter.mappings.omsorg.take_fields import (
    part,
    parts,
    take,
    take_date_or_time,
    take_id,
    take_implied,
)
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    element,
    leaf,
    text_of,
    time_or_written,
)


def write_answer(task: Resource, outgoing: OutgoingMessage) -> Element:
    """Return the Task as Svar."""
    unit = outgoing.take_other_than_sender(part(task, "owner"))
    nodes = [write_organisation("SvarandeEnhet", unit), _write_reason(task)]
    status = word_of(ANSWER_STATUS, take(task, "status"), "Task.status")
    return element("Svar", nodes, **_write_common(task, outgoing), status=status)


def write_report(task: Resource, outgoing: OutgoingMessage) -> Element:
    """Return the failed Task as Leveransrapport; FatalError where its status is another."""
    if task.get("status") != "failed":
        raise FatalError("not-written", "Task.status of a delivery report is not failed")
    take_implied(task, "status", "failed")
    missed = outgoing.take_organisation(part(task, "owner"))
    coding = next(iter(parts(part(task, "statusReason"), "coding")), {})
    take_implied(coding, "system", ERROR)
    kod = take(coding, "code", forms.CODE)
    nodes = [write_organisation("EjNadd", missed), _write_reason(task)]
    return element("Leveransrapport", nodes, **_write_common(task, outgoing), kod=kod)


def _write_common(task: Resource, outgoing: OutgoingMessage) -> dict[str, str]:
    outgoing.take_referenced(part(task, "for"), "Patient")
    take_implied(task, "intent", "order")
    identifier = part(part(task, "focus"), "identifier")
    take_implied(identifier, "system", MESSAGE_ID)
    return {"avser": take_id(identifier, "value"), "tid": take_date_or_time(task, "lastModified")}


def _write_reason(task: Resource) -> Element | None:
    return leaf("Orsak", take(part(task, "statusReason"), "text"))


def read_answer(node: Element, id_: str, incoming: IncomingMessage) -> Resource:
    """Return Svar as a Task; its owner is the sender unless SvarandeEnhet names another unit."""
    unit = child(node, "SvarandeEnhet")
    sender = reference(new_id("organization", incoming.parties.sender.organization))
    return _read_common(node, id_, incoming.patient) | present(
        {
            "status": code_of(ANSWER_STATUS, attribute(node, "status")),
            "statusReason": _read_reason(node),
            "owner": sender if unit is None else incoming.parties.reference(unit),
        }
    )


def read_report(node: Element, id_: str, incoming: IncomingMessage) -> Resource:
    """Return Leveransrapport as a failed Task; its owner is the organisation not reached."""
    missed, kod = child(node, "EjNadd"), attribute(node, "kod")
    coding = {"coding": [{"system": ERROR, "code": kod}]} if kod else {}
    return _read_common(node, id_, incoming.patient) | present(
        {
            "status": "failed",
            "statusReason": coding | _read_reason(node),
            "owner": None if missed is None else incoming.parties.reference(missed),
        }
    )


def _read_common(node: Element, id_: str, patient: Resource) -> Resource:
    return present(
        {
            "resourceType": "Task",
            "id": id_,
            "intent": "order",
            "focus": about(attribute(node, "avser")),
            "for": patient,
            "lastModified": time_or_written(node, "tid"),
        }
    )


def _read_reason(node: Element) -> Resource:
    return present({"text": text_of(child(node, "Orsak"))})
