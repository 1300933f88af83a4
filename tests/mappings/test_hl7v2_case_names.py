"""The name of a case from the visit number and its assigning authority."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import example, given
from hypothesis import strategies as st

from adapter.mappings.hl7v2.case_names import _joined

TEXTS = st.text("ab/%2F \u00e5", max_size=6)
NUMBERS = TEXTS.filter(bool)


@given(TEXTS, NUMBERS, TEXTS, NUMBERS)
@example("", "A/7", "A", "7")
@example("", "/7", "", "7")
@example("", "A%2F7", "", "A/7")
def test_two_visit_numbers_never_share_a_name(
    authority: str, number: str, other_authority: str, other_number: str
) -> None:
    is_same_pair = (authority, number) == (other_authority, other_number)
    is_same_name = _joined(authority, number) == _joined(other_authority, other_number)
    assert is_same_name is is_same_pair


@given(TEXTS, NUMBERS.filter(lambda number: "/" not in number))
def test_a_number_without_a_slash_keeps_the_name_that_it_had(authority: str, number: str) -> None:
    had = f"{quote(authority, safe='')}/{number}" if authority else number
    assert _joined(authority, number) == had
