"""What the adapter checks of the patient in a FHIR message, besides the profiles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from adapter.core.errors import Issue, Severity
from adapter.core.identifiers import identity
from adapter.core.model import Bundle
from adapter.fhir import bundles

_MODIFIERS = ("modifierExtension", "implicitRules")


def number_problems(bundle: Bundle, on: date, severity: Severity) -> list[Issue]:
    """Return an issue for each number of the patient with a wrong form, date or check digit.

    Takes a message without structural errors. `on` decides the century of ten digits.
    """
    identifiers = (bundles.patient(bundle) or {}).get("identifier", ())
    return [
        Issue(
            code="bad-identifier",
            expression=f"Patient.identifier[{index}].value",
            detail=", ".join(number.problems),
            severity=severity,
        )
        for index, each in enumerate(identifiers)
        if each.get("system") and each.get("value")
        if (number := identity(each["value"], on=on, system=each["system"])) and number.problems
    ]


def not_carried(bundle: Bundle) -> list[Issue]:
    """Return an issue for each modifier of a stay: the adapter's notices could not carry it.

    A modifier changes what other elements mean (R4, conformance-rules.html#isModifier). Takes a
    message about a stay without structural errors.
    """
    detail = "it changes the meaning, and a notice of a stay has no place for it"
    return [Issue(code="profile", expression=path, detail=detail) for path in _modifiers(bundle)]


def _modifiers(bundle: Bundle) -> Iterator[str]:
    patient = bundles.patient(bundle) or {}
    if patient.get("active") is False:
        yield "Patient.active"
    if patient.get("link"):
        yield "Patient.link"
    if "implicitRules" in bundle:
        yield "Bundle.implicitRules"
    for resource in (bundles.header(bundle), bundles.focus(bundle) or {}, patient):
        yield from _inside(resource, str(resource.get("resourceType")))


def _inside(node: Any, path: str) -> Iterator[str]:
    """Yield the path of each modifier inside a resource; those contained in it apart."""
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from _inside(item, f"{path}[{index}]")
    elif isinstance(node, dict):
        yield from (f"{path}.{name}" for name in _MODIFIERS if name in node)
        for name, value in node.items():
            if isinstance(value, dict | list) and name not in ("contained", "extension"):
                yield from _inside(value, f"{path}.{name}")


def is_said_to_live(bundle: Bundle) -> bool:
    """Whether a message says in so many words that the patient is not dead."""
    said = (bundles.patient(bundle) or {}).get("deceasedBoolean")
    return said is False or "deceased" in bundles.deleted(bundle)
