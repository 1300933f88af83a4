"""PV1-2, PV1-36, PID-29, PID-30 and PD1-12: class, disposition, death and protection."""

from __future__ import annotations

import pytest

from adapter.core.endpoint import ActCode, Disposition
from adapter.core.model import Event
from adapter.fhir import bundles, canonical, encounter_classes, labels
from tests.kit.hl7v2 import PID, PV1, adt, codes, lost, read


def of_class(code: str) -> str:
    return PV1.replace("|I|", f"|{code}|")


def left(code: str, discharged: str = "20260310100000+0100") -> str:
    """Return a PV1 with a disposition (PV1-36) and a discharge time."""
    fields = PV1.split("|")
    fields[36] = code
    return "|".join([*fields, discharged])


def death(time: str, indicator: str) -> str:
    return PID + "|" * 18 + f"{time}|{indicator}"


@pytest.mark.parametrize(
    ("stated", "read_as"),
    [
        ("I", "IMP"),
        ("i", "IMP"),
        ("B", "IMP"),
        ("E", "EMER"),
        ("O", "AMB"),
        ("R", "AMB"),
        ("C", "AMB"),
        ("P", "PRENC"),
    ],
)
@pytest.mark.parametrize("trigger", ["A01", "A08", "A03"])
def test_the_class_is_the_one_that_is_stated(trigger: str, stated: str, read_as: str) -> None:
    bundle, known = read(adt(trigger, of_class(stated)))
    assert bundles.encounter_class(bundle) == read_as
    assert "userSelected" not in (bundles.focus(bundle) or {})["class"]
    assert "unknown-code" not in dict(codes(known))


@pytest.mark.parametrize("stated", ["", "N", "U", "OUTPATIENT"])
@pytest.mark.parametrize(("trigger", "said"), [("A01", "IMP"), ("A06", "IMP"), ("A05", "PRENC")])
def test_a_class_that_is_not_stated_is_what_the_trigger_says(
    stated: str, trigger: str, said: str
) -> None:
    bundle, known = read(adt(trigger, of_class(stated), "ZSP|1|Y"))
    assert bundles.encounter_class(bundle) == said
    assert (("unknown-code", "PV1-2") in codes(known)) is (stated == "OUTPATIENT")


@pytest.mark.parametrize("stated", ["", "N", "U"])
@pytest.mark.parametrize("trigger", ["A02", "A03", "A08", "A16", "A31"])
def test_a_class_that_nobody_states_is_assumed(stated: str, trigger: str) -> None:
    bundle, _ = read(adt(trigger, of_class(stated), "ZSP|1|Y"))
    class_ = (bundles.focus(bundle) or {})["class"]
    assert (class_["code"], class_["userSelected"]) == ("IMP", False)
    assert bundles.encounter_class(bundle) == ""


@pytest.mark.parametrize("trigger", ["A02", "A03", "A08", "A16", "A31"])
def test_a_class_that_nobody_knows_is_assumed_and_marked_as_unknown(trigger: str) -> None:
    bundle, known = read(adt(trigger, of_class("OUTPATIENT"), "ZSP|1|Y"))
    class_ = (bundles.focus(bundle) or {})["class"]
    assert (class_["code"], class_["userSelected"]) == ("IMP", False)
    assert class_["extension"] == [{"url": canonical.DATA_ABSENT, "valueCode": "unknown"}]
    assert encounter_classes.stated_class(bundle) == encounter_classes.UNKNOWN
    assert ("unknown-code", "PV1-2") in codes(known)


def test_a_sender_has_its_own_classes() -> None:
    classes = {"D": ActCode.AMB, "O": ActCode.OBSENC}
    assert bundles.encounter_class(read(adt("A08", of_class("D")), classes=classes)[0]) == "AMB"
    assert bundles.encounter_class(read(adt("A08", of_class("O")), classes=classes)[0]) == "OBSENC"
    assert bundles.encounter_class(read(adt("A08", of_class("I")), classes=classes)[0]) == "IMP"


def test_a_change_of_class_is_about_the_inpatient_stay() -> None:
    begun, known = read(adt("A06", of_class("O")))
    assert bundles.encounter_class(begun) == "IMP"
    assert ("contradiction", "PV1-2") in codes(known)
    assert bundles.encounter_class(read(adt("A07", of_class("O")))[0]) == "IMP"


@pytest.mark.parametrize("code", ["20", "40", "41", "42", "AVLID"])
@pytest.mark.parametrize("trigger", ["A03", "A08"])
def test_a_discharge_by_a_death_code_is_a_death(trigger: str, code: str) -> None:
    own = {"AVLID": Disposition.DEAD}
    bundle, _ = read(adt(trigger, left(code)), dispositions=own)
    assert bundles.event(bundle) is Event.DECEASED
    assert (bundles.patient(bundle) or {})["deceasedBoolean"] is True
    stay = bundles.focus(bundle) or {}
    assert (stay["status"], stay["period"]["end"]) == ("finished", "2026-03-10T10:00:00+01:00")
    assert bundles.disposition(bundle) == "exp"


