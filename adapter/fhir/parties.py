"""Which organisation has which role in a message: exactly one, known by its HSA-id or HER-id."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, TypeAlias

from adapter.core.errors import Issue
from adapter.core.identifiers import organization_number
from adapter.core.model import Bundle
from adapter.fhir import bundles, references
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import ENDPOINT

Numbers: TypeAlias = Callable[[str], frozenset[str] | None]
"""The numbers of the organisations that a reference's text names; None where it names nothing."""


def problems(bundle: Bundle) -> list[Issue]:
    """Return an issue for each role that nobody has, or two organisations.

    `required` where no identifier names one, `contradiction` where several do: in the reference
    and in what it points to, in one Organization, or in two entries of one name.
    """
    names = references.by_name(bundle)
    known: dict[str, frozenset[str] | None] = {}  # thousands of destinations may name one

    def numbers(target: str) -> frozenset[str] | None:
        if target not in known:
            named = names.get(target) if target else None
            known[target] = _numbers(named) if named else None
        return known[target]

    roles = [
        issue for path, reference in _roles(bundle) for issue in _role(numbers, path, reference)
    ]
    return [*roles, *_units(bundle)]


def _numbers(named: Iterable[Resource]) -> frozenset[str]:
    return frozenset(number for each in named for number in bundles.organization_ids(each))


def _roles(bundle: Bundle) -> Iterator[tuple[str, Any]]:
    head = bundles.header(bundle)
    if head.get("sender"):
        yield "MessageHeader.sender", head["sender"]
    for index, destination in enumerate(head.get("destination", ())):
        if destination.get("receiver"):
            yield f"MessageHeader.destination[{index}].receiver", destination["receiver"]


def _role(numbers: Numbers, path: str, reference: Resource) -> Iterator[Issue]:
    own = [reference["identifier"]] if "identifier" in reference else []
    named = numbers(reference.get("reference", ""))
    every = {*bundles.organization_ids({"identifier": own}), *(named or ())}
    if len(every) > 1:
        detail = "it names more than one organisation"
        yield Issue(code="contradiction", expression=path, detail=detail)
    elif not every and (named is not None or "identifier" in reference):
        detail = "no HSA-id or HER-id in its own system"
        yield Issue(code="required", expression=path, detail=detail)


def place_problems(bundle: Bundle, known: Collection[str], ours: Collection[str]) -> list[Issue]:
    """Return an issue for each destination whose endpoint is unknown, or that names no receiver.

    `known` are the URIs of every endpoint, `ours` those of the adapter itself, where routes
    decide. A URI of the sender's own is taken beside a receiver, which decides. One of the form
    that we write must be known all the same (R4, MessageHeader.destination.endpoint).
    """
    return [
        issue
        for index, destination in enumerate(bundles.header(bundle).get("destination", ()))
        for issue in _place(f"MessageHeader.destination[{index}]", destination, known, ours)
    ]


def _place(
    path: str, destination: Resource, known: Collection[str], ours: Collection[str]
) -> Iterator[Issue]:
    uri, has_receiver = destination.get("endpoint", ""), bool(destination.get("receiver"))
    if uri in ours or (has_receiver and not uri.startswith(ENDPOINT)):
        return
    if uri not in known:
        yield Issue(code="unknown-receiver", expression=f"{path}.endpoint")
    elif not has_receiver:
        yield Issue(code="required", expression=f"{path}.receiver", detail="missing")


def _units(bundle: Bundle) -> Iterator[Issue]:
    """A unit of an assessment that no HSA-id names: nobody else may be told in its place."""
    for assessment in bundles.extensions(bundles.focus(bundle), "assessment"):
        for part in assessment.get("extension", ()):
            unit = part.get("valueIdentifier", {})
            number = organization_number(unit.get("system", ""), unit.get("value", ""))
            if part.get("url") == "unit" and not number:
                path = "Encounter.extension('assessment').extension('unit').value"
                yield Issue(code="required", expression=path, detail="no HSA-id in its own system")
