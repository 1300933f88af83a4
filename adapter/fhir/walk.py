"""One walk through the JSON of a message: names, arrays, JSON types and required codes.

fhir.resources is less strict than the standard here: it turns "yes" into true, accepts a string
for an object, drops null and empty arrays, and accepts any status code.
"""

from __future__ import annotations

import re
from typing import Any

from adapter.core.catalogue import ErrorCode
from adapter.core.errors import Issue
from adapter.fhir.r4_types import Element, elements, is_id, model
from adapter.fhir.required_codes import ONLY_R4

_JSON_NAMES = {bool: "true or false", int: "a number", str: "a string"}
_ENTRY = re.compile(r"(?:^|.*\.)(entry\[\d+\])\.resource")


class Walk:
    """Walks through a document, and collects `issues` and the `types` of its resources."""

    def __init__(self) -> None:
        self.issues: list[Issue] = []
        self.types: list[tuple[str, str]] = []  # resource type, entry
        self._entry = ""

    def resource(self, node: Any, path: str) -> None:
        """Walk through a resource. Paths inside a resource of an entry begin with its type."""
        entry = _ENTRY.fullmatch(path)
        self._entry = entry[1] if entry else self._entry
        if type(node) is not dict:
            return self._report("invalid-structure", path, "must be an object")
        type_ = node.get("resourceType")
        if type(type_) is not str:
            return self._report("invalid-structure", path, "has no resourceType")
        self.types.append((type_, self._entry))
        if type_ in ONLY_R4:
            return None
        if model(type_) is None:
            return self._report("unknown-resource-type", path, "no resource type of FHIR R4")
        return self._object(node, type_, type_ if entry or not path else path)

    def _object(self, node: dict[str, Any], type_: str, path: str) -> None:
        known = elements(type_)
        if not node:
            self._report("invalid-structure", path, "an empty object")
        for number, (key, value) in enumerate(node.items(), start=1):
            element = known.get(key)
            if element is None:
                self._unknown(number, type_, path)
            elif element.repeats:
                beside = node.get(key.removeprefix("_") if key[0] == "_" else f"_{key}")
                self._array(value, beside, element, f"{path}.{element.name}")
            else:
                self._item(value, element, f"{path}.{element.name}")

    def _array(self, value: Any, beside: Any, element: Element, path: str) -> None:
        if type(value) is not list:
            return self._report("invalid-structure", path, "must be an array")
        if not value:
            return self._report("invalid-structure", path, "an empty array")
        for index, item in enumerate(value):
            if item is not None or not _is_filled(beside, index):
                self._item(item, element, f"{path}[{index}]")
        return None

    def _item(self, value: Any, element: Element, path: str) -> None:
        if element.json:
            self._primitive(value, element, path)
        elif element.kind == "Resource":
            self.resource(value, path)
        elif type(value) is dict:
            self._object(value, element.kind, path)
        else:
            self._report("invalid-structure", path, "must be an object")

    def _primitive(self, value: Any, element: Element, path: str) -> None:
        if type(value) not in element.json:
            self._report("invalid-structure", path, f"must be {_JSON_NAMES[element.json[0]]}")
        elif element.json == (str,) and "\0" in value:  # neither XML nor PostgreSQL can hold it
            self._report("invalid-structure", path, "a null character")
        elif element.codes and value not in element.codes:
            self._report("unknown-code", path, f"allowed: {', '.join(sorted(element.codes))}")
        elif element.kind == "id" and not is_id(value):
            self._report("invalid-structure", path, "an id has 1 to 64 letters, digits, - and .")

    def _unknown(self, number: int, type_: str, path: str) -> None:
        """Tell the place of a key; the key itself may be anything."""
        detail = f"key number {number} is no element of {type_}"
        self._report("invalid-structure", path, detail)

    def _report(self, code: ErrorCode, path: str, detail: str) -> None:
        self.issues.append(Issue(code=code, expression=path, detail=self._placed(detail)))

    def _placed(self, detail: str) -> str:
        """The detail, after the entry that it concerns."""
        return f"{self._entry}: {detail}" if self._entry else detail


def _is_filled(beside: Any, index: int) -> bool:
    """Whether the other of `name` and `_name` has an item here, so that null only keeps its place.

    R4, json.html: the two arrays have the same length.
    """
    return isinstance(beside, list) and index < len(beside) and beside[index] is not None
