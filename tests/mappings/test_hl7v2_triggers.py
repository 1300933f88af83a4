"""What each trigger becomes: an event of a stay, or facts about a person without one."""

from __future__ import annotations

import pytest

from adapter.core.errors import FatalError
from adapter.core.model import Event
from adapter.fhir import assessments, bundles, labels
from adapter.mappings.hl7v2.events import TRIGGERS
from tests.kit.hl7v2 import EVN, MSH, PID, PV1, adt, codes, lost, read

DEAD = PID + "|" * 19 + "Y"
ZSP = "ZSP|1|Y|||20260310095000+0100"
PERSON = sorted(t for t, event in TRIGGERS.items() if event is Event.PERSON_UPDATED)
STAY = sorted(set(TRIGGERS) - set(PERSON))


def bare(trigger: str, *segments: str) -> bytes:
    """Return an ADT message without PV1."""
    return ("\r".join([MSH.format(trigger), EVN, *segments]) + "\r").encode()


def visit(number: str) -> str:
    return PV1.replace("7100231", number)


@pytest.mark.parametrize("trigger", PERSON)
def test_facts_about_a_person_name_no_case_and_make_no_stay(trigger: str) -> None:
    bundle, known = read(adt(trigger, DEAD))
    assert bundles.event(bundle) is Event.PERSON_UPDATED
    assert bundles.focus(bundle) == bundles.patient(bundle)
    assert bundles.of_type(bundle, "Encounter") is None
    assert bundles.case_ids(bundle) == ()
    assert codes(known) == []
    assert (bundles.patient(bundle) or {})["deceasedBoolean"] is True


@pytest.mark.parametrize("trigger", sorted({*PERSON} - {"A38"}))
def test_an_assessment_makes_a_message_about_the_stay_of_one_about_the_person(
    trigger: str,
) -> None:
    bundle, _ = read(adt(trigger, ZSP))
    assert bundles.event(bundle) is Event.ADMISSION_UPDATED
    assert assessments.assessment(bundle) is not None
    assert bundles.event(read(adt(trigger, ZSP, DEAD))[0]) is Event.DECEASED
    assert bundles.event(read(adt(trigger, "ZSP|1|||||||Y"))[0]) is Event.PROCESS_ENDED


def test_an_outpatient_visit_is_read_only_where_it_has_an_assessment() -> None:
    bundle, _ = read(adt("A04", ZSP))
    assert bundles.event(bundle) is Event.ADMISSION_UPDATED
    assert assessments.assessment(bundle) is not None
    with pytest.raises(FatalError, match="unmapped-event"):
        read(adt("A04"))


@pytest.mark.parametrize(("class_", "code"), [("", "AMB"), ("O", "AMB"), ("E", "EMER")])
def test_an_outpatient_visit_is_no_inpatient_stay(class_: str, code: str) -> None:
    bundle, _ = read(bare("A04", PID, visit("V1").replace("|I|", f"|{class_}|"), ZSP))
    assert bundles.encounter_class(bundle) == code


def test_a_cancelled_pre_admission_has_no_assessment() -> None:
    bundle, known = read(adt("A38", ZSP))
    assert bundles.event(bundle) is Event.PERSON_UPDATED
    assert lost(known) == ["PV1", "ZSP"]


@pytest.mark.parametrize("visit_segment", [(), ("PV1|1|N",), ("PV1|1|n|MED3",)])
def test_an_update_without_a_visit_is_about_the_person(visit_segment: tuple[str, ...]) -> None:
    bundle, _ = read(bare("A08", DEAD, *visit_segment))
    assert bundles.event(bundle) is Event.PERSON_UPDATED
    assert (bundles.patient(bundle) or {})["deceasedBoolean"] is True


@pytest.mark.parametrize(
    "segment", [ZSP, "PV2|||||||||20260317", visit("V1").replace("|I|", "|N|")]
)
def test_an_update_that_tells_of_a_stay_is_about_the_stay(segment: str) -> None:
    bundle, _ = read(bare("A08", PID, segment))
    assert bundles.event(bundle) is Event.ADMISSION_UPDATED


def test_of_two_linked_persons_only_the_first_is_read() -> None:
    other = PID.replace("195009072553", "196101182803").replace("Ek^Astrid", "Testsson^Tilda")
    bundle, known = read(bare("A24", PID, other, "PD1" + "|" * 12 + "Y"))
    assert [i.split("|")[1] for i in bundles.patient_ids(bundle)] == ["195009072553"]
    assert not labels.is_protected(bundle)
    assert lost(known) == ["PID"]


def test_an_assessment_after_the_second_of_two_linked_persons_is_asked_about() -> None:
    other = PID.replace("195009072553", "196101182803").replace("Ek^Astrid", "Testsson^Tilda")
    bundle, known = read(bare("A24", PID, PV1, other, "ZSP|1|Y|N|N|20260310101000+0100"))
    assert bundles.event(bundle) is Event.ADMISSION_UPDATED
    assert lost(known) == ["PID", "ZSP"]
    assert [(i.code, i.expression) for i in known.questions] == [("contradiction", "ZSP")]
    _, known = read(bare("A24", PID, PV1, "ZSP|1|Y|N|N|20260310101000+0100", other))
    assert (lost(known), known.questions) == (["PID"], [])


