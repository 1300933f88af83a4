"""What changes the meaning of the rest is carried, or the message is not written."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from adapter.core.errors import FatalError
from adapter.core.model import Bundle
from adapter.fhir import bundles, references
from tests.kit.omsorg import NAMESPACE, context, message, write

OTHER = {"identifier": {"system": "https://other.example", "value": "2"}}


def resource(bundle: Bundle, type_: str) -> dict[str, Any]:
    found = bundles.of_type(bundle, type_)
    assert found is not None
    return found


def refused(bundle: Bundle) -> str:
    with pytest.raises(FatalError) as caught:
        write(bundle)
    assert caught.value.code == "not-written"
    return caught.value.detail


@pytest.mark.parametrize(
    ("name", "type_", "change", "place"),
    [
        ("message/question", "Patient", {"active": False}, "Patient.active"),
        (
            "message/question",
            "Patient",
            {"link": [{"other": OTHER, "type": "replaced-by"}]},
            "Patient.link",
        ),
        (
            "message/question",
            "Patient",
            {"link": [{"other": OTHER, "type": "seealso"}]},
            "Patient.link",
        ),
        ("message/question", "Organization", {"active": False}, "Organization.active"),
        (
            "message/question",
            "Communication",
            {"statusReason": {"text": "Avbrutet"}},
            "Communication.statusReason",
        ),
        (
            "answer/rejected",
            "Task",
            {"statusReason": {"coding": [{"code": "x"}]}},
            "Task.statusReason",
        ),
    ],
)
def test_what_changes_the_meaning_and_has_no_place_stops_the_writing(
    name: str, type_: str, change: dict[str, Any], place: str
) -> None:
    bundle = message(name)
    resource(bundle, type_).update(change)
    assert place in refused(bundle)


@pytest.mark.parametrize("type_", ["Patient", "Organization"])
def test_what_is_active_is_what_its_presence_says(type_: str) -> None:
    bundle, known = message("message/question"), context()
    resource(bundle, type_)["active"] = True
    write(bundle, known)
    assert known.losses == []


def test_a_telephone_number_that_no_longer_holds_is_not_written_as_one_that_does() -> None:
    bundle = message("admission-notice/assessed")
    hospital = references.resolve(bundle, resource(bundle, "Encounter")["serviceProvider"])
    assert hospital is not None
    hospital["telecom"] = [{"system": "phone", "value": "0911-12 34 56", "use": "old"}]
    assert "Organization.telecom[0].use" in refused(bundle)


def test_the_reason_of_an_effort_is_told_in_a_note_and_a_code_alone_is_not_left_out() -> None:
    bundle = message("care-plan/active-sip")
    detail = resource(bundle, "CarePlan")["activity"][0]["detail"]
    detail["statusReason"] = {"text": "Väntar på hjälpmedel"}
    assert f"{detail['description']}. Skäl: Väntar på hjälpmedel" in write(bundle).decode()
    detail["statusReason"] = {"coding": [{"code": "x"}]}
    assert "CarePlan.activity[0].detail.statusReason" in refused(bundle)


@pytest.mark.parametrize("kept", [[], [{"detail": {"status": "scheduled", "description": "A"}}]])
def test_an_effort_that_another_resource_describes_does_not_vanish_from_the_plan(
    kept: list[dict[str, Any]],
) -> None:
    bundle = message("care-plan/active-sip")
    plan = resource(bundle, "CarePlan")
    plan["contained"] = [{"resourceType": "ServiceRequest", "id": "s1"}]
    plan["activity"] = [{"reference": {"reference": "#s1"}}, *kept]
    assert "CarePlan.activity" in refused(bundle)


def test_a_part_of_a_text_that_is_no_text_does_not_vanish_from_the_message() -> None:
    bundle = message("message/question")
    attached = {"contentAttachment": {"contentType": "text/plain", "data": "SGVq"}}
    resource(bundle, "Communication")["payload"].append(attached)
    assert "Communication.payload[1]" in refused(bundle)


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("2026-11-30T10:00:00.123456789012+01:00", "2026-11-30T10:00:00.123456789+01:00"),
        ("2026-11-30T10:00:00.9999999996+01:00", "2026-11-30T10:00:01+01:00"),
        ("2026-12-31T23:59:60Z", "2027-01-01T00:00:00Z"),
        ("2026-12-31T23:59:60.25-00:30", "2027-01-01T00:00:00.25-00:30"),
    ],
)
@pytest.mark.parametrize("key", ["timestamp", "sent"])
def test_a_time_finer_than_the_form_is_rounded_and_told(key: str, sent: str, written: str) -> None:
    bundle, known = message("message/question"), context()
    holder = bundle if key == "timestamp" else resource(bundle, "Communication")
    holder[key] = sent
    document = etree.fromstring(write(bundle, known))
    told = document if key == "timestamp" else document.find(f"{{{NAMESPACE}}}Text")
    assert told.get("skapad" if key == "timestamp" else "skickad") == written
    place = "Bundle.timestamp" if key == "timestamp" else "Communication.sent"
    assert [(loss.path, loss.why) for loss in known.losses] == [
        (place, "rounded to what omsorg/1 has a form for")
    ]
