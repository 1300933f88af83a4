"""The commands. `adapter COMMAND --help` explains each, with examples."""

from __future__ import annotations

from collections.abc import Callable

import typer

from adapter.cli import (
    acting,
    demonstrating,
    editing,
    inspecting,
    listing,
    mapping,
    measuring,
    replaying,
    running,
    setting,
    watching,
)
from adapter.cli.failures import Commands

app = typer.Typer(
    name="adapter",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="FHIR R4 adapter for discharge and coordinated care planning, with guaranteed receipts.",
    epilog="Exit codes: 0 all is well, 1 something is not as it should be, 2 wrong use.",
)


def _command(name: str, function: Callable[..., None], *examples: str) -> None:
    epilog = "\n\n".join(f"Example: adapter {name} {example}".rstrip() for example in examples)
    app.command(name, epilog=epilog)(function)


_command("demo", demonstrating.demo, "", "--seed 7 --store demo.db --json")
_command("serve", running.serve, "", "--settings region.toml --log-level debug")
_command("worker", running.worker, "--settings region.toml")
_command("web", running.web, "--settings region.toml")
_command("init", setting.init, "", "region.toml")
_command("check", setting.check, "", "--settings region.toml --json")
_command("systems", mapping.systems, "", "--json")
_command(
    "map",
    mapping.map_,
    "A01.hl7 --from hl7v2 --to fhir",
    "plan.json --from fhir --to omsorg --receiver SE2120002742-LULEA",
)
_command("validate", mapping.validate, "message.json", "*.json --json")
_command("health", watching.health_, "", "--settings region.toml --json")
_command("case", inspecting.case, "SE2120001111-SJUKHUS/12345", "c-0f3a --store adapter.db --json")
_command("messages", listing.messages, "--endpoint lulea --since 2h", "--state refused --json")
_command("message", inspecting.message, "m-0f3a --store adapter.db", "d-77aa --no-bodies")
_command("dead", listing.dead, "", "--store postgresql://host/adapter --json")
_command("take", acting.take, "d-77aa --who 'Ann, ext. 1234'")
_command(
    "edit",
    editing.edit,
    "d-77aa",
    "d-77aa --from d-77aa.json --reason 'wrong date of birth' --dry-run",
)
_command(
    "replay",
    replaying.replay,
    "d-77aa --reason 'address corrected' --dry-run",
    "d-77aa d-78bb --reason 'address corrected'",
    "--endpoint lulea --since 2026-11-17T09:30 --reason 'disk lost' --dry-run",
)
_command("discard", acting.discard, "d-77aa --reason 'told by phone'")
_command("pause", acting.pause, "lulea --reason 'upgrade until 14:00'")
_command("resume", acting.resume, "lulea")
_command("token", acting.token, "planning")
_command("bench", measuring.bench, "", "--only latency --json", "--backlog 5000 --stored 50000")


def main() -> None:
    """The command `adapter`."""
    app()
