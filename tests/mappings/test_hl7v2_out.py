"""What a journal gets in HL7 v2.5.1: each fixture gives exactly its bytes and its losses.

python-hl7 and hl7apy, which none of us wrote, read every message; hl7apy checks its structure.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

from adapter.core.errors import FatalError
from adapter.core.model import Event
from adapter.fhir import builders, bundles, codec
from adapter.fhir.profiles import check_message
from adapter.mappings import Context
from adapter.mappings.hl7v2 import system
from adapter.mappings.hl7v2.case_names import case_names
from adapter.mappings.hl7v2.hl7_message import open_message
from adapter.mappings.hl7v2.patient import patient
from tests.kit.hl7v2_out import (
    FIXTURES,
    JOURNAL,
    RECORDED,
    label,
    loaded,
    losses,
    parsed,
    resource,
    text_at,
    written,
)

TRIGGERS = {
    "sip-invitation/booked": "SIU^S12^SIU_S12",
    "sip-invitation/everybody": "SIU^S12^SIU_S12",
    "sip-invitation/protected": "SIU^S12^SIU_S12",
    "sip-invitation-changed/new-time": "SIU^S13^SIU_S12",
    "sip-invitation-changed/answered": "SIU^S14^SIU_S12",
    "sip-invitation-changed/held": "SIU^S14^SIU_S12",
    "sip-invitation-changed/noshow": "SIU^S26^SIU_S12",
    "sip-invitation-cancelled/cancelled": "SIU^S15^SIU_S12",
    "sip-invitation-cancelled/mistake": "SIU^S17^SIU_S12",
    "information-transfer/first": "MDM^T02^MDM_T02",
    "information-transfer/second": "MDM^T10^MDM_T02",
    "planning-basis/preliminary": "MDM^T02^MDM_T02",
    "recall/wrong-receiver": "MDM^T11^MDM_T01",
    "care-plan/spu": "MDM^T02^MDM_T02",
    "care-plan/in-full": "MDM^T10^MDM_T02",
}


def test_each_event_has_its_trigger_and_its_structure() -> None:
    assert {label(p): str(parsed(written(loaded(label(p)))[0])[0][9]) for p in FIXTURES} == TRIGGERS


@pytest.mark.parametrize("path", FIXTURES, ids=label)
def test_a_message_gives_exactly_these_bytes_and_losses(path: Path) -> None:
    body, known = written(loaded(label(path)))
    stem = path.name.removesuffix(".fhir.json")
    assert body.decode() == (path.parent / f"{stem}.hl7").read_bytes().decode()
    expected = json.loads((path.parent / f"{stem}.losses.json").read_text())
    assert losses(known) == expected


@pytest.mark.parametrize("path", FIXTURES, ids=label)
def test_the_message_of_a_fixture_follows_its_profile(path: Path) -> None:
    bundle = loaded(label(path))
    issues = check_message(Event(path.parent.name), bundle)
    assert [i for i in issues if i.severity == "error"] == []


@pytest.mark.parametrize("path", FIXTURES, ids=label)
def test_hl7apy_finds_the_structure_valid(path: Path) -> None:
    message: Any = parse_message(
        written(loaded(label(path)))[0].decode(), validation_level=VALIDATION_LEVEL.STRICT
    )
    assert message.validate()
    assert message.version == "2.5.1"


@pytest.mark.parametrize("path", FIXTURES, ids=label)
def test_our_own_reader_reads_the_person_and_the_case_back(path: Path) -> None:
    bundle = loaded(label(path))
    body = written(bundle)[0]
    known = Context(sender=JOURNAL, recorded=RECORDED)
    message = open_message(codec.parse("hl7", body), known, "content")
    original, again = resource(bundle, "Patient"), patient(message)
    for key in ("identifier", "name", "birthDate", "gender"):
        assert again[key] == original[key]
    if label(path) != "sip-invitation/protected":
        assert again["address"] == original["address"]
    else:
        assert "address" not in again
        assert again["meta"] == original["meta"]
    assert case_names(message) == ["V-2026-001"]


@pytest.mark.parametrize(
    ("status", "code"),
    [("proposed", "Pending"), ("booked", "Booked")],
)
def test_the_status_of_the_meeting_is_a_word_of_table_0278(status: str, code: str) -> None:
    bundle = loaded("sip-invitation/booked")
    resource(bundle, "Appointment")["status"] = status
    assert text_at(parsed(written(bundle)[0]), "SCH.F25.R1.C1") == code


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("sip-invitation-changed/held", "Complete"),
        ("sip-invitation-changed/noshow", "Noshow"),
        ("sip-invitation-cancelled/cancelled", "Cancelled"),
        ("sip-invitation-cancelled/mistake", "Deleted"),
    ],
)
def test_what_became_of_the_meeting_is_a_word_of_table_0278(name: str, code: str) -> None:
    assert text_at(parsed(written(loaded(name))[0]), "SCH.F25.R1.C1") == code


def refused(bundle: dict[str, Any], **changes: Any) -> str:
    with pytest.raises(FatalError) as refusal:
        written(bundle, **changes)
    return refusal.value.code


@pytest.mark.parametrize("where", ["status", "participant"])
def test_a_code_that_no_table_has_is_refused_and_never_guessed(where: str) -> None:
    bundle = loaded("sip-invitation/booked")
    appointment = resource(bundle, "Appointment")
    holder = appointment if where == "status" else appointment["participant"][1]
    holder["status"] = "waitlist"
    assert refused(bundle) == "unknown-code"


def test_a_number_that_the_charset_lacks_is_refused() -> None:
    bundle = loaded("sip-invitation/booked")
    resource(bundle, "Appointment")["identifier"][0]["value"] = "K-☃"
    assert refused(bundle, charset="iso-8859-1") == "not-written"


def test_a_text_that_the_charset_lacks_is_told_with_a_loss() -> None:
    bundle = loaded("sip-invitation/booked")
    resource(bundle, "Appointment")["description"] = "Å ☃"
    body, known = written(bundle, charset="iso-8859-1")
    message = parsed(body, "iso-8859-1")
    assert text_at(message, "SCH.F7.R1.C2") == "Å ?"
    assert str(message[0][18]) == "8859/1"
    assert "Appointment.description" in losses(known)


def test_a_recall_of_several_messages_stands_before_a_person() -> None:
    bundle = loaded("recall/wrong-receiver")
    about = resource(bundle, "Communication")["about"]
    about.append(about[0])
    assert refused(bundle) == "not-written"


def test_a_recalled_invitation_is_no_document_and_stands_before_a_person() -> None:
    bundle = loaded("recall/wrong-receiver")
    resource(bundle, "Communication")["about"][0]["type"] = "Appointment"
    assert refused(bundle) == "not-written"


@pytest.mark.parametrize("name", ["information-transfer/first", "planning-basis/preliminary"])
def test_a_mistake_that_names_no_document_cancels_none(name: str) -> None:
    bundle = loaded(name)
    resource(bundle, "Communication")["status"] = "entered-in-error"
    assert refused(bundle) == "not-written"


def test_a_mistake_cancels_the_document_that_it_names() -> None:
    bundle = loaded("information-transfer/second")
    resource(bundle, "Communication")["status"] = "entered-in-error"
    resource(bundle, "Communication").pop("payload")
    message = parsed(written(bundle)[0])
    first = resource(loaded("information-transfer/first"), "MessageHeader")["id"]
    assert str(message[0][9]) == "MDM^T11^MDM_T01"
    assert text_at(message, "TXA.F12.R1.C1") == first
    assert text_at(message, "TXA.F19.R1.C1") == "CA"


def test_a_document_about_a_protected_person_has_no_address() -> None:
    bundle = loaded("information-transfer/first")
    label_ = {
        "system": "http://hl7.se/fhir/ig/base/CodeSystem/SecurityLabel",
        "code": "skyddadFolkbokforing",
    }
    resource(bundle, "Patient")["meta"] = {"security": [label_]}
    body, known = written(bundle)
    assert b"rngatan" not in body
    assert text_at(parsed(body), "TXA.F18.R1.C1") == "R"
    assert "Patient.address" in losses(known)


@pytest.mark.parametrize(
    ("level", "code"),
    [("sekretessmarkering", "Y"), ("skyddadFolkbokforing", "F"), ("kvarskrivning", "K")],
)
def test_an_invitation_tells_the_protection(level: str, code: str) -> None:
    bundle = loaded("sip-invitation/protected")
    resource(bundle, "Patient")["meta"]["security"][0]["code"] = level
    assert text_at(parsed(written(bundle)[0]), "PD1.F12.R1.C1") == code


@pytest.mark.parametrize("shown", [True, False])
@pytest.mark.parametrize("where", ["note", "progress"])
def test_an_internal_note_stays_in_the_organisation_that_wrote_it(where: str, shown: bool) -> None:
    bundle = loaded("care-plan/in-full")
    plan = resource(bundle, "CarePlan")
    holder = plan if where == "note" else plan["activity"][0]
    internal = builders.extension("internal", "Boolean", content=True)
    holder[where] = [{"extension": [internal], "text": "Bara för oss"}]
    receiver = bundles.sender_id(bundle) if shown else "SE0000000009-OTHER"
    body, known = written(bundle, organization=receiver)
    assert ("Bara för oss" in body.decode()) is shown
    place = "CarePlan.note" if where == "note" else "CarePlan.activity[0].progress"
    assert (place in losses(known)) is not shown


def test_who_follows_up_is_told_by_whole_name_number_and_unit() -> None:
    bundle = loaded("information-transfer/first")
    focus = resource(bundle, "Communication")
    parts = next(e for e in focus["extension"] if e["url"].endswith("/follow-up"))["extension"]
    responsible = next(part for part in parts if part["url"] == "responsible")
    responsible["valueReference"] = {"reference": "urn:uuid:r"}
    hsa = "urn:oid:1.2.752.29.4.19"
    doctor = {"resourceType": "Practitioner", "name": [{"given": ["Eva"], "family": "Ek"}]}
    doctor["identifier"] = [{"system": hsa, "value": "SE1-P9"}]
    role = {"resourceType": "PractitionerRole", "practitioner": {"reference": "urn:uuid:p"}}
    role["organization"] = {"display": "Sjuan"}
    bundle["entry"].append({"fullUrl": "urn:uuid:r", "resource": role})
    bundle["entry"].append({"fullUrl": "urn:uuid:p", "resource": doctor})
    assert "ansvarig: Eva Ek (SE1-P9, Sjuan)" in written(bundle)[0].decode()


def test_the_charset_that_the_type_of_an_attachment_tells_is_a_loss() -> None:
    bundle = loaded("information-transfer/second")
    file = resource(bundle, "DocumentReference")["content"][0]["attachment"]
    file["contentType"] += "; charset=utf-8"
    _, known = written(bundle)
    assert "DocumentReference.content[0].attachment.contentType" in losses(known)


def test_an_old_number_is_never_told_as_the_current_one() -> None:
    bundle = loaded("sip-invitation/booked")
    old = {"use": "old", "system": "urn:oid:1.2.752.74.9.1", "value": "19500907AB12"}
    resource(bundle, "Patient")["identifier"].append(old)
    body, known = written(bundle)
    assert b"19500907AB12" not in body
    assert "Patient.identifier[1]" in losses(known)


def test_a_visit_of_another_hospital_names_its_authority() -> None:
    bundle = loaded("sip-invitation/booked")
    case = resource(bundle, "MessageHeader")["extension"][0]["valueIdentifier"]
    case["value"] = "SE0000000005-ANNAT/77"
    assert str(parsed(written(bundle)[0])["PV1"][0][19]) == (
        "77^^^SE0000000005-ANNAT^VN^SE0000000005-ANNAT"
    )


def test_a_modifier_without_a_place_is_refused() -> None:
    bundle = loaded("care-plan/spu")
    resource(bundle, "CarePlan")["modifierExtension"] = [{"url": "x:y", "valueBoolean": True}]
    assert refused(bundle) == "not-written"


@pytest.mark.parametrize(
    "event",
    [Event.CARE_CONTACT, Event.SIP_INVITATION_ANSWER, Event.PROGRESS, Event.MESSAGE, Event.ANSWER],
)
def test_an_event_without_a_form_has_no_mapping(event: Event) -> None:
    with pytest.raises(FatalError, match="no-mapping"):
        system.write(event, {}, Context(sender=JOURNAL, recorded=RECORDED))
