"""Svar (a person's answer) and Leveransrapport (what we could not deliver): both a Task."""

from __future__ import annotations

from adapter.core.errors import FatalError
from adapter.fhir.builders import about, new_id, reference
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import ERROR, MESSAGE_ID
from adapter.mappings.omsorg import take_fields
from adapter.mappings.omsorg.code_tables import ANSWER_STATUS, code, word
from adapter.mappings.omsorg.outgoing_message import Source
from adapter.mappings.omsorg.parties import Parties, write_organisation
from adapter.mappings.omsorg.take_fields import fixed, part, parts, take, take_id, take_when
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    element,
    happened,
    leaf,
    present,
    prose,
)


def write_answer(task: Resource, source: Source) -> Element:
    """The Task as Svar."""
    unit = source.other_than_sender(part(task, "owner"))
    found = [write_organisation("SvarandeEnhet", unit), _write_reason(task)]
    status = word(ANSWER_STATUS, take(task, "status"), "Task.status")
    return element("Svar", found, **_write_common(task, source), status=status)


def write_report(task: Resource, source: Source) -> Element:
    """The failed Task as Leveransrapport."""
    if task.get("status") != "failed":
        raise FatalError("not-written", "Task.status of a delivery report is not failed")
    fixed(task, "status", "failed")
    missed = source.organisation(part(task, "owner"))
    coding = next(iter(parts(part(task, "statusReason"), "coding")), {})
    fixed(coding, "system", ERROR)
    kod = take(coding, "code", take_fields.CODE)
    found = [write_organisation("EjNadd", missed), _write_reason(task)]
    return element("Leveransrapport", found, **_write_common(task, source), kod=kod)


def _write_common(task: Resource, source: Source) -> dict[str, str]:
    source.follow(part(task, "for"), "Patient")
    fixed(task, "intent", "order")
    identifier = part(part(task, "focus"), "identifier")
    fixed(identifier, "system", MESSAGE_ID)
    return {"avser": take_id(identifier, "value"), "tid": take_when(task, "lastModified")}


def _write_reason(task: Resource) -> Element | None:
    return leaf("Orsak", take(part(task, "statusReason"), "text"))


def read_answer(node: Element, id_: str, patient: Resource, parties: Parties) -> Resource:
    """Svar as Task; the sender owns it unless it says otherwise."""
    unit = child(node, "SvarandeEnhet")
    sender = reference(new_id("organization", parties.sender.organization))
    return _read(node, id_, patient) | present(
        {
            "status": code(ANSWER_STATUS, attribute(node, "status")),
            "statusReason": _read_reason(node),
            "owner": sender if unit is None else parties.reference(unit),
        }
    )


def read_report(node: Element, id_: str, patient: Resource, parties: Parties) -> Resource:
    """Leveransrapport as a failed Task, owned by the organisation that was not reached."""
    missed, kod = child(node, "EjNadd"), attribute(node, "kod")
    coding = {"coding": [{"system": ERROR, "code": kod}]} if kod else {}
    return _read(node, id_, patient) | present(
        {
            "status": "failed",
            "statusReason": coding | _read_reason(node),
            "owner": None if missed is None else parties.reference(missed),
        }
    )


def _read(node: Element, id_: str, patient: Resource) -> Resource:
    return present(
        {
            "resourceType": "Task",
            "id": id_,
            "intent": "order",
            "focus": about(attribute(node, "avser")),
            "for": patient,
            "lastModified": happened(node, "tid"),
        }
    )


def _read_reason(node: Element) -> Resource:
    return present({"text": prose(child(node, "Orsak"))})
