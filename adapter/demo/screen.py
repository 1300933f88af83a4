"""The demo on a terminal or in a pipe: rows in columns, never wider than the screen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import TextIO

from rich.console import Console
from rich.status import Status
from rich.text import Text

from adapter.demo.report import Report
from adapter.demo.rows import Row, RowKind
from adapter.demo.troubles import troubles

_NARROWEST, _WIDEST = 80, 100  # columns
_TIME, _WAY, _RECEIPT, _GAP = 6, 16, 10, "  "
_STYLES = {
    RowKind.SCENE: "bold",
    RowKind.FAULT: "magenta",
    RowKind.RECEIVED: "",
    RowKind.SENT: "",
    RowKind.ANSWER: "cyan",
    RowKind.FAILED: "red",
    RowKind.REPAIR: "yellow",
}
_LEGEND = (
    "name → is a message to the adapter, → name is a delivery from it.",
    "! a fault that the demo causes, ✗ a failed attempt, ↻ what the adapter does.",
    "A receipt is a system's (systemkvittens); an answer is a person's (kvittering).",
    "Luleå's system speaks omsorg/1, Umeå's omsorg/2. The others speak FHIR.",
)
_MARKS = {
    RowKind.SCENE: "▸ ",
    RowKind.FAULT: "! ",
    RowKind.FAILED: "✗ ",
    RowKind.REPAIR: "↻ ",
}


class Screen:
    """Prints the play. Colours only on a terminal."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._console = Console(file=out, highlight=False)
        self._width = min(max(self._console.width, _NARROWEST), _WIDEST)
        self._status: Status | None = None

    def open(self, seed: int, bus: str) -> AbstractContextManager[object]:
        """Print the heading; on a terminal, the context shows below the rows what is awaited."""
        title = f"A discharge with real bytes through real sockets (seed {seed}, bus {bus})."
        self._print(Text(title, style="bold"))
        for text in _LEGEND:
            self._paragraph(text, style="dim")
        heads = ("  time", "way", "what", "receipt")
        self._print(_columns(heads, self._what_width(), ("dim",) * 4))
        if not self._console.is_terminal:
            return nullcontext()
        self._status = self._console.status("")
        return self._status

    def show(self, row: Row, start: datetime) -> None:
        """Print a row; its time is in seconds since the start."""
        if row.kind is RowKind.SCENE:
            self._print(Text())
        for line in _lines(row, start, self._width):
            self._print(line)

    def waiting_for(self, pending: Sequence[Row]) -> None:
        """Update the line below the rows."""
        if self._status is not None:
            names = ", ".join(sorted({row.way.strip("→ ") for row in pending}))
            self._status.update(f"[dim]waiting for a receipt from {names}[/]" if names else "")

    def close(self, report: Report, store: str) -> None:
        """Print what went wrong, the figures, and how to look further. `store` "" is not kept."""
        if report.plan:
            self._hold_out(report.plan)
        self._print(Text("\nWhat went wrong, and what the adapter did", style="bold"))
        for trouble in troubles(report):
            self._print(Text(f"✗ {trouble.what}", style="magenta"))
            self._paragraph(trouble.outcome, indent="  ")
        self._print(Text())
        mark, style = ("✓", "green") if report.whole else ("✗", "bold red")
        for text in _figures(report):
            self._print(Text(f"{mark} {text}", style=style))
        self._print(Text())
        for text in _next_steps(report, store):
            self._print(Text(text))

    def _hold_out(self, plan: str) -> None:
        self._print(
            Text("\nThe plan as the person can hold it (adapter plan, its opening)", style="bold")
        )
        for line in plan.splitlines():
            later = "    " if line.startswith("- ") else "  "
            for each in _wrapped(line, self._width, "  ", later) or [""]:
                self._print(Text(each))

    def _what_width(self) -> int:
        return self._width - _TIME - _WAY - _RECEIPT - 3 * len(_GAP)

    def _paragraph(self, text: str, *, indent: str = "", style: str = "") -> None:
        for line in _wrapped(text, self._width, indent, indent):
            self._print(Text(line, style=style))

    def _print(self, line: Text) -> None:
        self._console.print(line, soft_wrap=True)
        self._out.flush()


def _lines(row: Row, start: datetime, width: int) -> Iterator[Text]:
    """A row as lines: what does not fit is continued below, at the same column."""
    style, mark = _STYLES[row.kind], _MARKS.get(row.kind, "")
    if row.kind in (RowKind.SCENE, RowKind.FAULT):
        for line in _wrapped(f"{mark}{row.what}", width, "", "  "):
            yield Text(line, style=style)
        return
    what = width - _TIME - _WAY - 2 * len(_GAP)
    if row.receipt:
        what -= _RECEIPT + len(_GAP)
    first, *rest = _wrapped(f"{mark}{row.what}", what, "", " " * len(mark))
    time = f"{(row.at - start).total_seconds():5.1f}s"
    styles = ("dim", style, style, "bold red" if row.wrong else "green")
    yield _columns((time, row.way, first, row.receipt), what, styles)
    for line in rest:
        yield _columns(("", "", line, ""), what, styles)


def _columns(cells: tuple[str, ...], what: int, styles: tuple[str, ...]) -> Text:
    widths = (_TIME, _WAY, what, 0)
    parts = [
        Text(cell.ljust(width), style=style)
        for cell, width, style in zip(cells, widths, styles, strict=True)
    ]
    line = Text(_GAP).join(parts)
    line.rstrip()
    return line


def _wrapped(text: str, width: int, first: str, later: str) -> list[str]:
    """Lines of at most `width` columns; a word, such as an id, is never broken."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _figures(report: Report) -> Iterator[str]:
    deliveries = sum(len(report.deliveries(m)) for m in report.messages)
    yield (
        f"{len(report.messages)} messages, {deliveries} deliveries, "
        f"{report.unreceipted} without a receipt"
    )
    yield (
        f"{_count(report.retries, 'retry', 'retries')}, "
        f"{_count(report.resends, 'resend', 'resends')}, "
        f"{_count(report.copies_discarded, 'copy', 'copies')} discarded, "
        f"{report.duplicates_applied} applied twice"
    )
    if report.stuck:
        yield f"The play stopped: {report.stuck}."
    if report.dead:
        yield f"{report.dead} dead or refused: a person must act."


def _count(number: int, singular: str, plural: str) -> str:
    return f"{number} {singular if number == 1 else plural}"


def _next_steps(report: Report, store: str) -> Iterator[str]:
    if store and report.case:
        yield "Look at every hop of the case, and at the bytes of each attempt:"
        yield f"  adapter case {report.case} --store {store}"
        yield f"  adapter messages --store {store}"
    else:
        yield "Keep the store, and look at every attempt: adapter demo --store demo.db"
