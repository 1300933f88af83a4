"""text/plain: text in UTF-8, which no program takes for a page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.fhir.attachments import plain_text
from tests.kit import attachment_files
from tests.kit.attached import fault
from tests.kit.cut_bytes import damaged


@pytest.mark.parametrize("text", ["x", "a < b", "<- se nedan", "1 <2>", "\f\x1b[1mfet", "👩‍⚕️ שלום"])
def test_text_is_taken(text: str) -> None:
    assert plain_text.fault(text.encode()) == ""


@pytest.mark.parametrize(
    "page",
    [
        "<html>",
        " \n<HTML lang=sv>",
        "<!-- x -->",
        "<svg:svg>",
        "<?xml version='1.0'?>",
        "<P >",
        "<script>",
    ],
)
def test_a_page_is_no_plain_text(page: str) -> None:
    assert "HTML" in plain_text.fault(page.encode())


@pytest.mark.parametrize(
    "content", [b"\xff\xfeH\x00", b"\xc0\xaf", b"\xed\xa0\x80", b"a\x00", b"\x7fELF"]
)
def test_other_bytes_are_no_text(content: bytes) -> None:
    assert plain_text.fault(content) != ""


@pytest.mark.parametrize(
    "charset", ["", "; charset=utf-8", ";charset=UTF-8", '; charset="us-ascii"']
)
def test_a_text_may_declare_utf_8(charset: str) -> None:
    assert fault(b"Hej", f"text/plain{charset}") == ""


@pytest.mark.parametrize("declared", ["text/plain; charset=utf-16", "text/plain; x=y"])
def test_a_text_declares_nothing_else(declared: str) -> None:
    assert "allowed: " in fault(b"Hej", declared)


@given(damaged(attachment_files.SVG) | st.binary())
def test_damaged_text_is_taken_or_refused(content: bytes) -> None:
    assert isinstance(plain_text.fault(content), str)
