"""R4 (4.0.1), not R4B, and all of R4: by HL7's definitions, compiled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from adapter import fhir
from adapter.core.model import Event
from adapter.fhir import r4_types
from adapter.fhir.r4_rules import INVARIANTS
from tests.kit import oracle
from tests.kit.fhir_fixtures import usual
from tools.r4_definitions.package import read
from tools.r4_definitions.text import FILE, text

PACKAGE = Path(__file__).resolve().parents[3] / "npmdef" / "package"
LINKS = {"bdl", "dom", "ref", "ele", "txt"}  # entries.py, contained.py, references.py, walk.py


def bundle_of(*found: Any) -> Any:
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": r} for r in found],
    }


def told(bundle: Any) -> list[tuple[str, str]]:
    return [(i.code, i.expression) for i in fhir.check_structure(bundle)]


def basic(**more: Any) -> Any:
    return {"resourceType": "Basic", "code": {"text": "x"}} | more


WHY = {"extension": [{"url": "urn:why", "valueCode": "unknown"}]}
NOWHERE = "urn:uuid:00000000-0000-4000-8000-000000000001"


def styled(style: str) -> Any:
    """A Narrative with a style."""
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p style="{style}">y</p></div>'
    return {"status": "generated", "div": div}


@oracle.needs_schemas
def test_the_elements_are_those_of_the_schemas_of_hl7() -> None:
    """The schemas alone give types inside data types a modifierExtension."""
    facts = r4_types._definitions()["types"]

    def differ(path: str, schema_type: str) -> list[str]:
        attributes, elements = oracle.definition(schema_type)
        theirs = {name for name, _ in elements} | attributes
        more = theirs.symmetric_difference(facts[path]) - {"modifierExtension"}
        below = [d for n, k in elements if f"{path}.{n}" in facts for d in differ(f"{path}.{n}", k)]
        return [*(f"{path}.{name}" for name in sorted(more)), *below]

    tops = [type_ for type_ in facts if "." not in type_]
    assert [d for type_ in tops for d in differ(type_, type_)] == []
    assert len(tops) > 180


@pytest.mark.skipif(not PACKAGE.is_dir(), reason="the npm package is not unpacked beside us")
def test_the_compiled_file_is_what_the_tool_makes() -> None:
    assert FILE.read_text(encoding="utf-8") == text(read(PACKAGE))


@pytest.mark.parametrize("type_", ["NutritionProduct", "Citation", "Ingredient"])
def test_a_type_of_r4b_is_no_type_of_r4(type_: str) -> None:
    found = told(bundle_of({"resourceType": type_}))
    assert found == [("unknown-resource-type", "Bundle.entry[0].resource")]


def test_an_element_of_r4b_is_no_element_of_r4() -> None:
    extension = {"url": "urn:x", "valueRatioRange": {"lowNumerator": {"value": 1}}}
    found = told(bundle_of(basic(extension=[extension])))
    assert ("invalid-structure", "Basic.extension[0]") in found


def test_a_type_that_r4b_dropped_is_checked() -> None:
    found = told(bundle_of({"resourceType": "SubstancePolymer", "class": 3}))
    assert found == [("invalid-structure", "SubstancePolymer.class")]


@pytest.mark.parametrize("inner", [{"resourceType": "MedicationRequest", "id": "m"}])
def test_a_missing_choice_in_a_contained_resource_is_an_issue(inner: Any) -> None:
    outer = basic(contained=[inner], subject={"reference": "#m"})
    found = told(bundle_of(outer))
    assert ("required", "Basic.contained[0].medication") in found
    nested = bundle_of(bundle_of(inner))
    assert ("required", "MedicationRequest.medication") in told(nested)


def test_an_extension_stands_for_the_value_of_a_choice() -> None:
    unknown = {"extension": [{"url": "urn:absent", "valueCode": "unknown"}]}
    payload = [{"_contentString": unknown}]
    message = {"resourceType": "Communication", "status": "completed", "payload": payload}
    assert told(bundle_of(message)) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"extension": [{"url": "u"}]}, "Basic.extension[0]"),
        ({"subject": {"reference": "#gone"}}, "Basic.subject"),
        ({"author": {"reference": "Encounter/1"}}, "Basic.author"),
        ({"contained": [basic(id="a")]}, "Basic.contained[0]"),
        ({"contained": [basic(id="a", meta={"versionId": "1"})], "subject": {"reference": "#a"}},
         "Basic.contained[0].meta.versionId"),
        ({"contained": [basic(id="a", contained=[basic()])], "subject": {"reference": "#a"}},
         "Basic.contained[0].contained"),
        ({"text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>"
                   "<script>x</script>y</div>"}}, "Basic.text"),
        ({"text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>"
                   "<p onclick='x'>y</p></div>"}}, "Basic.text"),
        ({"text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>"
                   "<a href='javascript:x'>y</a></div>"}}, "Basic.text"),
        ({"text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>"
                   "<img src='https://foreign.example/x.png'/></div>"}}, "Basic.text"),
        ({"text": {"status": "generated", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>"
                   "<img src='//foreign.example/x.png'/></div>"}}, "Basic.text"),
        ({"extension": [{"url": "urn:x", "valueMarkdown": " \n "}]},
         "Basic.extension[0].value"),
        ({"author": {"type": "Ward", "display": "x"}}, "Basic.author"),
        ({"author": {"reference": "Ward/1"}}, "Basic.author"),
        ({"author": {"id": "a"}}, "Basic.author"),
        ({"code": {"text": " \n"}}, "Basic.code.text"),
        ({"text": {"status": "generated", "_div": {"id": "a"}}}, "Basic.text"),
        ({"_id": {"extension": [{"url": "urn:x", "valueCode": "a"}]}}, "Basic"),
        ({"extension": [{"url": "urn:x", "_url": {"id": "a"}, "valueCode": "a"}]},
         "Basic.extension[0]"),
        ({"contained": [basic(id="a", meta={"security": [{"system": "urn:x", "code": "R"}]})],
          "subject": {"reference": "#a"}}, "Basic.contained[0].meta.security"),
        ({"text": styled("color:u\\72l(https://foreign.example/x)")}, "Basic.text"),
        ({"text": styled("color:\\u\\000072 l(https://foreign.example/x)")}, "Basic.text"),
        ({"text": styled("x:'/*';color:url(x);y:'*/'")}, "Basic.text"),
        ({"text": styled("color:expr/* */ession(x)")}, "Basic.text"),
        ({"text": styled("background:image-set('https://foreign.example/x' 1x)")}, "Basic.text"),
        ({"author": {"reference": NOWHERE}}, "Basic.author"),
        ({"author": {"reference": "urn:oid:1.2.752.99"}}, "Basic.author"),
        ({"author": {"reference": NOWHERE, "identifier": {"value": "1"}}}, "Basic.author"),
        ({"extension": [{"url": "urn:x", "valueReference": {"reference": NOWHERE}}]},
         "Basic.extension[0].value"),
        ({"contained": [basic(id="a", author={"reference": NOWHERE})],
          "subject": {"reference": "#a"}}, "Basic.contained[0].author"),
        ({"contained": [basic(id="a"), basic(id="b"), basic(id="a")],
          "extension": [{"url": "urn:x", "valueReference": {"reference": f"#{id_}"}}
                        for id_ in "ab"]}, "Basic.contained[2].id"),
        ({"implicitRules": "a b"}, "Basic.implicitRules"),
        ({"implicitRules": "urn:uuid:1"}, "Basic.implicitRules"),
        ({"id": "a_b"}, "Basic.id"),
        ({"language": "sv "}, "Basic.language"),
        ({"identifier": [{"value": "\u0001"}]}, "Basic.identifier[0].value"),
        ({"identifier": [{"value": "1", "period": {"start": "2026-02", "end": "2026-01"}}]},
         "Basic.identifier[0].period"),
    ],
)  # fmt: skip
def test_a_rule_of_r4_is_told_at_its_place(change: Any, place: str) -> None:
    assert place in {expression for _, expression in told(bundle_of(basic(**change)))}


@pytest.mark.parametrize(
    ("resource", "place"),
    [
        ({"resourceType": "Patient", "contact": [{"gender": "male"}]}, "Patient.contact[0]"),
        ({"resourceType": "CarePlan", "status": "active", "intent": "plan",
          "subject": {"reference": "Patient/1"},
          "activity": [{"detail": {"status": "completed"}, "reference": {"display": "x"}}]},
         "CarePlan.activity[0]"),
        ({"resourceType": "Task", "status": "requested", "intent": "order",
          "authoredOn": "2026-02-02", "lastModified": "2026-02-01"}, "Task"),
        ({"resourceType": "Appointment", "status": "booked",
          "participant": [{"status": "accepted", "actor": {"display": "x"}}]}, "Appointment"),
        ({"resourceType": "CareTeam", "participant": [
            {"member": {"reference": "Patient/1"}, "onBehalfOf": {"display": "x"}}]},
         "CareTeam.participant[0].onBehalfOf"),
        ({"resourceType": "Observation", "status": "odd", "code": {"text": "x"}},
         "Observation.status"),
    ],
)  # fmt: skip
def test_a_rule_of_a_resource_is_told(resource: Any, place: str) -> None:
    assert [expression for _, expression in told(bundle_of(resource))] == [place]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"request": {"method": "GET", "url": "x"}}, "Bundle.entry[0].request"),
        ({"response": {"status": "200"}}, "Bundle.entry[0].response"),
        ({"search": {"mode": "match"}}, "Bundle.entry[0].search"),
        ({"fullUrl": "Basic/1"}, "Bundle.entry[0].fullUrl"),
        ({"fullUrl": "https://a.example/Basic/2"}, "Bundle.entry[0].fullUrl"),
        ({"fullUrl": "urn:uuid:p-1"}, "Bundle.entry[0].fullUrl"),
        ({"fullUrl": "https://a.example/Basic/1/_history/1"}, "Bundle.entry[0].fullUrl"),
    ],
)
def test_a_rule_of_entries_is_told(change: Any, place: str) -> None:
    bundle = bundle_of(basic(id="1"))
    bundle["entry"][0] |= change
    assert [expression for _, expression in told(bundle)] == [place]


def test_a_total_stands_only_where_something_is_counted() -> None:
    assert told(bundle_of(basic()) | {"total": 1}) == [("invariant", "Bundle.total")]


def test_a_versioned_reference_needs_that_version() -> None:
    patient = {"resourceType": "Patient", "id": "1", "meta": {"versionId": "2"}}
    right, wrong = (basic(subject={"reference": f"Patient/1/_history/{v}"}) for v in (2, 3))
    assert told(bundle_of(patient, right)) == []
    assert told(bundle_of(patient, wrong)) == [("unresolved-reference", "Basic.subject")]


def test_a_urn_leads_to_an_entry_of_its_bundle_or_of_one_around_it() -> None:
    """R4, bundle.html#references: a URN is resolved in the Bundle, and nowhere else."""
    near, far = (f"urn:uuid:00000000-0000-4000-8000-00000000000{n}" for n in (2, 3))
    inner = bundle_of(basic(subject={"reference": far}), basic(subject={"reference": near}))
    inner["entry"][0]["fullUrl"] = near
    outer = bundle_of(inner, basic(), basic(subject={"reference": far}))
    outer["entry"][1]["fullUrl"] = far
    assert told(outer) == []
    outer["entry"][2]["resource"]["subject"]["reference"] = near  # an entry of the inner one only
    assert told(outer) == [("unresolved-reference", "Basic.subject")]


