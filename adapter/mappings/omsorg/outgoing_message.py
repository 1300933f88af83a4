"""The FHIR message that is being written: writers take fields from it, the rest are losses.

A field that no writer takes is reported, and so is a value that the format has no form for. The id
of a resource is taken with the resource, and a reference with what it refers to: the structure
of the document expresses both.
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
from adapter.fhir.fhirpaths import Path, fhirpath
from adapter.fhir.notes import may_be_read
from adapter.mappings import Context
from adapter.mappings.omsorg import forms
from adapter.mappings.omsorg.take_fields import Rounded, part, parts, take, take_implied

_MOST_COPIED = 500_000  # characters of resources that stand more than once
_INDEX = re.compile(r"\[\d+\]")

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
_FREE_TEXT = frozenset(
    {"authorString", "contentString", "description", "diagnostics", "display", "text", "title"}
    | {"family", "given", "name", "line", "city"}
)
_MODIFIERS = frozenset({"modifierExtension", "implicitRules", "doNotPerform"})
"""Fields that change the meaning of the others (FHIR R4, isModifier): never only a loss."""
_MEANING = frozenset(
    {"Patient.active", "Patient.link", "Organization.active"}  # isModifier too
    | {"CarePlan.activity.detail.statusReason", "Communication.statusReason", "Task.statusReason"}
    | {"CarePlan.activity", "CarePlan.activity.reference", "Communication.payload"}
)
"""Why something is not done, and efforts and parts of a text: without them the rest misleads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """The message as it came (`bundle`), and the copy that writers take from (`rest`)."""

    bundle: Bundle
    rest: Bundle
    version: str = "1"
    receiver: str = ""  # HSA-id of the organisation that it is written for
    parties: dict[str, Party] = field(default_factory=dict)  # by index of the entry
    anchors: dict[int, str] = field(default_factory=dict)  # a local name, by index of the entry
    copied: list[int] = field(default_factory=lambda: [0])  # characters that stand once more
    types: tuple[str, ...] = ()  # of each entry
    names: dict[str, int] = field(default_factory=dict)  # the entry of each way to refer to it
    inlined: set[int] = field(default_factory=set)

    @property
    def header(self) -> Resource:
        """The rest of the MessageHeader; its id is taken like any other field."""
        entry: Resource = self.rest["entry"][0]
        take_implied(entry["resource"], "resourceType", "MessageHeader")
        entry.pop("fullUrl", None)
        return part(entry, "resource")

    def take_focus(self, type_: str) -> Resource:
        """Take the resource that the message is about; FatalError where its type is another."""
        reference = next(iter(parts(self.header, "focus")), {})
        focus = self.take_referenced(reference, type_)
        if focus is None:
            raise FatalError("not-written", f"MessageHeader.focus is not a {type_}")
        return focus

    def take_first(self, type_: str) -> Resource | None:
        """Take the first resource of a type."""
        types = self.types
        return self._take_resource(types.index(type_)) if type_ in types else None

    def labelled(self) -> list[Resource]:
        """Return the Bundle and every resource: each may have a label that protects the patient."""
        return [self.rest, *(part(entry, "resource") for entry in parts(self.rest, "entry"))]

    def take_referenced(self, reference: Resource, type_: str) -> Resource | None:
        """Take a reference to a resource of this type, and return that resource."""
        index = self._index(reference)
        if index is None or self.types[index] != type_:
            return None
        del reference["reference"]
        return self._take_resource(index)

    def may_show(self, note: Resource) -> bool:
        """Whether the receiver may read a note: an internal one stays in its own organisation."""
        return may_be_read(note, self.bundle, self.receiver)

    def type_of(self, reference: Resource) -> str:
        """Return the type of the resource that a reference names; "" for none."""
        index = self._index(reference)
        return "" if index is None else self.types[index]

    def take_inlined(self, reference: Resource, type_: str) -> Resource | None:
        """Take a reference, and return its resource to write where the reference stands.

        A resource that is referred to again stands again; None, and nothing is taken, where the
        copies would make the document much larger than the message.
        """
        index = self._index(reference)
        if index is None or self.types[index] != type_:
            return None
        if index not in self.inlined:
            self.inlined.add(index)
            del reference["reference"]
            take_implied(reference, "type", type_)
            return self._take_resource(index)
        original = self.bundle["entry"][index]["resource"]
        self.copied[0] += len(repr(original)) if self.copied[0] <= _MOST_COPIED else 0
        if self.copied[0] > _MOST_COPIED:
            return None
        del reference["reference"]
        take_implied(reference, "type", type_)
        return {k: v for k, v in deepcopy(original).items() if k not in ("resourceType", "id")}

    def anchor(self, reference: Resource, prefix: str) -> str:
        """Return the local name of the resource that a reference names; a new one at first."""
        index = self._index(reference)
        key = -1 if index is None else index
        return self.anchors.setdefault(key, f"{prefix}{len(self.anchors) + 1}")

    def take_anchored(self, reference: Resource) -> str:
        """Take a reference to a resource that has a local name, and return the name; else ""."""
        index = self._index(reference)
        if index is None or index not in self.anchors:
            return ""
        del reference["reference"]
        return self.anchors[index]

    def referenced(self, reference: Resource) -> Resource:
        """Return what remains of the resource that a reference names; {} for none."""
        index = self._index(reference)
        return {} if index is None else part(self.rest["entry"][index], "resource")

    def take_organisation(self, reference: Resource) -> Party | None:
        """Take a reference to an organisation: to its resource, or by its HSA-id."""
        index = self._index(reference)
        if index is not None and self.types[index] == "Organization":
            return self._take_organization_resource(reference, index)
        identifier = part(reference, "identifier")
        if not is_hsa(str(identifier.get("system", ""))):
            return None
        hsa = take(identifier, "value", forms.HSA_ID)
        identifier.pop("system")
        return Party(organization=hsa_id(hsa), display=take(reference, "display"))

    def take_other_than_sender(self, reference: Resource) -> Party | None:
        """Take a reference to an organisation; None also where it is the message's sender."""
        organisation = self.take_organisation(reference)
        sender = self.bundle["entry"][0].get("resource", {}).get("sender", {})
        if organisation == self.take_organisation(deepcopy(sender)):
            return None
        return organisation

    def report_losses(self, context: Context) -> None:
        """Report what no writer took; FatalError where the rest would change its meaning."""
        for path in _remaining(self.rest, self.bundle, ()):
            name = fhirpath(self.bundle, path)
            value = _at(self.rest, path)
            if _misleads(name, path[-1], value):
                raise FatalError("not-written", f"{name} changes the meaning, and has no place")
            context.lose(name, self._why(value))

    def _why(self, value: Any) -> str:
        format_ = f"omsorg/{self.version}"
        is_rounded = isinstance(value, Rounded)
        return (
            f"rounded to what {format_} has a form for"
            if is_rounded
            else f"{format_} has no place for it"
        )

    def _index(self, reference: Resource) -> int | None:
        target = reference.get("reference")
        return self.names.get(target) if isinstance(target, str) else None

    def _take_resource(self, index: int) -> Resource:
        entry: Resource = self.rest["entry"][index]
        entry.pop("fullUrl", None)
        resource = part(entry, "resource")
        for key in ("resourceType", "id"):
            resource.pop(key, None)
        return resource

    def _take_organization_resource(self, reference: Resource, index: int) -> Party | None:
        """Take an Organization once, and return it for every reference to it."""
        target = str(index)
        if target not in self.parties:
            self.parties[target] = _take_party(self._take_resource(index))
        party = self.parties[target]
        if not party.organization:
            return None
        del reference["reference"]
        take_implied(reference, "display", party.display)
        return party


