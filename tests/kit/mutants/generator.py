"""Mutants of the FHIR fixtures: one fault in each, named `fixture:path:mutation`.

They are the same in every run. Of each kind of element of each fixture there is at least one, and
of each mutation of each kind of element too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any
from zlib import crc32

from tests.kit.fhir_fixtures import MESSAGES, label, loaded
from tests.kit.mutants.bundle_mutations import of_bundle
from tests.kit.mutants.element_mutations import Mutation, of_element
from tests.kit.mutants.object_mutations import of_object, of_resource
from tests.kit.mutants.places import Holder, holders, replaced

Mutant = tuple[str, Any]
"""Name and document."""
Placed = tuple[str, str, Any]
"""Path, mutation and document."""
NOT_ASKED = (
    "care-contact",
    "information-transfer",
    "planning-basis",
    "progress",
    "recall",
    "sip-",
    "care-plan/sip-",
    "answer/forwarded",
    "answer/not-known",
)
"""Beginnings of the names of fixtures whose mutants the judges were not asked about."""


def mutants() -> Iterator[Mutant]:
    """Yield the mutants of all fixtures that are sound FHIR, more than 5,000 of them."""
    seen: set[str] = set()
    for path in MESSAGES:
        if label(path) in mutated_fixtures():
            yield from _fresh(label(path), mutants_of(loaded(path)), seen)


@lru_cache
def sound_fixtures() -> tuple[str, ...]:
    """The fixtures without an `.error.json` beside them: nothing is wrong in these."""
    paths = (p for p in MESSAGES if not p.with_name(p.name.replace(".fhir.", ".error.")).exists())
    return tuple(label(path) for path in paths)


@lru_cache
def mutated_fixtures() -> tuple[str, ...]:
    """The sound fixtures whose mutants the judges were asked about: those named in the verdicts.

    `python -m tests.kit.mutants.remake` asks about more once `NOT_ASKED` is shorter.
    """
    return tuple(name for name in sound_fixtures() if not name.startswith(NOT_ASKED))


def _fresh(fixture: str, every: Iterable[Placed], seen: set[str]) -> Iterator[Mutant]:
    """Keep the mutations that no earlier fixture had at a path; if all were there, any one."""
    for path, placed in groupby(every, key=lambda each: each[0]):
        all_of_path = [(name, document) for _, name, document in placed]
        fresh = [each for each in all_of_path if f"{path}:{each[0]}" not in seen]
        seen |= {f"{path}:{name}" for name, _ in fresh}
        any_one = all_of_path[crc32(f"{fixture}:{path}".encode()) % len(all_of_path)]
        for name, document in fresh or [any_one]:
            yield f"{fixture}:{path}:{name}", document


def mutants_of(document: Any) -> Iterator[Placed]:
    """Yield path, mutation and mutant for each kind of element of one document."""
    paths: set[str] = set()
    for holder in holders(document):
        for path, (name, new) in _of_holder(holder, paths):
            yield path, name, replaced(document, holder.pointer, new)
        paths |= {holder.kind, *(f"{holder.kind}.{key}" for key in holder.node)}


def _of_holder(holder: Holder, done: set[str]) -> Iterator[tuple[str, Mutation]]:
    """Yield the mutations of an object, and of its elements whose path no earlier object had."""
    if holder.kind not in done:
        yield from ((holder.kind, each) for each in _of_whole(holder))
    for key in holder.node:
        path = f"{holder.kind}.{key}"
        if path not in done and key != "resourceType" and not key.startswith("_"):
            yield from ((path, each) for each in of_element(holder.node, key, holder.type))


def _of_whole(holder: Holder) -> Iterator[Mutation]:
    yield from of_object(holder.node, holder.type)
    if holder.is_resource:
        yield from of_resource(holder.node)
    if holder.kind == "Bundle":
        yield from of_bundle(holder.node)
