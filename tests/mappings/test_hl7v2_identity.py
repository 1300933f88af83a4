"""PID-3 and MRG-1: which number is the person's, and which was."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.core.identifiers import PERSONNUMMER, RESERVNUMMER
from adapter.fhir import bundles
from tests.kit.examples import scaled
from tests.kit.hl7v2 import PID, adt, codes, lost, read

OID = "&1.2.752.129.2.1.3.1&ISO"
PNR = f"195009072553^^^{OID}^NNSWE"
LOCAL = "/sid/local/SE0000000001-SJUKHUS"


def known_by(*numbers: str, born: str = "19500907") -> str:
    line = PID.replace("195009072553^^^^NNSWE", "~".join(numbers))
    return line.replace("|19500907|", f"|{born}|")


@pytest.mark.parametrize(
    ("identifier", "expected"),
    [
        (f"195009072553^^^{OID}^MR", "identifier/personnummer|195009072553"),
        ("500907-2553^^^^PNR", "identifier/personnummer|195009072553"),
        ("500907-2553", "identifier/personnummer|195009072553"),
        ("195009072553^^^^PI", "identifier/personnummer|195009072553"),
        ("5009072553^^^^PI", f"{LOCAL}/PI|5009072553"),
        ("195009072553^^^&1.2.3.4&ISO^NI", "urn:oid:1.2.3.4|195009072553"),
        ("195009072553^^^REG A^X", "identifier/personnummer|195009072553"),
        ("4711^^^REG A^X", f"{LOCAL}/REG%20A|4711"),
        ("ABC^^^&1.2.752.129.2.1.3.1&ISO^NI", f"{LOCAL}/NI|ABC"),
        ("195009072553^^^^VN", f"{LOCAL}/VN|195009072553"),
        ("195009072553^^^COSMIC^AN", f"{LOCAL}/COSMIC|195009072553"),
        ("19500907TF18", "identifier/nationelltReservnummer|19500907TF18"),
    ],
)
def test_a_number_is_known_by_its_authority_its_type_or_its_own_form(
    identifier: str, expected: str
) -> None:
    (number,) = bundles.patient_ids(read(adt("A01", known_by(identifier)))[0])
    assert number.endswith(expected)


@pytest.mark.parametrize("born", ["", "1950", "19500908", "19610118"])
@pytest.mark.parametrize("number", ["195009072553", "500907-2553", "5009072553"])
def test_digits_without_the_birth_date_are_a_local_number(number: str, born: str) -> None:
    (known,) = bundles.patient_ids(read(adt("A01", known_by(number, born=born)))[0])
    assert known.endswith(f"{LOCAL}/PID-3|{number}")


def test_a_samordningsnummer_has_sixty_more_in_its_day() -> None:
    (number,) = bundles.patient_ids(read(adt("A01", known_by("196109732393", born="19610913")))[0])
    assert number.endswith("/samordningsnummer|196109732393")


def test_a_stated_number_with_another_birth_date_is_kept_and_told() -> None:
    bundle, known = read(adt("A08", known_by(PNR, born="19620101")))
    assert bundles.patient_ids(bundle) == (f"{PERSONNUMMER}|195009072553",)
    assert codes(known) == [("contradiction", "PID-7")]


@given(st.from_regex(r"\A[0-9]{12}\Z"), st.dates())
@settings(max_examples=scaled(300), deadline=None)
def test_twelve_digits_are_a_person_only_where_the_birth_date_says_so(
    number: str, born: object
) -> None:
    day = str(born).replace("-", "")
    (known,) = bundles.patient_ids(read(adt("A08", known_by(number, born=day)))[0])
    if "/sid/local/" not in known:
        assert number[:6] == day[:6]
        assert int(number[6:8]) % 60 == int(day[6:])


def test_an_expired_number_is_old() -> None:
    expired = f"196101182803^^^{OID}^NNSWE^^20200101^20210101"
    bundle, _ = read(adt("A08", known_by(expired, PNR)))
    assert bundles.patient_ids(bundle) == (f"{PERSONNUMMER}|195009072553",)
    assert bundles.old_patient_ids(bundle) == (f"{PERSONNUMMER}|196101182803",)
    old = (bundles.patient(bundle) or {})["identifier"][1]
    assert old["period"] == {"start": "2020-01-01", "end": "2021-01-01"}


def test_a_number_of_the_future_is_a_loss() -> None:
    bundle, known = read(adt("A08", known_by(PNR, f"196101182803^^^{OID}^NNSWE^^20300101")))
    assert [*bundles.patient_ids(bundle), *bundles.old_patient_ids(bundle)] == [
        f"{PERSONNUMMER}|195009072553"
    ]
    assert lost(known) == ["PID-3[2]"]


def test_a_person_with_expired_numbers_alone_keeps_them() -> None:
    bundle, known = read(adt("A08", known_by(f"{PNR}^^20200101^20210101")))
    assert bundles.patient_ids(bundle) == (f"{PERSONNUMMER}|195009072553",)
    assert codes(known) == [("bad-time", "PID-3")]


@pytest.mark.parametrize("trigger", ["A40", "A34", "A47", "A45", "A50", "A31", "A08"])
def test_the_numbers_that_a_person_had_are_old(trigger: str) -> None:
    merged = "MRG|19500907TF18~4711^^^COSMIC^PI"
    bundle, _ = read(adt(trigger, known_by(PNR), merged))
    assert bundles.patient_ids(bundle) == (f"{PERSONNUMMER}|195009072553",)
    first, second = bundles.old_patient_ids(bundle)
    assert first == f"{RESERVNUMMER}|19500907TF18"
    assert second.endswith(f"{LOCAL}/COSMIC|4711")


def test_a_number_that_is_current_is_not_old() -> None:
    bundle, _ = read(adt("A40", known_by(PNR), f"MRG|{PNR}|||{PNR}"))
    assert bundles.old_patient_ids(bundle) == ()


def test_an_old_local_number_is_of_the_system_that_it_had_as_current() -> None:
    (current,) = bundles.patient_ids(read(adt("A08", known_by("4711")))[0])
    (old,) = bundles.old_patient_ids(read(adt("A40", known_by(PNR), "MRG|4711"))[0])
    assert current == old


@pytest.mark.parametrize(
    ("segment", "centre", "losses"),
    [
        ("PD1||||SE0000000005-VC", "SE0000000005-VC", []),
        ("PD1|||Björken^^SE0000000005-VC", "SE0000000005-VC", ["PD1-3.1"]),
        ("PD1|||Björken^^1^^^^^^^se0000000005-vc", "SE0000000005-VC", ["PD1-3.1", "PD1-3.3"]),
        ("PD1|||Björken^^SE0000000006-VC|SE0000000005-VC", "SE0000000005-VC", ["PD1-3"]),
        ("PD1|||Björken|4711^Ek^Eva", "", ["PD1-3", "PD1-4"]),
        ("PD1", "", []),
    ],
)
def test_the_listed_centre_is_an_hsa_id(segment: str, centre: str, losses: list[str]) -> None:
    bundle, known = read(adt("A31", segment))
    assert bundles.listed_centre(bundle) == centre
    assert [path for path in lost(known) if path.startswith("PD1")] == losses


def test_the_name_that_is_valid_today_is_carried() -> None:
    names = "Gammal^Tilda^^^^^L^^^^^20000101^20100101~Nysson^Tilda^^^^^L^^^^^20100101"
    for written in (names, "~".join(reversed(names.split("~"))), names.replace("~", "~~")):
        bundle, _ = read(adt("A08", PID.replace("Ek^Astrid", written)))
        assert (bundles.patient(bundle) or {})["name"][0]["family"] == "Nysson"
    only_old, _ = read(adt("A08", PID.replace("Ek^Astrid", names.split("~", maxsplit=1)[0])))
    assert (bundles.patient(only_old) or {})["name"][0]["family"] == "Gammal"
