"""Whatever arrives: a message, or a FatalError with a code of the catalogue, and then an ACK."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter import fhir
from adapter.core.catalogue import CATALOGUE
from adapter.core.endpoint import Limits
from adapter.core.errors import FatalError
from adapter.fhir import bundles, codec
from adapter.mappings.hl7v2.fields import Document
from tests.kit.examples import scaled
from tests.kit.hl7v2 import FIXTURES, MSH, PID, adt, read
from tests.kit.hl7v2_acknowledgements import answered, receipt

SEEDS = [path.read_bytes() for path in sorted(FIXTURES.rglob("*.native.hl7"))]
PIECES = [
    *(bytes([byte]) for byte in b'|^~\\&\r\n"\x00\x0b\x1c\xc3\xff9AZ+-.'),
    b"\\X",
    b"\\.br\\",
    b'""',
    b"\rPID|",
    b"\rMSH|",
    b"20260229",
    b"\xef\xbf\xbd",
    b"|" * 60,
    "Å".encode(),
]


def mutated(seed: int) -> bytes:
    """A fixture with some of it cut, doubled or replaced; the same for the same seed."""
    chance = random.Random(seed)
    body = chance.choice(SEEDS)
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(body) + 1)
        end = min(len(body), start + chance.choice([0, 1, 1, 5, 40]))
        middle = chance.choice([b"", chance.choice(PIECES), body[start:end] * 2])
        body = body[:start] + middle + body[end:]
    return body


def outcome(body: bytes) -> str:
    """`read`, and then it is FHIR; else the code of the refusal. Anything else falls."""
    try:
        bundle, known = read(body)
    except FatalError as error:
        return error.code
    assert fhir.check_structure(bundle) == []
    assert all(issue.code in CATALOGUE for issue in known.issues)
    return "read"


@pytest.mark.parametrize("part", range(8))
def test_no_mutation_of_a_message_makes_the_reader_fall(part: int) -> None:
    outcomes = {outcome(mutated(seed)) for seed in range(part * 120, part * 120 + 120)}
    assert {"read", "unreadable"} < outcomes <= {*CATALOGUE, "read"}


def test_every_mutation_can_be_answered() -> None:
    for seed in range(2000, 2300):
        lines = answered(mutated(seed), receipt("fatal-error"))
        assert lines[0].startswith("MSH")
        assert lines[1][3:].lstrip("|^~\\&$%!*").startswith("AE")


@given(st.text(max_size=60))
@settings(max_examples=scaled(150), deadline=None)
def test_any_text_may_stand_in_a_name(text: str) -> None:
    body = adt("A01", PID.replace("Ek^", text.replace("{}", "") + "^"))
    assert outcome(body) in {*CATALOGUE, "read"}


@given(st.binary(max_size=80))
@settings(max_examples=scaled(150), deadline=None)
def test_any_bytes_may_follow_a_header(tail: bytes) -> None:
    assert outcome(adt("A01")[:60] + tail) in {*CATALOGUE, "read"}


def test_more_separators_than_memory_can_hold_are_refused_at_once() -> None:
    body = adt("A01") + b"OBX|" + b"^" * (9 * 1024 * 1024)
    with pytest.raises(FatalError) as refused:
        codec.parse("hl7", body)
    assert refused.value.code == "too-large"


def test_a_body_over_the_limit_is_refused() -> None:
    with pytest.raises(FatalError) as refused:
        codec.parse("hl7", adt("A01"), Limits(body=100))
    assert refused.value.code == "too-large"


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"),
        ("B\\XC3B6\\rk", "Börk"),
        ("B\\XC3\\\\XB6\\rk", "Börk"),
        ("\\X41\\\\X42\\\\X43\\", "ABC"),
        ("rum \\P\\3", "rum #3"),
        ("en\\.br\\två\\.sp+2\\tre", "en två tre"),
        ("\\H\\fet\\N\\", "fet"),
        ("4\\5", "4\\5"),
        ("o\u0308", "ö"),
        ("  två   ord ", "två ord"),
        ('""', ""),
        ("a\x07b", "ab"),
        ("\\E\\R\\E\\", "\\R\\"),
    ],
)
def test_a_text_is_unescaped_once_and_made_tidy(written: str, text: str) -> None:
    message = codec.parse("hl7", adt("A01", PID.replace("Ek^", f"{written}^")))
    assert Document(message=message).text("PID-5.1") == text


@pytest.mark.parametrize(
    "written", ["\\XFF\\", "\\X1\\", "\\C2842\\", "a\x07b", "a\ufffdb", "\\Zxx\\"]
)
def test_a_text_that_lost_something_is_told(written: str) -> None:
    _, known = read(adt("A01", PID.replace("Ek^", f"{written}^")))
    assert ("damaged-text", "PID-5") in [(i.code, i.expression) for i in known.issues]


@pytest.mark.parametrize("charset", ["8859/1", "8859/15", "WINDOWS-1252", "UNICODE UTF-8"])
def test_hexadecimal_text_is_in_the_messages_charset(charset: str) -> None:
    python = codec.charset_named(charset)
    hexadecimal = "Ö".encode(python).hex().upper()
    body = adt(
        "A01", MSH.replace("UNICODE UTF-8", charset), PID.replace("Ek", f"\\X{hexadecimal}\\")
    )
    bundle, _ = read(body.decode().encode(python))
    assert (bundles.patient(bundle) or {})["name"][0]["family"] == "Ö"


@pytest.mark.parametrize("separators", ["^", "^~\\&#$", "^^\\&", "^~A&", "^~ &", '^~"&'])
def test_separators_that_cannot_separate_are_refused(separators: str) -> None:
    body = adt("A01").replace(b"MSH|^~\\&|", f"MSH|{separators}|".encode())
    with pytest.raises(FatalError) as refused:
        codec.parse("hl7", body)
    assert refused.value.code == "unreadable"


def test_segments_may_end_as_the_operating_system_likes() -> None:
    body = adt("A01")
    for end in (b"\n", b"\r\n"):
        bundle, _ = read(body.replace(b"\r", end))
        assert bundles.patient(bundle) == {**(bundles.patient(read(body)[0]) or {})} | {
            "id": (bundles.patient(bundle) or {})["id"]
        }


def test_what_is_written_can_be_read_again() -> None:
    for body in SEEDS:
        try:
            message = codec.parse("hl7", body)
        except FatalError:
            continue
        assert codec.dump("hl7", message) == body
