"""What a run shows to the judge: what parties got, which answers senders got, what stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from stories.truth import Weather


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One attempt to reach a party, with the bytes that left."""

    party: str
    at: datetime  # when the attempt began
    body: bytes
    weather: Weather

    @property
    def arrived(self) -> bool:
        """Whether the bytes reached the party."""
        return self.weather in (
            Weather.UP,
            Weather.ARRIVED,
            Weather.SLOW_ARRIVED,
            Weather.LATE,
            Weather.LIED,
            Weather.FATAL,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the sender of a word got: ok, fatal-error, transient-error or "" for nothing."""

    code: str
    issues: tuple[tuple[str, str], ...] = ()  # severity (error, warning, information) and code

    @property
    def errors(self) -> frozenset[str]:
        """The codes of errors."""
        return frozenset(code for severity, code in self.issues if severity in _ERRORS)

    @property
    def warns(self) -> bool:
        """Whether it tells its sender of anything amiss."""
        return any(severity not in _HARMLESS for severity, _ in self.issues)


_ERRORS = ("error", "fatal", "E", "F", "fel", "allvarligt-fel")
_HARMLESS = ("information", "I", "upplysning")


@dataclass(slots=True, kw_only=True)
class Stands:
    """Something that stands before a person, from when until when."""

    id: str
    kind: str  # message | delivery | item
    code: str  # of a dead letter: its code; of an item: what
    endpoint: str
    word: int = -1  # the number of the word that it is about; -1 where it is about none
    case: str = ""  # the name that the case's first word gave it
    event: str = ""
    subject: str = ""
    detail: str = ""
    since: datetime
    until: datetime | None = None  # None: to the end
    due: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Observation:
    """Everything that the judge may read."""

    arrivals: list[Arrival] = field(default_factory=list)
    answers: dict[int, Answer] = field(default_factory=dict)
    stands: list[Stands] = field(default_factory=list)
    end: datetime
    broken: str = ""  # the rig, or the adapter, failed outright
