"""The journal's feed: what each message becomes, and what is told about the odd ones."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from adapter import fhir
from adapter.core.errors import FatalError, Severity
from adapter.core.model import Event, Need
from adapter.fhir import assessments, bundles, codec, profiles
from adapter.mappings.hl7v2 import system
from adapter.mappings.hl7v2.events import TRIGGERS
from tests.kit import oracle
from tests.kit.hl7v2 import EVN, FIXTURES, MSH, PID, PV1, SENDER, adt, codes, context, lost, read
from tests.kit.shared import shared_files

NATIVE = sorted(FIXTURES.rglob("*.native.hl7"))
GOOD = [p for p in NATIVE if p.parent.name != "refused"]
FEED = shared_files("hl7v2-adt/*.hl7", 29)
STAY = {t for t, event in TRIGGERS.items() if event is not Event.PERSON_UPDATED}


def beside(path: Path, ending: str) -> Path:
    """The file that says what is expected of a native one."""
    return path.with_name(path.name.replace(".native.hl7", ending))


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.name.split('.')[0]}"


@pytest.mark.parametrize("path", GOOD, ids=name)
def test_a_fixture_reads_as_written_beside_it(path: Path) -> None:
    bundle, _ = read(path.read_bytes())
    assert bundle == json.loads(beside(path, ".fhir.json").read_text())
    assert bundles.event(bundle) == path.parent.name


@pytest.mark.parametrize("path", GOOD, ids=name)
def test_a_fixture_is_a_valid_message_to_us_and_to_hl7(path: Path) -> None:
    bundle, _ = read(path.read_bytes())
    errors = [i for i in profiles.validate(bundle) if i.severity is Severity.ERROR]
    assert errors == []
    assert oracle.problems(bundle) == []


@pytest.mark.parametrize("path", [p for p in NATIVE if p not in GOOD], ids=name)
def test_a_refusal_has_the_code_written_beside_it(path: Path) -> None:
    with pytest.raises(FatalError) as refused:
        read(path.read_bytes())
    assert refused.value.code == beside(path, ".error").read_text().strip()


def test_every_event_of_a_stay_has_a_fixture() -> None:
    written = {path.parent.name for path in GOOD}
    assert written >= {str(event) for event in system.readers}


@pytest.mark.parametrize("path", FEED, ids=lambda p: p.name[:7])
def test_a_real_feed_is_read_or_refused_with_a_clear_code(path: Path) -> None:
    body = path.read_bytes()
    if path.name.split("-")[1] not in TRIGGERS:
        with pytest.raises(FatalError) as refused:
            read(body)
        assert refused.value.code == "unmapped-event"
        return
    bundle, _ = read(body)
    assert fhir.check_structure(bundle) == []
    assert [i for i in profiles.validate(bundle) if i.severity is Severity.ERROR] == []
    assert oracle.problems(bundle) == []


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("ADT^A04", "unmapped-event"),
        ("ADT^A60", "unmapped-event"),
        ("ORU^R01", "unmapped-event"),
        ("MDM^T02", "unmapped-event"),
        ("PGL^PC6", "unmapped-event"),
        ("ZZZ^Z99", "unmapped-event"),
        ("ORU^A01", "unknown-event"),
        ("ADT^A63", "unknown-event"),
        ("ADT^", "unknown-event"),
        ("^A01", "unknown-event"),
        ("Z^Z", "unknown-event"),
        ("", "unknown-event"),
    ],
)
def test_what_hl7_knows_is_unmapped_and_what_it_does_not_is_unknown(kind: str, code: str) -> None:
    body = adt("A01", MSH.replace("ADT^{}", kind))
    with pytest.raises(FatalError) as refused:
        read(body)
    assert refused.value.code == code


def test_the_event_is_the_headers_never_the_one_of_evn() -> None:
    bundle, _ = read(adt("A16", EVN.replace("EVN|", "EVN|A01")))
    assert bundles.event(bundle) is Event.DISCHARGE_READY


@pytest.mark.parametrize("trigger", ["A01", "A02", "A11", "A16", "A22"])
def test_death_is_told_by_discharge_and_update_alone(trigger: str) -> None:
    dead = PID + "|" * 19 + "Y"
    assert bundles.event(read(adt(trigger, dead))[0]) is not Event.DECEASED
    assert bundles.event(read(adt("A03", dead))[0]) is Event.DECEASED
    assert bundles.event(read(adt("A08", dead))[0]) is Event.DECEASED


def test_a_withdrawn_assessment_ends_the_process_unless_the_patient_died() -> None:
    withdrawn = "ZSP|1|||||||Y"
    assert bundles.event(read(adt("A08", withdrawn))[0]) is Event.PROCESS_ENDED
    assert bundles.event(read(adt("A02", withdrawn))[0]) is Event.PROCESS_ENDED
    assert bundles.event(read(adt("A08", withdrawn, PID + "|" * 19 + "Y"))[0]) is Event.DECEASED
    assert bundles.event(read(adt("A03", withdrawn))[0]) is Event.DISCHARGED


def test_an_assessment_may_come_with_any_trigger() -> None:
    for trigger in sorted(STAY):
        bundle, _ = read(
            adt(trigger, "ZSP|1|Y||N|20260310095000+0100||SE2321000016-A1~SE2321000016-B2")
        )
        found = assessments.assessment(bundle)
        assert found is not None
        assert found.needs == {Need.SOCIAL_SERVICES}
        assert found.units == ("SE2321000016-A1", "SE2321000016-B2")
        assert not found.withdrawn


def test_a_segment_that_judges_nothing_is_no_assessment() -> None:
    bundle, _ = read(adt("A08", "ZSP|1|N||||20260317"))
    assert assessments.assessment(bundle) is None
    planned = bundles.extension_value(bundles.focus(bundle), "planned-discharge")
    assert planned == "2026-03-17"


def test_the_planned_discharge_of_the_assessment_goes_before_the_visits() -> None:
    visit = "PV2|||||||||20260320"
    bundle, _ = read(adt("A08", visit, "ZSP|1|Y||||20260317"))
    assert bundles.extension_value(bundles.focus(bundle), "planned-discharge") == "2026-03-17"


def test_the_same_bytes_have_the_same_id_and_other_bytes_with_the_same_control_id_another() -> None:
    body = adt("A01")
    assert read(body)[0] == read(body)[0]
    other = bundles.content_id(read(adt("A01", PID.replace("Ek", "Eks")))[0])
    assert other != bundles.content_id(read(body)[0])


def test_a_missing_planned_discharge_is_a_warning_on_admission_alone() -> None:
    assert ("no-planned-discharge", "PV2-9") in codes(read(adt("A01"))[1])
    assert codes(read(adt("A02"))[1]) == []


def test_an_admission_without_its_time_began_when_it_happened() -> None:
    bundle, _ = read(adt("A01", "PV1|1|I|MED3"))
    assert (bundles.focus(bundle) or {})["period"] == {"start": "2026-03-10T10:00:00+01:00"}


def test_a_strict_endpoint_refuses_what_another_warns_about() -> None:
    body = adt("A01", PID.replace("195009072553", "195001011234"))
    assert ("bad-identifier", "PID-3") in codes(read(body)[1])
    with pytest.raises(FatalError) as refused:
        read(body, strict_identifiers=True)
    assert [(i.code, i.detail) for i in refused.value.issues] == [("bad-identifier", "checksum")]
    with pytest.raises(FatalError, match="ZSP-7"):
        read(adt("A01", "ZSP|1|Y|||||Omsorgen"), strict_identifiers=True)


def test_a_strict_endpoint_may_send_local_numbers_besides() -> None:
    body = adt("A01", PID.replace("^NNSWE", "^NNSWE~4711^^^COSMIC^PI"))
    assert len(bundles.patient_ids(read(body, strict_identifiers=True)[0])) == 2


@pytest.mark.parametrize(
    ("written", "read_as", "warnings"),
    [
        ("20260710081500.25+0200", "2026-07-10T08:15:00.250000+02:00", []),
        ("202607100815-0330", "2026-07-10T08:15:00-03:30", []),
        ("2026071008", "2026-07-10T08:00:00+02:00", ["naive-time"]),
        ("20261210081500", "2026-12-10T08:15:00+01:00", ["naive-time"]),
        ("20261231235960+0100", "2027-01-01T00:00:00+01:00", []),  # a leap second
        ("20261231235960.25+0100", "2027-01-01T00:00:00.250000+01:00", []),
        ("20260710095960", "2026-07-10T10:00:00+02:00", ["naive-time"]),
        ("20260710", "2026-07-10", []),
        ("202607", "2026-07", []),
        ("2026", "2026", []),
        ("20261025023000", "2026-10-25T02:30:00+02:00", ["naive-time"]),
        ("20260329023000", "2026-03-29T03:30:00+02:00", ["naive-time"]),
    ],
)
def test_a_time_is_as_fine_as_it_came_and_in_the_endpoints_zone(
    written: str, read_as: str, warnings: list[str]
) -> None:
    bundle, known = read(adt("A08", PV1.replace("20260310081500+0100", written)))
    assert (bundles.focus(bundle) or {})["period"]["start"] == read_as
    assert [code for code, _ in codes(known)] == warnings


@pytest.mark.parametrize(
    "written",
    [
        "20261301",
        "20260230",
        "2026031025",
        "20260310081500+1500",
        "20260310081561",
        "20260310086000",
        "18990101",
        "igår",
        "9",
    ],
)
def test_a_time_that_cannot_be_read_is_a_warning(written: str) -> None:
    bundle, known = read(adt("A08", PV1.replace("20260310081500+0100", written)))
    assert "period" not in (bundles.focus(bundle) or {})
    assert codes(known) == [("bad-time", "PV1-44")]


def test_one_warning_is_enough_for_all_times_without_a_zone() -> None:
    local = [line.replace("+0100", "") for line in (EVN, PV1)]
    _, known = read(adt("A08", *local))
    assert codes(known) == [("naive-time", "EVN-2")]


def test_the_stated_time_of_recording_is_kept_however_late() -> None:
    bundle, known = read(adt("A08", EVN.replace("20260310101500", "20290310101500")))
    assert bundles.recorded(bundle) == datetime.fromisoformat("2029-03-10T10:15:00+01:00")
    assert codes(known) == []


@pytest.mark.parametrize(
    ("received", "offset"), [("2026-10-25T02:11:00+02:00", 2), ("2026-10-25T02:11:00+01:00", 1)]
)
def test_a_time_that_occurs_twice_is_the_one_nearest_to_the_reception(
    received: str, offset: int
) -> None:
    evn = "EVN||20261025021000||||20261025020900"
    known = replace(context(b""), recorded=datetime.fromisoformat(received))
    document = codec.parse("hl7", adt("A16", evn))
    bundle = system.read(Event.DISCHARGE_READY, document, known)
    zone = timezone(timedelta(hours=offset))
    assert bundles.recorded(bundle) == datetime(2026, 10, 25, 2, 10, tzinfo=zone)
    ready = bundles.extension_value(bundles.focus(bundle), "discharge-ready")
    assert ready == f"2026-10-25T02:09:00+0{offset}:00"
    assert codes(known) == [("naive-time", "EVN-2"), ("naive-time", "EVN-6")]


def test_a_discharge_before_the_admission_is_told_and_the_end_kept() -> None:
    bundle, known = read(adt("A03", PV1 + "|20260309"))
    assert (bundles.focus(bundle) or {})["period"] == {"end": "2026-03-09"}
    assert codes(known) == [("bad-time", "PV1-44")]


def test_what_is_not_carried_is_confessed_once_and_without_its_content() -> None:
    body = adt("A01", PID + "||070-1740605", "OBX|1|ST|||hemligt", "NTE|1||hemligt")
    _, known = read(body + b"OBX|2|ST|||hemligt\rAnteckning om Astrid|hemligt\r")
    paths = lost(known)
    assert paths == ["PID-13", "OBX", "NTE", "unnamed segment"]
    assert "hemligt" not in str(known.losses)


def test_a_message_of_an_endpoint_with_its_own_charset_is_read_in_it() -> None:
    body = adt("A01", MSH.replace("||||||UNICODE UTF-8", "")).decode().encode("iso-8859-1")
    bundle, _ = read(body, charset="iso-8859-1")
    assert "LULEÅ" in json.dumps(bundle, ensure_ascii=False)
    with pytest.raises(FatalError) as refused:
        read(body)
    assert refused.value.code == "wrong-charset"


def test_an_unknown_zone_is_the_settings_fault() -> None:
    document = codec.parse("hl7", adt("A01"))
    with pytest.raises(FatalError) as refused:
        system.read(Event.ADMISSION_NOTICE, document, context(b"", zone="Europe/Atlantis"))
    assert refused.value.code == "settings"
    assert SENDER.zone == "Europe/Stockholm"


@pytest.mark.parametrize("segment", ["CON|1|001|||||||||A", "ARV|1|A|DEM^Demographics"])
def test_a_consent_and_a_restriction_of_access_are_confessed_and_not_read(segment: str) -> None:
    bundle, known = read(adt("A08", segment))
    assert [loss.path for loss in known.losses if loss.path == segment[:3]] == [segment[:3]]
    assert bundles.of_type(bundle, "Consent") is None