def test_a_harmless_style_with_an_escape_or_a_comment_is_taken() -> None:
    style = "font-family:\\53 ans; /* the usual */ color:red"
    assert told(bundle_of(basic(text=styled(style)))) == []


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ({"given": ["A"], "_given": [None, WHY]}, ["invalid-structure"]),
        ({"given": ["A", "B"], "_given": [WHY]}, []),
        ({"given": ["A", "B"], "_given": [WHY, None]}, []),
        ({"_given": [WHY]}, []),  # there is nothing that it could stand beside
    ],
)
def test_no_extension_of_a_primitive_stands_behind_its_values(name: Any, codes: list[str]) -> None:
    """R4, json.html#primitive. Nulls at the end of the extensions may be left out."""
    patient = {"resourceType": "Patient", "name": [name]}
    assert [code for code, _ in told(bundle_of(patient))] == codes


def test_an_odd_member_of_an_array_is_told_alone() -> None:
    bundle = usual(Event.ADMISSION_NOTICE)
    bundle["entry"].append({"resource": basic(identifier=[{"value": "1"}, 7, {"value": "2"}])})
    assert told(bundle) == [("invalid-structure", "Basic.identifier[1]")]


def test_each_invariant_that_we_check_is_one_of_r4() -> None:
    theirs = {name.split()[1] for name in r4_types._definitions()["invariants"]}
    ours = {each.key for type_ in INVARIANTS for each in INVARIANTS[type_]}
    assert ours <= theirs
    assert len(ours) > 60


