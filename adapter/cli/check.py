"""`check`: check the settings file and everything that it names."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import typer

from adapter import mappings, settings
from adapter.cli import (
    check_broker,
    check_certificates,
    check_coverage,
    check_ports,
    check_routes,
    check_store,
    printing,
)
from adapter.cli.check_findings import CheckFinding
from adapter.cli.options import FILE, AsJson, SettingsFile, now
from adapter.core.errors import FatalError, Issue, Severity
from adapter.mappings import System
from adapter.policy import coverage
from adapter.settings.network import Network


def check(*, settings_file: SettingsFile = FILE, as_json: AsJson = False) -> None:
    """Check settings, store, ports, broker, certificates and mappings; list all problems together.

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
        findings += check_store.problems(network.settings.store)
        findings += [
            *check_ports.problems(network.settings),
            *check_broker.problems(network.settings),
        ]
    return _worst_first(findings)


def _of_settings(issue: Issue) -> CheckFinding:
    what = issue.detail or issue.entry.en
    return CheckFinding(severity=issue.severity, area="settings", where=issue.expression, what=what)


def _worst_first(findings: Iterable[CheckFinding]) -> list[CheckFinding]:
    return sorted(dict.fromkeys(findings), key=lambda f: f.severity is not Severity.ERROR)
