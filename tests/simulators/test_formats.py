"""What the parties write is judged by others: the schemas, the profiles, the adapter's readers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from lxml import etree

from adapter import mappings
from adapter.core.endpoint import Endpoint
from adapter.core.errors import Severity
from adapter.core.model import Event
from adapter.fhir import assessments, bundles, codec, profiles, responses
from adapter.mappings import Context
from adapter.simulators.fhir_format import FhirFormat
from adapter.simulators.hl7v2_writer import AdtMessage, write_adt
from adapter.simulators.messages import Assessment
from adapter.simulators.omsorg_format import OmsorgFormat
from adapter.simulators.sample_stays import sample_stays
from tests.kit import oracle
from tests.kit.samples import (
    CASE,
    DRAFTS,
    HOSPITAL,
    NOW,
    PERSON,
    PLANNER,
    TOLD_IN_XML,
    TOWN,
    XSD,
    message,
)

STAY = sample_stays(1, NOW, "2580", "Luleå").discharge


@pytest.mark.parametrize("event", DRAFTS)
def test_the_fhir_that_a_party_writes_is_a_valid_message_of_its_event(event: str) -> None:
    bundle = json.loads(FhirFormat(PLANNER).write(DRAFTS[event]).body)
    issues = profiles.validate(bundle)
    assert [i for i in issues if i.severity is Severity.ERROR] == []
    assert bundles.event_code(bundle)[1] == event
    assert bundles.case_ids(bundle) == (CASE,)


@oracle.needs_schemas
@pytest.mark.parametrize("event", DRAFTS)
def test_the_fhir_that_a_party_writes_follows_the_schemas_of_hl7(event: str) -> None:
    assert oracle.problems(json.loads(FhirFormat(PLANNER).write(DRAFTS[event]).body)) == []


@pytest.mark.parametrize("code", ["ok", "transient-error", "fatal-error"])
def test_a_fhir_receipt_is_a_valid_message_that_names_what_it_answers(code: str) -> None:
    received = FhirFormat(TOWN).read(message(FhirFormat(PLANNER)))
    bundle = json.loads(FhirFormat(TOWN).receipt(received, code, NOW).body)
    assert profiles.validate(bundle) == []
    assert responses.response(bundle).about == "m-1"
    assert responses.response(bundle).code == code


def test_a_receipt_whose_issue_does_not_say_how_severe_it_is_is_no_ok() -> None:
    received = FhirFormat(TOWN).read(message(FhirFormat(PLANNER)))
    bundle = json.loads(FhirFormat(TOWN).receipt(received, "fatal-error", NOW).body)
    parts = {entry["resource"]["resourceType"]: entry["resource"] for entry in bundle["entry"]}
    parts["MessageHeader"]["response"]["code"] = "ok"
    for issue in parts["OperationOutcome"]["issue"]:
        del issue["severity"]
    assert responses.response(bundle).code == "fatal-error"


@pytest.mark.parametrize("event", TOLD_IN_XML)
def test_the_xml_that_a_municipality_writes_is_read_by_the_adapter(event: str) -> None:
    body = OmsorgFormat(TOWN).write(DRAFTS[event]).body
    assert etree.XMLSchema(file=str(XSD)).validate(etree.fromstring(body))
    town = Endpoint(name="town", organization=TOWN.hsa, system="omsorg", transport="http")
    system = mappings.load()["omsorg"]
    bundle = system.read(Event(event), codec.parse("xml", body), Context(sender=town, recorded=NOW))
    assert bundles.event(bundle) == Event(event)
    assert bundles.concerned(bundle) == DRAFTS[event].about
    assert [i for i in profiles.validate(bundle) if i.severity is Severity.ERROR] == []


@pytest.mark.parametrize("code", ["ok", "transient-error", "fatal-error"])
def test_a_kvittens_follows_the_schema_and_names_what_it_answers(code: str) -> None:
    received = OmsorgFormat(TOWN).read(message(OmsorgFormat(TOWN)))
    body = OmsorgFormat(TOWN).receipt(received, code, NOW).body
    assert etree.XMLSchema(file=str(XSD)).validate(etree.fromstring(body))
    again = OmsorgFormat(TOWN).read(body)
    assert (again.event, again.about, again.code) == ("receipt", "m-1", code)


@pytest.mark.parametrize(
    "message_format", [FhirFormat(PLANNER), OmsorgFormat(TOWN)], ids=["fhir", "omsorg"]
)
@pytest.mark.parametrize("event", TOLD_IN_XML)
def test_what_a_party_writes_another_reads_the_same(
    message_format: FhirFormat | OmsorgFormat, event: str
) -> None:
    received = message_format.read(message_format.write(DRAFTS[event]).body)
    assert received.person == PERSON
    assert (received.event, received.case, received.about) == (event, CASE, DRAFTS[event].about)
    assert received.sender == message_format.me.hsa


@pytest.mark.parametrize(
    "message_format", [FhirFormat(TOWN), OmsorgFormat(TOWN)], ids=["fhir", "omsorg"]
)
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"<a/>", b"\xff\x00", b'{"entry": [1]}'])
def test_a_body_that_is_no_message_is_a_value_error(
    message_format: FhirFormat | OmsorgFormat, body: bytes
) -> None:
    with pytest.raises(ValueError, match=r"^not "):
        message_format.read(body)


def test_the_feed_of_the_journal_says_what_the_adapter_reads() -> None:
    stay = sample_stays(1, NOW, "2580", "Luleå").discharge
    stay = replace(stay, assessment=Assessment(at=NOW, units=("SE2120002627-UMEA",)))
    adt = AdtMessage(trigger="A01", control="S1", at=NOW, stay=stay)
    bundle = adt_as_fhir(write_adt(adt, HOSPITAL))
    assert bundles.case_ids(bundle) == (f"{HOSPITAL.hsa}/{stay.visit}",)
    assert bundles.municipality(bundle) == "2580"
    assert bundles.recorded(bundle) == NOW
    found = assessments.assessment(bundle)
    assert found is not None
    assert found.units == ("SE2120002627-UMEA",)
    planned = bundles.extension_value(bundles.focus(bundle), "planned-discharge")
    assert datetime.fromisoformat(planned) == stay.planned


def test_the_feed_escapes_what_would_break_a_field() -> None:
    stay = replace(sample_stays(1, NOW, "2580", "Luleå").discharge, ward="Kirurg | ^ & ~ \\ 1")
    bundle = adt_as_fhir(
        write_adt(AdtMessage(trigger="A01", control="S1", at=NOW, stay=stay), HOSPITAL)
    )
    assert bundles.ward(bundle) == "Kirurg | ^ & ~ \\ 1"


def test_a_seed_gives_one_cast_and_another_seed_another() -> None:
    assert sample_stays(7, NOW, "2580", "Luleå") == sample_stays(7, NOW, "2580", "Luleå")
    casts = [sample_stays(seed, NOW, "2580", "Luleå") for seed in range(20)]
    assert len({c.discharge.visit for c in casts}) == 20
    assert all(c.unseen.person.number != c.discharge.person.number for c in casts)
    assert all(
        c.discharge.admitted < NOW < c.discharge.planned for c in casts if c.discharge.planned
    )


def adt_as_fhir(body: bytes) -> dict[str, object]:
    sender = Endpoint(name="adt", organization=HOSPITAL.hsa, system="hl7v2", transport="mllp")
    context = Context(sender=sender, recorded=NOW)
    system, document = mappings.load()["hl7v2"], codec.parse("hl7", body)
    bundle = system.read(system.event(document), document, context)
    assert [i for i in context.issues if i.severity is not Severity.INFORMATION] == []
    return bundle


def test_a_discharge_is_told_with_its_time() -> None:
    ended = replace(STAY, discharged=NOW + timedelta(hours=1))
    bundle = adt_as_fhir(
        write_adt(AdtMessage(trigger="A03", control="S2", at=NOW, stay=ended), HOSPITAL)
    )
    stay = bundles.focus(bundle)
    assert stay is not None
    assert datetime.fromisoformat(stay["period"]["end"]) == NOW + timedelta(hours=1)
