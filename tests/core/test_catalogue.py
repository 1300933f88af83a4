"""The catalogue and the type of its codes name the same codes, and each says what to do."""

from __future__ import annotations

from http import HTTPStatus
from typing import get_args

from adapter.core.catalogue import CATALOGUE, ErrorCode, is_error_code


def test_every_code_of_the_type_is_in_the_catalogue_and_the_other_way() -> None:
    assert sorted(get_args(ErrorCode)) == sorted(CATALOGUE)


def test_every_code_says_something_in_both_languages_and_what_to_do() -> None:
    for code, entry in CATALOGUE.items():
        assert entry.sv.endswith("."), code
        assert entry.en.endswith("."), code
        assert entry.action.endswith("."), code


def test_a_status_of_a_wrong_request_never_refuses_a_message() -> None:
    """A vendor whose request is wrong sends the same bytes again: docs/http.md."""
    codes = {code for code, entry in CATALOGUE.items() if entry.http == HTTPStatus.NOT_FOUND}
    assert codes == {"unknown-address", "unknown-id"}  # an address; a command of operations


def test_a_word_that_is_no_code_is_told_from_one_that_is() -> None:
    assert is_error_code("expired")
    assert not is_error_code("expird")