def test_an_outpatient_becomes_an_inpatient_when_it_happened() -> None:
    bundle, _ = read(adt("A06", "PV1|1|I|MED3" + "|" * 16 + "7100231"))
    stay = bundles.focus(bundle) or {}
    assert bundles.event(bundle) is Event.ADMISSION_NOTICE
    assert stay["period"] == {"start": "2026-03-10T10:00:00+01:00"}


@pytest.mark.parametrize("trigger", ["A07", "A23", "A11"])
def test_what_undoes_an_admission_cancels_it(trigger: str) -> None:
    bundle, _ = read(adt(trigger))
    assert bundles.event(bundle) is Event.ADMISSION_CANCELLED
    assert (bundles.focus(bundle) or {})["status"] == "entered-in-error"


@pytest.mark.parametrize(
    ("trigger", "event", "status"),
    [
        ("A52", Event.LEAVE_ENDED, "in-progress"),
        ("A53", Event.LEAVE_STARTED, "onleave"),
        ("A12", Event.ADMISSION_UPDATED, "in-progress"),
    ],
)
def test_a_correction_tells_what_is_true_again(trigger: str, event: Event, status: str) -> None:
    bundle, _ = read(adt(trigger))
    assert bundles.event(bundle) is event
    assert (bundles.focus(bundle) or {})["status"] == status


def test_a_cancelled_return_does_not_say_when_the_leave_began() -> None:
    expected = "PV2" + "|" * 47 + "20260315180000+0100"
    (leave,) = bundles.extensions(bundles.focus(read(adt("A53", expected))[0]), "leave")
    assert leave["valuePeriod"] == {"end": "2026-03-15T18:00:00+01:00"}
    assert bundles.extensions(bundles.focus(read(adt("A53"))[0]), "leave") == []


@pytest.mark.parametrize("trigger", ["A45", "A50", "A06", "A07"])
def test_a_visits_earlier_number_is_an_alias_of_its_case(trigger: str) -> None:
    bundle, _ = read(adt(trigger, visit("7100999"), "MRG|||||7100231"))
    assert bundles.case_ids(bundle) == (
        "SE0000000001-SJUKHUS/7100999",
        "SE0000000001-SJUKHUS/7100231",
    )


def test_the_same_earlier_number_is_no_second_name() -> None:
    bundle, _ = read(adt("A50", "MRG|||||7100231"))
    assert bundles.case_ids(bundle) == ("SE0000000001-SJUKHUS/7100231",)


def test_an_account_number_names_no_case() -> None:
    bundle, known = read(adt("A01", visit(""), PID + "|" * 7 + "8800412"))
    assert bundles.case_ids(bundle) == ()
    assert ("no-case", "PV1-19") in codes(known)
    assert "PID-18" in lost(known)


def test_a_second_visit_number_is_confessed() -> None:
    bundle, known = read(adt("A08", visit("V77~V88")))
    assert bundles.case_ids(bundle) == ("SE0000000001-SJUKHUS/V77",)
    assert lost(known) == ["PV1-19[2]"]


@pytest.mark.parametrize("trigger", STAY)
def test_a_free_reason_is_told_to_nobody(trigger: str) -> None:
    for reason, path in (("99^Sepsis", "EVN-4"), ("Sepsis", "EVN-4"), ("01^Sepsis", "EVN-4")):
        bundle, known = read(adt(trigger, EVN.replace("||||", f"||{reason}||")))
        assert "Sepsis" not in str(bundle)
        assert path in lost(known)
    bundle, known = read(adt(trigger, "ZSP|1|||||||Y|Sepsis"))
    assert "Sepsis" not in str(bundle)
    assert "ZSP-9" in lost(known)


def test_a_coded_reason_is_its_meaning() -> None:
    bundle, known = read(adt("A02", EVN.replace("||||", "||02^Physician Order^HL70062||")))
    assert bundles.header(bundle)["reason"] == {"text": "Physician order"}
    assert lost(known) == []


def test_a_withdrawn_assessment_says_so_in_a_code() -> None:
    bundle, _ = read(adt("A08", "ZSP|1|N|N|N"))
    assert bundles.ended_reason(bundle) == "withdrawn"


def test_a_discharge_that_has_not_come_is_a_plan() -> None:
    bundle, known = read(adt("A08", PV1 + "|20260401120000+0200"))
    stay = bundles.focus(bundle) or {}
    assert (stay["status"], "end" in stay["period"]) == ("in-progress", False)
    planned = bundles.extension_value(stay, "planned-discharge")
    assert planned == "2026-04-01T12:00:00+02:00"
    assert lost(known) == ["PV1-45"]
    earlier, _ = read(adt("A08", PV1 + "|20260401120000+0200", "PV2|||||||||20260317"))
    assert bundles.extension_value(bundles.focus(earlier), "planned-discharge") == "2026-03-17"


def test_an_update_after_the_discharge_is_about_a_finished_stay() -> None:
    stay = bundles.focus(read(adt("A08", PV1 + "|20260310100000+0100"))[0]) or {}
    assert stay["status"] == "finished"
    assert stay["period"]["end"] == "2026-03-10T10:00:00+01:00"


def test_a_planned_discharge_before_the_admission_contradicts_it() -> None:
    assert codes(read(adt("A01", "PV2|||||||||20250317"))[1]) == [("contradiction", "PV2-9")]
