"""The HTML page of a document: well formed, readable aloud, in large print, and without markup."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from adapter.fhir.readable import document
from adapter.fhir.readable.model import Block, Document, Facts, Paragraph, Section, table
from adapter.fhir.readable.page import page
from tests.kit.places import FIXTURES

VOID = {"meta", "br"}
NOBODY = Facts(rows=())


class Outline(HTMLParser):
    """Checks that elements are closed in order; keeps headings, captions, rows and attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += [(tag, f"{name}={value}") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


PAGES = sorted((FIXTURES / "readable").glob("*.fhir.json"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_is_well_formed_swedish_and_can_be_read_aloud(path: Path) -> None:
    html = page(document(json.loads(path.read_text("utf-8"))))
    outline = Outline(html)
    assert outline.open == []
    assert ("html", "lang=sv") in outline.attributes
    assert outline.seen.count("h1") == outline.seen.count("main") == 1
    assert outline.seen.count("h2") == outline.seen.count("section") > 0
    assert outline.seen.count("table") == outline.seen.count("caption")
    heads = [tag for tag, said in outline.attributes if tag == "th" and said.startswith("scope=")]
    assert len(heads) == outline.seen.count("th")
    assert not {"script", "link", "img", "iframe", "form"} & set(outline.seen)
    assert not [a for a in outline.attributes if a[1].startswith(("href", "src", "on"))]


def test_large_print_is_at_least_fourteen_points() -> None:
    html = page(document(json.loads(PAGES[1].read_text("utf-8"))))
    style = html.partition("<style>")[2].partition("</style>")[0].partition("}\n* {")[2]
    sizes = [float(size) for size in re.findall(r"(?:font-size: |font: )([\d.]+)pt", style)]
    assert min(sizes) >= 14


def test_what_a_partner_writes_is_no_markup() -> None:
    bundle = json.loads((FIXTURES / "readable" / "care-plan.fhir.json").read_text("utf-8"))
    bundle["entry"][1]["resource"]["description"] = '<script>x</script> & "y" \u202eabc'
    html = page(document(bundle))
    assert "&lt;script&gt;x&lt;/script&gt; &amp; &quot;y&quot; \\u202eabc" in html


def shown(*blocks: Block) -> str:
    """Return the page of a document with one section of these blocks."""
    section = Section(heading="Insatser", blocks=blocks)
    return page(Document(title="Plan", person=NOBODY, sections=(section,), about=NOBODY))


def test_a_cell_names_its_column_for_a_screen_that_has_no_room_for_columns() -> None:
    html = shown(*table("Insatser", ("Vad", "Vem", "När"), [("Hemtjänst", "Norr", "Varje dag")]))
    assert '<td data-column="Vem">Norr</td><td data-column="När">Varje dag</td>' in html


def test_the_name_of_a_column_is_escaped_in_its_cells() -> None:
    html = shown(*table("", ("Vad", '"><script>'), [("Hemtjänst", "Norr")]))
    assert "<script>" not in html


@pytest.mark.parametrize(
    "number", ["000-00 00 01", "19500907-2553", "+46 70 000 00 02", "13.00–14.30"]
)
def test_a_number_stays_in_one_line(number: str) -> None:
    told = number.removeprefix("+")
    assert f'<span class="number">{told}</span>' in shown(Paragraph(text=f"Ring {number}."))


def test_a_very_long_number_may_break() -> None:
    assert '<span class="number">' not in shown(Paragraph(text="Vecka 49, trappa 2"))
    assert f'<span class="number">{"1" * 40}' not in shown(Paragraph(text="1" * 40))


def test_the_page_stays_light_with_a_dark_preference() -> None:
    html = page(document(json.loads(PAGES[1].read_text("utf-8"))))
    assert "color-scheme: light;" in html
