"""`init` and `check`: the settings file, and everything that it speaks of."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from adapter import mappings, settings
from adapter.cli import certificates, matching, printing
from adapter.cli.desk import FILE, AsJson, SettingsFile, missing_file, now
from adapter.cli.findings import Finding, error, warning
from adapter.core.endpoint import Settings
from adapter.core.errors import AdapterError, FatalError, Issue, Severity
from adapter.settings.network import Network
from adapter.store import Store
from adapter.store.queries import figures
from adapter.transports import rabbitmq


def init(
    file: Annotated[Path, typer.Argument(help="Where to; `-` is standard output.")] = FILE,
) -> None:
    """Write a commented settings file that `adapter serve` starts with; nothing is overwritten."""
    if str(file) == "-":
        typer.echo(settings.template(), nl=False)
        return
    try:
        with file.open("x", encoding="utf-8") as new:
            new.write(settings.template())
    except FileExistsError:
        raise FatalError("settings", f"{file} exists and is left as it is") from None
    except OSError as problem:
        raise typer.BadParameter(f"{file}: {problem.strerror}") from problem
    printing.line(f"{file} written. Next: adapter check --settings {file}")


def check(*, settings_file: SettingsFile = FILE, as_json: AsJson = False) -> None:
    """Check settings, store, broker, certificates and mappings; list all problems together.

    Nothing is created or changed. Exit 1 when there is an error; warnings are told.
    """
    found = findings(settings_file)
    if as_json:
        printing.data({"findings": found})
    elif found:
        rows = [[f.severity, f.area, f.where, f.what] for f in found]
        printing.table(["severity", "area", "where", "what it is"], rows)
    else:
        printing.line("All is as it should be.")
    if any(f.severity is Severity.ERROR for f in found):
        raise typer.Exit(1)


def findings(file: Path) -> list[Finding]:
    """Every problem, errors first; the rest is looked at only where the settings can be read."""
    systems = mappings.load()
    found = [_of_settings(i) for i in settings.survey(file, os.environ, systems)]
    try:
        chosen = settings.load(file, os.environ)
    except FatalError:
        return _worst_first(found)
    network = Network(settings=chosen, systems=systems)
    found += matching.problems(network)
    for endpoint in chosen.endpoints:
        found += certificates.problems(endpoint, now())
    found += [*_store(chosen), *_broker(chosen)]
    return _worst_first(found)


def _of_settings(issue: Issue) -> Finding:
    what = issue.detail or issue.entry.en
    return Finding(severity=issue.severity, area="settings", where=issue.expression, what=what)


def _worst_first(found: Iterable[Finding]) -> list[Finding]:
    return sorted(dict.fromkeys(found), key=lambda f: f.severity is not Severity.ERROR)


def _store(chosen: Settings) -> Iterator[Finding]:
    store = Store(chosen.store)
    where = store.url.render_as_string(hide_password=True)
    try:
        yield from _sqlite_folder(store, where) if missing_file(store) else _state(store, where)
    except AdapterError as problem:
        yield error("store", where, f"{problem.entry.en} {problem.detail}".strip())
    finally:
        store.close()


def _sqlite_folder(store: Store, where: str) -> Iterator[Finding]:
    folder = Path(missing_file(store)).resolve().parent
    if not os.access(folder, os.W_OK | os.X_OK):
        yield error("store", where, f"cannot be made: the folder {folder} cannot be written")


def _state(store: Store, where: str) -> Iterator[Finding]:
    with store.read() as tx:
        schema, unsafe = figures.schema(tx), figures.unsafe(tx)
    for setting in unsafe:
        yield error("store", where, f"{setting}: what was acknowledged may be lost")
    if schema.current and not schema.fits:
        told = f"has schema {schema.current}, this program needs {schema.newest}"
        yield warning("store", where, f"{told}; `adapter serve` upgrades it")


def _broker(chosen: Settings) -> Iterator[Finding]:
    if chosen.broker:
        for problem in rabbitmq.check(chosen.broker, chosen.endpoints):
            yield error("broker", "", problem)
