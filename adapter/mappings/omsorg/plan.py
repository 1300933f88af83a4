"""Plan: the CarePlan, whole, in each of its states."""

from __future__ import annotations

from adapter.core.identifiers import normalised
from adapter.fhir.bundles import Resource
from adapter.mappings.omsorg import take_fields
from adapter.mappings.omsorg.code_tables import (
    ACTIVITY_STATUS,
    PLAN_CATEGORY,
    PLAN_STATUS,
    code,
    word,
)
from adapter.mappings.omsorg.outgoing_message import Source
from adapter.mappings.omsorg.parties import Parties, write_named, write_organisation
from adapter.mappings.omsorg.take_fields import fixed, part, parts, take, take_when
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    children,
    element,
    leaf,
    present,
    prose,
    token,
)

CATEGORY = "https://fhir.inera.se/CodeSystem/typeofcareplan-cs"


def write(plan: Resource, source: Source) -> Element:
    """The CarePlan as Plan."""
    source.follow(part(plan, "subject"), "Patient")
    fixed(plan, "intent", "plan")
    period = part(plan, "period")
    found = [
        *(_write_identifier(i) for i in parts(plan, "identifier")),
        *(_write_category(c) for c in parts(plan, "category")),
        leaf("Titel", take(plan, "title")),
        leaf("Beskrivning", take(plan, "description")),
        *(_write_activity(a, source) for a in parts(plan, "activity")),
        *(_write_note(n) for n in parts(plan, "note")),
    ]
    return element(
        "Plan",
        found,
        status=word(PLAN_STATUS, take(plan, "status"), "CarePlan.status"),
        upprattad=take_when(plan, "created"),
        fran=take_when(period, "start"),
        till=take_when(period, "end"),
    )


def _write_identifier(identifier: Resource) -> Element | None:
    value = take(identifier, "value", take_fields.TOKEN)
    if not value:
        return None
    return element("PlanId", text=value, system=take(identifier, "system", take_fields.URI))


def _write_category(category: Resource) -> Element | None:
    """The first coding of the national code system; others are confessed."""
    for coding in parts(category, "coding"):
        if coding.get("system") == CATEGORY:
            fixed(coding, "system", CATEGORY)
            kind = word(PLAN_CATEGORY, take(coding, "code"), "CarePlan.category")
            return leaf("Kategori", kind, namn=take(coding, "display") if kind else "")
    return None


def _write_activity(activity: Resource, source: Source) -> Element | None:
    detail = part(activity, "detail")
    if "status" not in detail:
        return None
    if detail.get("doNotPerform") is False:  # as it is where nothing is said
        del detail["doNotPerform"]
    period = part(detail, "scheduledPeriod")
    found = [
        leaf("Beskrivning", take(detail, "description")),
        *(_write_performer(p, source) for p in parts(detail, "performer")),
    ]
    return element(
        "Insats",
        found,
        status=word(ACTIVITY_STATUS, take(detail, "status"), "CarePlan.activity.detail.status"),
        fran=take_when(period, "start"),
        till=take_when(period, "end"),
    )


def _write_performer(performer: Resource, source: Source) -> Element | None:
    named = source.organisation(performer)
    if named is not None:
        return write_organisation("Ansvarig", named)
    return write_named("Ansvarig", performer)


def _write_note(note: Resource) -> Element | None:
    text = take(note, "text")
    if not text:
        return None
    time, author = take_when(note, "time"), take(note, "authorString")
    return element("Anteckning", text=text, tid=time, av=author)


def read(node: Element, id_: str, patient: Resource, parties: Parties) -> Resource:
    """Plan as CarePlan."""
    period = {"start": attribute(node, "fran"), "end": attribute(node, "till")}
    found = {
        "resourceType": "CarePlan",
        "id": id_,
        "identifier": [_read_identifier(n) for n in children(node, "PlanId")],
        "status": code(PLAN_STATUS, attribute(node, "status")),
        "intent": "plan",
        "category": [_read_category(n) for n in children(node, "Kategori")],
        "title": prose(child(node, "Titel")),
        "description": prose(child(node, "Beskrivning")),
        "subject": patient,
        "period": present(period),
        "created": attribute(node, "upprattad"),
        "activity": [_read_activity(n, parties) for n in children(node, "Insats")],
        "note": [_read_note(n) for n in children(node, "Anteckning")],
    }
    return present(found)


def _read_identifier(node: Element) -> Resource:
    return present({"system": normalised(attribute(node, "system")), "value": token(node)})


def _read_category(node: Element) -> Resource:
    category = {"system": CATEGORY, "code": code(PLAN_CATEGORY, token(node))}
    return {"coding": [present(category | {"display": str(node.get("namn", ""))})]}


def _read_activity(node: Element, parties: Parties) -> Resource:
    period = {"start": attribute(node, "fran"), "end": attribute(node, "till")}
    detail = {
        "status": code(ACTIVITY_STATUS, attribute(node, "status")),
        "scheduledPeriod": present(period),
        "performer": [parties.reference(n) for n in children(node, "Ansvarig")],
        "description": prose(child(node, "Beskrivning")),
    }
    return {"detail": present(detail)}


def _read_note(node: Element) -> Resource:
    return present(
        {
            "authorString": str(node.get("av", "")),
            "time": attribute(node, "tid"),
            "text": prose(node),
        }
    )
