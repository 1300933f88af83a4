"""What a whole object can have wrong: an element that it lacks and that is wrong; a broken rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapter.fhir.r4_types import Element, shape
from tests.kit.mutants.element_mutations import Mutation
from tests.kit.mutants.wrong_values import NARRATIVES, SOUND, WRONG

_RULES: dict[str, dict[str, Any]] = {
    "Period": {"reversed": {"start": "2026-03-02", "end": "2026-03-01"}},
    "Identifier": {"period-reversed": {"period": {"start": "2026-03", "end": "2026-02"}}},
    "HumanName": {"period-reversed": {"period": {"start": "2026-03", "end": "2026-02"}}},
    "ContactPoint": {"no-system": {"system": None, "value": "1"}},
    "Attachment": {"no-type": {"contentType": None, "data": "YQ=="}},
    "Quantity": {"no-system": {"system": None, "code": "kg"}, "odd-sign": {"comparator": "=="}},
    "Patient": {
        "contact-alone": {"contact": [{"gender": "male"}]},
        "two-deaths": {"deceasedBoolean": True, "deceasedDateTime": "2026-01-01"},
        "two-births": {"multipleBirthBoolean": True, "multipleBirthInteger": 2},
        "link-alone": {"link": [{"type": "refer"}]},
    },
    "Organization": {
        "nameless": {"name": None, "identifier": None},
        "home": {"address": [{"use": "home", "city": "x"}]},
        "home-telephone": {"telecom": [{"use": "home", "system": "phone", "value": "1"}]},
    },
    "CarePlan": {
        "effort-twice": {"activity": [{"detail": {"status": "unknown"}, "reference": {"id": "a"}}]},
        "effort-without-status": {"activity": [{"detail": {"description": "x"}}]},
        "range-reversed": {
            "activity": [{"detail": {"status": "unknown", "quantity": {"code": "1"}}}]
        },
        "repeat-without-unit": {
            "activity": [
                {"detail": {"status": "unknown", "scheduledTiming": {"repeat": {"period": 1}}}}
            ]
        },
        "repeat-below-zero": {
            "activity": [
                {
                    "detail": {
                        "status": "unknown",
                        "scheduledTiming": {"repeat": {"period": -1, "periodUnit": "d"}},
                    }
                }
            ]
        },
    },
    "Task": {
        "times-reversed": {"authoredOn": "2026-03-02", "lastModified": "2026-03-01"},
        "input-without-type": {"input": [{"valueString": "x"}]},
        "input-without-value": {"input": [{"type": {"text": "x"}}]},
        "output-twice": {"output": [{"type": {"text": "x"}, "valueString": "x", "valueCode": "x"}]},
    },
    "Consent": {
        "without-policy": {"policy": None, "policyRule": None},
        "no-verification": {"verification": [{"verificationDate": "2026-01-01"}]},
    },
    "Encounter": {
        "history-without-period": {"statusHistory": [{"status": "planned"}]},
        "class-history-alone": {"classHistory": [{"class": {"code": "IMP"}}]},
        "place-alone": {"location": [{"status": "active"}]},
        "length-without-unit": {"length": {"value": 1, "code": "d"}},
        "length-of-other-system": {"length": {"value": 1, "code": "d", "system": "urn:x"}},
    },
    "MessageHeader": {
        "response-alone": {"response": {"code": "ok"}},
        "response-odd": {"response": {"identifier": "1", "code": "AA"}},
        "response-id": {"response": {"identifier": "a b", "code": "ok"}},
        "target-without-endpoint": {"destination": [{"name": "x"}]},
        "event-twice": {"eventUri": "https://a.example/x", "eventCoding": {"code": "x"}},
    },
}
"""By type: changes that break an invariant, a cardinality or a choice of R4; None removes."""
_ABSENT_VALUES = ("wrong-json", "wrong-text", "unknown-code", "foreign-type", "empty")


def of_object(node: dict[str, Any], type_: str) -> Iterator[Mutation]:
    """Yield each mutation of an object as a whole; the names begin with an element's, or a rule."""
    for name, change in _RULES.get(type_, {}).items():
        yield name, {k: v for k, v in (node | change).items() if v is not None}
    for key, element in shape(type_).elements.items():
        if key not in node and not key.startswith("_") and element.choice not in _choices(node):
            for name, value in _added(element):
                yield f"{key}-{name}", node | {key: [value] if element.repeats else value}


def _choices(node: dict[str, Any]) -> set[str]:
    """The names of the choices that an object has made, such as `value`."""
    stems = ("value", "deceased", "event", "multipleBirth", "product", "scheduled", "content")
    return {stem for stem in stems for key in node if key.startswith(stem)}


