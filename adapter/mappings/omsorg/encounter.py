"""Vardtillfalle: the Encounter of every encounter event, as it now is."""

from __future__ import annotations

from typing import Any

from adapter.core.identifiers import HSA, hsa_id, is_hsa
from adapter.fhir.builders import extension as our_extension
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import VISIT
from adapter.mappings.omsorg import take_fields
from adapter.mappings.omsorg.code_tables import ENCOUNTER_CLASS, ENCOUNTER_STATUS, NEED, code, word
from adapter.mappings.omsorg.outgoing_message import Source
from adapter.mappings.omsorg.parties import Parties, named, write_named, write_organisation
from adapter.mappings.omsorg.take_fields import extension, fixed, part, parts, take, take_when
from adapter.mappings.omsorg.xml_elements import (
    Element,
    attribute,
    child,
    children,
    element,
    filled,
    leaf,
    present,
    prose,
    token,
)

ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_DISPLAYS = {"IMP": "inpatient encounter", "AMB": "ambulatory"}  # no more than the code says


def write(encounter: Resource, source: Source) -> Element:
    """The Encounter as Vardtillfalle."""
    source.follow(part(encounter, "subject"), "Patient")
    period = part(encounter, "period")
    provider = source.organisation(part(encounter, "serviceProvider"))
    found = [
        write_organisation("Vardgivare", provider),
        *(_write_ward(place) for place in parts(encounter, "location")),
        _write_leave(part(extension(encounter, "leave"), "valuePeriod")),
        _write_assessment(extension(encounter, "assessment")),
    ]
    return element(
        "Vardtillfalle",
        found,
        status=word(ENCOUNTER_STATUS, take(encounter, "status"), "Encounter.status"),
        vardform=_write_class(part(encounter, "class")),
        nummer=_write_visit(encounter),
        inskriven=take_when(period, "start"),
        utskriven=take_when(period, "end"),
        beraknadUtskrivning=_write_when(encounter, "planned-discharge"),
        utskrivningsklar=_write_when(encounter, "discharge-ready"),
    )


def _write_when(encounter: Resource, name: str) -> str:
    return take_when(extension(encounter, name), "valueDateTime")


def _write_class(coding: Resource) -> str:
    """The class, where it is one of HL7's; another is confessed, since a notice must go."""
    if coding.get("system") != ACT_CODE or coding.get("code") not in ENCOUNTER_CLASS:
        return ""
    fixed(coding, "system", ACT_CODE)
    code_ = take(coding, "code")
    fixed(coding, "display", _DISPLAYS.get(code_, ""))
    return ENCOUNTER_CLASS[code_]


def _write_visit(encounter: Resource) -> str:
    for identifier in parts(encounter, "identifier"):
        if identifier.get("system") == VISIT and (
            value := take(identifier, "value", take_fields.TOKEN)
        ):
            fixed(identifier, "system", VISIT)
            return value
    return ""


def _write_ward(place: Resource) -> Element | None:
    return write_named("Avdelning", part(place, "location"))


def _write_leave(period: Resource) -> Element | None:
    return filled("Permission", fran=take_when(period, "start"), till=take_when(period, "end"))


def _write_assessment(found: Resource) -> Element | None:
    if not found:
        return None
    parts_ = parts(found, "extension")
    needs = [leaf("Behov", _write_need(p)) for p in parts_ if p.get("url") == "need"]
    units = [leaf("Enhet", _write_unit(p)) for p in parts_ if p.get("url") == "unit"]
    times = [_taken(p, "DateTime") for p in parts_ if p.get("url") == "assessed"]
    flags = [_taken(p, "Boolean") for p in parts_ if p.get("url") == "withdrawn"]
    attributes = {"tid": "".join(times[:1]), "aterkallad": "".join(flags[:1])}
    return element("Bedomning", [*needs, *units], **attributes)


def _taken(found: Resource, type_: str) -> str:
    takers = {"DateTime": take_when, "Boolean": take_fields.take_flag}
    value = takers[type_](found, f"value{type_}")
    if value:
        del found["url"]
    return value


def _write_need(found: Resource) -> str:
    need = take(found, "valueCode")
    del found["url"]
    return word(NEED, need, "Encounter.extension('assessment').extension('need').value")


def _write_unit(found: Resource) -> str:
    identifier = part(found, "valueIdentifier")
    value = take(identifier, "value", take_fields.HSA_ID)
    if value:
        del found["url"]
    if is_hsa(str(identifier.get("system", ""))):
        del identifier["system"]
    return hsa_id(value)


def read(node: Element, id_: str, patient: Resource, parties: Parties) -> Resource:
    """Vardtillfalle as Encounter."""
    provider = child(node, "Vardgivare")
    period = {"start": attribute(node, "inskriven"), "end": attribute(node, "utskriven")}
    found = {
        "resourceType": "Encounter",
        "id": id_,
        "extension": _read_extensions(node),
        "identifier": _read_visit(attribute(node, "nummer")),
        "status": code(ENCOUNTER_STATUS, attribute(node, "status")),
        "class": _read_class(attribute(node, "vardform")),
        "subject": patient,
        "period": present(period),
        "location": [{"location": named(n)} for n in children(node, "Avdelning")],
        "serviceProvider": None if provider is None else parties.reference(provider),
    }
    return present(found)


def _read_class(word_: str) -> Resource:
    return {"system": ACT_CODE, "code": code(ENCOUNTER_CLASS, word_) or "IMP"}


def _read_visit(number: str) -> list[Resource]:
    return [{"system": VISIT, "value": number}] if number else []


def _read_extensions(node: Element) -> list[Resource]:
    planned, ready = (attribute(node, n) for n in ("beraknadUtskrivning", "utskrivningsklar"))
    leave, judged = child(node, "Permission"), child(node, "Bedomning")
    found = [
        our_extension("planned-discharge", "DateTime", planned) if planned else None,
        our_extension("discharge-ready", "DateTime", ready) if ready else None,
        None if leave is None else our_extension("leave", "Period", _read_period(leave)),
        None if judged is None else _read_assessment(judged),
    ]
    return [one for one in found if one]


def _read_period(node: Element) -> Resource:
    return present({"start": attribute(node, "fran"), "end": attribute(node, "till")})


def _read_assessment(node: Element) -> Resource:
    assessed, withdrawn = attribute(node, "tid"), attribute(node, "aterkallad")
    needs = [code(NEED, token(n)) for n in children(node, "Behov")]
    units = [{"system": HSA, "value": hsa_id(prose(n))} for n in children(node, "Enhet")]
    found: list[dict[str, Any]] = [{"url": "need", "valueCode": need} for need in needs]
    found += [{"url": "assessed", "valueDateTime": assessed}] if assessed else []
    found += [{"url": "unit", "valueIdentifier": unit} for unit in units]
    found += [{"url": "withdrawn", "valueBoolean": withdrawn == "true"}] if withdrawn else []
    url = our_extension("assessment", "Boolean", withdrawn)["url"]
    return {"url": url, "extension": found}
