"""Vardtillfalle, to and from the Encounter of an encounter event, as it is after the event."""

from __future__ import annotations

from adapter.core.identifiers import hsa_id, is_hsa
from adapter.core.model import Bundle
from adapter.fhir.builders import extension, organization, reference
from adapter.fhir.bundles import Resource, focus
from adapter.fhir.canonical import VISIT
from adapter.fhir.parts import ACT_CODE, assessment_extension, present, visit_identifiers
from adapter.fhir.rewriting import with_organization, with_resource
from adapter.mappings.omsorg import forms
from adapter.mappings.omsorg.code_tables import (
    ENCOUNTER_CLASS,
    ENCOUNTER_STATUS,
    NEED,
    code_of,
    word_of,
)
from adapter.mappings.omsorg.incoming_message import IncomingMessage
from adapter.mappings.omsorg.outgoing_message import OutgoingMessage
from adapter.mappings.omsorg.parties import (
    logical_reference,
    write_organisation,
    write_reference,
)
from adapter.mappings.omsorg.take_fields import (
    part,
    parts,
    take,
    take_boolean,
    take_date_or_time,
    take_extension,
    take_implied,
    take_unknown,
)
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    children,
    element,
    leaf,
    local_name,
    text_of,
    token_of,
)

_DISPLAYS = {
    "IMP": "inpatient encounter",
    "AMB": "ambulatory",
}  # texts that add nothing to the code


def write(encounter: Resource, outgoing: OutgoingMessage) -> Element:
    """Return the Encounter as Vardtillfalle."""
    outgoing.take_referenced(part(encounter, "subject"), "Patient")
    period = part(encounter, "period")
    nodes = [
        _write_provider(part(encounter, "serviceProvider"), outgoing),
        *(_write_ward(place) for place in parts(encounter, "location")),
        _write_leave(part(take_extension(encounter, "leave"), "valuePeriod")),
        _write_assessment(take_extension(encounter, "assessment")),
    ]
    return element(
        "Vardtillfalle",
        nodes,
        status=word_of(ENCOUNTER_STATUS, take(encounter, "status"), "Encounter.status"),
        vardform=_write_class(part(encounter, "class")),
        nummer=_write_visit(encounter),
        inskriven=take_date_or_time(period, "start"),
        utskriven=take_date_or_time(period, "end"),
        beraknadUtskrivning=_write_when(encounter, "planned-discharge"),
        utskrivningsklar=_write_when(encounter, "discharge-ready"),
    )


def _write_provider(provider: Resource, outgoing: OutgoingMessage) -> Element | None:
    """Return Vardgivare, with one number or mail address of its Organization."""
    resource = outgoing.referenced(provider)
    node = write_organisation("Vardgivare", outgoing.take_organisation(provider))
    telecom = next(iter(parts(resource, "telecom")), {})
    if node is not None and telecom.get("system") == _contact_system(telecom.get("value")):
        contact = take(telecom, "value", forms.TOKEN)
        if contact:
            del telecom["system"]
            node.set("kontakt", contact)
    return node


def _contact_system(contact: object) -> str:
    """Return the R4 ContactPointSystem of a number or mail address."""
    return "email" if "@" in str(contact) else "phone"


def _write_when(encounter: Resource, name: str) -> str:
    extension_ = take_extension(encounter, name)
    take_unknown(extension_)
    return take_date_or_time(extension_, "valueDateTime")


def _write_class(coding: Resource) -> str:
    """Return the word of HL7's class. Another class is a loss: it must not stop a notice."""
    if coding.get("system") != ACT_CODE or coding.get("code") not in ENCOUNTER_CLASS:
        return ""
    take_implied(coding, "system", ACT_CODE)
    code = take(coding, "code")
    take_implied(coding, "display", _DISPLAYS.get(code, ""))
    return ENCOUNTER_CLASS[code]


def _write_visit(encounter: Resource) -> str:
    for identifier in parts(encounter, "identifier"):
        if identifier.get("system") == VISIT and (value := take(identifier, "value", forms.TOKEN)):
            take_implied(identifier, "system", VISIT)
            return value
    return ""


def _write_ward(place: Resource) -> Element | None:
    return write_reference("Avdelning", part(place, "location"))


def _write_leave(period: Resource) -> Element | None:
    start, end = (take_date_or_time(period, key) for key in ("start", "end"))
    return element("Permission", fran=start, till=end) if start or end else None


