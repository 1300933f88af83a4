"""What stands in a field of an HL7 v2 message (v2.3 to v2.8, chapter 2), whatever its depth.

A path is `PID-3`, `PID-3.4` or `PID-3.4.2`: segment, field, component, subcomponent. What is
absent is "", and so is the explicit null (two quotation marks): both say that there is no value.
Nothing here raises.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import hl7

from adapter.fhir.codec import charset_named

_NULL = '""'
_PATH = re.compile(r"([A-Z][A-Z0-9]{2})-([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?")
_LAYOUT = re.compile(r"\.(?:br|sp|fi|nf|in|ti|sk|ce)[+-]?[0-9]*")
_UNSHOWABLE = frozenset({"Cc", "Cs", "Cn", "Co"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The separators of one message (MSH-1, MSH-2), and the charset of its bytes."""

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str
    charset: str = "utf-8"

    def meaning(self, code: str) -> str | None:
        """What an escape sequence stands for; None for one that we cannot read."""
        plain = {
            "F": self.field,
            "S": self.component,
            "T": self.subcomponent,
            "R": self.repetition,
            "E": self.escape,
            "H": "",
            "N": "",
        }
        if code in plain:
            return plain[code]
        if _LAYOUT.fullmatch(code):
            return "\n"
        return self._bytes(code[1:]) if code[:1] == "X" else None

    def _bytes(self, digits: str) -> str | None:
        try:
            return bytes.fromhex(digits).decode(self.charset)
        except (ValueError, LookupError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One repetition of a field."""

    raw: str
    marks: Marks

    def part(self, component: int = 1, sub: int = 1) -> str:
        """The text of a component or subcomponent: unescaped, NFC, white space made single."""
        return self._read(component, sub)[0]

    def raw_part(self, component: int = 1) -> str:
        """A component as it came."""
        return _nth(self.raw, self.marks.component, component)

    @property
    def damaged(self) -> bool:
        """Whether any of it has lost characters, or has some that no text should have."""
        components = self.raw.split(self.marks.component)
        parts = (p for c in components for p in c.split(self.marks.subcomponent))
        return any(_clean(part, self.marks)[1] for part in parts)

    def _read(self, component: int, sub: int) -> tuple[str, bool]:
        return _clean(_nth(self.raw_part(component), self.marks.subcomponent, sub), self.marks)


def _nth(text: str, separator: str, number: int) -> str:
    parts = text.split(separator, number)
    return parts[number - 1] if number <= len(parts) else ""


def _clean(raw: str, marks: Marks) -> tuple[str, bool]:
    """The text, and whether something of it was lost."""
    if raw.strip() == _NULL:
        return "", False
    text, unread = _unescaped(raw, marks) if marks.escape in raw else (raw, False)
    kept = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in _UNSHOWABLE)
    return _tidy(kept), unread or len(kept) < len(text) or "\ufffd" in kept


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _unescaped(raw: str, marks: Marks) -> tuple[str, bool]:
    unread = []

    def replaced(match: re.Match[str]) -> str:
        found = marks.meaning(match[1])
        unread.extend([match[0]] if found is None else [])
        return match[0] if found is None else found

    return _sequences(marks.escape).sub(replaced, raw), bool(unread)


@lru_cache(maxsize=16)
def _sequences(escape: str) -> re.Pattern[str]:
    """An escape sequence; a lone escape character is text (seen in real feeds: `4\\5`)."""
    mark = re.escape(escape)
    return re.compile(f"{mark}([A-Z.][^{mark}]{{0,200}}){mark}")


@lru_cache(maxsize=512)
def _path(path: str) -> tuple[str, int, int, int]:
    found = _PATH.fullmatch(path)
    if found is None:
        raise ValueError(f"{path} is not a path of HL7 v2")
    return found[1], int(found[2]), int(found[3] or 1), int(found[4] or 1)


@dataclass(frozen=True, kw_only=True)
class Document:
    """A parsed message, asked by path. Of a segment that repeats, the first is asked."""

    message: hl7.Message
    fallback_charset: str = ""

    @cached_property
    def marks(self) -> Marks:
        """The separators that the message's header names."""
        named = str(self.message[0][2])
        return Marks(
            field=str(self.message[0][1]),
            component=named[0],
            repetition=named[1],
            escape=named[2],
            subcomponent=named[3],
            charset=self._charset(named[1]) or self.fallback_charset or "utf-8",
        )

    def _charset(self, repetition: str) -> str:
        header = self.message[0]
        return charset_named(str(header[18]).split(repetition)[0]) if len(header) > 18 else ""

    @cached_property
    def segments(self) -> dict[str, list[Any]]:
        """The segments by name, each name's in order."""
        found: dict[str, list[Any]] = {}
        for segment in self.message:
            found.setdefault(str(segment[0]).strip(), []).append(segment)
        return found

    def has(self, name: str) -> bool:
        """Whether a segment is there."""
        return name in self.segments

    def count(self, name: str) -> int:
        """How many segments of a name there are."""
        return len(self.segments.get(name, ()))

    def field(self, path: str, index: int = 0) -> str:
        """A whole field as it came, repetitions and all; of the segment's n-th occurrence."""
        name, number, _, _ = _path(path)
        found = self.segments.get(name, [])[index : index + 1]
        return str(found[0][number]) if found and number < len(found[0]) else ""

    def values(self, path: str) -> list[Value]:
        """The repetitions of a field that say something."""
        marks = self.marks
        parts = self.field(path).split(marks.repetition)
        return [Value(raw=p, marks=marks) for p in parts if p.strip() not in ("", _NULL)]

    def text(self, path: str, index: int = 0) -> str:
        """The text at a path, of the field's first repetition."""
        _, _, component, sub = _path(path)
        raw = self.field(path, index).split(self.marks.repetition)[0]
        return Value(raw=raw, marks=self.marks).part(component, sub)
