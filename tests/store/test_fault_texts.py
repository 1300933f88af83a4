"""What is said of a fault of the store can be logged: it is not blanked as a person's."""

from __future__ import annotations

import pytest

from adapter.core import logs
from adapter.store.errors import StoreUnavailableError
from adapter.store.faults import Fault, of_connecting, server_words

PLACE = "PostgreSQL database adapter at 127.0.0.1:5432"


@pytest.mark.parametrize("fault", Fault)
def test_each_fault_is_logged_with_its_place(fault: Fault) -> None:
    error = StoreUnavailableError(fault, "SQLSTATE 57P01", PLACE)
    assert PLACE in str(logs._value(error.detail))


def test_a_server_that_hangs_up_is_no_fault_of_its_certificate() -> None:
    text = "SSL connection has been closed unexpectedly"
    assert of_connecting(text) is Fault.CONNECTION_LOST


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "connection to server failed: Connection refused\n\tIs the server running there?",
            "Connection refused",
        ),
        ("failed: what? & why", "what- - why"),
        ("", ""),
    ],
)
def test_what_a_server_says_can_be_logged(text: str, words: str) -> None:
    assert server_words(text) == words
    assert logs._value(words) == words
