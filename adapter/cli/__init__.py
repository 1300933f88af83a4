"""The commands; `adapter COMMAND --help` explains each, with examples."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from adapter.cli.loading import Listed, LoadedCommands


def _listed(name: str, place: str, *examples: str) -> Listed:
    return Listed(name, place, examples)


COMMANDS = (
    _listed("demo", "demo.demo", "", "--seed 7 --store demo.db --json"),
    _listed("serve", "processes.serve", "", "--settings region.toml --log-level debug"),
    _listed("worker", "processes.worker", "--settings region.toml"),
    _listed("web", "processes.web", "--settings region.toml"),
    _listed("init", "init.init", "", "region.toml"),
    _listed("check", "check.check", "", "--settings region.toml --json"),
    _listed("systems", "translation.systems", "", "--json"),
    _listed(
        "map",
        "translation.map_",
        "A01.hl7 --from hl7v2 --to fhir",
        "plan.json --from fhir --to omsorg --receiver SE2120002742-LULEA",
    ),
    _listed("validate", "validation.validate", "message.json", "messages --json"),
    _listed("health", "health.health_", "", "--settings region.toml --json"),
    _listed("status", "status.status", "", "--settings region.toml --json"),
    _listed("case", "case.case", "SE2120001111-SJUKHUS/12345", "12345 --json", "--patient"),
    _listed(
        "messages", "message_list.messages", "--endpoint lulea --since 2h", "--state refused --json"
    ),
    _listed(
        "message",
        "message.message",
        "m-0f3a --store adapter.db",
        'd-77aa --bodies --reason "lulea asks what came"',
    ),
    _listed(
        "plan",
        "documents.plan",
        "SE2120001111-SJUKHUS/12345 --pdf --output plan.pdf",
        "c-0f3a --changes",
    ),
    _listed(
        "show",
        "documents.show",
        "m-0f3a --html --output message.html",
        "m-0f3a --ics --output meeting.ics",
    ),
    _listed("dead", "dead_letters.dead", "", "--store postgresql://host/adapter --json"),
    _listed("take", "letting_go.take", "d-77aa --who 'Ann, ext. 1234'", "--cause expired"),
    _listed(
        "edit",
        "edit.edit",
        "d-77aa",
        "d-77aa --from d-77aa.json --reason 'wrong date of birth' --dry-run",
    ),
    _listed(
        "replay",
        "replay.replay",
        "d-77aa --reason 'address corrected' --dry-run",
        "d-77aa d-78bb --reason 'address corrected'",
        "--cause access-denied --endpoint lulea --reason 'certificate renewed' --dry-run",
        "--endpoint lulea --since 2026-11-17T09:30 --reason 'disk lost' --dry-run",
    ),
    _listed(
        "discard",
        "letting_go.discard",
        "d-77aa --reason 'told by phone'",
        "--cause expired --endpoint lulea --reason 'told by phone' --dry-run",
    ),
    _listed("deadlines", "deadlines.deadlines", "", "--settings region.toml --json"),
    _listed("jobs", "jobs.jobs", "", "show j-0f3a", "stop j-0f3a", "resume j-0f3a --json"),
    _listed(
        "rights",
        "rights.rights",
        "",
        "--send SE2120001111-SJUKHUS/12345 --who Ann --reason 'Piteå connected today'",
    ),
    _listed(
        "protection",
        "protection.protection",
        "show SE2120001111-SJUKHUS/12345",
        "lift c-0f3a --who 'Ann, ext. 1234' --reason 'Skatteverket, by phone'",
    ),
    _listed(
        "readings",
        "readings.readings",
        "--since 7d --by 'Ann, ext. 1234'",
        "--month 2026-11 --sample 20",
        "--month 2026-11 --checked 'each had a reason' --who Bo",
    ),
    _listed("purge", "purge.purge", "--dry-run", "--json"),
    _listed(
        "pause",
        "endpoints.pause",
        "lulea --until 14:00 --reason 'upgrade'",
        "lulea --reason 'out of order'",
    ),
    _listed("resume", "endpoints.resume", "lulea"),
    _listed(
        "backup",
        "backup.backup_",
        "2026-03-02.db",
        "/srv/backups/now.db --store adapter.db --json",
    ),
    _listed("token", "endpoints.token", "planning"),
    _listed("bench", "bench.bench", "", "--only latency --json", "--backlog 5000 --stored 50000"),
)


class _Commands(LoadedCommands):
    """The commands of this list."""

    listed = COMMANDS


app = typer.Typer(
    name="adapter",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    help="FHIR R4 adapter for discharge and coordinated care planning, with guaranteed receipts.",
    epilog="Exit codes: 0 success, 1 something is wrong, 2 wrong use.",
)


def _print_version(wanted: object) -> None:
    if wanted:
        typer.echo(f"adapter {version('careplan-adapter')}")
        raise typer.Exit


@app.callback()
def _adapter(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Make the list a group; the text of `--help` stands above."""


def main() -> None:
    """Run the command `adapter`."""
    app()
