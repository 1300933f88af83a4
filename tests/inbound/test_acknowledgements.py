"""What the journal's feed is answered at the door: places of problems, warnings, control ids."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.kit.hl7v2 import EVN, FIXTURES, MSH, PID, PV1, adt
from tests.kit.region import Region

ZSP = "ZSP|1|Y|N|N|20260310101000+0100|20260320"
LONG = "C" * 299


def said(region: Region, body: bytes) -> list[list[str]]:
    """The segments of the acknowledgement of a message, each as its fields."""
    answer = region.accept("feed", body).body.decode()
    return [line.split("|") for line in answer.strip("\r").split("\r")]


def errors(region: Region, body: bytes) -> list[tuple[str, str]]:
    """Place (ERR-2) and our code (ERR-5) of each problem that the acknowledgement tells."""
    rows = [row for row in said(region, body) if row[0] == "ERR"]
    return [(row[2], row[5].split("^")[0]) for row in rows]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (("NNSWE", "NNSWE~19500907-2554^^^^NNSWE"), ("PID^1^3", "bad-identifier")),
        (("|F|||Stor", "|Q|||Stor"), ("PID^1^8", "unknown-code")),
        (("^H^^2580", "^H^^XX"), ("PID^1^11^^9", "unknown-code")),
        (("^H^^2580", "^H^^9999"), ("PID^1^11^^9", "unknown-code")),
        (("MED3||||||||||||||||7100231", "MED3||||||||||||||||"), ("PV1^1^19", "no-case")),
        (("20260310081500+0100", "2026XX"), ("PV1^1^44", "bad-time")),
        (("20260310101500+0100|", "20460310101500+0100|"), ("EVN^1^2", "bad-time")),
        (("|19500907|", "|19500908|"), ("PID^1^7", "contradiction")),
    ],
)
def test_a_problem_is_told_at_its_field(
    journal: Region, change: tuple[str, str], place: tuple[str, str]
) -> None:
    body = adt("A01", ZSP).decode().replace(*change).encode()
    assert place in errors(journal, body)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (adt("A99"), ("MSH^1^9", "unknown-event")),
        (adt("A10"), ("MSH^1^9", "not-used")),
        (adt("A01").replace(b"PID|", b"NTE|"), ("PID", "required")),
        (adt("A01").replace(b"PV1|", b"PID|2\rPV1|"), ("PID^2", "several-patients")),
        (adt("A01").replace(b"UNICODE UTF-8", b"KLINGON"), ("MSH^1^18", "wrong-charset")),
    ],
)
def test_a_refusal_is_told_at_its_field(
    journal: Region, body: bytes, place: tuple[str, str]
) -> None:
    assert place in errors(journal, body)


@pytest.mark.parametrize("version", ["2.4", " 2.4"])
def test_before_version_2_5_the_place_stands_in_err_1(journal: Region, version: str) -> None:
    body = adt("A99", MSH.replace("|2.5|", f"|{version}|"))
    assert said(journal, body)[2][1].startswith("MSH^1^9^201&")


def test_a_case_number_that_another_patient_has_is_told_at_it(journal: Region) -> None:
    said(journal, adt("A01", ZSP))
    other = PID.replace("195009072553", "189002029800").replace("19500907", "18900202")
    assert ("PV1^1^19", "other-patient") in errors(journal, adt("A01", other, ZSP))


def test_every_warning_of_a_message_is_told_once(journal: Region) -> None:
    for path in sorted(FIXTURES.glob("*/*.hl7")):
        told = Counter(journal.accept("feed", path.read_bytes()).issues)
        assert [i for i, number in told.items() if number > 1] == [], path.name


def test_a_missing_case_number_is_warned_of_once(journal: Region) -> None:
    body = adt("A01", PV1.replace("7100231", ""))
    assert [code for _, code in errors(journal, body)].count("no-case") == 1


def test_a_person_with_several_stays_gives_each_warning_once(journal: Region) -> None:
    for visit in ("1", "2"):
        said(journal, adt("A01", PV1.replace("7100231", visit), ZSP.replace("|N|N|", "|N|Y|")))
    body = adt("A31", EVN).replace(b"2580", b"1440")
    told = Counter(journal.accept("feed", body).issues)
    assert told
    assert max(told.values()) == 1


@pytest.mark.parametrize(
    "control", [LONG + "1", "A&B^C~D", "\u00a0x\u00a0", "  A 1  ", "a\tb", "\\F\\"]
)
def test_a_control_id_comes_back_as_it_was_sent(journal: Region, control: str) -> None:
    row = said(journal, adt("A01", MSH.replace("|A1|", f"|{control}|")))[1]
    assert row[:3] == ["MSA", "AA", control]


@pytest.mark.parametrize(
    ("first", "second"),
    [(LONG + "1", LONG + "2"), ("A^1", "A^2"), ("A~1", "A~2"), ("A 1", "A  1"), ("a", "A")],
)
def test_two_control_ids_that_begin_alike_are_two(journal: Region, first: str, second: str) -> None:
    for control in (first, second):
        body = adt("A01", MSH.replace("|A1|", f"|{control}|"))
        assert "reused-control-id" not in [code for _, code in errors(journal, body)]


@pytest.mark.parametrize("control", ["A1", LONG + "1"])
def test_a_control_id_of_other_bytes_is_told_at_its_field(journal: Region, control: str) -> None:
    bodies = [adt(t, MSH.replace("|A1|", f"|{control}|")) for t in ("A01", "A08")]
    said(journal, bodies[0])
    assert ("MSH^1^10", "reused-control-id") in errors(journal, bodies[1])


def kind(name: str, header: str = MSH) -> bytes:
    """A message of another type than ADT."""
    return adt("A01", header).replace(b"ADT^A01", name.encode())


@pytest.mark.parametrize("name", ["QBP^Q11^QBP_Q11", "QBP^Q22", "QRY^A19", "QRY^Q01", "QCN^J01"])
def test_a_query_is_refused_because_no_acknowledgement_would_answer_it(
    journal: Region, name: str
) -> None:
    header, answer, error = said(journal, kind(name))
    assert header[8].startswith("ACK^" + name.split("^")[1])
    assert answer[:3] == ["MSA", "AE", "A1"]
    assert error[2:5] == ["MSH^1^9", "200^Unsupported message type^HL70357", "E"]
    assert error[5].startswith("no-queries^")
    assert [m["standing"] for m in journal.messages()] == ["refused"]


@pytest.mark.parametrize("name", ["ORU^R01", "SIU^S12", "MDM^T02", "ORM^O01", "ZXX^Z01"])
def test_another_message_that_is_no_query_is_taken_and_told_that_it_is_not_used(
    journal: Region, name: str
) -> None:
    answer, error = said(journal, kind(name))[1:]
    assert answer[:3] == ["MSA", "AA", "A1"]
    assert (error[2], error[4], error[5].split("^")[0]) == ("MSH^1^9", "I", "not-used")
    assert error[7] == name.replace("^", "\\S\\")
    old = said(journal, kind(name, MSH.replace("|2.5|", "|2.3|")))
    assert old[1] == ["MSA", "AA", "A1", "not-used"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (adt("A01", f"{ZSP}|SE0000000099-X"), "nobody-to-tell"),
        (adt("A01", ZSP), "bad-time"),
        (adt("A01").replace(b"7100231", b""), "no-case"),
        (adt("A10"), "not-used"),
        (adt("A99"), "unknown-event"),
        (adt("A01").replace(b"PID|", b"NTE|"), "required"),
    ],
)
def test_a_copy_is_told_all_that_the_first_was_told(
    journal: Region, body: bytes, code: str
) -> None:
    first, second = said(journal, body), said(journal, body)
    assert code in [row[5].split("^")[0] for row in first if row[0] == "ERR"]
    told = [row for row in second if row[0] == "ERR" and row[5].split("^")[0] != "copy"]
    assert told == [row for row in first if row[0] == "ERR"]
    assert second[1] == first[1]


HEADER_WITH_LINE_FEED = MSH.replace("COSMIC", "COS\nMIC")


def test_a_line_feed_in_the_header_leaves_the_acknowledgement_whole(journal: Region) -> None:
    rows = said(journal, adt("A01", ZSP, HEADER_WITH_LINE_FEED))
    assert rows[1] == ["MSA", "AA", "A1"]
    assert rows[0][2:4] == ["ADAPTER", "HUB"]
    assert rows[0][8] == "ACK^A01"
    assert rows[0][17] == "UNICODE UTF-8"


def test_a_line_feed_in_the_header_does_not_hide_what_is_asked_for(journal: Region) -> None:
    asking = HEADER_WITH_LINE_FEED.replace("|P|2.5||||||", "|P|2.5|||NE|NE||")
    assert journal.accept("feed", adt("A01", asking)).body == b""


UNREADABLE = {
    "eight separators": b"MSH|^~\\&#!+=|",
    "one separator": b"MSH|^|",
    "a separator twice": b"MSH|^^\\&|",
}


@pytest.mark.parametrize("begin", UNREADABLE.values(), ids=UNREADABLE)
def test_the_control_id_of_an_unreadable_message_is_told_where_it_can_be_seen(
    journal: Region, begin: bytes
) -> None:
    rows = said(journal, adt("A01").replace(b"MSH|^~\\&|", begin, 1))
    assert rows[1] == ["MSA", "AE", "A1"]
    assert rows[0][1:4] == ["^~\\&", "ADAPTER", "HUB"]
    assert rows[2][5].startswith("unreadable^")


def test_a_header_that_its_first_mark_does_not_delimit_tells_no_control_id(
    journal: Region,
) -> None:
    rows = said(journal, adt("A01").replace(b"MSH|", b"MSH+", 1))
    assert rows[1] == ["MSA", "AE"]
