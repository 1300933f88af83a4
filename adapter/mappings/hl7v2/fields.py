"""Read the fields of a parsed HL7 v2 message by path (v2.3 to v2.8, chapter 2).

A path is `PID-3`, `PID-3.4` or `PID-3.4.2`: segment, field, component, subcomponent. An absent
field is "". So is the explicit null (two quotation marks): neither has a value; `is_null` tells
them apart. No function here raises on what a message contains.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import hl7

from adapter.fhir.codec import charset_named

_NULL = '""'
_PATH = re.compile(r"([A-Z][A-Z0-9]{2})-([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?")
_LAYOUT = re.compile(r"\.(?:br|sp|fi|nf|in|ti|sk|ce)[+-]?[0-9]*")
_TRUNCATION = "#"  # HL7 v2.8 chapter 2, 2.5.5.2: the recommended one
_SPACES = frozenset("\t\n\r")  # the control characters that are spaces
_UNSHOWABLE = frozenset({"Cc", "Cs", "Cn", "Co"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Separators:
    """The separators of one message (MSH-1, MSH-2), and the charset of its bytes.

    `escape`, `subcomponent` and `truncation` are "" where MSH-2 leaves them out.
    """

    field: str
    component: str
    repetition: str
    escape: str
    subcomponent: str
    truncation: str = ""
    charset: str = "utf-8"

    def unescape(self, code: str) -> str | None:
        """Return the text of an escape sequence; None for an unknown one."""
        plain = {
            "F": self.field,
            "S": self.component,
            "T": self.subcomponent,
            "R": self.repetition,
            "E": self.escape,
            "P": self.truncation or _TRUNCATION,
            "H": "",
            "N": "",
        }
        if code in plain:
            return plain[code]
        if _LAYOUT.fullmatch(code):
            return "\n"
        return self._decode_hex(code[1:]) if code[:1] == "X" else None

    def _decode_hex(self, digits: str) -> str | None:
        try:
            return bytes.fromhex(digits).decode(self.charset)
        except (ValueError, LookupError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One repetition of a field."""

    raw: str
    separators: Separators

    def part(self, component: int = 1, sub: int = 1) -> str:
        """Return a component or subcomponent: unescaped, in NFC, with single spaces."""
        raw = _nth(self.raw_part(component), self.separators.subcomponent, sub)
        return _clean(raw, self.separators)[0]

    def raw_part(self, component: int = 1) -> str:
        """Return a component as it was sent."""
        return _nth(self.raw, self.separators.component, component)

    @property
    def damaged(self) -> bool:
        """Whether any part has lost characters, or holds characters that cannot be shown."""
        if self.raw.isalnum() and self.raw.isascii():
            return False
        marks = self.separators
        components = self.raw.split(marks.component)
        parts = [p for c in components for p in _split(c, marks.subcomponent)]
        return any(_clean(part, marks)[1] or _is_cut(part, marks) for part in parts) or (
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


def _split(text: str, separator: str, limit: int = -1) -> list[str]:
    """Return the parts of a text; the whole text where the message has no such separator."""
    return text.split(separator, limit) if separator else [text]


def _nth(text: str, separator: str, number: int) -> str:
    parts = _split(text, separator, number)
    return parts[number - 1] if number <= len(parts) else ""


def _clean(raw: str, separators: Separators) -> tuple[str, bool]:
    """Return the text, and whether some of it was lost."""
    if raw.strip() == _NULL:
        return "", False
    escapes = bool(separators.escape) and separators.escape in raw
    text, unread = _unescaped(raw, separators) if escapes else (raw, False)
    if text.isprintable():
        return _tidy(text), unread or "\ufffd" in text
    kept = "".join(c for c in text if c in _SPACES or unicodedata.category(c) not in _UNSHOWABLE)
    return _tidy(kept), unread or len(kept) < len(text) or "\ufffd" in kept


def _tidy(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _unescaped(raw: str, separators: Separators) -> tuple[str, bool]:
    """Return the text, and whether an escape sequence could not be read."""
    unread = []

    def replaced(match: re.Match[str]) -> str:
        text = separators.unescape(match[1])
        if text is not None:
            return text
        unread.append(match[0])
        return match[0]

    mark = separators.escape
    whole = _between_bytes(mark).sub("", raw)
    return _sequences(mark).sub(replaced, whole), bool(unread)


@lru_cache(maxsize=16)
def _between_bytes(escape: str) -> re.Pattern[str]:
    """Match what stands between two hexadecimal sequences: together they may be one character."""
    mark = re.escape(escape)
    return re.compile(f"(?<={mark}X[0-9A-Fa-f]{{2}}){mark}{mark}X(?=[0-9A-Fa-f]{{2}})")


@lru_cache(maxsize=16)
def _sequences(escape: str) -> re.Pattern[str]:
    """Match an escape sequence. A lone escape character is text (real feeds send `4\\5`)."""
    mark = re.escape(escape)
    return re.compile(f"{mark}([A-Z.][^{mark}]{{0,200}}){mark}")


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
        place = name, number, index
        if place not in self._texts:
            self._texts[place] = self._field(name, number, index)
        return self._texts[place]

    @cached_property
    def _texts(self) -> dict[tuple[str, int, int], str]:
        """The fields that were read. Joining the parts of a field again costs time."""
        return {}

    def _field(self, name: str, number: int, index: int) -> str:
        segments = self.segments.get(name, [])[index : index + 1]
        return str(segments[0][number]) if segments and number < len(segments[0]) else ""

    def values(self, path: str) -> list[Value]:
        """Return the repetitions of a field, without the empty ones."""
        parts = self.field(path).split(self.separators.repetition)
        return [
            Value(raw=part, separators=self.separators)
            for part in parts
            if part.strip() not in ("", _NULL)
        ]

    def is_null(self, path: str) -> bool:
        """Whether a field holds nothing but the explicit null, which deletes its value."""
        text, marks = self.field(path), self.separators
        if _NULL not in text:
            return False
        ends = f"[{re.escape(marks.component + marks.subcomponent + marks.repetition)}]"
        parts = {part.strip() for part in re.split(ends, text)} - {""}
        return parts == {_NULL}

    def text(self, path: str, index: int = 0) -> str:
        """Return the text at a path, from the field's first repetition."""
        _, _, component, sub = _path(path)
        raw = self.field(path, index).split(self.separators.repetition)[0]
        return Value(raw=raw, separators=self.separators).part(component, sub)
