"""A document as plain text: for a receiver whose format has only text, and for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

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


def text(document: Document) -> str:
    """Return the whole document, with who it is about; lines end with a line feed."""
    parts = [document.title, *document.warnings, *_facts(document.person)]
    parts += [content(document), *_facts(document.about)]
    return "\n\n".join(part for part in parts if part) + "\n"


def content(document: Document) -> str:
    """Return the sections alone: for a format that has places of its own for all the rest."""
    return "\n\n".join(_section(section) for section in document.sections)


def _section(section: Section) -> str:
    blocks = [line for block in section.blocks for line in _block(block)]
    return "\n".join([section.heading.upper(), *blocks])


def _block(block: Block) -> Iterator[str]:
    match block:
        case Paragraph(text=said):
            yield said
        case Quote(text=said, by=by):
            yield f"”{said}”" + (f" ({by})" if by else "")
        case Listing(items=items):
            yield from (f"- {_joined(item)}" for item in items)
        case Facts():
            yield from _facts(block)
        case Table():
            yield from _table(block)


def _facts(facts: Facts) -> Iterator[str]:
    """Yield the facts as one text, or nothing."""
    if facts.rows:
        yield "\n".join(f"{name}: {_joined(value)}" for name, value in facts.rows)


def _table(table: Table) -> Iterator[str]:
    """Yield a row in one line: `- Hemtjänst. Vem: Åstad hemtjänst. När: varje dag`."""
    for first, *others in table.rows:
        named = zip(table.columns[1:], others, strict=True)
        cells = [f"{name}: {_joined(cell)}" for name, cell in named if cell]
        yield "- " + ". ".join([_joined(first).removesuffix("."), *cells])


def _joined(cell: str) -> str:
    return ", ".join(line for line in cell.splitlines() if line).replace(", (", " (")
