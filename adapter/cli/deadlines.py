"""`deadlines`: what falls due within 24 hours, the times that the law sets first."""

from __future__ import annotations

from datetime import datetime

import typer

from adapter.cli import printing
from adapter.cli.options import FILE, AsJson, SettingsFile, StorePlace, now
from adapter.cli.printing import when
from adapter.cli.session import open_store
from adapter.operate.deadlines import Deadlines
from adapter.operate.deadlines import deadlines as read
from adapter.settings.durations import duration_text
from adapter.store.queries.dead import DeadLetter
from adapter.store.queries.timers import DueCount

_LEGAL = ("due (Sweden)", "in", "what", "endpoint", "taken by", "case", "id")
_COUNTED = ("endpoint", "what", "overdue", "1 h", "4 h", "24 h")


def deadlines(
    *, settings_file: SettingsFile = FILE, store: StorePlace = "", as_json: AsJson = False
) -> None:
    """Show which times end within 24 hours: legal ones, expiries, receipts and answers.

    Legal times are those of needs without a receiver and of held admission notices; each is
    listed. The rest is counted by endpoint. Exit 1 when a legal time has passed.
    """
    with open_store(settings_file, store) as session, session.store.read() as tx:
        at = now()
        shown = read(tx, at)
    if as_json:
        printing.data({"at": at, "legal": shown.legal, "counts": shown.counts})
    else:
        _print(shown, at)
    raise typer.Exit(1 if any(each.due_at and each.due_at <= at for each in shown.legal) else 0)


def _print(shown: Deadlines, at: datetime) -> None:
    if shown.legal:
        printing.table(_LEGAL, [_row(each, at) for each in shown.legal])
        printing.line()
    if shown.counts:
        printing.table(_COUNTED, [_counts(each) for each in shown.counts])
    else:
        printing.line("Nothing falls due within 24 hours.")


def _row(letter: DeadLetter, at: datetime) -> list[str]:
    due_at = letter.due_at or at
    left = "OVERDUE" if due_at <= at else duration_text(due_at - at)
    who = (letter.endpoint or "unidentified", letter.taken_by or "nobody", letter.case_id or "-")
    return [when(due_at)[:16], left, letter.code, *who, letter.id]


def _counts(count: DueCount) -> list[str]:
    numbers = (count.overdue, count.in_1h, count.in_4h, count.in_24h)
    return [count.endpoint or "unidentified", count.what, *map(str, numbers)]
