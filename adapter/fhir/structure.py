"""Check the structure of a Bundle: one walk by the definitions of FHIR R4."""

from __future__ import annotations

from adapter.core.errors import Issue
from adapter.core.model import Bundle
from adapter.fhir.walk import Walk


def problems(bundle: Bundle) -> list[Issue]:
    """Return every structural issue of a Bundle: first its form, last the times."""
    walk = Walk()
    walk.resource(bundle)
    several = _several_patients(walk.types)
    if not walk.issues and not several:
        return []
    kept = [i for i in walk.issues if not _is_told_otherwise(i, walk, several)]
    return sorted([*kept, *several], key=lambda issue: issue.code == "bad-time")


def _is_told_otherwise(issue: Issue, walk: Walk, several: list[Issue]) -> bool:
    """Whether a contained resource is not referred to (dom-3), and has a fault of its own."""
    if "dom-3" not in issue.detail:
        return False
    others = (other for other in walk.issues if other is not issue)
    return bool(several) or any(other.expression.startswith(issue.expression) for other in others)


def _several_patients(types: list[tuple[str, str]]) -> list[Issue]:
    places = [place for type_, place in types if type_ == "Patient"]
    if len(places) < 2:
        return []
    return [Issue(code="several-patients", expression="Patient", detail=", ".join(places))]
