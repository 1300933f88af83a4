"""From bytes to fields: where a segment ends, which separators there are, and which charset."""

from __future__ import annotations

from typing import Any

import pytest

from adapter.core.errors import FatalError
from adapter.fhir import bundles, codec
from adapter.mappings.hl7v2.fields import Document
from tests.kit.hl7v2 import EVN, MSH, PID, PV1, adt, codes, lost, read

STREET = "Storgatan 1"
WITH_SON = PID.replace("Ek^", "Ek & Son^")


def patient(body: bytes, **changes: Any) -> dict[str, Any]:
    return bundles.patient(read(body, **changes)[0]) or {}


def parsed(body: bytes) -> Document:
    return Document(message=codec.parse("hl7", body))


def marked(separators: str, *segments: str) -> bytes:
    """Return an update whose MSH-2 is `separators`."""
    return adt("A02", *segments).replace(b"MSH|^~\\&|", f"MSH|{separators}|".encode(), 1)


@pytest.mark.parametrize("feed", ["\n", "\n\n", " \n "])
def test_a_line_feed_inside_a_field_is_text(feed: str) -> None:
    body = adt("A02", PID.replace(STREET, f"c/o Berg{feed}{STREET}"))
    [address] = patient(body)["address"]
    assert address["line"] == [f"c/o Berg {STREET}"]
    assert bundles.municipality(read(body)[0]) == "2580"
    assert lost(read(body)[1]) == []


def test_a_line_feed_before_the_protection_does_not_hide_it() -> None:
    body = adt("A02", "PD1|||Vårdcentral\nNorr|||||||||Y")
    assert [label["code"] for label in patient(body)["meta"]["security"]] == ["sekretessmarkering"]


def test_a_line_feed_before_the_death_does_not_hide_it() -> None:
    body = adt("A03", PID.replace(STREET, f"{STREET}\nLgh 2") + "|" * 19 + "Y")
    assert bundles.event(read(body)[0]) == "deceased"


def test_a_line_feed_in_the_header_does_not_hide_its_charset() -> None:
    header = MSH.replace("COSMIC", "COS\nMIC").replace("UNICODE UTF-8", "8859/1")
    body = adt("A02", header, PID.replace("Ek", "Öberg")).decode().encode("iso-8859-1")
    assert patient(body)["name"][0]["family"] == "Öberg"


def test_a_line_that_begins_like_a_header_inside_a_field_is_no_second_message() -> None:
    body = adt("A02", EVN.replace("||||", "||text\nMSH||"))
    assert bundles.event(read(body)[0]) == "admission-updated"


@pytest.mark.parametrize("end", ["\r\n", "\n", "\n\r", "\r\r\n"])
def test_segments_end_by_line_feeds_only_where_no_carriage_return_stands(end: str) -> None:
    body = adt("A02").replace(b"\r", end.encode())
    assert set(parsed(body).segments) >= {"MSH", "EVN", "PID", "PV1"}
    assert patient(body)["name"] == patient(adt("A02"))["name"]


def test_a_carriage_return_after_the_last_line_feed_changes_nothing() -> None:
    body = adt("A02").replace(b"\r", b"\n") + b"\r"
    assert patient(body)["name"] == patient(adt("A02"))["name"]


@pytest.mark.parametrize("ends", ["\r", "\r\n", "\n"])
def test_a_text_for_people_is_read_as_the_same_message(ends: str) -> None:
    body = adt("A02", PID.replace(STREET, f"c/o Berg\n{STREET}")).replace(b"\r", ends.encode())
    if ends == "\n":
        body = adt("A02").replace(b"\r", b"\n")
    message = codec.parse("hl7", body)
    shown = codec.readable("hl7", message)
    assert "\n" in shown
    assert str(codec.parse("hl7", shown.encode())) == str(message)


@pytest.mark.parametrize("separators", ["^~", "^~\\"])
def test_separators_that_are_not_used_may_be_left_out(separators: str) -> None:
    bundle, known = read(marked(separators, WITH_SON))
    [name] = (bundles.patient(bundle) or {})["name"]
    assert name == {"family": "Ek & Son", "given": ["Astrid"]}
    assert codes(known) == []


def test_what_is_no_separator_is_text() -> None:
    family = "Ek\\T\\Son&x"
    assert parsed(marked("^~", PID.replace("Ek^", f"{family}^"))).text("PID-5.1") == family
    assert parsed(marked("^~\\", PID.replace("Ek^", "a&b^"))).text("PID-5.1") == "a&b"


@pytest.mark.parametrize("separators", ["^", "^^", "^|", "^~~", "^~\\\\"])
def test_too_few_or_equal_separators_are_refused(separators: str) -> None:
    with pytest.raises(FatalError) as refused:
        codec.parse("hl7", marked(separators))
    assert refused.value.code == "unreadable"


