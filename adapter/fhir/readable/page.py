"""A document as one HTML page (HTML Living Standard): Swedish, large print, for screen and A4.

The page has its style inside and no script, and asks nothing of any network. Text of a partner is
escaped, and hidden characters in it are written out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from html import escape
from pathlib import Path

from adapter.core.privacy import visible
from adapter.fhir.readable.model import (
    Block,
    Document,
    Facts,
    Listing,
    Paragraph,
    Quote,
    Section,
    Table,
)

_NUMBER = re.compile(r"\d[\d -]{5,20}\d|\d\d\.\d\d–\d\d\.\d\d")


def page(document: Document) -> str:
    """Return the document as HTML; the longest part of its text stands in 14 points."""
    parts = [
        f"<h1>{_text(document.title)}</h1>",
        *(f'<p class="warning" role="note">{_text(each)}</p>' for each in document.warnings),
        *_facts(document.person),
    ]
    body = [
        _element("header", parts),
        _element("main", (_section(each) for each in document.sections)),
        _element("footer", _facts(document.about)),
    ]
    start = f'<body data-running="{_text(_running(document))}">'
    return "\n".join([_head(document.title), start, *body, "</body>\n</html>\n"])


def _running(document: Document) -> str:
    """Return what stands over each printed page but the first, so that a loose one is known."""
    name = dict(document.person.rows).get("Namn", "")
    return ", ".join(part for part in (document.title, name) if part)


def _head(title: str) -> str:
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="sv">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{_text(title)}</title>",
            f"<style>\n{_style()}</style>",
            "</head>",
        ]
    )


@lru_cache(maxsize=1)
def _style() -> str:
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def _section(section: Section) -> str:
    blocks = (line for block in section.blocks for line in _block(block))
    return _element("section", [f"<h2>{_text(section.heading)}</h2>", *blocks])


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(text=said):
            yield from _paragraphs(said)
        case Quote():
            yield from _quote(block)
        case Listing(items=items):
            yield _element("ul", (f"<li>{_cell(item)}</li>" for item in items))
        case Facts():
            yield from _facts(block)
        case Table():
            yield _table(block)


def _quote(quote: Quote) -> Iterator[str]:
    by = [f"<footer>{_text(quote.by)}</footer>"] if quote.by else []
    yield _element("blockquote", [*_paragraphs(quote.text), *by])


def _paragraphs(said: str) -> Iterator[str]:
    """Yield a paragraph for each line: a sender parts its text so."""
    for line in said.splitlines():
        if line.strip():
            yield f"<p>{_told(line)}</p>"


def _facts(facts: Facts) -> Iterator[str]:
    if facts.rows:
        rows = (f"<dt>{_text(name)}</dt><dd>{_lines(value)}</dd>" for name, value in facts.rows)
        yield _element("dl", rows)


def _table(table: Table) -> str:
    heads = "".join(f'<th scope="col">{_text(column)}</th>' for column in table.columns)
    return _element(
        "table",
        [
            f"<caption>{_text(table.caption)}</caption>",
            f"<thead><tr>{heads}</tr></thead>",
            _element("tbody", (_row(table.columns, row) for row in table.rows)),
        ],
    )


def _row(columns: tuple[str, ...], row: tuple[str, ...]) -> str:
    """Return a row; each cell names its column, which stands before it on a narrow screen."""
    first, *others = row
    named = zip(columns[1:], others, strict=True)
    cells = "".join(f'<td data-column="{_text(name)}">{_lines(cell)}</td>' for name, cell in named)
    return f'<tr><th scope="row">{_cell(first)}</th>{cells}</tr>'


def _cell(text: str) -> str:
    """Return a text whose first line is the thing itself; the others say more of it."""
    first, *others = text.splitlines() or [""]
    return _told(first) + "".join(f'<span class="more">{_told(line)}</span>' for line in others)


def _lines(text: str) -> str:
    return "<br>".join(_told(line) for line in text.splitlines())


def _text(text: str) -> str:
    return escape(visible(text))


def _told(text: str) -> str:
    """Return a text whose numbers and times stay in one line: `19500907-2553`, `13.00–14.30`."""
    return _NUMBER.sub(r'<span class="number">\g<0></span>', _text(text))


def _element(name: str, parts: Iterable[str]) -> str:
    return "\n".join([f"<{name}>", *parts, f"</{name}>"])
