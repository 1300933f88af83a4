"""What of a partner's text is shown, and in which form."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.core.privacy import is_request_id, visible, visible_json, visible_lines

HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    "id_",
    [
        "3e1a7d92-5c1b-4c58-9f0e-8f0f5a1f2d11",
        "3E1A7D92-5C1B-4C58-9F0E-8F0F5A1F2D11",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "d-cc225455bfb1abcc457f-3",
        "req-12345",
        "42",
    ],
)
def test_usual_request_ids_are_taken(id_: str) -> None:
    assert is_request_id(id_)


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "Tolvan.Tolvansson",
        "195009072553",
        "500907-2553",
        "19500907",
        "x195009072553",
        "195009072553abcdef",
        "19500907-2553-4abc-8abc-0123456789ab",
        "4BF92F35\u0667",
        "req-1\n",
        "a" * 65,
    ],
)
def test_what_may_name_somebody_is_no_request_id(id_: str) -> None:
    assert not is_request_id(id_)


def test_every_hidden_character_of_unicode_is_written_out() -> None:
    every = map(chr, range(0x110000))
    raw = [c for c in every if unicodedata.category(c) in HIDDEN and visible(c) == c]
    assert raw == []


def test_letters_digits_and_signs_stay() -> None:
    text = "Åsa Ödla-Ek, 1,5 mg (½) – «β» 😀 क"
    assert visible(text) == text


def test_a_hidden_character_is_written_as_its_number() -> None:
    assert visible("\x1b\x9b\u202e\U000e0041") == "\\x1b\\x9b\\u202e\\U000e0041"
    assert visible_lines("a\r\nb") == "a\\x0d\nb"


@given(st.recursive(st.text() | st.none() | st.integers(), st.lists))
def test_json_says_the_same_with_its_hidden_characters_written_out(value: object) -> None:
    printed = visible_json(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(printed) == value
    assert visible_lines(printed) == printed
