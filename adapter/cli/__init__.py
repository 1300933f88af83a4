"""The commands; `adapter COMMAND --help` explains each, with examples."""

from __future__ import annotations

from collections.abc import Callable

import typer

from adapter.cli import (
    bench,
    case,
    dead_letters,
    demo,
    edit,
    endpoints,
    health,
    message,
    message_list,
    processes,
    protection,
    purge,
    replay,
    rights,
    settings_file,
    translation,
)
from adapter.cli.errors import Commands

app = typer.Typer(
    name="adapter",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="FHIR R4 adapter for discharge and coordinated care planning, with guaranteed receipts.",
    epilog="Exit codes: 0 success, 1 something is wrong, 2 wrong use.",
)


def _command(name: str, function: Callable[..., None], *examples: str) -> None:
    epilog = "\n\n".join(f"Example: adapter {name} {example}".rstrip() for example in examples)
    app.command(name, epilog=epilog)(function)


_command("demo", demo.demo, "", "--seed 7 --store demo.db --json")
_command("serve", processes.serve, "", "--settings region.toml --log-level debug")
_command("worker", processes.worker, "--settings region.toml")
_command("web", processes.web, "--settings region.toml")
_command("init", settings_file.init, "", "region.toml")
_command("check", settings_file.check, "", "--settings region.toml --json")
_command("systems", translation.systems, "", "--json")
_command(
    "map",
    translation.map_,
    "A01.hl7 --from hl7v2 --to fhir",
    "plan.json --from fhir --to omsorg --receiver SE2120002742-LULEA",
)
_command("validate", translation.validate, "message.json", "*.json --json")
_command("health", health.health_, "", "--settings region.toml --json")
_command("case", case.case, "SE2120001111-SJUKHUS/12345", "c-0f3a --store adapter.db --json")
_command("messages", message_list.messages, "--endpoint lulea --since 2h", "--state refused --json")
_command("message", message.message, "m-0f3a --store adapter.db", "d-77aa --no-bodies")
_command("dead", dead_letters.dead, "", "--store postgresql://host/adapter --json")
_command("take", dead_letters.take, "d-77aa --who 'Ann, ext. 1234'")
_command(
    "edit",
    edit.edit,
    "d-77aa",
    "d-77aa --from d-77aa.json --reason 'wrong date of birth' --dry-run",
)
_command(
    "replay",
    replay.replay,
    "d-77aa --reason 'address corrected' --dry-run",
    "d-77aa d-78bb --reason 'address corrected'",
    "--endpoint lulea --since 2026-11-17T09:30 --reason 'disk lost' --dry-run",
)
_command("discard", dead_letters.discard, "d-77aa --reason 'told by phone'")
_command(
    "rights",
    rights.rights,
    "",
    "--send SE2120001111-SJUKHUS/12345 --who Ann --reason 'Piteå connected today'",
)
_command(
    "protection",
    protection.protection,
    "show SE2120001111-SJUKHUS/12345",
    "lift c-0f3a --who 'Ann, ext. 1234' --reason 'Skatteverket, by phone'",
)
_command("purge", purge.purge, "--dry-run", "--json")
_command("pause", endpoints.pause, "lulea --reason 'upgrade until 14:00'")
_command("resume", endpoints.resume, "lulea")
_command("token", endpoints.token, "planning")
_command("bench", bench.bench, "", "--only latency --json", "--backlog 5000 --stored 50000")


def main() -> None:
    """Run the command `adapter`."""
    app()
