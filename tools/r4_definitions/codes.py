"""Expand the value sets of required bindings into their codes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tools.r4_definitions.package import Package

Pair = tuple[str, str]  # code system, code


def expand(package: Package, url: str) -> list[Pair] | None:
    """Return each (system, code) of a value set; None where the package cannot say them all.

    R4, valueset.html: all of a code system, or the listed concepts; filters are not expanded.
    """
    value_set = package.value_sets.get(url)
    if value_set is None:
        return None
    pairs: list[Pair] = []
    for include in value_set.get("compose", {}).get("include", ()):
        more = _included(package, include)
        if more is None:
            return None
        pairs += more
    excluded = _excluded(package, value_set)
    return sorted(set(pairs) - excluded)


def _included(package: Package, include: dict[str, Any]) -> list[Pair] | None:
    if "valueSet" in include:
        (inner,) = include["valueSet"]
        return expand(package, inner.split("|")[0])
    system = include["system"]
    if "concept" in include:
        return [(system, concept["code"]) for concept in include["concept"]]
    known = package.code_systems.get(system)
    if known is None or "filter" in include or known.get("content") != "complete":
        return None
    return [(system, code) for code in _below(known.get("concept", ()))]


def _excluded(package: Package, value_set: dict[str, Any]) -> set[Pair]:
    excludes = value_set.get("compose", {}).get("exclude", ())
    return {pair for exclude in excludes for pair in _included(package, exclude) or ()}


def _below(concepts: Any) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from _below(concept.get("concept", ()))
