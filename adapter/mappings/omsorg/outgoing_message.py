"""A message while it is written: writers take what they carry, and what is left is confessed.

So nothing is lost in silence: a field that no writer knows of is left, and a value that
omsorg/1 has no form for is left too. Ids of resources, and references whose meaning is in the
document, are taken with what they name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from adapter.core.errors import FatalError
from adapter.core.identifiers import hsa_id, is_hsa
from adapter.core.model import Bundle
from adapter.fhir.builders import Party
from adapter.fhir.bundles import Resource
from adapter.mappings import Context
from adapter.mappings.omsorg.take_fields import HSA_ID, fixed, part, parts, take

Path = tuple[str | int, ...]

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
_PROSE = frozenset(
    {"authorString", "contentString", "description", "diagnostics", "display", "text", "title"}
    | {"family", "given", "name", "line", "city"}
)
_MODIFIERS = frozenset({"modifierExtension", "implicitRules", "doNotPerform"})
"""What changes the meaning of the rest (FHIR R4, isModifier): never left out in silence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The message as it came, and the copy that the writers take from."""

    bundle: Bundle
    rest: Bundle
    parties: dict[str, Party] = field(default_factory=dict)

    @property
    def header(self) -> Resource:
        """What is left of the MessageHeader; its id is taken like any other field."""
        entry: Resource = self.rest["entry"][0]
        fixed(entry["resource"], "resourceType", "MessageHeader")
        entry.pop("fullUrl", None)
        return part(entry, "resource")

    def focus(self, type_: str) -> Resource:
        """The resource that the message is about; FatalError when it is of another type."""
        reference = next(iter(parts(self.header, "focus")), {})
        found = self.follow(reference, type_)
        if found is None:
            raise FatalError("not-written", f"MessageHeader.focus is not a {type_}")
        return found

    def patient(self) -> Resource | None:
        """The Patient."""
        return self.first("Patient")

    def marked(self) -> list[Resource]:
        """What may bear a label that protects the patient: every resource, and the Bundle."""
        return [self.rest, *(part(entry, "resource") for entry in parts(self.rest, "entry"))]

    def first(self, type_: str) -> Resource | None:
        """The first resource of a type."""
        index = next((i for i, kind in enumerate(self._types()) if kind == type_), None)
        return None if index is None else self._opened(index)

    def follow(self, reference: Resource, type_: str) -> Resource | None:
        """Take a reference to a resource of this type, and give that resource."""
        index = self._index(reference)
        if index is None or self._types()[index] != type_:
            return None
        del reference["reference"]
        return self._opened(index)

    def organisation(self, reference: Resource) -> Party | None:
        """Take a reference to an organisation: by resource, or by its own HSA-id."""
        index = self._index(reference)
        if index is not None and self._types()[index] == "Organization":
            return self._referenced(reference, index)
        identifier = part(reference, "identifier")
        if not is_hsa(str(identifier.get("system", ""))):
            return None
        found = take(identifier, "value", HSA_ID)
        identifier.pop("system")
        return Party(organization=hsa_id(found), display=take(reference, "display"))

    def other_than_sender(self, reference: Resource) -> Party | None:
        """Take a reference to an organisation; None too where it is the message's sender."""
        found = self.organisation(reference)
        sender = self.bundle["entry"][0].get("resource", {}).get("sender", {})
        own = self.organisation(deepcopy(sender))
        return None if found is None or found == own else found

    def confess(self, context: Context) -> None:
        """Tell what no writer took; FatalError when the rest would mean something else without."""
        for path in _left(self.rest, self.bundle, ()):
            name = _fhirpath(self.bundle, path)
            if path[-1] in _MODIFIERS:
                raise FatalError("not-written", f"{name} changes the meaning, and has no place")
            context.lose(name, "omsorg/1 has no place for it")

    def _types(self) -> list[str]:
        found = (entry.get("resource", {}) for entry in self.bundle["entry"])
        return [str(resource.get("resourceType", "")) for resource in found]

    def _index(self, reference: Resource) -> int | None:
        target = reference.get("reference")
        return next((i for i, names in enumerate(self._names()) if target in names), None)

    def _names(self) -> Iterator[tuple[str, ...]]:
        for entry in self.bundle["entry"]:
            resource = entry.get("resource", {})
            local = f"{resource.get('resourceType')}/{resource.get('id')}"
            yield (entry.get("fullUrl", ""), local, f"urn:uuid:{resource.get('id')}")

    def _opened(self, index: int) -> Resource:
        entry: Resource = self.rest["entry"][index]
        entry.pop("fullUrl", None)
        resource = part(entry, "resource")
        for key in ("resourceType", "id"):
            resource.pop(key, None)
        return resource

    def _referenced(self, reference: Resource, index: int) -> Party | None:
        """Remembered, since two references may name the same organisation."""
        target = str(index)
        if target not in self.parties:
            self.parties[target] = _party(self._opened(index))
        found = self.parties[target]
        if not found.organization:
            return None
        del reference["reference"]
        fixed(reference, "display", found.display)
        return found


def opened(bundle: Bundle, context: Context) -> Source:
    """A message to write from; what XML cannot hold is taken out and confessed."""
    rest = _legal(bundle, bundle, (), context)
    for key, value in (("resourceType", "Bundle"), ("type", "message")):
        fixed(rest, key, value)
    return Source(bundle=bundle, rest=rest)


def _party(resource: Resource) -> Party:
    """HSA-id and name; another register's number is carried, and its system confessed."""
    identifiers = parts(resource, "identifier")
    known = [i for i in identifiers if is_hsa(str(i.get("system", "")))]
    chosen = next(iter([*known, *identifiers]), {})
    found = take(chosen, "value", HSA_ID)
    if chosen in known:
        chosen.pop("system")
    return Party(organization=hsa_id(found), display=take(resource, "name"))


def _legal(bundle: Bundle, value: Any, path: Path, context: Context) -> Any:
    if isinstance(value, dict):
        return {k: _legal(bundle, v, (*path, k), context) for k, v in value.items()}
    if isinstance(value, list):
        return [_legal(bundle, v, (*path, i), context) for i, v in enumerate(value)]
    if not isinstance(value, str) or _ILLEGAL.search(value) is None:
        return value
    context.lose(_fhirpath(bundle, path), "it has characters that XML cannot hold")
    key = next(step for step in reversed(path) if isinstance(step, str))
    return _ILLEGAL.sub("", value) if key in _PROSE else ""


def _left(rest: Any, original: Any, path: Path) -> Iterator[Path]:
    """The longest paths to what is left: a whole element where nothing of it was taken."""
    if rest in ({}, [], "", None):
        return
    if rest == original or not isinstance(rest, dict | list):
        yield path
        return
    for step in rest if isinstance(rest, dict) else range(len(rest)):
        yield from _left(rest[step], original[step], (*path, step))


def _fhirpath(bundle: Bundle, path: Path) -> str:
    """`Patient.name[1].use`; what is not in a resource begins with `Bundle`."""
    root, steps = "Bundle", path
    if path[:1] == ("entry",) and path[2:3] in ((), ("resource",)) and len(path) > 1:
        resource = bundle["entry"][path[1]].get("resource", {})
        root, steps = str(resource.get("resourceType", "Bundle.entry")), path[3:]
    return root + "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps)