@pytest.mark.parametrize(("separators", "mark"), [("^~\\&#", "#"), ("^~\\&", "#"), ("^~\\&@", "@")])
def test_the_escape_of_the_truncation_character_is_read(separators: str, mark: str) -> None:
    body = marked(separators, PID.replace(STREET, "Rum \\P\\3"))
    bundle, known = read(body)
    assert (bundles.patient(bundle) or {})["address"][0]["line"] == [f"Rum {mark}3"]
    assert codes(known) == []


def test_a_text_that_the_sender_cut_is_told() -> None:
    _, known = read(marked("^~\\&#", PID.replace(STREET, "Storgat#")))
    assert codes(known) == [("damaged-text", "PID-11")]
    for street in ("Storgat#", "Rum #3", "Storgat\\P\\"):
        separators = "^~\\&" if street == "Storgat#" else "^~\\&#"
        assert codes(read(marked(separators, PID.replace(STREET, street)))[1]) == []


@pytest.mark.parametrize(
    ("stated", "charset"),
    [
        ("UNICODE", "utf-8"),
        ("UNICODE UTF-8", "utf-8"),
        ("unicode utf8", "utf-8"),
        ("8859/10", "iso-8859-10"),
        ("8859/15", "iso-8859-15"),
        ("8859/1", "iso-8859-1"),
        ("ISO8859-1", "iso-8859-1"),
        ("ISO-8859-15", "iso-8859-15"),
        ("ISO 8859/1", "iso-8859-1"),
        ("iso_8859-4", "iso-8859-4"),
        ("8859-1", "iso-8859-1"),
        ("WINDOWS-1252", "cp1252"),
        ("US-ASCII", "ascii"),
    ],
)
def test_the_names_of_character_sets_that_feeds_use_are_known(stated: str, charset: str) -> None:
    assert codec.charset_named(stated) == charset
    family = "Ek" if charset == "ascii" else "Åström"
    segments = (MSH.replace("UNICODE UTF-8", stated), PID.replace("Ek^", f"{family}^"))
    body = adt("A02", *segments).decode().replace("LULEÅ", "BODEN").encode(charset)
    bundle, known = read(body)
    assert (bundles.patient(bundle) or {})["name"][0]["family"] == family
    assert codes(known) == []


@pytest.mark.parametrize("stated", ["8859/12", "8859/99", "UNICODE UTF-16", "KLINGON", "8859/"])
def test_other_character_sets_are_refused(stated: str) -> None:
    with pytest.raises(FatalError) as refused:
        read(adt("A02", MSH.replace("UNICODE UTF-8", stated)))
    assert refused.value.code == "wrong-charset"


@pytest.mark.parametrize("stated", ["8859/1", "8859/15", "WINDOWS-1252", "ISO8859-1"])
@pytest.mark.parametrize("path", ["PID-5", "PID-11", "PV1-3"])
def test_utf_8_under_the_name_of_another_character_set_is_told(stated: str, path: str) -> None:
    segments = {
        "PID-5": PID.replace("Ek^", "Åström^").replace("LULEÅ", "BODEN"),
        "PID-11": PID.replace("LULEÅ", "ÖJEBYN"),
        "PV1-3": PV1.replace("MED3", "ÄLD"),
    }
    pid = [] if path.startswith("PID") else [PID.replace("LULEÅ", "BODEN")]
    header = MSH.replace("UNICODE UTF-8", stated)
    _, known = read(adt("A02", header, *pid, segments[path]))
    assert codes(known) == [("damaged-text", path)]


def test_text_that_was_encoded_twice_is_told() -> None:
    twice = "Åström".encode().decode("iso-8859-1")
    _, known = read(adt("A02", PID.replace("Ek^", f"{twice}^")))
    assert codes(known) == [("damaged-text", "PID-5")]


@pytest.mark.parametrize("mark", ["\x85", "\x1c", "\x0b", "\x0c", "\x1f", "\x80"])
def test_a_control_character_is_no_space(mark: str) -> None:
    body = adt("A02", PID.replace("Ek^", f"E{mark}k^"))
    bundle, known = read(body)
    assert (bundles.patient(bundle) or {})["name"][0]["family"] == "Ek"
    assert codes(known) == [("damaged-text", "PID-5")]


@pytest.mark.parametrize("name", ["Åström", "Éric Ångström", "Søren Ærø", "Müller", "Þórður", "Łę"])
def test_names_of_the_nordic_countries_are_not_damaged(name: str) -> None:
    assert codes(read(adt("A02", PID.replace("Ek^", f"{name}^")))[1]) == []


def test_ascii_is_known_by_its_newer_name_too() -> None:
    body = adt("A02", MSH.replace("UNICODE UTF-8", "ISO IR6")).replace("Å".encode(), b"A")
    assert patient(body)["name"][0]["family"] == "Ek"
