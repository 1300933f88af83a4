"""Values that make no sense: told, left out, and never replaced by a guess."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.core.endpoint import Gender
from adapter.core.errors import FatalError
from adapter.fhir import bundles
from adapter.mappings import Context
from tests.kit.hl7v2 import MSH, PID, PV1, adt, codes, lost, read

DEAD = "|" * 19
PLANNED = "PV2|||||||||20260317"


def patient(body: bytes, **changes: Any) -> dict[str, Any]:
    return bundles.patient(read(body, **changes)[0]) or {}


def period(body: bytes) -> dict[str, Any]:
    period: dict[str, Any] = (bundles.focus(read(body)[0]) or {}).get("period", {})
    return period


def marked(code: str) -> bytes:
    """Return an update with this MSH-11."""
    return adt("A08", MSH.replace("|P|", f"|{code}|"))


def asked(known: Context) -> list[tuple[str, str]]:
    """Return what a person must be asked: code and place."""
    return [(issue.code, issue.expression) for issue in known.questions]


# Which message it is


@pytest.mark.parametrize("code", ["T", "D", "t", "T^A", "D^T"])
def test_a_message_for_tests_is_refused_unless_its_endpoint_is_for_tests(code: str) -> None:
    with pytest.raises(FatalError) as refused:
        read(marked(code))
    assert refused.value.code == "test-message"
    assert [issue.expression for issue in refused.value.issues] == ["MSH-11"]
    bundle, known = read(marked(code), test=True)
    assert bundles.event(bundle) == "admission-updated"
    assert codes(known) == []


@pytest.mark.parametrize("code", ["P", "p", "P^A", ""])
def test_a_message_in_production_is_read_by_every_endpoint(code: str) -> None:
    for is_test in (False, True):
        assert codes(read(marked(code), test=is_test)[1]) == []


def test_an_unknown_processing_id_is_told_and_read_as_production() -> None:
    assert codes(read(marked("X"))[1]) == [("unknown-code", "MSH-11")]


@pytest.mark.parametrize("version", ["2.1", "2.2", "2.3.1", "2.5", "2.8.2", "2.9", "2.5.1^SWE"])
def test_a_version_of_hl7_v2_is_known(version: str) -> None:
    assert codes(read(adt("A08", MSH.replace("|2.5|", f"|{version}|")))[1]) == []


@pytest.mark.parametrize("version", ["", "3.0", "2.10", "2", "25", "FHIR"])
def test_an_unknown_version_is_told(version: str) -> None:
    _, known = read(adt("A08", MSH.replace("|2.5|", f"|{version}|")))
    assert codes(known) == [("unknown-code", "MSH-12")]


# Times


@pytest.mark.parametrize("written", ["2026-03-10", "20261310", "igår", "202603101015001"])
def test_an_admission_that_cannot_be_read_is_left_out(written: str) -> None:
    body = adt("A01", PV1.replace("20260310081500+0100", written), PLANNED)
    assert period(body) == {}
    assert codes(read(body)[1]) == [("bad-time", "PV1-44")]


def test_an_admission_that_is_not_stated_began_when_it_happened() -> None:
    body = adt("A01", PV1.removesuffix("20260310081500+0100"), PLANNED)
    assert period(body) == {"start": "2026-03-10T10:00:00+01:00"}


@pytest.mark.parametrize("written", ["2026-03-10", "igår"])
def test_an_update_whose_discharge_cannot_be_read_does_not_end_the_stay(written: str) -> None:
    bundle, known = read(adt("A08", f"{PV1}|{written}"))
    assert (bundles.focus(bundle) or {})["status"] == "in-progress"
    assert codes(known) == [("bad-time", "PV1-45")]


def test_an_assessment_whose_time_cannot_be_read_says_which_time_is_used() -> None:
    for written in ("igår", ""):
        _, known = read(adt("A08", f"ZSP|1|Y|N|N|{written}"))
        told = known.issues[-1]
        assert (told.code, told.expression) == ("bad-time", "ZSP-5")
        assert told.detail == "the time of the event was used"


def test_an_admission_later_than_its_message_is_told() -> None:
    body = adt("A01", PV1.replace("20260310081500", "20260312081500"), PLANNED)
    assert codes(read(body)[1]) == [("contradiction", "PV1-44")]
    assert period(body) == {"start": "2026-03-12T08:15:00+01:00"}
    assert codes(read(adt("A05", PV1.replace("20260310081500", "20260312081500")))[1]) == []


@pytest.mark.parametrize(
    ("segment", "path"),
    [
        ("PV2|||||||||20260309", "PV2-9"),
        ("PV2|||||||||202603", "PV2-9"),
        ("PV2|||||||||20260310070000+0100", "PV2-9"),
        ("ZSP|1||||20260310080000+0100|20260309", "ZSP-6"),
    ],
)
def test_a_planned_discharge_before_the_admission_is_told_at_its_place(
    segment: str, path: str
) -> None:
    expected = [] if segment.endswith("202603") else [("contradiction", path)]
    assert codes(read(adt("A08", segment))[1]) == expected


def test_a_planned_discharge_on_the_day_of_the_admission_is_no_contradiction() -> None:
    assert codes(read(adt("A08", "PV2|||||||||20260310"))[1]) == []


def test_a_planned_discharge_and_a_discharge_to_come_before_the_admission_are_told() -> None:
    later = PV1.replace("20260310081500", "20260501081500") + "|20260401120000+0100"
    assert ("contradiction", "PV1-45") in codes(read(adt("A08", later))[1])


# The person


@pytest.mark.parametrize("name", ["", "^^^^^^L", '""', "~"])
def test_an_admission_without_a_name_is_told(name: str) -> None:
    segment = PID.replace("Ek^Astrid", name)
    assert codes(read(adt("A01", segment, PLANNED))[1]) == [("required", "PID-5")]
    assert codes(read(adt("A06", segment, PLANNED))[1]) == [("required", "PID-5")]
    assert codes(read(adt("A08", segment))[1]) == []


@pytest.mark.parametrize(
    "name", ["Ek^Astrid^^^^^L^^^^^20000101^20100101", "Ek^A^^^^^L^^^^^20300101"]
)
def test_a_name_that_is_not_valid_today_is_used_only_alone_and_told(name: str) -> None:
    bundle, known = read(adt("A08", PID.replace("Ek^Astrid", name)))
    assert (bundles.patient(bundle) or {})["name"][0]["family"] == "Ek"
    assert codes(known) == [("bad-time", "PID-5")]
    both = adt("A08", PID.replace("Ek^Astrid", f"{name}~Ny^Astrid^^^^^L"))
    assert patient(both)["name"][0]["family"] == "Ny"
    assert codes(read(both)[1]) == []


@pytest.mark.parametrize(
    ("number", "born", "is_told"),
    [
        ("195009072553^^^^NNSWE", "19500907", False),
        ("195009072553^^^^NNSWE", "19620101", True),
        ("195009072553^^^^NNSWE", "20500907", True),
        ("195009072553^^^^NNSWE", "1950", False),
        ("195009072553^^^^NNSWE", "1962", True),
        ("195009072553^^^^NNSWE", "195010", True),
        ("195009072553^^^^NNSWE", "", False),
    ],
)
def test_a_birth_date_and_a_number_that_disagree_are_told_together(
    number: str, born: str, is_told: bool
) -> None:
    body = adt("A08", PID.replace("195009072553^^^^NNSWE", number).replace("19500907|", f"{born}|"))
    told = [issue for issue in read(body)[1].issues if issue.code == "contradiction"]
    assert bool(told) is is_told
    assert all((i.expression, "PID-3" in i.detail) == ("PID-7", True) for i in told)


def test_a_death_to_come_is_told() -> None:
    assert codes(read(adt("A08", f"{PID}{'|' * 18}20270101|Y"))[1]) == [("bad-time", "PID-29")]


@pytest.mark.parametrize("segments", [(f"{PID}{'|' * 18}20260311|N",)])
@pytest.mark.parametrize("trigger", ["A03", "A08", "A31"])
def test_a_time_of_death_of_one_who_lives_is_asked_about(
    trigger: str, segments: tuple[str, ...]
) -> None:
    _, known = read(adt(trigger, *segments))
    assert asked(known) == [("contradiction", "PID-30")]
    assert ("contradiction", "PID-30") in codes(known)


def test_one_who_lives_but_left_dead_is_asked_about() -> None:
    left = PV1.replace("|" * 25, "|" * 17 + "20" + "|" * 8)
    bundle, known = read(adt("A03", f"{PID}{DEAD}N", left))
    assert bundles.event(bundle) == "deceased"
    assert asked(known) == [("contradiction", "PV1-36")]
    assert read(adt("A03", PID, left))[1].questions == []


# Codes of the sender's own


@pytest.mark.parametrize("stated", ["K", "1", "female", "X"])
def test_an_unknown_sex_is_a_warning_and_a_loss_unless_the_sender_has_a_table(stated: str) -> None:
    body = adt("A08", PID.replace("|F|", f"|{stated}|"))
    bundle, known = read(body)
    assert "gender" not in (bundles.patient(bundle) or {})
    assert codes(known) == [("unknown-code", "PID-8")]
    assert lost(known) == ["PID-8"]
    bundle, known = read(body, genders={stated: Gender.FEMALE})
    assert (bundles.patient(bundle) or {})["gender"] == "female"
    assert (codes(known), lost(known)) == ([], [])


def test_a_senders_own_table_of_sexes_goes_before_hl7s() -> None:
    body = adt("A08", PID.replace("|F|", "|M|"))
    assert patient(body)["gender"] == "male"
    assert patient(body, genders={"M": Gender.OTHER})["gender"] == "other"


# Addresses and visits


@pytest.mark.parametrize(
    ("street", "line"),
    [
        ("&Storgatan&12", "Storgatan 12"),
        ("Storgatan 12&Storgatan&12", "Storgatan 12"),
        ("Storgatan&&12", "Storgatan 12"),
        ("&&12", "12"),
        ("&Storgatan", "Storgatan"),
        ("&Ek&1", "Ek 1"),
    ],
)
def test_a_street_by_its_parts_has_no_space_before_it(street: str, line: str) -> None:
    [address] = patient(adt("A08", PID.replace("Storgatan 1", street)))["address"]
    assert address["line"] == [line]


@pytest.mark.parametrize(
    ("number", "name"),
    [
        ("7100231", "7100231"),
        ("7100231^^^AKUT^VN", "AKUT/7100231"),
        ("7100231^^^AKUT&1.2.3&ISO^VN", "AKUT/7100231"),
        ("7100231^^^&1.2.3&ISO^VN", "1.2.3/7100231"),
        ("7100231^^^COSMIC^VN", "7100231"),
        ("7100231^^^SJUKHUS^VN", "7100231"),
        ("7100231^^^SE0000000001-SJUKHUS", "7100231"),
        ("7100231^^^A/B", "A%2FB/7100231"),
    ],
)
def test_the_authority_of_a_visit_number_is_a_part_of_the_cases_name(
    number: str, name: str
) -> None:
    for trigger in ("A01", "A45"):
        bundle, _ = read(adt(trigger, PV1.replace("7100231", number)))
        assert list(bundles.case_ids(bundle)) == [f"SE0000000001-SJUKHUS/{name}"]
        [visit] = (bundles.focus(bundle) or {})["identifier"]
        assert visit["value"] == "7100231"
    merged = f"MRG|1||||{number.replace('7100231', '99')}"
    names = list(bundles.case_ids(read(adt("A50", PV1, merged))[0]))
    assert names == ["SE0000000001-SJUKHUS/7100231", f"SE0000000001-SJUKHUS/{name[:-7]}99"]


def test_two_visit_numbers_of_two_authorities_are_not_one() -> None:
    two = PV1.replace("7100231", "V77^^^A~V88^^^B")
    bundle, known = read(adt("A08", two))
    assert list(bundles.case_ids(bundle)) == ["SE0000000001-SJUKHUS/A/V77"]
    assert lost(known) == ["PV1-19[2]"]
