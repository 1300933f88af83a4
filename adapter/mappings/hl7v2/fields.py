"""Read the fields of a parsed HL7 v2 message by path (v2.3 to v2.8, chapter 2).

A path is `PID-3`, `PID-3.4` or `PID-3.4.2`: segment, field, component, subcomponent. An absent
field is "". So is the explicit null (two quotation marks): neither has a value; `is_null` tells
them apart. No function here raises on what a message contains.

Reading marks: `text` and `part` note which part was read, and `losses` confesses the others. What
only decides is looked at with `peek`; what was read and is not carried is given back with `leave`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import hl7

from adapter.fhir.codec import charset_named
from adapter.mappings.hl7v2.separators import NULL, Separators, clean, split

_EMPTY = [""]  # a field without a text, as the parser has it
_PATH = re.compile(r"([A-Z][A-Z0-9]{2})-([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?")


@dataclass(slots=True)
class Reading:
    """What was read of one repetition: component and subcomponent; and why the rest was not."""

    parts: set[tuple[int, int]] = field(default_factory=set)
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One repetition of a field."""

    raw: str
    separators: Separators
    reading: Reading

    def part(self, component: int = 1, sub: int = 1) -> str:
        """Read a component or subcomponent: unescaped, in NFC, with single spaces."""
        self.reading.parts.add((component, sub))
        return self.peek(component, sub)

    def peek(self, component: int = 1, sub: int = 1) -> str:
        """Return a component or subcomponent like `part`, without reading it."""
        return _part(self.raw, self.separators, component, sub)

    def mark(self, component: int, sub: int = 1) -> None:
        """Count a part as read: it was looked at, and what is read agrees with it."""
        self.reading.parts.add((component, sub))

    def leave(self, why: str) -> None:
        """Count nothing of it as read: it is not carried, because of `why`."""
        self.reading.parts.clear()
        self.reading.why = why

    @property
    def damaged(self) -> bool:
        """Whether any part has lost characters, or holds characters that cannot be shown."""
        if self.raw.isalnum() and self.raw.isascii():
            return False
        marks = self.separators
        components = self.raw.split(marks.component)
        parts = [p for c in components for p in split(c, marks.subcomponent)]
        return any(clean(part, marks)[1] or _is_cut(part, marks) for part in parts) or (
            _is_twice_encoded(self.raw, marks.charset)
        )


def _is_cut(raw: str, separators: Separators) -> bool:
    """Whether the sender cut a text to a length: then it ends with the truncation character."""
    return bool(separators.truncation) and raw.endswith(separators.truncation)


def _is_twice_encoded(text: str, charset: str) -> bool:
    """Whether a text is UTF-8 that was read in another charset."""
    if text.isascii():
        return False
    names = {"iso-8859-1", "cp1252", charset} - {"utf-8"}
    return any(_is_utf_8(text, name) for name in names)


def _is_utf_8(text: str, charset: str) -> bool:
    try:
        return not text.encode(charset).decode().isascii()
    except (UnicodeError, LookupError):
        return False


def _part(raw: str, marks: Separators, component: int, sub: int) -> str:
    """Return a part: unescaped, in NFC, with single spaces."""
    whole = _nth(raw, marks.component, component) if raw else ""
    return clean(_nth(whole, marks.subcomponent, sub), marks)[0] if whole else ""


def _nth(text: str, separator: str, number: int) -> str:
    parts = split(text, separator, number)
    return parts[number - 1] if number <= len(parts) else ""


@lru_cache(maxsize=512)
def _path(path: str) -> tuple[str, int, int, int]:
    match = _PATH.fullmatch(path)
    if match is None:
        raise ValueError(f"{path} is not a path of HL7 v2")
    return match[1], int(match[2]), int(match[3] or 1), int(match[4] or 1)


