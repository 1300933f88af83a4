"""Walk a field, and find what was not read of it: all of it, whole repetitions, or parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from adapter.mappings.hl7v2.fields import Document, Reading
from adapter.mappings.hl7v2.separators import NULL, Separators, split
from adapter.mappings.hl7v2.understood import is_understood, read_elsewhere

_NOTHING = Reading()
_FIRST = (1, 1)
_SUBS = 5  # of FN, the longest type of a component that is read; a bound of the work
_SEPARATORS = (("MSH", 1), ("MSH", 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What was not read: the ends of its path (`[2]` or "", `.4`, `.4.2` or ""), and why."""

    repetition: str = ""
    component: str = ""
    why: str = ""


class _Part(NamedTuple):
    """A part of a repetition that has a value."""

    component: int
    sub: int
    text: str

    @property
    def place(self) -> tuple[int, int]:
        return self.component, self.sub


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repetition:
    """A repetition: all its parts, those that were read, and the rest, which is to be confessed."""

    end: str
    parts: list[_Part]
    read: list[_Part]
    rest: list[_Part]
    why: str

    def unread(self) -> Iterator[Unread]:
        """Yield the whole where nothing was read, else each component or subcomponent."""
        if self.rest and not self.read:
            yield Unread(repetition=self.end, why=self.why)
            return
        size = Counter(part.component for part in self.parts)
        for component, group in groupby(self.rest, key=attrgetter("component")):
            parts = list(group)
            is_whole = len(parts) == size[component]
            subs = [""] if is_whole else [f".{part.sub}" for part in parts]
            for sub in subs:
                yield Unread(repetition=self.end, component=f".{component}{sub}", why=self.why)


def unread(field: tuple[str, int], text: str, document: Document) -> list[Unread]:
    """Return what was not read of a field of the first segment of a name, whose text is given.

    Where nothing was read of the field, that is one `Unread`, without an end of its path.
    """
    if _is_read_whole(field, text, document):
        return []
    raws = text.split(document.separators.repetition)
    repetitions = [
        _repetition(raw, field, place if len(raws) > 1 else None, document)
        for place, raw in enumerate(raws)
    ]
    left = [part for repetition in repetitions for part in repetition.unread()]
    if left and not any(repetition.read for repetition in repetitions):
        return [Unread(why=left[0].why)]
    return left


def _is_read_whole(field: tuple[str, int], text: str, document: Document) -> bool:
    """Whether a field has one part alone, which was read or is understood. Most fields do."""
    marks = document.separators
    if field in _SEPARATORS:
        return True
    if marks.component in text or marks.repetition in text:
        return False
    if marks.subcomponent and marks.subcomponent in text:
        return False
    reading = document.readings.get(field, {}).get(0, _NOTHING)
    if _FIRST in reading.parts or _FIRST in read_elsewhere(field):
        return True
    return is_understood(field, _FIRST, text, document)


def _repetition(
    raw: str, field: tuple[str, int], place: int | None, document: Document
) -> _Repetition:
    """Tell a repetition's parts apart; `place` is None where the field has no other one."""
    reading = document.readings.get(field, {}).get(place or 0, _NOTHING)
    marked = reading.parts if place else reading.parts | read_elsewhere(field)
    parts = list(_parts(raw, document.separators))
    read = [part for part in parts if part.place in marked]
    return _Repetition(
        end="" if place is None else f"[{place + 1}]",
        parts=parts,
        read=read,
        rest=[
            part
            for part in parts
            if part.place not in marked
            and not _repeats(part, read)
            and not is_understood(field, part.place, part.text, document)
        ],
        why=reading.why,
    )


def _parts(raw: str, marks: Separators) -> Iterator[_Part]:
    for component, whole in enumerate(raw.split(marks.component), 1):
        if whole:
            for sub, text in enumerate(split(whole, marks.subcomponent), 1):
                if text.strip() not in ("", NULL):
                    yield _Part(component, sub, text.strip())


def _repeats(part: _Part, read: list[_Part]) -> bool:
    """Whether it repeats words that were read of its component: a surname's own part, a street."""
    return part.sub <= _SUBS and any(
        part.component == other.component and f" {part.text} " in f" {other.text} "
        for other in read
    )
