"""The FHIR message that is being written: what a writer takes is marked, the rest are losses.

A writer asks a `Node` for its parts. What it takes, it writes. The id of a resource is taken with
the resource, and a reference with what it refers to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from unicodedata import normalize

import hl7

from adapter.core.errors import FatalError, Issue
from adapter.core.identifiers import hsa_id
from adapter.core.model import Bundle
from adapter.fhir.bundles import Resource
from adapter.fhir.canonical import extension_url
from adapter.fhir.fhirpaths import Path, fhirpath
from adapter.fhir.notes import may_be_read
from adapter.mappings import Context
from adapter.mappings.hl7v2.writing.er7 import Field, charset_code, time

_NO_PLACE = "HL7 v2 has no place for it"
_FREE_TEXT = frozenset(
    {"answer", "authorString", "comment", "contentString", "description", "display", "family"}
    | {"given", "line", "city", "name", "prefix", "suffix", "patientInstruction", "text", "title"}
    | {"valueString"}
)
_MODIFIERS = frozenset({"modifierExtension", "implicitRules", "doNotPerform"})
"""Fields that change the meaning of the others (FHIR R4, isModifier): never only a loss."""
_MEANING = frozenset(
    {"Patient.active", "Patient.link", "Appointment.participant", "Communication.payload"}
    | {"CarePlan.activity", "CarePlan.activity.reference", "CarePlan.activity.detail.statusReason"}
    | {"Condition.clinicalStatus", "Condition.verificationStatus"}
)
"""Who is invited, what is done and why it is not: without them the rest misleads."""
_INDEX = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An object of the message, and its path; without a value where the message has none."""

    value: Resource
    path: Path
    outgoing: OutgoingMessage

    def __bool__(self) -> bool:
        return bool(self.value)

    @property
    def expression(self) -> str:
        """The FHIRPath of the node."""
        return fhirpath(self.outgoing.bundle, self.path)

    def peek(self, key: str) -> Any:
        """Return a value without taking it; None for none."""
        return self.value.get(key)

    def take(self, key: str) -> str:
        """Take a string; "" for none."""
        value = self.value.get(key)
        if not isinstance(value, str):
            return ""
        self.mark(key)
        return value

    def take_all(self, key: str) -> list[str]:
        """Take a list of strings; nothing where an item is none."""
        values = self.value.get(key)
        if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
            return []
        self.mark(key)
        return values

    def take_time(self, key: str) -> Field:
        """Take a date, dateTime or instant as TS; of a second, four digits.

        FatalError `bad-time` for another form.
        """
        text = self.take(key)
        if re.search(r"\.[0-9]{4}[0-9]*[1-9]", text):
            self.outgoing.rounded.add(f"{self.expression}.{key}")
        return time(text, f"{self.expression}.{key}")

    def take_day(self, key: str) -> Field:
        """Take the day of a date or a dateTime as DT."""
        text = self.take(key)
        if "T" in text:
            self.outgoing.rounded.add(f"{self.expression}.{key}")
        return time(text.split("T")[0], f"{self.expression}.{key}")

    def take_implied(self, key: str, *values: object) -> None:
        """Take a value that the message in HL7 v2 implies; another one remains."""
        if self.value.get(key) in values:
            self.mark(key)

    def take_coded(self, key: str, table: dict[str, str]) -> str:
        """Take a code, and return what the table has for it; "" for none.

        FatalError `unknown-code` for one that the table does not have.
        """
        code = self.take(key)
        if code and code not in table:
            raise self.unknown_code(key)
        return table.get(code, "")

    def unknown_code(self, key: str) -> FatalError:
        """Return the error for a code that no table has."""
        expression = f"{self.expression}.{key}"
        issue = Issue(code="unknown-code", expression=expression)
        return FatalError("unknown-code", expression, [issue])

    def mark(self, *keys: str) -> None:
        """Take values as they are: the whole node without keys."""
        self.outgoing.taken.update({(*self.path, key) for key in keys} or {self.path})

    def part(self, key: str) -> Node:
        """Return an object inside."""
        value = self.value.get(key)
        return self._node(value if isinstance(value, dict) else {}, key)

    def parts(self, key: str) -> list[Node]:
        """Return the objects of a list."""
        values = self.value.get(key)
        items = enumerate(values) if isinstance(values, list) else ()
        return [self._node(item, key, number) for number, item in items if isinstance(item, dict)]

    def extensions(self, name: str) -> list[Node]:
        """Return our extensions of a name; the url of each is taken."""
        url = extension_url(name)
        chosen = [e for e in self.parts("extension") if e.peek("url") == url]
        for extension in chosen:
            extension.mark("url")
        return chosen

    def extension(self, name: str) -> Node:
        """Return the first of our extensions of a name."""
        return next(iter(self.extensions(name)), self._node({}, "extension"))

    def _node(self, value: Resource, *steps: str | int) -> Node:
        return Node(value=value, path=(*self.path, *steps), outgoing=self.outgoing)


