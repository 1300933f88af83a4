"""One thing that `adapter check` found."""

from __future__ import annotations

from dataclasses import dataclass

from adapter.core.errors import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How bad, in what area, where, and what; nothing of it is secret."""

    severity: Severity
    area: str
    where: str
    what: str


def error(area: str, where: str, what: str) -> Finding:
    """Something that must be put right before the adapter can be relied on."""
    return Finding(severity=Severity.ERROR, area=area, where=where, what=what)


def warning(area: str, where: str, what: str) -> Finding:
    """Something that works, for now."""
    return Finding(severity=Severity.WARNING, area=area, where=where, what=what)
