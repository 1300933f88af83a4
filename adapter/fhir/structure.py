"""Check the structure of a Bundle: one walk by the definitions of FHIR R4."""

from __future__ import annotations

import re
from collections import Counter

from adapter.core.errors import Issue
from adapter.core.model import Bundle
from adapter.fhir import attachments
from adapter.fhir.walk import Walk

_CONTAINED = re.compile(r".*?\.contained\[\d+\]", re.ASCII)


def problems(bundle: Bundle, check: attachments.Check | None = None) -> list[Issue]:
    """Return every structural issue of a Bundle: first its form, last the times.

    With a `check`, also what is wrong with the attachments.
    """
    walk = Walk(check)
    walk.resource(bundle)
    several = _several_patients(walk.types)
    if not walk.issues and not several:
        return []
    faults = Counter(_contained_place(issue) for issue in walk.issues)
    kept = [i for i in walk.issues if not (_is_unused(i) and (several or _has_more(i, faults)))]
    return sorted([*kept, *several], key=lambda issue: issue.code == "bad-time")


def _is_unused(issue: Issue) -> bool:
    """Whether a contained resource is not referred to."""
    return "dom-3" in issue.detail


def _has_more(issue: Issue, faults: Counter[str]) -> bool:
    """Whether the contained resource has a fault of its own: that one says enough."""
    return faults[_contained_place(issue)] > 1


def _contained_place(issue: Issue) -> str:
    """Return the path of the contained resource that an issue is about; "" for none."""
    place = _CONTAINED.match(issue.expression)
    return place[0] if place else ""


def _several_patients(types: list[tuple[str, str]]) -> list[Issue]:
    places = [place for type_, place in types if type_ == "Patient"]
    if len(places) < 2:
        return []
    return [Issue(code="several-patients", expression="Patient", detail=", ".join(places))]