@dataclass(frozen=True, kw_only=True)
class OutgoingMessage:
    """A message, and the paths of what was taken of it."""

    bundle: Bundle
    receiver: str = ""  # HSA-id of the organisation that it is written for
    taken: set[Path] = field(default_factory=set)
    rounded: set[str] = field(default_factory=set)  # FHIRPaths of what was taken in part

    @cached_property
    def header(self) -> Node:
        """The MessageHeader."""
        return self._take_entry(0)

    @cached_property
    def _places(self) -> dict[str, int]:
        """The number of the entry by each name that a Reference may call it; the first wins."""
        places: dict[str, int] = {}
        for number, entry in enumerate(self.bundle["entry"]):
            resource = entry.get("resource", {})
            id_ = resource.get("id")
            names = (entry.get("fullUrl"), f"{resource.get('resourceType')}/{id_}")
            for name in (*names, f"urn:uuid:{id_}"):
                places.setdefault(name or "", number)
        return places

    def take_focus(self, type_: str) -> Node:
        """Take the resource that the message is about; FatalError where its type is another."""
        reference = next(iter(self.header.parts("focus")), None)
        focus = self.take_referenced(reference, type_) if reference else None
        if focus is None:
            raise FatalError("not-written", f"MessageHeader.focus is not a {type_}")
        return focus

    def take_referenced(self, reference: Node, *types: str) -> Node | None:
        """Take a reference to a resource of one of these types, and return that resource."""
        number = self._places.get(str(reference.peek("reference") or "-"))
        if number is None or self._type(number) not in types:
            return None
        reference.mark("reference")
        reference.take_implied("type", *types)
        return self._take_entry(number)

    def open_notes(self, notes: list[Node]) -> list[Node]:
        """Return the notes that the receiver may read; the others are losses."""
        return [n for n in notes if may_be_read(n.value, self.bundle, self.receiver)]

    def type_of(self, reference: Node) -> str:
        """Return the type of the resource that a reference names; "" for none in the message."""
        number = self._places.get(str(reference.peek("reference") or "-"))
        return "" if number is None else self._type(number)

    def take_patient(self) -> Node:
        """Take the first Patient; FatalError `not-written` where there is none."""
        numbers = range(len(self.bundle["entry"]))
        first = next((n for n in numbers if self._type(n) == "Patient"), None)
        if first is None:
            raise FatalError("not-written", "the message has no Patient")
        return self._take_entry(first)

    def report_losses(self, context: Context) -> None:
        """Report what no writer took; FatalError where the rest would change its meaning."""
        whole = Node(value=self.bundle, path=(), outgoing=self)
        whole.mark("resourceType", "id", "type", "timestamp")
        for name in sorted(self.rounded):
            context.lose(name, "rounded to what HL7 v2 has a form for")
        for path in _remaining(self.bundle, (), self.taken)[0]:
            name = fhirpath(self.bundle, path)
            if path[-1] in _MODIFIERS or _INDEX.sub("", name) in _MEANING:
                raise FatalError("not-written", f"{name} changes the meaning, and has no place")
            context.lose(name, _NO_PLACE)

    def _type(self, number: int) -> str:
        return str(self.bundle["entry"][number].get("resource", {}).get("resourceType", ""))

    def _take_entry(self, number: int) -> Node:
        entry = self.bundle["entry"][number]
        path = ("entry", number)
        resource = Node(value=entry["resource"], path=(*path, "resource"), outgoing=self)
        resource.mark("resourceType", "id")
        self.taken.add((*path, "fullUrl"))
        return resource


def finished(lines: Iterable[str], outgoing: OutgoingMessage, context: Context) -> hl7.Message:
    """Return the message of these segments, without empty ones, and report its losses.

    In a charset that lacks a letter of our own words, its base letter stands (`Ä`, `A`).
    """
    outgoing.report_losses(context)
    text = "".join(f"{line}\r" for line in lines if line)
    charset = (context.receiver.charset if context.receiver else "") or "utf-8"
    if not _fits(text, charset):
        text = "".join(c if _fits(c, charset) else normalize("NFD", c)[0] for c in text)
    return hl7.parse(text)


def outgoing_message(bundle: Bundle, context: Context) -> OutgoingMessage:
    """Return a message to write from, without characters that the receiver's charset lacks.

    They become `?` in a text, and are a loss. FatalError `not-written` where they stand in a
    number or a code.
    """
    charset = context.receiver.charset if context.receiver else ""
    charset_code(charset)
    receiver = hsa_id(context.receiver.organization) if context.receiver else ""
    fitting = _fitting(bundle, bundle, (), charset or "utf-8", context)
    return OutgoingMessage(bundle=fitting, receiver=receiver)


def _fitting(bundle: Bundle, value: Any, path: Path, charset: str, context: Context) -> Any:
    if isinstance(value, dict):
        return {k: _fitting(bundle, v, (*path, k), charset, context) for k, v in value.items()}
    if isinstance(value, list):
        return [_fitting(bundle, v, (*path, i), charset, context) for i, v in enumerate(value)]
    if not isinstance(value, str) or value.isascii() or _fits(value, charset):
        return value
    name = fhirpath(bundle, path)
    key = next(step for step in reversed(path) if isinstance(step, str))
    if key not in _FREE_TEXT:
        raise FatalError("not-written", f"{name} does not fit the charset of the receiver")
    context.lose(name, "it has characters that the receiver's charset lacks: each became ?")
    return value.encode(charset, "replace").decode(charset)


def _fits(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def _remaining(value: Any, path: Path, taken: set[Path]) -> tuple[list[Path], bool]:
    """Return the paths of what was not taken, the largest wholes, and whether any was taken."""
    if path in taken:
        return [], True
    if not isinstance(value, dict | list):
        return [path], False
    steps = value if isinstance(value, dict) else range(len(value))
    inside = [_remaining(value[step], (*path, step), taken) for step in steps]
    if any(some for _, some in inside):
        return [each for paths, _ in inside for each in paths], True
    return [path] if path and inside else [], False
