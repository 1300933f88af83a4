"""An observation sorted for the judge: which message came to whom about which case.

Decisions: a mailbox and its successor are one party. A case may leave under another name than its
own (a neutral alias, or a distinct name when a visit number is used again): then the person's
numbers, and after these any fact of the person, decide.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from stories import hearing
from stories.heard import ENDINGS, Heard
from stories.law.timeline import Timeline, timelines
from stories.observation import Arrival, Observation, Stands
from stories.truth import Story, Token, Weather
from stories.world import LULEA, LULEA_NEW, PARTIES, Party, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One breach: the count, what happened, and the sentence that it breaks."""

    count: str
    cause: str  # short, without data of the story: findings are grouped by it
    law: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """One attempt at a party, with what the bytes say, and the case that it is about."""

    arrival: Arrival
    party: str
    heard: Heard
    timeline: Timeline | None

    @property
    def at(self) -> datetime:
        """When the attempt began."""
        return self.arrival.at

    @property
    def is_kept(self) -> bool:
        """Whether the party has it and keeps it."""
        return self.arrival.arrived and self.arrival.weather is not Weather.FATAL

    @property
    def is_sure(self) -> bool:
        """Whether the adapter knows that it arrived."""
        return self.arrival.weather in (Weather.UP, Weather.LATE, Weather.LIED)

    @property
    def is_ending(self) -> bool:
        """Whether it ends what the party was told."""
        return self.heard.event in ENDINGS


def party_of(name: str) -> str:
    """Return the party of a mailbox: a successor is the same party."""
    return LULEA.name if name == LULEA_NEW.name else name


@dataclass(slots=True)
class Evidence:
    """Everything that the counts look at."""

    story: Story
    observed: Observation
    lines: list[Timeline] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)
    unreadable: list[Arrival] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.lines = timelines(self.story)
        for arrival in sorted(self.observed.arrivals, key=lambda a: a.at):
            try:
                heard = hearing.read(arrival.body, PARTIES[arrival.party].form)
            except (ValueError, KeyError, TypeError, AttributeError):
                self.unreadable.append(arrival)
                continue
            self.got.append(
                Got(
                    arrival=arrival,
                    party=party_of(arrival.party),
                    heard=heard,
                    timeline=self._line(arrival, heard),
                )
            )

    def _line(self, arrival: Arrival, heard: Heard) -> Timeline | None:
        named = [line for line in self.lines if line.case in heard.cases]
        persons = self._persons(heard)
        of_person = [line for line in named or self.lines if line.person in persons]
        candidates = of_person or named
        party = party_of(arrival.party)
        for line in reversed(candidates):
            point = line.at(arrival.at)
            if point is not None and point.rights.allows(party):
                return line
        begun = [line for line in candidates if line.at(arrival.at) is not None]
        return next(iter(reversed(begun)), next(iter(candidates), None))

    def _persons(self, heard: Heard) -> set[str]:
        numbers = heard.numbers | heard.old_numbers
        people = self.story.people.values()
        return {p.key for p in people if numbers & {n.value for n in p.numbers}}

    def about(self, line: Timeline, party: str) -> list[Got]:
        """What was sent to a party about a stay, oldest first."""
        return [
            got
            for got in self.got
            if got.timeline is line and got.party == party and got.heard.is_whole
        ]

    def parties(self, line: Timeline) -> list[str]:
        """Every party that something about a stay was sent to, or that has had a right."""
        heard = [got.party for got in self.got if got.timeline is line and got.heard.is_whole]
        entitled = [party for point in line.points for party in point.rights.rows]
        return [p for p in dict.fromkeys([*entitled, *heard]) if role(p) is not Role.HOSPITAL]

    def tokens(self, raw: str) -> Iterator[Token]:
        """Yield the facts that some bytes hold."""
        return (token for token in self.story.tokens if token.text in raw)

    def stands(self, line: Timeline, party: str, since: datetime, until: datetime) -> list[Stands]:
        """What stands before a person about a case, for a party or for the case's owner."""
        return [
            s
            for s in self.observed.stands
            if s.since <= until
            and (s.until is None or s.until >= since)
            and self._concerns(s, line, party)
        ]

    def _concerns(self, s: Stands, line: Timeline, party: str) -> bool:
        if s.kind == "delivery" and party_of(s.endpoint) != party:
            return False
        words = {point.word.n for point in line.points}
        return s.case == line.case or s.word in words


def role(party: str) -> Role:
    """Return the role of a party."""
    return whom(party).role


def whom(party: str) -> Party:
    """Return the party of a name."""
    return PARTIES[party]
