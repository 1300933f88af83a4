"""A document for people: a title, and sections of paragraphs, facts, quotes, lists and tables.

It knows nothing of FHIR, HTML or paper. All texts are Swedish and plain, without markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One or several lines of text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What somebody said in own words, and who: "" where the document says it elsewhere."""

    text: str
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Items without an order."""

    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Names with their values."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows under columns; each row has as many cells as there are columns. Lines part a cell."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block: TypeAlias = Paragraph | Quote | Listing | Facts | Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading with its blocks; a section without blocks is not made."""

    heading: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A document. `person` and `about` are facts of the person and of the message itself."""

    title: str
    warnings: tuple[str, ...] = ()
    person: Facts
    sections: tuple[Section, ...]
    about: Facts


def paragraphs(*texts: str) -> list[Block]:
    """Return a paragraph for each text that is not empty."""
    return [Paragraph(text=text) for text in texts if text.strip()]


def facts(*rows: tuple[str, str]) -> list[Block]:
    """Return the facts that have a value; [] without any."""
    known = _known(rows)
    return [Facts(rows=known)] if known else []


def fact_rows(*rows: tuple[str, str]) -> Facts:
    """Return the facts that have a value."""
    return Facts(rows=_known(rows))


def _known(rows: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in rows if value.strip())


def listing(items: Iterable[str]) -> list[Block]:
    """Return a list of the items that are not empty; [] without any."""
    known = tuple(item for item in items if item.strip())
    return [Listing(items=known)] if known else []


def table(caption: str, columns: Iterable[str], rows: Iterable[Iterable[str]]) -> list[Block]:
    """Return a table without its empty columns; [] without rows."""
    cells = [tuple(row) for row in rows]
    names = tuple(columns)
    shown = [n for n, _ in enumerate(names) if any(row[n].strip() for row in cells)]
    kept = tuple(tuple(row[n] for n in shown) for row in cells)
    columns_kept = tuple(names[n] for n in shown)
    return [Table(caption=caption, columns=columns_kept, rows=kept)] if shown else []


def sections(*parts: tuple[str, Iterable[Block]]) -> tuple[Section, ...]:
    """Return a section for each heading that has blocks."""
    made = (Section(heading=heading, blocks=tuple(blocks)) for heading, blocks in parts)
    return tuple(section for section in made if section.blocks)
