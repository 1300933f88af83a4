"""How the rights in a case change, word by word in the order in which the words reached us."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta

from stories.law.rights import Rights, rights
from stories.law.stays import Stay, is_of, told
from stories.truth import Standing, Story, Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What is true, and who has a right, from a word on."""

    at: datetime
    word: Word
    stay: Stay
    rights: Rights


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One case. `person` is the key of its person."""

    case: str
    person: str
    points: tuple[Point, ...]
    window: timedelta

    def at(self, moment: datetime) -> Point | None:
        """The point that holds at a moment."""
        place = bisect_right([point.at for point in self.points], moment)
        return self.points[place - 1] if place else None

    def closed(self, moment: datetime) -> bool:
        """Whether the window after the end of the stay is over."""
        point = self.at(moment)
        over = point.stay.over if point else None
        return over is not None and moment > over + self.window

    def since(self, party: str, moment: datetime) -> list[Point]:
        """The points of a party's present right, up to a moment."""
        past = [point for point in self.points if point.at <= moment]
        present: list[Point] = []
        for point in past:
            present = [*present, point] if point.rights.allows(party) else []
        return present


def timelines(story: Story) -> list[Timeline]:
    """Return a timeline for each case of a hospital that the story's words make."""
    own = [w for w in story.words if w.standing is Standing.OWN and w.case and w.person]
    cases = dict.fromkeys((w.case, w.person) for w in own)
    return [_timeline(story, case, person) for case, person in cases]


def _timeline(story: Story, case: str, person: str) -> Timeline:
    arrived: list[Word] = []
    points = []
    for word in sorted(story.words, key=lambda w: (w.at, w.n)):
        touches = word.standing is Standing.OWN and is_of(word, case, person)
        if not touches and not _protects(word, person):
            continue
        if not touches and not arrived:
            continue
        arrived.append(word)
        stay = told(arrived, case, person, word.at)
        _protect_across(stay, arrived, person)
        points.append(
            Point(at=word.at, word=word, stay=stay, rights=rights(stay, word.at, story.window))
        )
    return Timeline(case=case, person=person, points=tuple(points), window=story.window)


def _protects(word: Word, person: str) -> bool:
    """Protection alone crosses owners."""
    level = word.says.get("protection", "none")
    allowed = word.standing in (Standing.OWN, Standing.FOREIGN)
    return allowed and word.person == person and level != "none"


def _protect_across(stay: Stay, words: list[Word], person: str) -> None:
    for word in words:
        if word.person == person and word.says.get("protection", "none") != "none":
            stay.protection = stay.protection if stay.is_protected else word.says["protection"]
