"""`init` and `check`: create the settings file, and check everything that it names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from adapter import mappings, settings
from adapter.cli import check_certificates, check_coverage, check_routes, printing
from adapter.cli.check_findings import CheckFinding, error, warning
from adapter.cli.options import FILE, AsJson, SettingsFile, now
from adapter.cli.session import missing_file
from adapter.core.endpoint import Settings
from adapter.core.errors import AdapterError, FatalError, Issue, Severity
from adapter.mappings import System
from adapter.policy import coverage
from adapter.settings.network import Network
from adapter.store import Store
from adapter.store.queries import figures
from adapter.transports import rabbitmq


def init(
    file: Annotated[Path, typer.Argument(help="The file to write; `-` is standard output.")] = FILE,
) -> None:
    """Write a commented settings file that `adapter serve` can start with.

    An existing file is not overwritten.
    """
    if str(file) == "-":
        typer.echo(settings.template(), nl=False)
        return
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(settings.template())
    except FileExistsError:
        printing.aside(f"{file} exists already, and is not overwritten.")
        printing.aside(
            "To do: name another file, as in `adapter init other.toml`, or move this one."
        )
        raise typer.Exit(1) from None
    except OSError as problem:
        raise typer.BadParameter(f"{file}: {problem.strerror}") from problem
    printing.line(f"{file} written. Next: adapter check --settings {file}")


def check(*, settings_file: SettingsFile = FILE, as_json: AsJson = False) -> None:
    """Check settings, store, broker, certificates and mappings; list all problems together.

    Then show who would be told of a stay, by municipality and need, and what each endpoint may
    tell. Nothing is created or changed. Exit 1 when there is an error; warnings do not count.
    """
    systems = mappings.load()
    network = _network(settings_file, systems)
    findings = _findings(settings_file, systems, network)
    covered = coverage.coverage(network, now().date()) if network else ()
    roles = coverage.roles(network) if network else ()
    if as_json:
        printing.data({"findings": findings, "coverage": covered, "roles": roles})
    else:
        _print(findings)
        check_coverage.show(covered, roles)
    if any(f.severity is Severity.ERROR for f in findings):
        raise typer.Exit(1)


def _print(findings: list[CheckFinding]) -> None:
    if findings:
        rows = [[f.severity, f.area, f.where, f.what] for f in findings]
        printing.table(["severity", "area", "where", "what it is"], rows)
    else:
        printing.line("No problem found.")


def _network(file: Path, systems: dict[str, System]) -> Network | None:
    """The settings with the systems; None when the settings have errors."""
    try:
        return Network(settings=settings.load(file, os.environ), systems=systems)
    except FatalError:
        return None


def _findings(
    file: Path, systems: dict[str, System], network: Network | None
) -> list[CheckFinding]:
    """Every problem, errors first; without readable settings only those of the settings."""
    findings = [_of_settings(i) for i in settings.survey(file, os.environ, systems)]
    if network:
        findings += check_routes.problems(network)
        for endpoint in network.settings.endpoints:
            findings += check_certificates.problems(endpoint, now())
        findings += [*_store(network.settings), *_broker(network.settings)]
    return _worst_first(findings)


def _of_settings(issue: Issue) -> CheckFinding:
    what = issue.detail or issue.entry.en
    return CheckFinding(severity=issue.severity, area="settings", where=issue.expression, what=what)


def _worst_first(findings: Iterable[CheckFinding]) -> list[CheckFinding]:
    return sorted(dict.fromkeys(findings), key=lambda f: f.severity is not Severity.ERROR)


def _store(chosen: Settings) -> Iterator[CheckFinding]:
    store = Store(chosen.store)
    where = store.url.render_as_string(hide_password=True)
    try:
        yield from _sqlite_folder(store, where) if missing_file(store) else _state(store, where)
    except AdapterError as problem:
        yield error("store", where, f"{problem.entry.en} {problem.detail}".strip())
    finally:
        store.close()


def _sqlite_folder(store: Store, where: str) -> Iterator[CheckFinding]:
    folder = Path(missing_file(store)).resolve().parent
    if not os.access(folder, os.W_OK | os.X_OK):
        yield error("store", where, f"cannot be created: the folder {folder} is not writable")


def _state(store: Store, where: str) -> Iterator[CheckFinding]:
    with store.read() as tx:
        schema, unsafe = figures.schema(tx), figures.unsafe(tx)
    for setting in unsafe:
        yield error("store", where, f"{setting}: what was acknowledged may be lost")
    if schema.current and not schema.fits:
        schemas = f"has schema {schema.current}, this program needs {schema.newest}"
        yield warning("store", where, f"{schemas}; `adapter serve` upgrades it")


def _broker(chosen: Settings) -> Iterator[CheckFinding]:
    if chosen.broker:
        for problem in rabbitmq.check(chosen.broker, chosen.endpoints):
            yield error("broker", "", problem)
