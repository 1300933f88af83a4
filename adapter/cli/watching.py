"""`health`: what runs, and what of it all is not as it should be."""

from __future__ import annotations

from datetime import datetime

import typer

from adapter.cli import printing
from adapter.cli.desk import FILE, AsJson, SettingsFile, StorePlace, existing
from adapter.operate import health
from adapter.operate.health import Process, Survey


def health_(
    *, settings_file: SettingsFile = FILE, store: StorePlace = "", as_json: AsJson = False
) -> None:
    """Show every process that runs, and everything that is not as it should be, with why.

    The same as /health/ready tells, also of workers, which have no door. Exit 1 when something
    is wrong.
    """
    with existing(settings_file, store) as desk:
        found = health.survey(desk.store, desk.settings)
    if as_json:
        printing.data({"findings": found.findings, "processes": found.processes})
    else:
        _print(found)
    raise typer.Exit(1 if found.findings else 0)


def _print(found: Survey) -> None:
    if found.processes and found.now:
        rows = [_row(process, found.now) for process in found.processes]
        printing.table(["process", "since", "seen", "clock", "store", "consumes"], rows)
    if found.findings:
        wrong = [[f.name, f.process or "all", f.why] for f in found.findings]
        printing.table(["finding", "process", "why"], wrong)
    else:
        printing.line("All is as it should be.")


def _row(process: Process, now: datetime) -> list[str]:
    return [
        process.name,
        printing.when(process.started_at),
        f"{health.spoken(now - process.seen_at)} ago",
        f"{process.ahead:+.1f} s",
        f"{process.probe * 1000:.0f} ms",
        "yes" if process.consumes else "no",
    ]
