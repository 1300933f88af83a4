"""What the resources of a message say, each reference followed to what it leads to. Pure.

A message names its resources anew each time, so that a name says nothing. What a resource says is
compared by its digest without its id, with the digests of what it refers to in the places of the
names. References may go round, so that they are followed a fixed number of steps.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from adapter.core.model import Bundle
from adapter.fhir import bundles, exact_json
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import BASE

STEPS = 4
"""How far references are followed: a plan's effort, its role, the person, and one more."""
ALONE = frozenset({"plan", "person"})
"""Names of what is told apart from the other resources: what it says is not followed."""
_HERE = "\N{RIGHTWARDS ARROW}"
NOWHERE: Mapping[str, list[int]] = {}
_UNSAID = frozenset({"id", "meta", "text"})
"""Elements of a resource that say nothing of its matter; its narrative is compared apart."""
_REFERENCE = frozenset({"id", "extension", "reference", "type", "identifier", "display"})
"""The elements of R4's Reference."""
_NAMED = (f"{BASE}/CodeSystem/", "http://terminology.hl7.org/CodeSystem/")
"""Begin the code systems whose codes every reader names alike."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a node says without names, and the entries that it refers to, in order."""

    text: str
    targets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Linked:
    """The resources of a message by their places: what they say, and their digests."""

    resources: Sequence[Resource]
    places: Mapping[str, list[int]]
    said: Sequence[Said]
    labels: Sequence[str]
    fixed: Mapping[int, str]  # what is known by a name of its own: units, the person, the plan

    def of(self, node: Any) -> list[str]:
        """Return what a node says, and the digests of what it refers to."""
        said = flattened(node, self.places)
        return [said.text, *(self.labels[place] for place in said.targets)]

    def targets(self, node: Any) -> tuple[int, ...]:
        """Return the places of what a node refers to."""
        return flattened(node, self.places).targets

    def label(self, place: int) -> str:
        """Return the digest of what a resource says, also of one with a name of its own."""
        return _digest(self.said[place].text, *(self.labels[t] for t in self.said[place].targets))

    def reached(
        self, start: Iterable[int], steps: int | None = None, types: Collection[str] = ()
    ) -> set[int]:
        """Return what these places lead to, themselves included, through what has no own name.

        At most so many steps, and through resources of these types alone, where any are given.
        """
        met, edge, left = set[int](), list(start), steps
        while edge and left != 0:
            new = [place for place in edge if place not in met and self._is_open(place, types)]
            met.update(new)
            edge = [target for place in new for target in self.said[place].targets]
            left = None if left is None else left - 1
        return met

    def _is_open(self, place: int, types: Collection[str]) -> bool:
        type_ = self.resources[place].get("resourceType")
        return place not in self.fixed and (not types or type_ in types)


def linked(bundle: Bundle, named: Mapping[int, str]) -> Linked:
    """Return the resources of a message. `named` are the names of those known by one, by place."""
    entries = bundle.get("entry", ())
    resources: list[Resource] = [entry.get("resource", {}) for entry in entries]
    places = _places(bundle)
    fixed = {**_units(resources), **named}
    said = [
        Said("") if named.get(place) in ALONE else flattened(_matter(each), places)
        for place, each in enumerate(resources)
    ]
    return Linked(resources, places, said, _labels(said, fixed), fixed)


def flattened(node: Any, places: Mapping[str, list[int]] = NOWHERE) -> Said:
    """Return what a node says. A text that names an entry is a reference to it."""
    targets = list[int]()
    return Said(exact_json.dumps(_without_names(node, places, targets)), tuple(targets))


def _without_names(node: Any, places: Mapping[str, list[int]], targets: list[int]) -> Any:
    """The same value, its keys in order; each name of an entry is noted in `targets`.

    Formats differ in the order of extensions, in the type of a reference, and in the names of
    codes: nothing of that is said.
    """
    if isinstance(node, dict):
        unsaid = _unsaid(node)
        return {
            key: _without_names(_ordered(key, node[key]), places, targets)
            for key in sorted(node)
            if key not in unsaid
        }
    if isinstance(node, list):
        return [_without_names(each, places, targets) for each in node]
    if isinstance(node, str) and node in places:
        targets.extend(places[node])
        return _HERE
    return node


def _ordered(key: str, value: Any) -> Any:
    """The extensions of an element in the order of their URLs."""
    is_list = key == "extension" and isinstance(value, list)
    return sorted(value, key=lambda each: str(each.get("url"))) if is_list else value


def _unsaid(node: Resource) -> tuple[str, ...]:
    """What another format may leave out: the type of a reference, the name of a code."""
    if not node.keys() - _REFERENCE:
        return ("type",)
    is_named = "code" in node and str(node.get("system", "")).startswith(_NAMED)
    return ("display",) if is_named else ()


def _matter(resource: Resource) -> Resource:
    return {name: value for name, value in resource.items() if name not in _UNSAID}


def _places(bundle: Bundle) -> dict[str, list[int]]:
    """The places of the resources by what a reference may call them."""
    places = dict[str, list[int]]()
    for place, entry in enumerate(bundle.get("entry", ())):
        resource: Resource = entry.get("resource", {})
        id_, url = resource.get("id"), entry.get("fullUrl")
        own = (f"{resource.get('resourceType')}/{id_}", f"urn:uuid:{id_}") if id_ else ()
        for name in dict.fromkeys((url, *own) if url else own):
            places.setdefault(name, []).append(place)
    return places


def _units(resources: Sequence[Resource]) -> dict[int, str]:
    """A unit is its HSA-id: its name and telephone are not the plan's."""
    organizations = (
        (place, bundles.organization_id(each))
        for place, each in enumerate(resources)
        if each.get("resourceType") == "Organization"
    )
    return {place: f"unit {hsa}" for place, hsa in organizations if hsa}


def _labels(said: Sequence[Said], fixed: Mapping[int, str]) -> list[str]:
    """The digest of each resource. One that refers to nothing keeps its own."""
    own = [_digest(each.text) for each in said]
    now = [fixed.get(place, digest) for place, digest in enumerate(own)]
    moving = [p for p, each in enumerate(said) if each.targets and p not in fixed]
    for _ in range(STEPS):
        after = {p: _digest(own[p], *(now[t] for t in said[p].targets)) for p in moving}
        now = [after.get(place, digest) for place, digest in enumerate(now)]
    return now


def _digest(*parts: str) -> str:
    return sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
