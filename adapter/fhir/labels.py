"""Read the labels of protection of a FHIR message (Resource.meta.security)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from adapter.core.model import Bundle
from adapter.fhir.bundles import Resource, patient, resources
from adapter.fhir.canonical import PROTECTED, PROTECTION, SECURITY
from adapter.fhir.codings import labels_of

_LEVELS = {level.casefold(): level for level in PROTECTED}
_SYSTEM = SECURITY.casefold()
_HOLDERS = frozenset({"Bundle", "Parameters"})  # the types whose resources hold others
_UNKNOWN = "sekretessmarkering"  # says least: that somebody must look


def protection(bundle: Bundle) -> str:
    """Return the strongest protection of the patient's identity (PROTECTED).

    `none` says that it was lifted, "" that the message does not mention it. A label belongs on
    the Patient, but protects on any resource, however deep it stands. An unknown code of the
    system of labels protects as `sekretessmarkering` does. Only a label on the Patient lifts.
    """
    marked = {_level(*label) for each in _everything(bundle) for label in labels_of(each)}
    lifted = (PROTECTION, "none") in labels_of(patient(bundle))
    return next((level for level in PROTECTED if level in marked), "none" if lifted else "")


def _everything(resource: Resource) -> Iterator[Resource]:
    """Yield a resource, and each that it holds: contained, in an entry, or in a parameter."""
    yield resource
    yield from resource.get("contained", ())  # R4 allows one level of it
    if resource.get("resourceType") in _HOLDERS:
        for inner in (*resources(resource), *_of_parameters(resource.get("parameter", ()))):
            yield from _everything(inner)


def _of_parameters(parameters: Iterable[Resource]) -> Iterator[Resource]:
    for parameter in parameters:
        if "resource" in parameter:
            yield parameter["resource"]
        yield from _of_parameters(parameter.get("part", ()))


def _level(system: str, code: str) -> str:
    """Return the protection that a label means, "" for none; letter case says nothing."""
    known = _LEVELS.get(code.strip().casefold())
    return known or (_UNKNOWN if system.rstrip("/").casefold() == _SYSTEM else "")


def protects(labels: Any) -> bool:
    """Whether one of the labels of a resource (meta.security) protects. Takes any JSON."""
    items = labels if isinstance(labels, list) else ()
    codings = (label for label in items if isinstance(label, dict))
    return any(_level(str(c.get("system", "")), str(c.get("code", ""))) for c in codings)


def is_protected(bundle: Bundle) -> bool:
    """Whether the patient's identity is protected (sekretessmarkering, skyddad folkbokföring)."""
    return protection(bundle) in PROTECTED