@pytest.mark.parametrize(
    ("comparator", "wrong"),
    [("<", []), (">=", []), ("!=", ["unknown-code"]), (["<"], ["invalid-structure"])],
)
def test_a_quantity_has_one_comparator(comparator: Any, wrong: list[str]) -> None:
    quantity = {"value": 5, "comparator": comparator}
    measured = {"resourceType": "Observation", "status": "final", "code": {"text": "x"}}
    found = told(bundle_of(measured | {"valueQuantity": quantity}))
    assert [code for code, _ in found] == wrong


@oracle.needs_schemas
def test_an_element_repeats_where_the_schemas_of_hl7_say_so() -> None:
    facts = r4_types._definitions()["types"]

    def differ(path: str, schema_type: str) -> list[str]:
        elements = oracle.definition(schema_type)[1]
        wrong = [
            f"{path}.{name}"
            for name, _ in elements
            if name in facts[path]
            and ("many" in facts[path][name]) is not (name in oracle.repeating(schema_type))
        ]
        below = [d for n, k in elements if f"{path}.{n}" in facts for d in differ(f"{path}.{n}", k)]
        return [*wrong, *below]

    assert [d for type_ in facts if "." not in type_ for d in differ(type_, type_)] == []


OTHERS = {
    "EffectEvidenceSynthesis.effectEstimate.unitOfMeasure": "ucum-units",
    "MolecularSequence.structureVariant.variantType": "LL379-9",
    "ResearchElementDefinition.characteristic.unitOfMeasure": "ucum-units",
    "RiskEvidenceSynthesis.riskEstimate.unitOfMeasure": "ucum-units",
}
"""UCUM is a grammar of units, and LOINC's list is not in R4: of studies and genes alone."""


