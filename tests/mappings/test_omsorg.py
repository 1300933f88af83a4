"""Omsorg, the XML for systems that cannot speak FHIR: what is read, written and refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from lxml import etree

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError
from adapter.core.model import ONLY_RECEIVED, Event
from adapter.fhir import bundles, codec, labels, parts, profiles, references, rewriting
from adapter.mappings.omsorg import system
from tests.kit import oracle
from tests.kit.later_events import LATER
from tests.kit.omsorg import FIXTURES, NAMESPACE, context, faults, message, native, read, write

GOOD = sorted(FIXTURES.glob("*/*.fhir.json"))
BAD = sorted(FIXTURES.glob("*/*.error"))
QUESTION = native("message/question")
RECEIVER = Endpoint(
    name="vardcentral-7",
    organization="SE0000000001-VC7",
    display="Vårdcentralen Sjuan",
    system="omsorg",
    transport="http",
)


def label(path: Path) -> str:
    return f"{path.parent.name}/{path.name.split('.')[0]}"


def refusal(body: bytes, **changes: object) -> FatalError:
    with pytest.raises(FatalError) as caught:
        read(body, context(**changes))
    return caught.value


@pytest.mark.parametrize("path", GOOD, ids=label)
def test_a_document_becomes_the_message_that_it_says(path: Path) -> None:
    known = context()
    assert read(native(label(path)), known) == json.loads(path.read_text())
    assert known.issues == []


@pytest.mark.parametrize("path", GOOD, ids=label)
def test_a_message_is_written_and_read_back_without_loss(path: Path) -> None:
    known, bundle = context(), json.loads(path.read_text())
    body = write(bundle, known)
    assert known.losses == []
    assert faults(body) == []
    assert read(body) == bundle


@pytest.mark.parametrize("path", GOOD, ids=label)
def test_what_is_read_is_valid_by_our_profiles_and_by_hl7s_schemas(path: Path) -> None:
    bundle = read(native(label(path)))
    found = profiles.validate(bundle)
    assert [issue for issue in found if issue.severity == "error"] == []
    assert oracle.problems(bundle) == []


@pytest.mark.parametrize("path", BAD, ids=label)
def test_a_faulty_document_is_refused_with_its_code(path: Path) -> None:
    assert refusal(native(label(path))).code == path.read_text().strip()


def test_every_event_is_read_and_written_and_has_a_fixture() -> None:
    sent = set(Event) - ONLY_RECEIVED
    assert set(system.readers) == sent - LATER
    assert set(system.writers) == sent
    assert {Event(path.parent.name) for path in GOOD} == sent - LATER


def test_entities_and_bombs_are_refused_before_anybody_looks() -> None:
    for body in (native("refused/external-entity"), _bomb()):
        with pytest.raises(FatalError) as caught:
            codec.parse("xml", body)
        assert caught.value.code == "forbidden-xml"


def _bomb() -> bytes:
    levels = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    doctype = f'<!DOCTYPE Meddelande [<!ENTITY e0 "hej">{levels}]>'
    body = QUESTION.replace(b"Har hon", b"&e11;")
    return body.replace(b"<Meddelande", doctype.encode() + b"<Meddelande")


def test_comments_prefixes_and_white_space_around_codes_change_nothing() -> None:
    body = re.sub(rb"<(/?)(?=[A-Z])", rb"<\1o:", QUESTION).replace(b"xmlns=", b"xmlns:o=")
    body = body.replace(b"Har hon", b"Har<!-- vem? --> hon<?x y?>")
    body = body.replace(b"195009072553", b"\n  195009072553 <!-- -->\n")
    body = body.replace(b'typ="meddelande"', b'typ=" meddelande\t"')
    assert read(body) == message("message/question")


def test_a_silent_document_is_from_the_connections_organisation() -> None:
    bundle = read(QUESTION)
    assert bundles.sender_id(bundle) == "SE0000000002-ASTAD"
    source = bundles.header(bundle)["source"]["endpoint"]
    assert source == "urn:careplan-adapter:endpoint:astad-omsorg"


def test_a_sender_that_the_document_states_is_kept_even_when_it_is_another() -> None:
    stated = b'><Avsandare hsaId="se0000000009-annan "/>'
    bundle = read(re.sub(rb"(?<=meddelande\")>", stated, QUESTION))
    assert bundles.sender_id(bundle) == "SE0000000009-ANNAN"


def test_the_receiver_of_a_copy_is_named_when_the_message_does_not_name_it() -> None:
    bundle = message("answer/read")
    to = bundles.receiver_ids(bundle)
    own = read(write(bundle, context(receiver=RECEIVER)))
    assert bundles.receiver_ids(own) == ("SE0000000001-VC7", *to)
    named = read(write(own, context(receiver=RECEIVER)))
    assert bundles.receiver_ids(named) == ("SE0000000001-VC7", *to)


def test_protected_identity_is_carried_both_ways() -> None:
    bundle = message("admission-notice/protected")
    assert labels.is_protected(bundle)
    document = etree.fromstring(write(bundle))
    marks = document.find(f"{{{NAMESPACE}}}Patient").get("skydd")
    assert marks == "sekretessmarkering skyddad-folkbokforing"
    assert labels.is_protected(read(write(bundle)))


def test_a_wrong_check_digit_is_a_warning_unless_the_endpoint_is_strict() -> None:
    body = QUESTION.replace(b"195009072553", b"195009072554")
    known = context()
    read(body, known)
    place = "/Meddelande/Patient/Personnummer"
    assert [(i.code, i.expression, i.detail) for i in known.issues] == [
        ("bad-identifier", place, "checksum")
    ]
    error = refusal(body, strict_identifiers=True)
    assert (error.code, error.issues[0].expression) == ("bad-identifier", place)


def test_replacement_characters_are_warned_of() -> None:
    known = context()
    read(QUESTION.replace(b"Har hon", "Har h\ufffdn".encode()), known)
    assert [(i.code, i.expression) for i in known.issues] == [("damaged-text", "//Innehall")]


def test_a_personal_number_is_written_with_twelve_digits_whatever_form_it_came_in() -> None:
    bundle = message("message/question")
    patient = bundles.patient(bundle)
    assert patient is not None
    for form in ("500907-2553", "5009072553", " 19500907-2553"):
        patient["identifier"][0]["value"] = form
        assert b">195009072553<" in write(bundle)
    patient["identifier"][0]["value"] = "okänt"
    assert 'personnummer">okänt</AnnatId>'.encode() in write(bundle)


def test_a_code_that_the_table_lacks_is_an_error() -> None:
    bundle = message("care-plan/active-sip")
    plan = bundles.focus(bundle)
    assert plan is not None
    plan["category"][0]["coding"][0]["code"] = "XYZ"
    with pytest.raises(FatalError) as caught:
        write(bundle)
    assert caught.value.code == "unknown-code"
    assert caught.value.issues[0].expression == "CarePlan.category"


def test_what_the_schema_would_refuse_is_never_written() -> None:
    bundle = message("care-plan/active-sip")
    plan = bundles.focus(bundle)
    assert plan is not None
    del plan["title"]
    with pytest.raises(FatalError) as caught:
        write(bundle)
    assert caught.value.code == "not-written"
    assert caught.value.issues[0].expression == "/Meddelande/Plan/Beskrivning"


def test_an_element_that_changes_the_meaning_of_the_rest_is_never_left_out() -> None:
    url = "https://other.example/never"
    for name, place in (("modifierExtension", None), ("doNotPerform", "activity")):
        bundle = message("care-plan/active-sip")
        plan = bundles.focus(bundle)
        assert plan is not None
        node = plan[place][0]["detail"] if place else plan
        node[name] = True if place else [{"url": url, "valueBoolean": True}]
        with pytest.raises(FatalError) as caught:
            write(bundle)
        assert (caught.value.code, name in caught.value.detail) == ("not-written", True)


def test_a_receipt_names_the_document_by_its_own_id_even_when_no_more_could_be_read() -> None:
    bundle = message("receipt/refused")
    bundle["entry"][0]["resource"]["response"]["identifier"] = ""
    known = context()
    known = type(known)(
        sender=known.sender, recorded=known.recorded, source=QUESTION.replace(b"1950", b"19-50")
    )
    asked = etree.fromstring(QUESTION).get("id")
    assert etree.fromstring(write(bundle, known)).get("avser") == asked
    nameless = type(known)(sender=known.sender, recorded=known.recorded, source=b"\x00<")
    body = write(bundle, nameless)
    assert etree.fromstring(body).get("avser") is None
    assert faults(body) == []


def test_a_protection_that_is_lifted_is_said_of_the_patient_alone() -> None:
    bundle = read(native("admission-updated/no-longer-protected"))
    assert labels.protection(bundle) == "none"
    other, known = message("admission-updated/new-ward"), context()
    stay = (bundles.focus(other) or {}) | {"meta": {"security": parts.protection_lifted()}}
    elsewhere = rewriting.with_resource(other, stay)
    assert b"upphort" not in write(elsewhere, known)
    assert [loss.path for loss in known.losses] == ["Encounter.meta"]


@pytest.mark.parametrize("text", ["", "Har flyttat"])
def test_a_coded_reason_needs_its_text(text: str) -> None:
    bundle, known = message("process-ended/moved"), context()
    ended = rewriting.with_header(bundle, reason=parts.ended_reason("moved", text))
    document = etree.fromstring(write(ended, known))
    reason = document.find(f"{{{NAMESPACE}}}Orsak")
    assert [loss.path for loss in known.losses] == ([] if text else ["MessageHeader.reason"])
    assert (reason is not None and reason.get("kod")) == ("flyttad" if text else False)


@pytest.mark.parametrize(
    ("telecom", "contact"),
    [
        ([{"system": "phone", "value": "0911-12 34 56"}], "0911-12 34 56"),
        ([{"system": "email", "value": "avd@sundby.example"}], "avd@sundby.example"),
        ([{"system": "fax", "value": "0911-12 34 57"}], None),
        ([{"system": "phone"}], None),
    ],
)
def test_the_hospital_has_one_contact_or_a_loss(
    telecom: list[dict[str, str]], contact: str | None
) -> None:
    bundle, known = message("admission-notice/assessed"), context()
    provider = references.resolve(bundle, (bundles.focus(bundle) or {})["serviceProvider"]) or {}
    body = write(rewriting.with_resource(bundle, provider | {"telecom": telecom}), known)
    node = etree.fromstring(body).find(f".//{{{NAMESPACE}}}Vardgivare")
    assert node is not None
    assert node.get("kontakt") == contact
    assert [loss.path for loss in known.losses] == ([] if contact else ["Organization.telecom"])
