"""Acknowledgements: every message gets one, whatever it was; and what others' say to us."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.core.catalogue import CATALOGUE
from adapter.core.errors import FatalError
from adapter.core.model import Code, Event
from adapter.fhir import canonical, codec, responses
from adapter.mappings import Context
from adapter.mappings.hl7v2 import system
from adapter.mappings.hl7v2.fields import Document
from tests.kit.hl7v2 import FIXTURES, MSH, RECORDED, SENDER, adt, read
from tests.kit.hl7v2_acknowledgements import answered, receipt

ASSESSED = (FIXTURES / "admission-notice" / "assessed.native.hl7").read_bytes()


def issue(
    code: str, severity: str = "error", *, where: str = "", detail: str = ""
) -> dict[str, Any]:
    """An issue as our receipts have it."""
    entry = CATALOGUE[code]
    found: dict[str, Any] = {
        "severity": severity,
        "code": entry.type,
        "details": {
            "coding": [{"system": canonical.ERROR, "code": code}],
            "text": f"{entry.sv} / {entry.en}",
        },
    }
    found |= {"expression": [where]} if where else {}
    return found | ({"diagnostics": detail} if detail else {})


def test_the_answer_goes_back_in_the_sources_own_words() -> None:
    header, answer = answered(ASSESSED, receipt("ok"))
    assert header == (
        "MSH|^~\\&|ADAPTER|SE0000000009-ADAPTER|COSMIC|SE0000000001-SJUKHUS|20260401080000+0200||"
        "ACK^A01^ACK|0b8f64a63e7b5ff79d3d|P|2.5||||||UNICODE UTF-8"
    )
    assert answer == "MSA|AA|A0001"


@pytest.mark.parametrize(
    ("code", "acknowledgement"),
    [("ok", "AA"), ("fatal-error", "AE"), ("transient-error", "AR")],
)
def test_each_receipt_has_its_acknowledgement_code(code: str, acknowledgement: str) -> None:
    assert answered(ASSESSED, receipt(code))[1] == f"MSA|{acknowledgement}|A0001"


def test_each_problem_is_told_with_its_place_and_in_both_languages() -> None:
    found = issue("bad-identifier", where="PID-3", detail="checksum")
    lines = answered(ASSESSED, receipt("fatal-error", found, issue("no-case", "warning")))
    assert lines[2:] == [
        (
            "ERR||PID^1^3|102^Data type error^HL70357|E|"
            "bad-identifier^The identifier has the wrong format or check digit.^L||checksum|"
            "Identitetsbeteckningen har fel format eller fel kontrollsiffra. / "
            "The identifier has the wrong format or check digit."
        ),
        (
            "ERR||PV1^1^19|0^Message accepted^HL70357|W|"
            "no-case^The message names no case; a separate case was opened.^L|||"
            "Meddelandet anger inget vårdtillfälle. Ett eget ärende har öppnats. / "
            "The message names no case; a separate case was opened."
        ),
    ]


@pytest.mark.parametrize(
    ("code", "condition"),
    [("not-entitled", "204"), ("ambiguous-case", "204"), ("other-patient", "205")],
)
def test_a_refusal_of_a_key_has_its_condition_of_table_0357(code: str, condition: str) -> None:
    error = answered(ASSESSED, receipt("fatal-error", issue(code)))[2]
    assert error.split("|")[3].startswith(f"{condition}^")


def test_a_place_that_is_no_field_of_hl7_is_told_in_words() -> None:
    found = issue("required", where="Encounter.period", detail="missing")
    assert "|Encounter.period: missing|" in answered(ASSESSED, receipt("fatal-error", found))[2]


def test_before_version_2_5_all_errors_stand_in_one_segment_and_warnings_nowhere() -> None:
    source = adt("A01", MSH.replace("|2.5|", "|2.3|"))
    found = [issue("bad-time", where="EVN-2"), issue("profile"), issue("no-case", "warning")]
    assert answered(source, receipt("fatal-error", *found))[1:] == [
        "MSA|AE|A1|bad-time, profile",
        "ERR|EVN^1^2^102&Data type error&HL70357~^^^207&Application internal error&HL70357",
    ]
    assert answered(source, receipt("ok", found[2]))[1:] == ["MSA|AA|A1"]


def test_a_refusal_without_issues_still_has_an_error() -> None:
    assert answered(ASSESSED, receipt("fatal-error"))[2].startswith("ERR|||207^")


def test_the_answer_uses_the_sources_separators_and_escapes_them() -> None:
    source = (FIXTURES / "admission-notice/escapes-and-other-separators.native.hl7").read_bytes()
    found = issue("required", where="PID-5", detail="a$b%c!d")
    lines = answered(source, receipt("fatal-error", found))
    assert lines[0].startswith("MSH$%~!*$ADAPTER$$COSMIC$SE0000000001-SJUKHUS$")
    assert lines[1] == "MSA$AE$A0013"
    assert "$a!F!b!S!c!E!d$" in lines[2]
    assert (
        Document(message=codec.parse("hl7", "\r".join(lines).encode())).text("ERR-7") == "a$b%c!d"
    )


def test_the_answer_is_written_in_the_sources_charset() -> None:
    source = (FIXTURES / "admission-notice" / "latin-1.native.hl7").read_bytes()
    source = source.replace(b"COSMIC", "SJÖ".encode("iso-8859-1"))
    known = Context(sender=SENDER, recorded=RECORDED, source=source)
    document = system.write(Event.RECEIPT, receipt("fatal-error", issue("no-case")), known)
    body = codec.dump("hl7", document, "utf-8")
    assert "|SJÖ|" in body.decode("iso-8859-1")
    assert "vårdtillfälle" in body.decode("iso-8859-1")


@pytest.mark.parametrize("separators", ["^~", "^~\\"])
def test_a_source_without_all_separators_is_answered_with_its_own(separators: str) -> None:
    source = adt("A08").replace(b"MSH|^~\\&|", f"MSH|{separators}|".encode())
    detail = "a^b~c|d&e"
    lines = answered(source, receipt("fatal-error", issue("required", "PID-5", detail=detail)))
    assert lines[0].startswith(f"MSH|{separators}|")
    told = "a\\S\\b\\R\\c\\F\\d&e" if "\\" in separators else "a b c d&e"
    assert lines[2].split("|")[7] == told


def test_an_ascii_source_is_answered_in_english() -> None:
    source = adt("A01", MSH.replace("UNICODE UTF-8", ""))
    (line,) = answered(source, receipt("fatal-error", issue("no-case")))[2:]
    assert line.isascii()
    assert line.endswith("|The message names no case; a separate case was opened.")


@pytest.mark.parametrize(
    "source",
    [b"", b"GET / HTTP/1.1\r\n", b"MSH", b"MSH|^~", b"\x00" * 400, b"MSH\r" * 9, b"\xff\xfeM\x00S"],
)
def test_garbage_gets_a_bare_answer(source: bytes) -> None:
    assert answered(source, receipt("fatal-error", issue("unreadable"))) == [
        "MSH|^~\\&|||||20260401080000+0200||ACK|0b8f64a63e7b5ff79d3d|P|2.5",
        "MSA|AE",
        (
            "ERR|||100^Segment sequence error^HL70357|E|"
            "unreadable^The message cannot be read.^L|||The message cannot be read."
        ),
    ]


def test_a_source_in_a_charset_that_we_do_not_know_is_answered_by_its_id() -> None:
    source = adt("A01", MSH.replace("UNICODE UTF-8", "ISO IR87").replace("COSMIC", "SJÖ"))
    header, answer = answered(source, receipt("fatal-error"))[:2]
    assert answer == "MSA|AE|A1"
    assert header.startswith("MSH|^~\\&|ADAPTER|HUB||SJUKHUS|")


@pytest.mark.parametrize("control", ["A\x0b1", "A\x1c1", "A\x001"])
def test_an_id_that_would_break_the_frame_is_not_echoed(control: str) -> None:
    source = adt("A01", MSH.replace("|A1|", f"|{control}|"))
    assert answered(source, receipt("ok"))[1] == "MSA|AA"


def test_a_byte_order_mark_does_not_hide_whom_to_answer() -> None:
    assert answered(b"\xef\xbb\xbf\r\n" + ASSESSED, receipt("ok"))[1] == "MSA|AA|A0001"


def test_nothing_of_the_patient_is_in_an_answer() -> None:
    found = [issue(code) for code in CATALOGUE]
    text = "\r".join(answered(ASSESSED, receipt("fatal-error", *found)))
    assert not any(secret in text for secret in ("Astrid", "Lindström", "1950", "Björkgatan"))


def test_a_bundle_that_is_no_receipt_is_not_written() -> None:
    known = Context(sender=SENDER, recorded=RECORDED, source=ASSESSED)
    with pytest.raises(FatalError) as refused:
        system.write(Event.RECEIPT, read(ASSESSED)[0], known)
    assert refused.value.code == "not-written"


def test_what_we_write_others_can_read_and_we_ourselves() -> None:
    found = issue("bad-identifier", where="PID-3")
    lines = answered(ASSESSED, receipt("fatal-error", found))
    bundle, known = read("\r".join(lines).encode())
    told = responses.response(bundle)
    assert (told.about, told.code) == ("A0001", Code.FATAL)
    assert told.detail == "refused, 102 at PID-3, bad-identifier at PID-3"
    assert [loss.path for loss in known.losses] == ["ERR-8"]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("AA", Code.OK),
        ("ca", Code.OK),
        ("AE", Code.FATAL),
        ("CE", Code.FATAL),
        ("AR", Code.TRANSIENT),
        ("CR", Code.TRANSIENT),
    ],
)
def test_each_acknowledgement_code_is_a_response_code(said: str, code: Code) -> None:
    body = f"MSH|^~\\&|A|B|C|D|20260310||ACK|X1|P|2.3\rMSA|{said}|abc-1\r".encode()
    told = responses.response(read(body)[0])
    assert (told.about, told.code) == ("abc-1", code)


@pytest.mark.parametrize("own", ["195009072553", "P195009072553", "Anna Ek", "å"])
def test_a_code_of_theirs_that_may_be_a_person_is_not_carried(own: str) -> None:
    body = f"MSH|^~\\&|A|B|C|D|20260310||ACK|X1|P|2.5\rMSA|AE|x\rERR||||E|{own}\r".encode()
    assert responses.response(read(body)[0]).detail == "refused, processing"