def test_the_time_of_a_death_goes_before_its_code() -> None:
    bundle, _ = read(adt("A03", left("20"), death("20260310093000+0100", "Y")))
    person = bundles.patient(bundle) or {}
    assert person["deceasedDateTime"] == "2026-03-10T09:30:00+01:00"
    assert "deceasedBoolean" not in person


@pytest.mark.parametrize(
    ("code", "read_as"), [("02", "other-hcf"), ("01", "home"), ("07", "home"), ("LAS", "other-hcf")]
)
def test_where_a_discharge_leads(code: str, read_as: str) -> None:
    bundle, _ = read(adt("A03", left(code)), dispositions={"LAS": Disposition.OTHER_HOSPITAL})
    assert bundles.event(bundle) is Event.DISCHARGED
    assert bundles.disposition(bundle) == read_as


@pytest.mark.parametrize("code", ["99", "30", "10"])
def test_an_unlisted_disposition_is_a_discharge_with_a_warning(code: str) -> None:
    bundle, known = read(adt("A03", left(code)))
    assert (bundles.event(bundle), bundles.disposition(bundle)) == (Event.DISCHARGED, "")
    assert codes(known) == [("unknown-code", "PV1-36")]


def test_a_disposition_counts_only_where_the_stay_is_over() -> None:
    bundle, known = read(adt("A08", left("20", "")))
    assert bundles.event(bundle) is Event.ADMISSION_UPDATED
    assert bundles.disposition(bundle) == ""
    assert lost(known) == ["PV1-36"]


def test_a_patient_who_is_alive_takes_back_a_death() -> None:
    for alive in (death("", "N"), death('""', '""'), death("", '""'), death('""', "")):
        assert bundles.deleted(read(adt("A08", alive))[0]) == {"deceased"}
    for silent in (PID, death("", "Y"), death("20260310", ""), death('""', "Y")):
        assert bundles.deleted(read(adt("A08", silent))[0]) == frozenset()


@pytest.mark.parametrize("indicator", ["N", '""'])
def test_a_time_of_death_of_one_who_is_alive_is_a_contradiction(indicator: str) -> None:
    if indicator == '""':
        bundle, known = read(adt("A03", death("20260311", indicator)))
        assert bundles.event(bundle) is Event.DECEASED
        return
    bundle, known = read(adt("A03", death("20260311", indicator)))
    assert bundles.event(bundle) is Event.DISCHARGED
    assert not any(key.startswith("deceased") for key in bundles.patient(bundle) or {})
    assert bundles.deleted(bundle) == frozenset()
    assert ("contradiction", "PID-30") in codes(known)


@pytest.mark.parametrize(
    ("stated", "level"),
    [
        ("Y", "sekretessmarkering"),
        ("F", "skyddadFolkbokforing"),
        ("K", "kvarskrivning"),
        ("J", "sekretessmarkering"),
        ("Y~F", "skyddadFolkbokforing"),
        ("N~K", "kvarskrivning"),
        ("N", "none"),
        ("", ""),
        ('""', ""),
    ],
)
@pytest.mark.parametrize("trigger", ["A01", "A31"])
def test_protection_is_what_the_source_says_and_silence_says_nothing(
    trigger: str, stated: str, level: str
) -> None:
    bundle, known = read(adt(trigger, "PD1" + "|" * 12 + stated))
    assert labels.protection(bundle) == level
    assert (("unknown-code", "PD1-12") in codes(known)) is (stated == "J")
    assert ("PD1-12" in lost(known)) is (stated == '""')


@pytest.mark.parametrize(
    ("first", "second", "level"),
    [
        ("", "Y", "sekretessmarkering"),
        ("N", "Y", "sekretessmarkering"),
        ("", "N~F", "skyddadFolkbokforing"),
        ("", "N", ""),  # what contradicts itself lifts nothing
        ("Y", "N", "sekretessmarkering"),
    ],
)
def test_protection_in_any_pd1_protects(first: str, second: str, level: str) -> None:
    both = "\r".join("PD1" + "|" * 12 + stated for stated in (first, second))
    bundle, _ = read(adt("A01", both))
    assert labels.protection(bundle) == level


@pytest.mark.parametrize("stated", ["K", "X", "1", "female"])
def test_an_unknown_gender_is_a_warning(stated: str) -> None:
    bundle, known = read(adt("A08", PID.replace("|F|", f"|{stated}|")))
    assert "gender" not in (bundles.patient(bundle) or {})
    assert codes(known) == [("unknown-code", "PID-8")]
