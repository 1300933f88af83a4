"""Make snapshots from differentials (FHIR R4, profiling.html#snapshot).

This generator knows what our profiles and HL7 Sweden's use: cardinality, types, fixed and pattern
values, bindings, constraints, slices, and elements inside a type, a slice or a content reference.
It raises KeyError for an element that its base does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy

from tools.profiles.places import Resource

_JOINED = ("constraint", "mapping", "condition", "alias")  # a derived profile adds to these
HL7 = "http://hl7.org/fhir/StructureDefinition/"
_BASIC = {"http://hl7.org/fhirpath/System.String": HL7 + "string"}


class Snapshots:
    """Makes the snapshots of profiles from those of their base definitions, each once."""

    def __init__(self, definitions: Iterable[Resource]) -> None:
        self._definitions = {d["url"]: d for d in definitions}
        self._done: dict[str, list[Resource]] = {}

    def elements(self, canonical: str) -> list[Resource]:
        """Return the elements of a definition's snapshot; KeyError for an unknown definition."""
        if canonical not in self._done:
            self._done[canonical] = self._made(self._definitions[canonical])
        return self._done[canonical]

    def _made(self, definition: Resource) -> list[Resource]:
        if definition.get("derivation") != "constraint":
            return list(definition["snapshot"]["element"])
        elements = deepcopy(self.elements(definition["baseDefinition"]))
        snapshot = _Snapshot(elements, self.elements)
        for changed in definition["differential"]["element"]:
            _merge(snapshot.element(changed["id"]), changed, definition["url"])
            snapshot.narrow_slices(changed)
        _raise_minima(snapshot.items)
        return snapshot.items


class _Snapshot:
    """The elements of one snapshot while its differential is applied."""

    def __init__(self, items: list[Resource], known: Callable[[str], list[Resource]]) -> None:
        self.items = items
        self._known = known

    def element(self, id_: str) -> Resource:
        """Return an element by id; one in a type or a slice is added first."""
        place = self._place(id_)
        if place is None:
            self._add(id_)
            place = self._place(id_)
        if place is None:
            raise KeyError(id_)
        return self.items[place]

    def narrow_slices(self, changed: Resource) -> None:
        """Let the cardinality of an element hold in each slice that has the element too."""
        parent, _, name = changed["id"].rpartition(".")
        path = changed["path"]
        same = (e for e in self.items if e["path"] == path and e["id"] != changed["id"])
        for element in same:
            above, _, last = element["id"].rpartition(".")
            if last == name and _is_wider(parent, above):
                element["min"] = max(element["min"], changed.get("min", 0))
                element["max"] = min(element["max"], changed.get("max", "*"), key=_most)

    def _place(self, id_: str) -> int | None:
        return next((i for i, e in enumerate(self.items) if e["id"] == id_), None)

    def _add(self, id_: str) -> None:
        parent, _, name = id_.rpartition(".")
        if not parent:
            raise KeyError(id_)
        if not self._has_children(parent):
            self._unfold(self.element(parent))
        if ":" in name and self._place(id_) is None:
            self._slice(f"{parent}.{name.partition(':')[0]}", name.partition(":")[2])

    def _has_children(self, id_: str) -> bool:
        return any(e["id"].startswith(f"{id_}.") for e in self.items)

    def _unfold(self, parent: Resource) -> None:
        """Put the elements of the parent's type below it, or those of the element it is cut of."""
        place = self.items.index(parent) + 1
        self.items[place:place] = self._children(parent)

    def _children(self, parent: Resource) -> list[Resource]:
        whole = _without_slice(parent["id"])
        if whole != parent["id"] and self._has_children(whole):
            return _moved(self.items, whole, parent)
        if "contentReference" in parent:
            return _moved(self.items, parent["contentReference"].rpartition("#")[2], parent)
        (type_,) = parent["type"]
        canonical = next(iter(type_.get("profile", ())), HL7 + type_["code"])
        elements = self._known(_BASIC.get(type_["code"], canonical))
        return _moved(elements, elements[0]["id"], parent)

    def _slice(self, whole: str, name: str) -> None:
        """Add a slice after the element that it is cut of, its elements and its other slices."""
        base = self.element(whole)
        cut = {k: v for k, v in deepcopy(base).items() if k != "slicing"}
        cut |= {"id": f"{whole}:{name}", "sliceName": name, "min": 0}
        self.items.insert(self._end(whole), cut)

    def _end(self, whole: str) -> int:
        return 1 + max(
            i
            for i, element in enumerate(self.items)
            if element["id"] == whole or element["id"].startswith((f"{whole}.", f"{whole}:"))
        )


def _without_slice(id_: str) -> str:
    head, dot, last = id_.rpartition(".")
    return f"{head}{dot}{last.partition(':')[0]}"


def _moved(elements: list[Resource], top: str, parent: Resource) -> list[Resource]:
    """Return copies of the elements below `top` as elements below the parent."""
    inside = [deepcopy(e) for e in elements if e["id"].startswith(f"{top}.")]
    path = _path(top)
    for element in inside:
        element["id"] = parent["id"] + element["id"].removeprefix(top)
        element["path"] = parent["path"] + element["path"].removeprefix(path)
    return inside


def _path(id_: str) -> str:
    return ".".join(part.partition(":")[0] for part in id_.split("."))


def _merge(element: Resource, changed: Resource, source: str) -> None:
    for name, value in changed.items():
        if name == "constraint":
            element[name] = [*element.get(name, ()), *({"source": source} | c for c in value)]
        elif name in _JOINED:
            element[name] = [*element.get(name, ()), *value]
        else:
            element[name] = value


def _raise_minima(elements: list[Resource]) -> None:
    """Let each sliced element occur as often as its slices demand together."""
    for element in elements:
        if "slicing" in element:
            slices = [e for e in elements if _is_slice(e["id"], element["id"])]
            element["min"] = max(element["min"], sum(each["min"] for each in slices))


def _is_slice(id_: str, whole: str) -> bool:
    return id_.startswith(f"{whole}:") and "." not in id_.removeprefix(whole)


def _is_wider(id_: str, other: str) -> bool:
    """Whether an id names all of what another names by a slice: `a.b` and `a.b:s`."""
    parts = zip(id_.split("."), other.split("."), strict=True)
    return all(part in (named, named.partition(":")[0]) for part, named in parts)


def _most(maximum: str) -> float:
    return float("inf") if maximum == "*" else int(maximum)
