"""application/pdf: whole, open to read, and at rest."""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.fhir.attachments import pdf
from tests.kit import attachment_files
from tests.kit.cut_bytes import damaged

NAMES = ("Encrypt", "JavaScript", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia", "GoToE")
MORE = ("ImportData", "SubmitForm")


@pytest.mark.parametrize("name", [*NAMES, *MORE])
@pytest.mark.parametrize("after", [b" ", b"/", b"<", b"(", b"["])
def test_a_name_that_acts_is_refused_whatever_follows_it(name: str, after: bytes) -> None:
    catalog = b"/" + name.encode() + after
    assert pdf.fault(attachment_files.pdf(catalog)).startswith("the PDF ")


@pytest.mark.parametrize("name", [b"/LaunchPad ", b"/JavaScripts ", b"/Encrypted ", b"(Launch)"])
def test_another_name_is_no_action(name: bytes) -> None:
    assert pdf.fault(attachment_files.pdf(name)) == ""


@given(st.sampled_from([*NAMES, *MORE]), st.data())
def test_a_name_is_known_however_its_letters_are_written(name: str, data: Any) -> None:
    ways = [st.sampled_from([c, f"#{ord(c):02x}", f"#{ord(c):02X}"]) for c in name]
    written = "".join(data.draw(st.tuples(*ways)))
    assert pdf.fault(attachment_files.pdf(f"/{written} 1".encode())) != ""


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\x00" * 8, b"\n\n"])
def test_white_space_may_follow_the_end(end: bytes) -> None:
    assert pdf.fault(attachment_files.pdf() + end) == ""


def test_compressed_content_is_not_taken_for_an_action() -> None:
    noise = os.urandom(2_000_000)
    assert pdf.fault(attachment_files.pdf(b"/X 1 stream\n" + noise + b"\nendstream")) == ""


@given(damaged(attachment_files.pdf()))
def test_a_damaged_pdf_is_taken_or_refused(content: bytes) -> None:
    assert isinstance(pdf.fault(content), str)
