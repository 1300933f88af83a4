"""Output of the commands: tables on a terminal, plain columns in a pipe, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import datetime
from functools import partial
from itertools import zip_longest
from textwrap import wrap
from typing import Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from adapter.cli.column_widths import column_widths
from adapter.core import privacy

ZONE = ZoneInfo("Europe/Stockholm")
_WIDE = 130  # columns that a timeline needs in one line
_TONES = {
    "dead": "bold red",
    "refused": "red",
    "error": "red",
    "failed": "red",
    "warning": "yellow",
    "nobody": "yellow",
    "several:": "yellow",
    "waiting": "yellow",
    "loss": "yellow",
    "confirmed": "green",
    "receipt": "green",
}
_TONED = ("what", "standing", "severity", "told")
_COUNTS = {"dead": "bold red", "troubled": "yellow", "refused": "yellow"}  # but not at 0


def when(at: datetime | None) -> str:
    """Return a time in Sweden, without fractions; "" for None."""
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def clean(text: str) -> str:
    """Return text without hidden characters: a partner's text cannot move the cursor, or hide."""
    return privacy.visible_lines(text)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 case`, `2 cases`, `3 deliveries`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


def line(text: str = "") -> None:
    """Print one line of the result."""
    typer.echo(clean(text))


def aside(text: str) -> None:
    """Print a note on standard error, beside the result."""
    typer.echo(clean(text), err=True)


def paragraph(text: str, indent: str) -> None:
    """Print a text after an indent; a terminal breaks it between words, a pipe never."""
    for part in _broken(clean(text), indent):
        typer.echo(part)


def _broken(text: str, indent: str) -> list[str]:
    console = Console()
    if not console.is_terminal:
        return [indent + text]
    return wrap(
        text,
        console.width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def entries(columns: Sequence[str], rows: Sequence[Sequence[str]], text: str) -> None:
    """Print a table whose column `text` is long: a narrow terminal has it below its row."""
    console = Console()
    if not console.is_terminal or console.width >= _WIDE:
        table(columns, rows)
        return
    place = list(columns).index(text)
    heads = [[cell for n, cell in enumerate(row) if n != place] for row in (columns, *rows)]
    _unbroken(console, heads[0], heads[1:], [row[place] for row in rows])


def _unbroken(
    console: Console,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    texts: Sequence[str] = (),
) -> None:
    """Print each row as one line, however long, and its text below it."""
    widths = [max(len(cell) for cell in column) for column in zip(columns, *rows, strict=True)]
    for row, below in zip_longest((columns, *rows), ("", *texts), fillvalue=""):
        style = "bold" if row is columns else ""
        console.print(_head(columns, row, widths, style), soft_wrap=True)
        if below:
            paragraph(below, "  ")


def _head(columns: Sequence[str], row: Sequence[str], widths: Sequence[int], style: str) -> Text:
    cells = zip(columns, row, widths, strict=True)
    padded = [
        (clean(cell).ljust(width), style or _tone(column, cell)) for column, cell, width in cells
    ]
    joined = Text("  ").join(Text(cell, style=tone) for cell, tone in padded)
    joined.rstrip()
    return joined


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under headings; in a pipe without colour, and never cut."""
    cells = [[clean(cell).replace("\n", " ") for cell in row] for row in rows]
    if Console().is_terminal:
        _coloured(columns, cells)
        return
    widths = [max(len(cell) for cell in column) for column in zip(columns, *cells, strict=True)]
    for row in (columns, *cells):
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(padded).rstrip())


def _coloured(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Break texts between words. No word is broken: an id must stay one."""
    console = Console()
    widths = column_widths([columns, *rows], console.width)
    if widths is None:
        _unbroken(console, columns, rows)
        return
    shown = Table(box=None, header_style="bold", pad_edge=False)
    for column, width in zip(columns, widths, strict=True):
        shown.add_column(column, width=width)
    for row in rows:
        cells = zip(columns, row, strict=True)
        shown.add_row(*(Text(cell, style=_tone(column, cell)) for column, cell in cells))
    console.print(shown)


def _tone(column: str, cell: str) -> str:
    if column in _COUNTS:
        return "" if cell.strip() in ("0", "") else _COUNTS[column]
    return _TONES.get(cell.partition(" ")[0], "") if column in _TONED else ""


@contextmanager
def progress(total: int) -> Iterator[Callable[[float], None]]:
    """Show a progress bar on a terminal; call what it yields with the size of each part."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as shown:
        yield partial(shown.advance, shown.add_task("", total=total))


def data(value: Any) -> None:
    """Print the result as JSON; times have Sweden's offset."""
    typer.echo(json_text(value))


def json_text(value: Any) -> str:
    """Return the result as JSON without hidden characters, as `data` prints it."""
    return privacy.visible_json(json.dumps(plain(value), ensure_ascii=False, indent=2))


def plain(value: Any) -> Any:
    """Return dataclasses, times and containers as JSON values."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, datetime):
        return value.astimezone(ZONE).isoformat(timespec="milliseconds")
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value