def test_every_required_binding_of_r4_is_checked() -> None:
    unbound = r4_types._definitions()["unbound"]
    assert {path: url.rpartition("/")[2].split("|")[0] for path, url in unbound.items()} == OTHERS


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("application/pdf", []),
        ("text/plain; charset=UTF-8", []),
        ('multipart/related;boundary="a b"', []),
        ("application/vnd.hl7-v3+xml", []),
        ("pdf", ["invalid-structure"]),
        ("application/", ["invalid-structure"]),
        ("application/pdf;", ["invalid-structure"]),
        ("application/p df", ["invalid-structure"]),
        ("åäö/pdf", ["invalid-structure"]),
    ],
)
def test_the_type_of_a_content_is_a_mime_type(code: str, wrong: list[str]) -> None:
    picture = {"resourceType": "Patient", "photo": [{"contentType": code, "data": "aaaa"}]}
    assert [each for each, _ in told(bundle_of(picture))] == wrong
    binary = {"resourceType": "Binary", "contentType": code}
    assert [each for each, _ in told(bundle_of(binary))] == wrong


@pytest.mark.parametrize(("code", "wrong"), [("SEK", 0), ("XYZ", 1), ("sek", 1), ("kr", 1)])
def test_a_currency_is_one_of_iso_4217(code: str, wrong: int) -> None:
    amount = {"url": "urn:x", "valueMoney": {"value": 1, "currency": code}}
    assert len(told(bundle_of(basic(extension=[amount])))) == wrong


@pytest.mark.parametrize("entity", ["&auml;", "&nbsp;", "&copy;", "&Ouml;"])
def test_a_narrative_has_no_entity_of_html(entity: str) -> None:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{entity}</div>'
    text = {"status": "generated", "div": div}
    assert [place for _, place in told(bundle_of(basic(text=text)))] == ["Basic.text"]


def test_a_narrative_may_have_the_entities_of_xml_and_numbers() -> None:
    div = '<div xmlns="http://www.w3.org/1999/xhtml">&amp;&lt;&gt;&quot;&apos;&#228;&#xe4;</div>'
    assert told(bundle_of(basic(text={"status": "generated", "div": div}))) == []
