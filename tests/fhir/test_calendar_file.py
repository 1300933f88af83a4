"""The calendar file of an invitation: right for a calendar, and without anything of the person."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.errors import FatalError
from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.canonical import SECURITY
from adapter.fhir.readable.calendar_file import calendar
from tests.kit.places import FIXTURES

SWEDEN = ZoneInfo("Europe/Stockholm")
INVITATIONS = [
    path
    for path in sorted(
        [
            *(FIXTURES / "readable").glob("sip-invitation*.fhir.json"),
            *(FIXTURES / "fhir").glob("sip-invitation*/usual.fhir.json"),
        ]
    )
    if "answer" not in str(path)
]


def read(name: str = "sip-invitation") -> Bundle:
    bundle: Bundle = json.loads((FIXTURES / "readable" / f"{name}.fhir.json").read_text("utf-8"))
    return bundle


def focus(bundle: Bundle) -> dict[str, Any]:
    resource = bundles.focus(bundle)
    assert resource is not None
    return resource


def lines(bundle: Bundle) -> dict[str, str]:
    """The properties of the event, unfolded; each by its name without parameters."""
    unfolded = calendar(bundle).decode("utf-8").replace("\r\n ", "").split("\r\n")
    event = unfolded[unfolded.index("BEGIN:VEVENT") + 1 : unfolded.index("END:VEVENT")]
    return {line.partition(":")[0].partition(";")[0]: line for line in event}


def of_type(bundle: Bundle, type_: str) -> dict[str, Any]:
    return next(r for r in bundles.resources(bundle) if r["resourceType"] == type_)


@pytest.mark.parametrize("path", INVITATIONS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_each_line_ends_with_crlf_and_has_at_most_75_octets(path: Any) -> None:
    file = calendar(json.loads(path.read_text("utf-8")))
    assert file.endswith(b"END:VCALENDAR\r\n")
    assert b"\n" not in file.replace(b"\r\n", b"")
    assert max(len(line) for line in file.split(b"\r\n")) <= 75
    for line in file.split(b"\r\n"):
        line.decode("utf-8")  # folded between characters


@pytest.mark.parametrize("path", INVITATIONS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_another_program_reads_it(path: Any) -> None:
    icalendar = pytest.importorskip("icalendar")
    bundle = json.loads(path.read_text("utf-8"))
    parsed = icalendar.Calendar.from_ical(calendar(bundle))
    [event] = parsed.walk("VEVENT")
    appointment = focus(bundle)
    assert event["DTSTART"].dt == datetime.fromisoformat(appointment["start"])
    assert event["DTEND"].dt == datetime.fromisoformat(appointment["end"])
    assert event["DTSTART"].params["TZID"] == "Europe/Stockholm"
    assert event["SUMMARY"] == "SIP-möte"
    assert bundles.case_ids(bundle)[0] in event["DESCRIPTION"]
    assert parsed.errors == event.errors == []


def test_its_time_zone_is_that_of_sweden() -> None:
    icalendar = pytest.importorskip("icalendar")
    [zone] = icalendar.Calendar.from_ical(calendar(read())).walk("VTIMEZONE")
    told = zone.to_tz(lookup_tzid=False)
    at = datetime(2026, 1, 1, 12)  # noqa: DTZ001 - a local time
    for _ in range(2 * 366):
        assert at.replace(tzinfo=told).utcoffset() == at.replace(tzinfo=SWEDEN).utcoffset(), at
        at += timedelta(days=1)


def test_the_same_invitation_keeps_its_uid_and_counts_its_versions() -> None:
    first, cancelled = lines(read()), lines(read("sip-invitation-cancelled"))
    assert first["UID"] == cancelled["UID"]
    assert (first["SEQUENCE"], cancelled["SEQUENCE"]) == ("SEQUENCE:0", "SEQUENCE:3")
    other = read()
    focus(other)["identifier"][0]["value"] = "KAL-9"
    assert lines(other)["UID"] != first["UID"]


def test_a_cancellation_is_later_than_the_last_version_whatever_its_own() -> None:
    versions = []
    for version in (1, 2, 2**31 - 1):
        for name in ("sip-invitation", "sip-invitation-cancelled"):
            bundle = read(name)
            extension = next(e for e in focus(bundle)["extension"] if e["url"].endswith("/version"))
            extension["valuePositiveInt"] = version
            versions.append(int(lines(bundle)["SEQUENCE"].partition(":")[2]))
    assert versions[:4] == [0, 1, 2, 3]
    assert max(versions) < 2**31


def test_a_cancelled_meeting_cancels_and_a_proposed_one_is_tentative() -> None:
    assert b"METHOD:REQUEST\r\n" in calendar(read())
    assert b"METHOD:CANCEL\r\n" in calendar(read("sip-invitation-cancelled"))
    assert lines(read("sip-invitation-cancelled"))["STATUS"] == "STATUS:CANCELLED"
    proposed = read()
    focus(proposed)["status"] = "proposed"
    assert lines(proposed)["STATUS"] == "STATUS:TENTATIVE"


def test_a_time_in_another_zone_is_told_in_swedish_time() -> None:
    bundle = read()
    focus(bundle)["start"], focus(bundle)["end"] = "2026-07-01T08:00:00Z", "2026-07-01T09:00:00Z"
    assert lines(bundle)["DTSTART"] == "DTSTART;TZID=Europe/Stockholm:20260701T100000"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-10-25T02:15:00+02:00", "2026-10-25T02:45:00+02:00"),
        ("2026-10-25T02:15:00+01:00", "2026-10-25T02:45:00+01:00"),
        ("2026-10-25T02:45:00+02:00", "2026-10-25T02:15:00+01:00"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T04:00:00+01:00"),
        ("2026-03-29T01:30:00+01:00", "2026-03-29T03:30:00+02:00"),
    ],
)
def test_the_hour_that_the_clock_shows_twice_is_told_by_its_instant(start: str, end: str) -> None:
    icalendar = pytest.importorskip("icalendar")
    bundle = read()
    focus(bundle)["start"], focus(bundle)["end"] = start, end
    [event] = icalendar.Calendar.from_ical(calendar(bundle)).walk("VEVENT")
    told = [event[name].dt.astimezone(UTC) for name in ("DTSTART", "DTEND")]
    assert told == [datetime.fromisoformat(text).astimezone(UTC) for text in (start, end)]


@pytest.mark.parametrize("year", ["0001", "0500", "1995", "9999"])
def test_a_year_that_no_calendar_has_is_refused_and_never_an_accident(year: str) -> None:
    bundle = read()
    focus(bundle)["start"] = f"{year}-01-01T00:00:00+14:00"
    focus(bundle)["end"] = f"{year}-12-31T23:59:59-12:00"
    with pytest.raises(FatalError) as refused:
        calendar(bundle)
    assert refused.value.code == "no-mapping"


@pytest.mark.parametrize("year", ["0001", "0500", "9999"])
def test_a_message_recorded_in_such_a_year_has_the_time_of_the_meeting(year: str) -> None:
    bundle = read()
    bundle["timestamp"] = f"{year}-12-31T23:59:59Z"
    header = bundles.header(bundle)
    header["extension"] = [e for e in header["extension"] if not e["url"].endswith("/recorded")]
    assert lines(bundle)["DTSTAMP"] == "DTSTAMP:20261125T120000Z"


def test_a_meeting_that_ends_before_it_starts_has_no_file() -> None:
    bundle = read()
    appointment = focus(bundle)
    appointment["start"], appointment["end"] = appointment["end"], appointment["start"]
    with pytest.raises(FatalError):
        calendar(bundle)
    appointment["end"] = appointment["start"]
    assert "DTEND" not in lines(bundle)


HIDDEN = "\u2028\u2029\u0085\u200b\u200e\u202e\u2066\u2069\ufeff\u00ad\x00\x1b\t"


@given(st.text(st.sampled_from(f"ab{HIDDEN}\n\r;,\\"), max_size=20))
def test_no_value_has_a_line_end_or_a_character_that_nobody_sees(text: str) -> None:
    bundle = read()
    of_type(bundle, "Location")["name"] = f"Rum {text}"
    of_type(bundle, "PractitionerRole")["organization"]["display"] = f"Enhet {text}"
    bundles.header(bundle)["extension"][0]["valueIdentifier"]["value"] = f"SE1/{text}"
    file = calendar(bundle).decode("utf-8")
    assert [c for c in HIDDEN if c in file] == []
    assert len(file.splitlines()) == len(file.split("\r\n")) - 1


def test_a_video_link_is_a_place_and_the_unit_calls() -> None:
    told = lines(read())
    assert "https://mote.example/rum/4711" in told["LOCATION"]
    assert told["ORGANIZER"] == 'ORGANIZER;CN="Vårdcentralen Örnen":urn:x-hsa:SE0000000004-VC'


@pytest.mark.parametrize(
    "place",
    [
        "Hemma hos Märta",
        "Åkerströms lägenhet",
        "Örngatan 5",
        "Fråga Anna Bergqvist",
        "Ring 070-000 00 01",
        "Rum 500907-2553",
        "Kan Märta bo hemma med hjälp av hemtjänst?",
        "Hemma hos Ma\u0308rta",
        "Hemma hos M\u200ba\u2060r\u00adta",
        "Hemma hos Ma\u0308\u034frta",
        "Hemma hos M\u202eärta",
        "Hemma hos \uff2d\u00e4\uff52\uff54\uff41",
        "Hemma hos Marta",
        "Hemma hos М\u00e4rta",
        "https://mote.example/M%C3%A4rta",
        "Rum ５００９０７－２５５３",
        "Rum ٥٠٠٩٠٧٢٥٥٣",
        "Rum 5\u200b0\u200b0907-25\u00ad53",
        "Rum 500907 2553",
        "Anna\u00a0Bergqvist",
    ],
)
def test_a_place_that_tells_of_a_person_is_left_out(place: str) -> None:
    bundle = read()
    of_type(bundle, "Location")["name"] = place
    assert lines(bundle)["LOCATION"] == "LOCATION:Se kallelsen"


def test_the_place_of_a_protected_person_is_left_out() -> None:
    bundle = read()
    of_type(bundle, "Patient")["meta"] = {
        "security": [{"system": SECURITY, "code": "kvarskrivning"}]
    }
    assert lines(bundle)["LOCATION"] == "LOCATION:Se kallelsen"


def test_a_case_named_by_a_personal_number_is_left_out() -> None:
    bundle = read()
    header = bundles.header(bundle)
    header["extension"][0]["valueIdentifier"]["value"] = "SE0000000001-SUNDBY/19500907-2553"
    focus(bundle)["identifier"][0]["value"] = "195009072553"
    assert b"2553" not in calendar(bundle)


@pytest.mark.parametrize("type_", ["PractitionerRole", "Practitioner"])
def test_a_person_who_calls_or_is_called_is_not_named(type_: str) -> None:
    bundle = read()
    person = {"type": type_, "display": "Karl Lind"}
    person["identifier"] = {"system": "urn:oid:1.2.752.29.4.19", "value": "SE0000000004-KARL"}
    for participant in focus(bundle)["participant"][:2]:
        participant["actor"] = person
    file = calendar(bundle)
    assert b"Karl" not in file
    assert b"KARL" not in file
    assert "Vårdcentralen Örnen" in lines(bundle)["ORGANIZER"]


def test_special_characters_of_a_unit_break_no_line() -> None:
    bundle = read()
    name = 'Å;b,c\\d "e"\r\nATTENDEE:x'
    of_type(bundle, "PractitionerRole")["organization"]["display"] = name
    told = lines(bundle)
    assert told["ORGANIZER"].startswith("ORGANIZER;CN=\"Å;b,c\\d 'e'  ATTENDEE:x\":")
    assert 'Kallar: Å\\;b\\,c\\\\d "e"  ATTENDEE:x' in told["DESCRIPTION"]


@pytest.mark.parametrize("change", ["no time", "other event"])
def test_what_no_calendar_can_hold_is_refused(change: str) -> None:
    bundle = read() if change == "no time" else read("care-plan")
    if change == "no time":
        del focus(bundle)["start"]
    with pytest.raises(FatalError) as refused:
        calendar(bundle)
    assert refused.value.code == "no-mapping"


LETTERS = st.text("abcdefghijklmnopqrstuvwxyzåäö", min_size=4, max_size=12).map(
    lambda text: f"qx{text}"  # so that no constant text of the file holds it
)
NUMBERS = st.text("0123456789", min_size=10, max_size=12)


@given(
    names=st.lists(LETTERS, min_size=6, max_size=6),
    number=NUMBERS,
    places=st.lists(st.integers(0, 9), max_size=4),
)
def test_no_name_number_or_question_of_any_person_is_in_the_file(
    names: list[str], number: str, places: list[int]
) -> None:
    bundle = copy.deepcopy(read())
    given_name, family, question, reason, relative, staff = names
    patient = of_type(bundle, "Patient")
    patient["name"] = [{"family": family, "given": [given_name]}]
    patient["identifier"][0]["value"] = number
    of_type(bundle, "RelatedPerson")["name"] = [{"text": relative}]
    of_type(bundle, "Practitioner")["name"] = [{"family": staff}]
    focus(bundle)["description"] = question
    focus(bundle)["reasonCode"] = [{"text": reason}]
    _scatter(bundle, [*names, number], places)
    file = calendar(bundle).decode("utf-8").replace("\r\n ", "")
    assert [text for text in [*names, number] if text.casefold() in file.casefold()] == []


def _scatter(bundle: Bundle, secrets: list[str], places: list[int]) -> None:
    """Write secrets into texts that the file carries."""
    location, role = of_type(bundle, "Location"), of_type(bundle, "PractitionerRole")
    case = bundles.header(bundle)["extension"][0]["valueIdentifier"]
    holders: list[tuple[dict[str, Any], str]] = [
        (location, "name"),
        (location["telecom"][0], "value"),
        (role["organization"], "display"),
        (case, "value"),
        (focus(bundle)["identifier"][0], "value"),
    ]
    for position, place in enumerate(places):
        holder, name = holders[place % len(holders)]
        holder[name] = f"{holder[name]} {secrets[position + place % 3]}s rum"
