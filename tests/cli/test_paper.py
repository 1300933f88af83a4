"""A plan as a PDF: read back by another program, and drawn page by page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapter.core.model import Bundle
from adapter.fhir import bundles
from adapter.fhir.canonical import SECURITY
from tests.kit import drafts, pdf_pages
from tests.kit.office import CASE, Office
from tests.kit.readable import message

PERSONNUMMER = "http://electronichealth.se/identifier/personnummer"
pytestmark = pytest.mark.waits  # WeasyPrint asks ldconfig for Pango
RELATIVES_NUMBERS = ("19811218-9876", "198112189876", "070-000 00 02")


@pytest.fixture(autouse=True)
def opened(office: Office) -> None:
    """The case is open: the hospital has written to Luleå about the patient."""
    office.region.tells("hospital", drafts.note(visit="V1"))


def _of(bundle: Bundle, type_: str) -> dict[str, Any]:
    [found] = [r for r in bundles.resources(bundle) if r["resourceType"] == type_]
    return found


def _plan() -> Bundle:
    """A plan with a relative whose number the sender gives too."""
    plan = message("care-plan")
    relative = _of(plan, "RelatedPerson")
    relative["identifier"] = [{"system": PERSONNUMMER, "value": "198112189876"}]
    return plan


def _printed(office: Office, folder: Path, id_: str) -> Path:
    file = folder / "plan.pdf"
    shown = office.run("plan", id_, "--pdf", "--output", file)
    assert shown.exit_code == 0, shown.output
    return file


def _said(block: dict[str, Any]) -> Iterator[str]:
    """Yield what a block of a document says, line by line."""
    cells = [cell for row in block.get("rows", ()) for cell in row]
    for said in [*cells, *block.get("items", ()), *block.get("columns", ()), block.get("text", "")]:
        yield from said.splitlines()


def test_everything_that_the_plan_says_stands_on_paper(office: Office, tmp_path: Path) -> None:
    office.region.tells("hospital", _plan())
    document = json.loads(office.run("plan", CASE, "--json").stdout)
    printed = pdf_pages.text(_printed(office, tmp_path, CASE))
    headings = [section["heading"] for section in document["sections"]]
    said = [line for s in document["sections"] for block in s["blocks"] for line in _said(block)]
    assert [line for line in [document["title"], *headings, *said] if line not in printed] == []
    for asked in ("Det här ska göras", "Omläggning av sår", "Lördagar", "0920-000 10"):
        assert asked in printed


def test_a_number_stands_where_the_person_is_named_and_nowhere_else(
    office: Office, tmp_path: Path
) -> None:
    office.region.tells("hospital", _plan())
    file = _printed(office, tmp_path, CASE)
    printed, itself = pdf_pages.text(file), pdf_pages.properties(file)
    assert printed.count("19500907-2553") == 1
    assert "Title:           Samordnad individuell plan" in itself
    assert [n for n in RELATIVES_NUMBERS if n in printed or n in itself] == []
    assert "2553" not in itself
    assert b"2553" not in file.read_bytes()


def test_where_a_protected_person_lives_is_not_printed(office: Office, tmp_path: Path) -> None:
    plan = _plan()
    _of(plan, "Patient")["meta"] = {"security": [{"system": SECURITY, "code": "R"}]}
    content = office.region.tells("hospital", plan)
    printed = pdf_pages.text(_printed(office, tmp_path, content))
    assert "Skyddade personuppgifter" in printed
    assert [part for part in ("Örngatan", "972 31", "070-000 00") if part in printed] == []


def test_each_page_is_printed_within_its_margins(office: Office, tmp_path: Path) -> None:
    office.region.tells("hospital", _plan())
    file = _printed(office, tmp_path, CASE)
    pages = pdf_pages.pages(file, tmp_path)
    assert len(pages) > 1
    assert all(page.has_print() and page.margins_are_empty(millimetres=6) for page in pages)
    assert f"Sida 1 av {len(pages)}" in pdf_pages.text(file)


def test_a_page_that_has_come_loose_says_whose_it_is(office: Office, tmp_path: Path) -> None:
    office.region.tells("hospital", _plan())
    file = _printed(office, tmp_path, CASE)
    following = len(pdf_pages.pages(file, tmp_path)) - 1
    running = "Samordnad individuell plan, Märta Lovisa Åkerström"
    assert pdf_pages.text(file).count(running) == following


def test_a_screen_reader_knows_headings_and_language(office: Office, tmp_path: Path) -> None:
    office.region.tells("hospital", _plan())
    file = _printed(office, tmp_path, CASE)
    itself = pdf_pages.properties(file)
    assert "Tagged:          yes" in itself
    assert "A4" in itself
