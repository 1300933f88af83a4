"""`health`: the running processes, and what is wrong."""

from __future__ import annotations

from datetime import datetime

import typer

from adapter.cli import printing
from adapter.cli.options import FILE, AsJson, SettingsFile, StorePlace
from adapter.cli.session import open_store
from adapter.operate import health
from adapter.operate.health import Process, Survey
from adapter.settings.durations import duration_text


def health_(
    *, settings_file: SettingsFile = FILE, store: StorePlace = "", as_json: AsJson = False
) -> None:
    """Show every running process, and everything that is wrong, with its reason.

    It shows what /health/ready shows, and also for workers, which have no HTTP address. Exit 1
    when something is wrong.
    """
    with open_store(settings_file, store) as session:
        survey = health.survey(session.store, session.settings)
    if as_json:
        printing.data({"findings": survey.findings, "processes": survey.processes})
    else:
        _print(survey)
    raise typer.Exit(1 if survey.findings else 0)


def _print(survey: Survey) -> None:
    if survey.processes and survey.now:
        rows = [_row(process, survey.now) for process in survey.processes]
        printing.table(["process", "since", "seen", "clock", "store", "consumes"], rows)
    if survey.findings:
        wrong = [[f.name, f.process or "all", f.why] for f in survey.findings]
        printing.table(["finding", "process", "why"], wrong)
    else:
        printing.line("No problem found.")


def _row(process: Process, now: datetime) -> list[str]:
    return [
        process.name,
        printing.when(process.started_at),
        f"{duration_text(now - process.seen_at)} ago",
        f"{process.ahead:+.1f} s",
        f"{process.probe * 1000:.0f} ms",
        "yes" if process.consumes else "no",
    ]