@dataclass(frozen=True, kw_only=True)
class Document:
    """A parsed message whose fields are read by path.

    Where a segment repeats and no index is given, the first is read.
    """

    message: hl7.Message
    fallback_charset: str = ""
    length: int | None = None  # how many segments are read; None: all
    readings: dict[tuple[str, int], dict[int, Reading]] = field(default_factory=dict)
    """What was read of the first segment of each name: by field, then by repetition from 0."""

    @cached_property
    def separators(self) -> Separators:
        """The separators that MSH-1 and MSH-2 declare."""
        declared = str(self.message[0][2])
        return Separators(
            field=str(self.message[0][1]),
            component=declared[0],
            repetition=declared[1],
            escape=declared[2:3],
            subcomponent=declared[3:4],
            truncation=declared[4:5],
            charset=self._charset(declared[1]) or self.fallback_charset or "utf-8",
        )

    def _charset(self, repetition: str) -> str:
        header = self.message[0]
        return charset_named(str(header[18]).split(repetition)[0]) if len(header) > 18 else ""

    @cached_property
    def segments(self) -> dict[str, list[Any]]:
        """The segments by name; segments of one name are in message order."""
        by_name: dict[str, list[Any]] = {}
        for segment in self.message[: self.length]:
            by_name.setdefault(str(segment[0]).strip(), []).append(segment)
        return by_name

    def before_second(self, name: str) -> Document:
        """Return the part of the message before the second segment of this name."""
        names = [str(segment[0]).strip() for segment in self.message]
        second = names.index(name, names.index(name) + 1)
        return replace(self, length=second)

    def has(self, name: str) -> bool:
        """Whether the message has a segment of this name."""
        return name in self.segments

    def count(self, name: str) -> int:
        """Return how many segments have this name."""
        return len(self.segments.get(name, ()))

    def field(self, path: str, index: int = 0) -> str:
        """Return a whole field as it was sent, with its repetitions.

        `index` selects the segment among those of its name, from 0.
        """
        name, number, _, _ = _path(path)
        return self._field(name, number, index)

    @cached_property
    def _texts(self) -> dict[tuple[str, int, int], str]:
        """The fields that were read. Joining the parts of a field again costs time."""
        return {}

    def _field(self, name: str, number: int, index: int) -> str:
        place = name, number, index
        text = self._texts.get(place)
        if text is None:
            segments = self.segments.get(name, [])[index : index + 1]
            text = str(segments[0][number]) if segments and number < len(segments[0]) else ""
            self._texts[place] = text
        return text

    def filled(self, name: str) -> Iterator[tuple[int, str]]:
        """Yield the fields of the first segment of a name that have a text: number and text."""
        for number, parts in enumerate(self.segments[name][0]):
            if number and parts != _EMPTY:
                yield number, self._texts.get((name, number, 0)) or str(parts)

    def values(self, path: str) -> list[Value]:
        """Return the repetitions of a field, without the empty ones."""
        name, number, _, _ = _path(path)
        marks, readings = self.separators, self._readings(name, number)
        parts = enumerate(self._field(name, number, 0).split(marks.repetition))
        return [
            Value(raw=part, separators=marks, reading=readings[place])
            for place, part in parts
            if part.strip() not in ("", NULL)
        ]

    def _readings(self, name: str, number: int) -> dict[int, Reading]:
        readings = self.readings.get((name, number))
        if readings is None:
            readings = self.readings[name, number] = defaultdict(Reading)
        return readings

    def leave(self, path: str, why: str) -> None:
        """Count nothing of a field as read: it is not carried, because of `why`."""
        for value in self.values(path):
            value.leave(why)

    def is_null(self, path: str) -> bool:
        """Whether a field holds nothing but the explicit null, which deletes its value."""
        text, marks = self.field(path), self.separators
        if NULL not in text:
            return False
        ends = f"[{re.escape(marks.component + marks.subcomponent + marks.repetition)}]"
        parts = {part.strip() for part in re.split(ends, text)} - {""}
        return parts == {NULL}

    def text(self, path: str, index: int = 0) -> str:
        """Read the text at a path, from the field's first repetition."""
        name, number, component, sub = _path(path)
        if not index:
            self._readings(name, number)[0].parts.add((component, sub))
        raw = self._field(name, number, index).split(self.separators.repetition, 1)[0]
        return _part(raw, self.separators, component, sub)

    def peek(self, path: str, index: int = 0) -> str:
        """Return the text at a path like `text`, without reading it."""
        name, number, component, sub = _path(path)
        raw = self._field(name, number, index).split(self.separators.repetition, 1)[0]
        return _part(raw, self.separators, component, sub)
