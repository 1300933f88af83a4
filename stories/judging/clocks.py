"""The 24 hours of a notice (2:3): when an item falls due, and whether a late notice is said.

Decisions. They run from the latest of the admission, the judgement of the need, and the word that
put this kommun or unit in the place of another one. A kommun that was only unknown gives no new
time. Who heard of the stay once has had its notice: a right that comes back after a transfer or
the window is not late. Stories with wrong clocks, or words out of order, are not judged here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from stories.judging.evidence import Evidence, Finding, role
from stories.law.rights import wanted
from stories.law.timeline import Point, Timeline
from stories.observation import Stands
from stories.truth import Assessment
from stories.world import PRIMARY, Need, Role

_DAY = timedelta(hours=24)
_SLACK = timedelta(minutes=5)
_LAW = "2:3: within 24 hours of the admission, the judgement, or the word that made it so"


def clocks(evidence: Evidence) -> Iterator[Finding]:
    """Yield items that fall due at a wrong time, and late notices whose sender is not told."""
    words = evidence.story.words
    if any(a.at < b.at and a.made > b.made for a in words for b in words):
        return
    if any(word.odd_clock for word in words):
        return
    for line in evidence.lines:
        yield from _items(evidence, line)
        yield from _late(evidence, line)


@dataclass(slots=True)
class _Clock:
    """From when the time of each need runs, word by word."""

    judged: dict[Need, datetime]
    moved: datetime | None = None
    relisted: datetime | None = None
    kommun: str = ""
    listed: str = ""
    units: tuple[str, ...] = ()

    def hear(self, point: Point) -> None:
        """Take in what a word changes."""
        assessment = point.stay.assessment
        needs = wanted(assessment.needs) if assessment else frozenset()
        self.judged = {n: self.judged.get(n, _at(assessment, point)) for n in needs}
        kommun, units = point.stay.kommun, assessment.units if assessment else ()
        if self.kommun and kommun != self.kommun:
            self.moved = point.word.made
        if set(units) != set(self.units):
            self.moved = _at(assessment, point)
        listed = point.stay.values.get("listed") or ""
        if listed != self.listed and (self.listed or self.kommun):
            self.relisted = point.word.made
        self.kommun, self.listed, self.units = kommun, listed, tuple(units)

    def due(self, need: Need, point: Point) -> datetime:
        """By when those who serve a need must have the notice."""
        admitted = point.stay.values.get("admitted")
        relisted = self.relisted if need is PRIMARY else None
        times = [self.judged.get(need, point.word.made), self.moved, relisted, admitted]
        return max(at for at in times if isinstance(at, datetime)) + _DAY


def _at(assessment: Assessment | None, point: Point) -> datetime:
    return assessment.at if assessment else point.word.made


def _items(evidence: Evidence, line: Timeline) -> Iterator[Finding]:
    """Items without a receiver, with the time that they had when they were opened."""
    clock = _Clock({})
    for point, after in zip(line.points, [*line.points[1:], None], strict=True):
        clock.hear(point)
        until = after.at if after else evidence.observed.end
        for item in evidence.observed.stands:
            is_own = item.code == "nobody-to-tell" and item.case == line.case
            if is_own and point.at <= item.since < until:
                yield from _item(item, clock, point)


def _item(item: Stands, clock: _Clock, point: Point) -> Iterator[Finding]:
    need = next((n for n in point.rights.nobody if str(n) == item.subject), None)
    if need is None:
        return
    due = clock.due(need, point)
    detail = f"{item.subject}: due {item.due}, and by law {due}"
    if item.due is None or item.due > due + _SLACK:
        yield Finding(count="missed", cause="an item falls due too late", law=_LAW, detail=detail)
    elif item.due < due - _SLACK:
        cause = "an item falls due before its time"
        yield Finding(count="needless", cause=cause, law=_LAW, detail=detail)


def _late(evidence: Evidence, line: Timeline) -> Iterator[Finding]:
    """First notices that leave after their time: the hospital's answer says so."""
    clock, had = _Clock({}), set[tuple[str, Need]]()
    before: frozenset[tuple[str, Need]] = frozenset()
    for point in line.points:
        clock.hear(point)
        now = frozenset(_units(point))
        begun = now - before - had
        if point.rights.ended in ("closed", "transferred"):
            had |= before
        before = now
        margins = [point.at - clock.due(need, point) for _, need in begun]
        yield from _said(evidence, point, margins)


def _units(point: Point) -> Iterator[tuple[str, Need]]:
    for party, needs in point.rights.rows.items():
        if role(party) is not Role.PLANNING:
            yield from ((party, need) for need in needs)


def _said(evidence: Evidence, point: Point, margins: list[timedelta]) -> Iterator[Finding]:
    answer = evidence.observed.answers.get(point.word.n)
    if answer is None:
        return
    is_said = any(code == "late-notice" for _, code in answer.issues)
    detail = f"word {point.word.n}"
    if any(margin > _SLACK for margin in margins) and not is_said:
        cause = "a notice leaves too late, and its sender is not told"
        yield Finding(count="silent", cause=cause, law=_LAW, detail=detail)
    if is_said and not any(margin > -_SLACK for margin in margins):
        cause = "a notice is called late, and is not"
        yield Finding(count="needless", cause=cause, law=_LAW, detail=detail)
