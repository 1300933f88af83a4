"""Plan, to and from the CarePlan. A change sends the whole plan again."""

from __future__ import annotations

from adapter.core.errors import FatalError
from adapter.core.identifiers import normalised
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import DATA_ABSENT, extension_url
from adapter.fhir.parts import present
from adapter.mappings.omsorg import forms
from adapter.mappings.omsorg.code_tables import (
    ACTIVITY_STATUS,
    PLAN_CATEGORY,
    PLAN_STATUS,
    code_of,
    word_of,
)
from adapter.mappings.omsorg.incoming_message import IncomingMessage
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.parties import Parties, write_organisation, write_reference
from adapter.mappings.omsorg.take_fields import part, parts, take, take_date_or_time, take_implied
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    children,
    element,
    leaf,
    text_of,
    token_of,
)

_NO_HEADS: Resource = {
    "url": extension_url("main-responsible"),
    "extension": [{"url": DATA_ABSENT, "valueCode": "unsupported"}],
}
CATEGORY = "https://fhir.inera.se/CodeSystem/typeofcareplan-cs"


def write(plan: Resource, outgoing: OutgoingMessage) -> Element:
    """Return the CarePlan as Plan."""
    outgoing.take_referenced(part(plan, "subject"), "Patient")
    take_implied(plan, "intent", "plan")
    _take_no_heads(plan)
    period = part(plan, "period")
    nodes = [
        *(write_identifier(i) for i in parts(plan, "identifier")),
        *(write_category(c) for c in parts(plan, "category")),
        leaf("Titel", take(plan, "title")),
        leaf("Beskrivning", take(plan, "description")),
        *(_write_activity(a, outgoing) for a in parts(plan, "activity")),
        *(_write_note(n) for n in parts(plan, "note") if outgoing.may_show(n)),
    ]
    return element(
        "Plan",
        nodes,
        status=word_of(PLAN_STATUS, take(plan, "status"), "CarePlan.status"),
        upprattad=take_date_or_time(plan, "created"),
        fran=take_date_or_time(period, "start"),
        till=take_date_or_time(period, "end"),
    )


def _take_no_heads(plan: Resource) -> None:
    """Take the word that the source's format has no place for the heads of a SIP."""
    kept = [each for each in plan.get("extension", ()) if each != _NO_HEADS]
    if kept:
        plan["extension"] = kept
    else:
        plan.pop("extension", None)


def write_identifier(identifier: Resource) -> Element | None:
    """Return PlanId; None where the identifier has no value that it can hold."""
    value = take(identifier, "value", forms.TOKEN)
    if not value:
        return None
    return element("PlanId", text=value, system=take(identifier, "system", forms.URI))


def write_category(category: Resource) -> Element | None:
    """Return the first coding of the national code system; other codings are losses."""
    for coding in parts(category, "coding"):
        if coding.get("system") == CATEGORY:
            take_implied(coding, "system", CATEGORY)
            category_word = word_of(PLAN_CATEGORY, take(coding, "code"), "CarePlan.category")
            return leaf(
                "Kategori", category_word, namn=take(coding, "display") if category_word else ""
            )
    return None


def _write_activity(activity: Resource, outgoing: OutgoingMessage) -> Element:
    """Return an effort; FatalError where it has no place: a plan without it says another thing."""
    detail = part(activity, "detail")
    text = take(detail, "description") or take(part(detail, "code"), "text")
    if "status" not in detail or (not text and "code" in detail):
        raise FatalError("not-written", "CarePlan.activity is no detail with status and text")
    if detail.get("doNotPerform") is False:  # the default, which the element implies
        del detail["doNotPerform"]
    period = part(detail, "scheduledPeriod")
    nodes = [
        leaf("Beskrivning", text),
        *(_write_performer(p, outgoing) for p in parts(detail, "performer")),
    ]
    return element(
        "Insats",
        nodes,
        status=word_of(ACTIVITY_STATUS, take(detail, "status"), "CarePlan.activity.detail.status"),
        fran=take_date_or_time(period, "start"),
        till=take_date_or_time(period, "end"),
    )


def _write_performer(performer: Resource, outgoing: OutgoingMessage) -> Element | None:
    organisation = outgoing.take_organisation(performer)
    if organisation is not None:
        return write_organisation("Ansvarig", organisation)
    return write_reference("Ansvarig", performer)


def _write_note(note: Resource) -> Element | None:
    text = take(note, "text")
    if not text:
        return None
    time, author = take_date_or_time(note, "time"), take(note, "authorString")
    return element("Anteckning", text=text, tid=time, av=author)


def read(node: Element, id_: str, incoming: IncomingMessage) -> Resource:
    """Return Plan as a CarePlan."""
    period = {"start": attribute(node, "fran"), "end": attribute(node, "till")}
    fields = {
        "resourceType": "CarePlan",
        "id": id_,
        "identifier": [read_identifier(n) for n in children(node, "PlanId")],
        "status": code_of(PLAN_STATUS, attribute(node, "status")),
        "intent": "plan",
        "category": [read_category(n) for n in children(node, "Kategori")],
        "title": text_of(child(node, "Titel")),
        "description": text_of(child(node, "Beskrivning")),
        "subject": incoming.patient,
        "period": present(period),
        "created": attribute(node, "upprattad"),
        "activity": [_read_activity(n, incoming.parties) for n in children(node, "Insats")],
        "note": [_read_note(n) for n in children(node, "Anteckning")],
    }
    return present(fields | {"extension": _heads(fields)})


def _heads(fields: Resource) -> list[Resource]:
    """Say of a SIP that is no draft that this format has no place for its heads."""
    types = {c["code"] for each in fields["category"] for c in each["coding"]}
    is_whole = fields["status"] != "draft" and types & {"SIP", "SPLPTLRV"}
    return [_NO_HEADS] if is_whole else []


def read_identifier(node: Element) -> Resource:
    """Return PlanId as an identifier."""
    return present({"system": normalised(attribute(node, "system")), "value": token_of(node)})


def read_category(node: Element) -> Resource:
    """Return Kategori as a category."""
    category = {"system": CATEGORY, "code": code_of(PLAN_CATEGORY, token_of(node))}
    return {"coding": [present(category | {"display": str(node.get("namn", ""))})]}


def _read_activity(node: Element, parties: Parties) -> Resource:
    period = {"start": attribute(node, "fran"), "end": attribute(node, "till")}
    detail = {
        "status": code_of(ACTIVITY_STATUS, attribute(node, "status")),
        "scheduledPeriod": present(period),
        "performer": [parties.reference(n) for n in children(node, "Ansvarig")],
        "description": text_of(child(node, "Beskrivning")),
    }
    return {"detail": present(detail)}


def _read_note(node: Element) -> Resource:
    return present(
        {
            "authorString": str(node.get("av", "")),
            "time": attribute(node, "tid"),
            "text": text_of(node),
        }
    )