def _added(element: Element) -> Iterator[Mutation]:
    """Wrong values for an element that the object does not have."""
    yield "empty", "" if element.accepts else {}
    yield "of-json", 7 if element.kind not in ("integer", "decimal", "positiveInt") else "x"
    wrong = WRONG.get(element.kind, {})
    yield from [*wrong.items()][:3]
    if element.codes and element.accepts:
        yield "unknown-code", "nonsense"
    elif element.codes:
        coding = {"system": "https://a.example/x", "code": "nonsense"}
        yield "unknown-code", {"coding": [coding]} if element.kind == "CodeableConcept" else coding
    if element.kind == "Reference" and element.targets:
        foreign = next(t for t in ("Slot", "Patient", "Account") if t not in element.targets)
        yield "foreign-type", {"reference": f"{foreign}/1"}
    if element.choice and element.kind in SOUND:
        yield "sound", SOUND[element.kind]


def of_resource(node: dict[str, Any]) -> Iterator[Mutation]:
    """Yield each mutation of what all resources have: type, narrative, contained, meta."""
    rest = {k: v for k, v in node.items() if k != "resourceType"}
    yield "no-resource-type", rest
    yield "resource-type-number", rest | {"resourceType": 3}
    yield "resource-type-unknown", rest | {"resourceType": "Ward"}
    yield "resource-type-abstract", rest | {"resourceType": "DomainResource"}
    yield "resource-type-of-r4b", rest | {"resourceType": "NutritionProduct"}
    yield "resource-type-other", rest | {"resourceType": "Slot"}
    yield "comments", node | {"fhir_comments": ["x"]}
    for name, value in WRONG["id"].items():
        yield f"id-{name}", node | {"id": value}
    for name, value in (("language", "sv "), ("implicitRules", "a b"), ("implicitRules", 3)):
        yield f"{name}-{type(value).__name__}", node | {name: value}
    for name, meta in _METAS.items():
        yield f"meta-{name}", node | {"meta": meta}
    if node["resourceType"] not in ("Bundle", "Parameters", "Binary"):
        yield from _of_domain_resource(node)


_RESTRICTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality",
    "code": "R",
}
_PROTECTED = {
    "system": "http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel",
    "code": "sekretessmarkering",
}
_OF_A_PERSON = ("Patient", "Encounter", "Task")
_METAS: dict[str, Any] = {
    "version": {"versionId": "a b"},
    "updated": {"lastUpdated": "2026-01-01"},
    "profile": {"profile": ["a b"]},
    "profile-alone": {"profile": "https://a.example/x"},
    "security-alone": {"security": {"code": "x"}},
    "tag-empty": {"tag": [{}]},
    "source": {"source": "a b"},
    "unknown": {"ward": "x"},
}


def _of_domain_resource(node: dict[str, Any]) -> Iterator[Mutation]:
    for name, div in NARRATIVES.items():
        yield f"narrative-{name}", node | {"text": {"status": "generated", "div": div}}
    yield "narrative-without-div", node | {"text": {"status": "generated"}}
    yield "narrative-without-status", node | {"text": {"div": _div("y")}}
    yield "narrative-odd-status", node | {"text": {"status": "odd", "div": _div("y")}}
    inner = {"resourceType": "Basic", "id": "inner", "code": {"text": "x"}}
    link = {"url": "urn:x", "valueReference": {"reference": "#inner"}}
    for name, contained, links in (
        ("unused", [inner], []),
        ("without-id", [{"resourceType": "Basic", "code": {"text": "x"}}], []),
        ("without-type", [{"id": "inner"}], [link]),
        ("unknown-type", [{"resourceType": "Ward", "id": "inner"}], [link]),
        ("incomplete", [{"resourceType": "Basic", "id": "inner"}], [link]),
        ("nested", [inner | {"contained": [inner | {"id": "deep"}]}], [link]),
        ("version", [inner | {"meta": {"versionId": "1"}}], [link]),
        ("updated", [inner | {"meta": {"lastUpdated": SOUND["instant"]}}], [link]),
        ("twice", [inner, inner], [link]),
        ("labelled", [inner | {"meta": {"security": [_RESTRICTED]}}], [link]),
        ("number", [7], []),
        ("object", inner, [link]),
        ("gone", [], [link]),
    ):
        extension = [*node.get("extension", ()), *links]
        more = {"extension": extension} if extension else {}
        yield f"contained-{name}", node | {"contained": contained} | more
    if node["resourceType"] in _OF_A_PERSON:
        protected = inner | {"meta": {"security": [_PROTECTED]}}
        more = {"contained": [protected], "extension": [*node.get("extension", ()), link]}
        yield "contained-protected", node | more
    yield "contained-absent", node | {"extension": [*node.get("extension", ()), link]}


def _div(text: str) -> str:
    return f'<div xmlns="http://www.w3.org/1999/xhtml">{text}</div>'
