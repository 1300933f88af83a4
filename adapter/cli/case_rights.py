"""What `case` prints of participants, open items and the stay: never personal data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from adapter.cli import printing, texts
from adapter.cli.printing import when
from adapter.operate.case_rights import CaseRights, ElementSummary, ParticipantSummary
from adapter.store.items import Item


def print_rights(rights: CaseRights, now: datetime) -> None:
    """Print the parts that a case has; nothing for a case without a stay."""
    if rights.participants:
        printing.line()
        _print_participants(rights.participants)
    if rights.consent or rights.bars:
        printing.line()
        _print_consent(rights)
    for item in rights.items:
        printing.line()
        _print_item(item, now)
    if rights.elements:
        printing.line()
        _print_elements(rights.elements)
    if rights.participants or rights.items or rights.elements:
        printing.line()


def _print_consent(rights: CaseRights) -> None:
    """Print what stops plans, and whom a bar of secrecy leaves out."""
    if rights.consent:
        stops = ": no plan is forwarded" if rights.consent == "withdrawn" else ""
        printing.line(f"Consent to planning: {rights.consent}{stops}")
    for organization in rights.bars:
        printing.line(f"Bar of secrecy: {organization} is not told of ready, leave or discharge")


def _print_participants(rows: Iterable[ParticipantSummary]) -> None:
    columns = ["participant", "need", "told", "since (Sweden)", "because of"]
    printing.entries(columns, [_participant(row) for row in rows], "because of")


def _participant(row: ParticipantSummary) -> list[str]:
    basis = " ".join(part for part in (row.basis, row.ground) if part)
    until = f", until {_minute(row.until)}: {texts.ended(row.ended)}" if row.until else ""
    return [row.endpoint, row.need, row.told, _minute(row.since), basis + until]


def _minute(at: datetime | None) -> str:
    return when(at)[:16]


def _print_item(item: Item, now: datetime) -> None:
    due = texts.due(item.due_at, now)
    about = " ".join(part for part in (item.what, item.subject) if part)
    taken = f"taken by {item.taken_by}" if item.taken_by else "nobody has it yet"
    parts = [texts.nobody(item.detail), due, taken]
    printing.line(f"Open item {item.id}: {about}")
    printing.paragraph(", ".join(part for part in parts if part), "  ")
    printing.paragraph(f"To do: {texts.action(item.what)}", "  ")


def _print_elements(rows: Iterable[ElementSummary]) -> None:
    columns = ["element of the stay", "recorded (Sweden)", "message"]
    printing.table(columns, [_element(row) for row in rows])


def _element(row: ElementSummary) -> list[str]:
    name = f"{row.name} (no longer)" if row.deleted else row.name  # deleted, or ended by an event
    return [name, when(row.recorded), row.message]
