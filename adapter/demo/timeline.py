"""The report for people: a table of what happened, and a table of what went wrong."""

from __future__ import annotations

from typing import TextIO
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapter.demo.findings import findings
from adapter.demo.report import Report
from adapter.demo.rows import Row, Sort, rows

_ZONE = ZoneInfo("Europe/Stockholm")
_WIDTH = 132  # where the output is no terminal
_ROWS = {
    Sort.SCENE: "bold",
    Sort.WRONG: "bold magenta",
    Sort.CAME: "",
    Sort.SENT: "",
    Sort.ANSWER: "cyan",
    Sort.REPAIR: "yellow",
}
_RECEIPTS = {"application": "green", "person": "cyan", "wrong": "bold red", "note": "dim"}


def draw(report: Report, out: TextIO) -> None:
    """Print the timeline, the troubles, and the sum."""
    console = Console(file=out)
    if not console.is_terminal:
        console = Console(file=out, width=_WIDTH)
    console.print(_timeline(report))
    console.print(_troubles(report))
    console.print(_sum(report))


def _timeline(report: Report) -> Table:
    table = Table(title=f"Case {report.case}, seed {report.seed}, bus {report.bus}")
    table.add_column("Time", no_wrap=True)
    table.add_column("Who", no_wrap=True)
    table.add_column("What")
    table.add_column("Receipts")
    for row in rows(report):
        if row.sort is Sort.SCENE:
            table.add_section()
        table.add_row(*_cells(row), style=_ROWS[row.sort])
    return table


def _cells(row: Row) -> tuple[str | Text, ...]:
    at = row.at.astimezone(_ZONE).strftime("%H:%M:%S.%f")[:-5]
    marks = {Sort.SCENE: "▸ ", Sort.WRONG: "✗ ", Sort.REPAIR: "↻ "}
    # Text, and not str: what comes from a store must not be read as rich's markup.
    return at, row.who, Text(marks.get(row.sort, "") + row.what), _receipts(row)


def _receipts(row: Row) -> Text:
    parts = [Text(text, style=_RECEIPTS.get(layer, "")) for layer, text in row.receipts]
    return Text(", ").join(parts)


def _troubles(report: Report) -> Table:
    table = Table(title="What went wrong, and what the adapter did")
    table.add_column("Trouble", style="magenta")
    table.add_column("What became of it")
    for finding in findings(report):
        table.add_row(Text(finding.trouble), Text(finding.became))
    return table


def _sum(report: Report) -> Text:
    deliveries = sum(len(report.deliveries(m)) for m in report.messages)
    figures = (
        f"{len(report.messages)} messages, {deliveries} deliveries, "
        f"{report.unreceipted} without a receipt; {report.retries} retries, "
        f"{report.resends} resends, {report.copies_discarded} copies discarded, "
        f"{report.duplicates_applied} applied twice."
    )
    if report.whole:
        return Text(figures, style="green")
    stuck = f" The play stopped: {report.stuck}." if report.stuck else ""
    dead = f" {report.dead} wait for a person." if report.dead else ""
    return Text(figures + stuck + dead, style="bold red")
