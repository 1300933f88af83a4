"""The register of invariants, and how they read JSON. Takes any JSON and raises nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from adapter.core.catalogue import ErrorCode
from adapter.fhir.canonical import extension_url

__all__ = [
    "INVARIANTS",
    "Invariant",
    "at",
    "codes",
    "extended",
    "has",
    "invariant",
    "names_of_entries",
    "names_of_patient",
    "resources",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """A rule: the code and place of its issue, and the function that checks it."""

    key: str
    code: ErrorCode
    expression: str
    holds: Callable[[Any], bool]


INVARIANTS: dict[str, Invariant] = {}


def invariant(code: ErrorCode, expression: str) -> Callable[[Callable[[Any], bool]], Any]:
    """Register a function as the invariant of its name; its issue has this code and place."""

    def register(function: Callable[[Any], bool]) -> Callable[[Any], bool]:
        key = function.__name__.replace("_", "-")
        INVARIANTS[key] = Invariant(key=key, code=code, expression=expression, holds=function)
        return function

    return register


def at(node: Any, path: str) -> list[Any]:
    """Return all values at a path of JSON names, through arrays; [] when there is none."""
    nodes = [node]
    for name in _names(path):
        inside: list[Any] = []
        for item in nodes:
            value = item.get(name) if type(item) is dict else None
            if type(value) is list:
                inside += _each(value)
            elif value is not None:
                inside.append(value)
        nodes = inside
    return nodes


@lru_cache(maxsize=1024)  # the paths of the invariants
def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def _each(value: Any) -> list[Any]:
    if type(value) is list:
        return [item for item in value if item is not None]
    return [value]


def has(node: Any, name: str, value: str) -> bool:
    """Whether `value in at(node, name)`: a node has a value, alone or in an array."""
    own = node.get(name) if type(node) is dict else None
    return own == value or (type(own) is list and value in own)


def extended(node: Any, name: str) -> list[Any]:
    """Return the extensions of ours with a name."""
    url = extension_url(name)
    return [e for e in at(node, "extension") if has(e, "url", url)]


def resources(bundle: Any, type_: str) -> list[Any]:
    """Return the resources of a type in a Bundle's entries."""
    return [r for r in at(bundle, "entry.resource") if type(r) is dict and _is_of(r, type_)]


def _is_of(resource: dict[str, Any], type_: str) -> bool:
    named = resource.get("resourceType")
    return named == type_ or (type(named) is list and _each(named) == [type_])


def codes(codings: list[Any], system: str) -> set[str]:
    """Return the codes that are of a system; "" where a coding has none."""
    ours = [coding for coding in codings if has(coding, "system", system)]
    return {code if isinstance(code := c.get("code"), str) else "" for c in ours}


def names_of_patient(bundle: Any) -> list[list[str]]:
    """Return each form of a reference to the Patient, as the resolution of references does."""
    of_patient = [e for e in at(bundle, "entry") if resources({"entry": e}, "Patient")]
    urls = [url for entry in of_patient for url in at(entry, "fullUrl")]
    ids = [id_ for entry in of_patient for id_ in at(entry, "resource.id")]
    return [[name] for id_ in ids for name in (f"Patient/{id_}", f"urn:uuid:{id_}")] + [
        [url] for url in urls
    ]


def names_of_entries(bundle: Any) -> set[str]:
    """Return each form of a reference to each entry of a Bundle."""
    names = {url for url in at(bundle, "entry.fullUrl") if isinstance(url, str)}
    for resource in at(bundle, "entry.resource"):
        for id_ in at(resource, "id"):
            names |= {f"urn:uuid:{id_}", f"{resource.get('resourceType')}/{id_}"}
    return names