def _write_assessment(assessment: Resource) -> Element | None:
    if not assessment:
        return None
    parts_ = parts(assessment, "extension")
    needs = [leaf("Behov", _write_need(p)) for p in parts_ if p.get("url") == "need"]
    units = [leaf("Enhet", _write_unit(p)) for p in parts_ if p.get("url") == "unit"]
    times = [
        _take_url(p, take_date_or_time(p, "valueDateTime"))
        for p in parts_
        if p.get("url") == "assessed"
    ]
    flags = [
        _take_url(p, take_boolean(p, "valueBoolean")) for p in parts_ if p.get("url") == "withdrawn"
    ]
    attributes = {"tid": "".join(times[:1]), "aterkallad": "".join(flags[:1])}
    return element("Bedomning", [*needs, *units], **attributes)


def _take_url(part_: Resource, value: str) -> str:
    """Take the url of a part whose value was taken; return the value."""
    if value:
        del part_["url"]
    return value


def _write_need(part_: Resource) -> str:
    need = take(part_, "valueCode")
    del part_["url"]
    return word_of(NEED, need, "Encounter.extension('assessment').extension('need').value")


def _write_unit(part_: Resource) -> str:
    identifier = part(part_, "valueIdentifier")
    value = take(identifier, "value", forms.HSA_ID)
    if value:
        del part_["url"]
    if is_hsa(str(identifier.get("system", ""))):
        del identifier["system"]
    return hsa_id(value)


def read(node: Element, id_: str, incoming: IncomingMessage) -> Resource:
    """Return Vardtillfalle as an Encounter."""
    provider = child(node, "Vardgivare")
    period = {"start": attribute(node, "inskriven"), "end": attribute(node, "utskriven")}
    fields = {
        "resourceType": "Encounter",
        "id": id_,
        "extension": _read_extensions(node),
        "identifier": visit_identifiers(attribute(node, "nummer")),
        "status": code_of(ENCOUNTER_STATUS, attribute(node, "status")),
        "class": _read_class(attribute(node, "vardform")),
        "subject": incoming.patient,
        "period": present(period),
        "location": [{"location": logical_reference(n)} for n in children(node, "Avdelning")],
        "serviceProvider": None if provider is None else incoming.parties.reference(provider),
    }
    return present(fields)


def _read_class(word: str) -> Resource:
    return {"system": ACT_CODE, "code": code_of(ENCOUNTER_CLASS, word) or "IMP"}


def _read_extensions(node: Element) -> list[Resource]:
    planned, ready = (attribute(node, n) for n in ("beraknadUtskrivning", "utskrivningsklar"))
    leave, judged = child(node, "Permission"), child(node, "Bedomning")
    extensions = [
        extension("planned-discharge", "DateTime", planned) if planned else None,
        extension("discharge-ready", "DateTime", ready) if ready else None,
        None if leave is None else extension("leave", "Period", _read_period(leave)),
        None if judged is None else _read_assessment(judged),
    ]
    return [e for e in extensions if e]


def _read_period(node: Element) -> Resource:
    return present({"start": attribute(node, "fran"), "end": attribute(node, "till")})


def _read_assessment(node: Element) -> Resource:
    withdrawn = attribute(node, "aterkallad")
    return assessment_extension(
        needs=[code_of(NEED, token_of(n)) for n in children(node, "Behov")],
        assessed=attribute(node, "tid"),
        units=[hsa_id(text_of(n)) for n in children(node, "Enhet")],
        withdrawn=withdrawn == "true" if withdrawn else None,
    )


def with_contact(bundle: Bundle, node: Element, others: list[Resource]) -> Bundle:
    """Return the message with the contact of Vardgivare, in an Organization that it refers to.

    `others` are further contact ways.
    """
    provider, stay = child(node, "Vardgivare"), focus(bundle)
    if provider is None or stay is None or local_name(node) != "Vardtillfalle":
        return bundle
    contact = attribute(provider, "kontakt")
    first = [{"system": _contact_system(contact), "value": contact}] if contact else []
    telecom = [*first, *others]
    if not telecom:
        return bundle
    known = organization(hsa_id(attribute(provider, "hsaId")), text_of(provider))
    named = with_resource(bundle, stay | {"serviceProvider": reference(known["id"])})
    return with_organization(named, known | {"telecom": telecom})
