"""One walk through the JSON of a message, by the definitions of FHIR R4 (`r4_types.py`).

It checks names, arrays, JSON types, grammars, codes, what is required, and the invariants of each
element. What joins elements stands in `contained.py`, `entries.py` and `r4_references.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import Issue, Severity
from adapter.fhir import attachments, contained, entries, r4_references
from adapter.fhir.r4_plain import is_coded
from adapter.fhir.r4_references import Found, Names
from adapter.fhir.r4_types import Element, Shape, is_resource_type, shape
from adapter.fhir.r4_values import JSON_TYPES, is_of_json_type

_TIMES = frozenset({"date", "dateTime", "instant", "time"})
_FORMS = {
    "id": "an id has 1 to 64 letters, digits, - and .",
    "uri": "no URI: no white space, and a real UUID or OID",
}


class Walk:
    """Walks through a document, and collects `issues` and the `types` of its resources.

    `check` looks at what is attached; without it an attachment may be anything that R4 allows.
    """

    def __init__(self, check: attachments.Check | None = None) -> None:
        self.issues: list[Issue] = []
        self.types: list[tuple[str, str]] = []  # resource type, entry
        self._entry = ""  # entry[3]; in a Bundle inside that, entry[3].resource.entry[0]
        self._contained: dict[str, str] = {}  # of the whole resource: type by id
        self._names: Names = {}  # what the entries of the Bundle are called
        self._bundles: tuple[Names, ...] = ()  # likewise, of this Bundle and each around it
        self._attachments = check

    def resource(self, node: Any, place: str = "", path: str = "") -> None:
        """Walk through a resource. Its paths begin with `path`, or else with its type."""
        if type(node) is not dict:
            return self._report("invalid-structure", place, "must be an object")
        type_ = node.get("resourceType")
        if type(type_) is not str:
            return self._report("invalid-structure", place, "has no resourceType")
        self.types.append((type_, self._entry))
        if not is_resource_type(type_):
            return self._report("unknown-resource-type", place, "no resource type of FHIR R4")
        if type_ == "Bundle":
            return self._bundle(node, path or type_)
        walk = self._attached if type_ == "Binary" else self._object
        return walk(node, shape(type_), path or type_)

    def _whole(self, node: Any, place: str, entry: str) -> None:
        """Walk through the resource of an entry: references such as `#id` end at it."""
        before = self._entry, self._contained
        self._entry, self._contained = entry, contained.types(node)
        self.resource(node, place)
        self._entry, self._contained = before

    def _bundle(self, node: dict[str, Any], path: str) -> None:
        before = self._names, self._bundles
        self._names = r4_references.names(node)
        self._bundles = (self._names, *self._bundles)
        if self._attachments:
            self._attachments.know(node)
        self._tell(entries.found(node, path))
        self._object(node, shape("Bundle"), path)
        self._names, self._bundles = before

    def _object(self, node: dict[str, Any], type_: Shape, path: str) -> None:
        if not node:
            return self._report("invalid-structure", path, "an empty object")
        before = len(self.issues)
        self._elements(node, type_, path)
        for name, keys in type_.required:
            if keys.isdisjoint(node):
                self._report("required", f"{path}.{name}", "missing")
        if type_.invariants and len(self.issues) == before:
            self._invariants(node, type_, path)
        if "contained" in node:
            self._tell(contained.found(node, path))
        return None

    def _elements(self, node: dict[str, Any], type_: Shape, path: str) -> None:
        known, plain = type_.elements, type_.plain
        if not known.keys() >= node.keys():
            self._unknown(node, known, path)
        for key, value in node.items():
            is_plain = plain.get(key)
            if (is_plain is None or not is_plain(value)) and key in known:
                self._element(node, key, value, known[key], f"{path}.{known[key].name}")
        for name, names in type_.choices:
            if sum(map(names.__contains__, node)) > 1 and _of_several(names & node.keys()):
                detail = "more than one of its types"
                self._report("invalid-structure", f"{path}.{name}", detail)

    def _unknown(self, node: dict[str, Any], known: dict[str, Element], path: str) -> None:
        """Report the elements that R4 does not have, by number: a key may name a person."""
        for number, key in enumerate(node, start=1):
            if key not in known:
                self._report("invalid-structure", path, f"key number {number} is no element of R4")

    def _invariants(self, node: dict[str, Any], type_: Shape, path: str) -> None:
        """Check the invariants of an element that has no other fault."""
        for invariant in type_.invariants:
            if not invariant.holds(node):
                self._report("invariant", path, f"{invariant.key}: {invariant.wrong}")

    def _element(
        self, node: dict[str, Any], key: str, value: Any, element: Element, path: str
    ) -> None:
        if element.repeats:
            self._array(node, key, value, element, path)
        elif element.accepts is None:
            self._complex(value, element, path)
        elif not element.accepts(value):
            self._refuse(value, element, path)

    def _array(
        self, node: dict[str, Any], key: str, value: Any, element: Element, path: str
    ) -> None:
        if type(value) is not list:
            return self._report("invalid-structure", path, "must be an array")
        if not value:
            return self._report("invalid-structure", path, "an empty array")
        if key[0] == "_" and _is_longer(value, node.get(key[1:])):
            self._report("invalid-structure", path, "longer than the array of its values")
        for index, item in enumerate(value):
            if item is None and _is_filled(node, key, index):
                continue
            if element.accepts is None:
                self._complex(item, element, f"{path}[{index}]")
            elif not element.accepts(item):
                self._refuse(item, element, f"{path}[{index}]")
        return None

    def _complex(self, value: Any, element: Element, path: str) -> None:
        if element.kind == "Resource":
            return self._inner(value, path)
        if type(value) is not dict:
            return self._report("invalid-structure", path, "must be an object")
        kind, names = element.kind, self._names
        if kind == "Reference" and r4_references.is_usual(value, element.targets, names):
            return None
        walk = self._attached if kind == "Attachment" else self._object
        walk(value, shape(kind), path)
        if kind == "Reference":
            self._tell(r4_references.found(value, path, element.targets, self._contained, names))
            self._tell(r4_references.urn_found(value, path, self._bundles))
        elif element.pairs and not is_coded(value, element.pairs):
            self._report("unknown-code", path, _allowed(element))
        elif kind == "CareTeam.participant":
            self._tell(r4_references.member_found(value, path, self._contained, names))
        if len(value) == 1 and "id" in value and not shape(kind).required and kind != "Element":
            self._report("invariant", path, "ele-1: only an id")
        return None

    def _attached(self, node: dict[str, Any], type_: Shape, path: str) -> None:
        """Walk through an Attachment or a Binary, then look at what it holds."""
        before = len(self.issues)
        self._object(node, type_, path)
        if self._attachments and len(self.issues) == before:
            self._tell(self._attachments.faults(node, path, self._names))

    def _inner(self, value: Any, path: str) -> None:
        """Walk through a resource inside another: of an entry, contained, or of a parameter."""
        holder = path.removesuffix(".resource").rpartition(".")[2]
        if not holder.startswith("entry["):
            return self.resource(value, path, path)
        outer = f"{self._entry}.resource." if self._entry else ""
        inside = path.removesuffix(".resource").partition(".")[2]
        return self._whole(value, path, outer + inside)

    def _refuse(self, value: Any, element: Element, path: str) -> None:
        """Say what is wrong with a value of a primitive type. The value itself is not told."""
        kind = element.kind
        if not is_of_json_type(kind, value):
            return self._report(
                "invalid-structure", path, f"must be {JSON_TYPES.get(kind, 'a string')}"
            )
        if type(value) is str and "\0" in value:  # neither XML nor PostgreSQL can hold it
            return self._report("invalid-structure", path, "a null character")
        if element.codes:
            return self._report("unknown-code", path, _allowed(element))
        code: ErrorCode = "bad-time" if kind in _TIMES else "invalid-structure"
        return self._report(code, path, _FORMS.get(kind, f"not a {kind} of FHIR R4"))

    def _tell(self, faults: Iterable[Found]) -> None:
        for each in faults:
            self._report(*each)

    def _report(
        self, code: ErrorCode, path: str, detail: str, severity: Severity = Severity.ERROR
    ) -> None:
        entry = self._entry
        placed = f"{entry}: {detail}" if entry else detail
        self.issues.append(Issue(code=code, expression=path, detail=placed, severity=severity))


def _allowed(element: Element) -> str:
    return f"allowed: {', '.join(sorted(element.codes))}"


def _of_several(keys: Iterable[str]) -> bool:
    """Whether JSON names are of more than one element; `_name` is of the element `name`."""
    return len({key.removeprefix("_") for key in keys}) > 1


def _is_longer(extensions: list[Any], values: Any) -> bool:
    """Whether `_name` has an item that none of `name` stands beside; alone it cannot.

    R4, json.html#primitive: null fills both arrays. Nulls left out at the end of `_name`, as common
    libraries write it, are taken: nothing is ambiguous.
    """
    return isinstance(values, list) and len(extensions) > len(values)


def _is_filled(node: dict[str, Any], key: str, index: int) -> bool:
    """Whether the other of `name` and `_name` has an item here, so that null only keeps its place.

    R4, json.html: the two arrays have the same length.
    """
    beside = node.get(key.removeprefix("_") if key[0] == "_" else f"_{key}")
    return isinstance(beside, list) and index < len(beside) and beside[index] is not None
