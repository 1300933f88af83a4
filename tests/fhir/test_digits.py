"""The digits of a decimal are part of what it says (FHIR R4, json.html): they are kept."""

from __future__ import annotations

import json

import pytest

from adapter import fhir
from adapter.core.errors import FatalError
from adapter.fhir import bundles, codec, rewriting

NUMBERS = ["22.50", "0.12345678901234567890", "3500.00", "1.0E+2", "-0.0", "1E-7"]


@pytest.mark.parametrize("number", NUMBERS)
def test_the_digits_of_a_number_are_kept_where_the_document_is_written_again(number: str) -> None:
    body = f'{{"a":[{{"valueDecimal":{number}}},"å\\"",true,null,{{}},[]]}}'.encode()
    document = codec.parse("json", body)
    assert codec.dump("json", document).decode() == body.decode()
    again = codec.parse("json", codec.readable("json", document).encode())
    assert codec.dump("json", again) == codec.dump("json", document)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_with_its_digits_is_a_decimal_of_fhir(number: str) -> None:
    value = f'{{"url": "http://x.example/bmi", "valueDecimal": {number}}}'
    patient = f'{{"resourceType": "Patient", "id": "p", "extension": [{value}]}}'
    entry = f'{{"fullUrl": "urn:uuid:0c1a0c3a-5b3c-4b47-9f5b-0f6f0a3f4b11", "resource": {patient}}}'
    bundle = f'{{"resourceType": "Bundle", "type": "collection", "entry": [{entry}]}}'
    assert fhir.check_structure(codec.parse("json", bundle.encode())) == []


def test_a_new_envelope_keeps_the_digits_inside() -> None:
    body = b'{"resourceType":"Bundle","id":"a","entry":[{"resource":{"value":22.50}}]}'
    bundle = rewriting.with_header(codec.parse("json", body), id="b")
    assert b"22.50" in codec.dump("json", bundle)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity"])
def test_what_no_computer_can_count_with_is_refused(number: str) -> None:
    with pytest.raises(FatalError) as caught:
        codec.parse("json", f'{{"a": {number}}}'.encode())
    assert caught.value.code == "unreadable"


def test_a_document_without_decimals_is_written_as_json_writes_it() -> None:
    document = {"a": [1, "x", True, None, {"b": {}}], "å": "\u2028"}
    expected = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    assert codec.dump("json", document) == expected


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-12-31T23:59:60Z", "2027-01-01T00:00:00+00:00"),
        ("2026-12-31T23:59:60.5+01:00", "2027-01-01T00:00:00.500000+01:00"),
        ("2026-11-30T10:00:00.123456789012+01:00", "2026-11-30T10:00:00.123456+01:00"),
        ("2026-12-31T23:59:60", None),
        ("9999-12-31T23:59:60Z", None),
        ("2026-12-31T23:59:61Z", None),
    ],
)
def test_a_time_of_fhir_is_read_whatever_its_digits(text: str, time: str | None) -> None:
    found = bundles.instant(text)
    assert (found.isoformat() if found else None) == time


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("9" * 5000, "a number with too many digits"),
        ("-" + "9" * 400, "a number with too many digits"),
        ("1e400", "a number beyond the range of a double"),
        ("NaN", "NaN and Infinity are no numbers of JSON"),
    ],
)
def test_a_number_that_is_refused_is_refused_in_plain_words(number: str, why: str) -> None:
    with pytest.raises(FatalError) as refused:
        codec.parse("json", f'{{"a":{number}}}'.encode())
    assert refused.value.detail == f"not JSON: {why}"
