"""Every place of HL7 v2.5.1 where a value may stand, by hl7apy's tables, and messages to fill.

hl7apy 1.3.5 (MIT) has the segments, the data types and the codes of each table. A place that no
table has is one after the last field, component or subcomponent: later versions put values there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from hl7apy.v2_5_1.messages import MESSAGES
from hl7apy.v2_5_1.segments import SEGMENTS
from hl7apy.v2_5_1.tables import TABLES

_RIGHT = {
    "DT": "20991231",
    "DTM": "20991231101500+0100",
    "TM": "1015",
    "NM": "7",
    "SI": "7",
}
_ZSP = ("SI", "ID", "ID", "ID", "TS", "TS", "CX", "ID", "ST")  # docs/hl7v2.md
_SEPARATORS = "|~^&"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a value may stand. `kind` is its data type, `codes` those of its table."""

    segment: str
    field: int
    component: int = 1
    sub: int = 1
    repetition: int = 1
    kind: str = "ST"
    codes: tuple[str, ...] = ()

    @property
    def covering(self) -> list[str]:
        """The paths that name the place: its own, and those of the wholes that it is a part of."""
        field = f"{self.segment}-{self.field}"
        repetition = f"{field}[{self.repetition}]"
        wholes = [field, repetition] if self.repetition == 1 else [repetition]
        parts = [f"{w}.{self.component}" for w in wholes]
        every = [self.segment, field, *wholes, *parts, *(f"{p}.{self.sub}" for p in parts)]
        return list(dict.fromkeys(every))

    @property
    def path(self) -> str:
        """The exact path, as it stands in a report."""
        return f"{self.segment}-{self.field}[{self.repetition}].{self.component}.{self.sub}"

    @property
    def right(self) -> str:
        """A value of its type."""
        if self.kind in ("ID", "IS") and self.codes:
            return self.codes[len(self.codes) // 2]
        return _RIGHT.get(self.kind, "Qvist")

    @property
    def foreign(self) -> str:
        """A value of another type."""
        return "Qvist" if self.kind in (*_RIGHT, "ID", "IS") else "7"


def places(segment: str) -> Iterator[Place]:
    """Yield every place of a segment in its first repetition, and one after each last."""
    fields = _fields(segment)
    for number, node in enumerate(fields, 1):
        for place in _of_field(node):
            yield replace(place, segment=segment, field=number)
    yield Place(segment=segment, field=len(fields) + 1)


def second(place: Place) -> Place:
    """The same place in a second repetition."""
    return replace(place, repetition=2)


def _of_field(node: Any) -> Iterator[Place]:
    components = _parts(node)
    for number, part in enumerate(components, 1):
        subs = _parts(part)
        for sub, leaf in enumerate(subs, 1):
            yield Place(
                segment="", field=0, component=number, sub=sub, kind=leaf[2], codes=_codes(leaf[4])
            )
        yield Place(segment="", field=0, component=number, sub=len(subs) + 1)
    yield Place(segment="", field=0, component=len(components) + 1)


def _fields(segment: str) -> list[Any]:
    if segment == "ZSP":
        return [_typed(kind) for kind in _ZSP]
    return [field[1] for field in SEGMENTS[segment][1]]


@cache
def _typed(kind: str) -> Any:
    """A node of a data type, as another segment has it."""
    nodes = (field[1] for segment in SEGMENTS.values() for field in segment[1])
    return next(node for node in nodes if node and node[2] == kind)


def _parts(node: Any) -> list[Any]:
    return [node] if node[0] == "leaf" else [part[1] for part in node[1]]


@cache
def _codes(table: str | None) -> tuple[str, ...]:
    return tuple(TABLES[table][1]) if table in TABLES else ()


@cache
def segments_of_adt() -> frozenset[str]:
    """The segments that may stand in an ADT message of v2.5.1."""
    return frozenset(
        name
        for kind, node in MESSAGES.items()
        if kind.startswith("ADT_")
        for name in _segments(node)
    )


def _segments(node: Any) -> Iterator[str]:
    for name, child, _, kind in node[1]:
        if kind == "SEG":
            yield name
        else:
            yield from _segments(child)


def filled(segments: dict[str, str], place: Place, value: str) -> dict[str, str]:
    """Return the segments of a message with a value at a place; "" empties it."""
    return _with(segments, place, (place.repetition - 1, place.component - 1, place.sub - 1), value)


def with_field(segments: dict[str, str], path: str, value: str) -> dict[str, str]:
    """Return the segments of a message with a whole field replaced."""
    segment, number = path.split("-")
    return _with(segments, Place(segment=segment, field=int(number)), (), value)


def _with(
    segments: dict[str, str], place: Place, positions: tuple[int, ...], value: str
) -> dict[str, str]:
    line = segments.get(place.segment, place.segment)
    number = place.field - (place.segment == "MSH")  # MSH-1 is the separator itself
    return segments | {place.segment: _put(line, _SEPARATORS, (number, *positions), value)}


def _put(text: str, separators: str, positions: tuple[int, ...], value: str) -> str:
    if not positions:
        return value
    parts = text.split(separators[0])
    parts += [""] * (positions[0] + 1 - len(parts))
    parts[positions[0]] = _put(parts[positions[0]], separators[1:], positions[1:], value)
    return separators[0].join(parts)