def outgoing_message(bundle: Bundle, context: Context, version: str) -> OutgoingMessage:
    """Return a message to write from; characters that XML cannot hold are removed and reported."""
    rest = _legal(bundle, bundle, (), context)
    for key, value in (("resourceType", "Bundle"), ("type", "message")):
        take_implied(rest, key, value)
    names: dict[str, int] = {}
    for index, entry in enumerate(bundle["entry"]):
        for each in _names(entry):
            names.setdefault(each, index)
    types = tuple(str(e.get("resource", {}).get("resourceType", "")) for e in bundle["entry"])
    receiver = hsa_id(context.receiver.organization) if context.receiver else ""
    return OutgoingMessage(
        bundle=bundle, rest=rest, version=version, receiver=receiver, types=types, names=names
    )


def _names(entry: Resource) -> tuple[str, ...]:
    """Return the ways to refer to an entry."""
    resource = entry.get("resource", {})
    local = f"{resource.get('resourceType')}/{resource.get('id')}"
    return (str(entry.get("fullUrl", "")), local, f"urn:uuid:{resource.get('id')}")


def _take_party(resource: Resource) -> Party:
    """Take HSA-id and name. Without an HSA-id another number is taken; its system is a loss."""
    identifiers = parts(resource, "identifier")
    hsa_identifiers = [i for i in identifiers if is_hsa(str(i.get("system", "")))]
    chosen = next(iter([*hsa_identifiers, *identifiers]), {})
    number = take(chosen, "value", forms.HSA_ID)
    if chosen in hsa_identifiers:
        chosen.pop("system")
    take_implied(resource, "active", value=True)
    return Party(organization=hsa_id(number), display=take(resource, "name"))


def _legal(bundle: Bundle, value: Any, path: Path, context: Context) -> Any:
    """Return a copy without characters that XML forbids; a code that has one becomes ""."""
    if isinstance(value, dict):
        return {k: _legal(bundle, v, (*path, k), context) for k, v in value.items()}
    if isinstance(value, list):
        return [_legal(bundle, v, (*path, i), context) for i, v in enumerate(value)]
    if not isinstance(value, str) or _ILLEGAL.search(value) is None:
        return value
    context.lose(fhirpath(bundle, path), "it has characters that XML cannot hold")
    key = next(step for step in reversed(path) if isinstance(step, str))
    return _ILLEGAL.sub("", value) if key in _FREE_TEXT else ""


def _remaining(rest: Any, original: Any, path: Path) -> Iterator[Path]:
    """Yield the path to each part that remains; a whole element where nothing was taken of it."""
    if rest in ({}, [], "", None):
        return
    if rest == original or not isinstance(rest, dict | list):
        yield path
        return
    for step in rest if isinstance(rest, dict) else range(len(rest)):
        yield from _remaining(rest[step], original[step], (*path, step))


def _at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def _misleads(name: str, last: str | int, value: Any) -> bool:
    """Whether the message would say something else without this part."""
    is_outdated = last == "use" and value == "old"  # an address or number that no longer holds
    return last in _MODIFIERS or is_outdated or _INDEX.sub("", name) in _MEANING
