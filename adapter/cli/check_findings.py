"""The findings of `adapter check`."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.core.errors import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFinding:
    """One problem: its severity, area, place and text. It holds no secret."""

    severity: Severity
    area: str
    where: str
    what: str


def error(area: str, where: str, what: str) -> CheckFinding:
    """Return a problem that must be corrected before the adapter can be relied on."""
    return CheckFinding(severity=Severity.ERROR, area=area, where=where, what=what)


def warning(area: str, where: str, what: str) -> CheckFinding:
    """Return a problem that does not stop the adapter now."""
    return CheckFinding(severity=Severity.WARNING, area=area, where=where, what=what)
