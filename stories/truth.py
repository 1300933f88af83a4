"""What a story is: words that parties say at doors, and what befalls the receivers and the adapter.

A word has its bytes, which the adapter reads, and its meaning, which only the judge reads.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from stories.people import Person
from stories.world import Need


class Act(StrEnum):
    """What a hospital's word says has happened."""

    ADMIT = "admit"
    UPDATE = "update"
    CANCEL = "cancel"
    LEAVE = "leave"
    BACK = "back"
    READY = "ready"
    UNREADY = "unready"
    DISCHARGE = "discharge"
    REOPEN = "reopen"
    DEATH = "death"
    ALIVE = "alive"
    PERSON = "person"  # about the person, without a stay
    OTHER = "other"  # not about a stay: a message, a plan, an answer


class Standing(StrEnum):
    """What the law lets a word do."""

    OWN = "own"  # its sender may say it
    HELD = "held"  # it must be applied to nothing, and stand before a person
    FOREIGN = "foreign"  # it is allowed, and says nothing about another owner's case
    OVERREACH = "overreach"  # its sender may not say it
    JUNK = "junk"  # it changes nothing: a copy, a visit that is no stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The physician's judgement (2 kap. 1 §)."""

    needs: frozenset[Need]
    at: datetime
    units: tuple[str, ...] = ()
    withdrawn: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ward:
    """A ward: every part of it may tell a diagnosis."""

    name: str
    hsa: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discharge:
    """When the patient left, and where to: home, other-hcf or exp."""

    at: datetime
    to: str = "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One message at one door. `says` has each element that it states; None deletes one.

    Elements: name, number, old, address, listed, protection, deceased, admitted, ward, class,
    planned, assessment, ready, leave, discharged.
    """

    n: int
    at: datetime  # when it reaches our door
    made: datetime  # when it was truly made at its source
    sender: str
    act: Act
    body: bytes
    content_type: str = ""
    case: str = ""
    person: str = ""
    says: Mapping[str, Any] = field(default_factory=dict)
    standing: Standing = Standing.OWN
    event: str = ""  # of a word that is not about a stay
    to: tuple[str, ...] = ()  # the receivers that it names: endpoint names
    mark: str = ""  # of an overreach: a text that no one else may ever see
    twin: int = -1  # of an overreach: the same one about somebody who does not exist
    odd_clock: bool = False  # its time is wrong: it may be applied, or stand before a person
    silent_ok: bool = False  # the truth lets it have no effect
    control: str = ""  # MSH-10, or the content id


class Weather(StrEnum):
    """What happens to an attempt to reach a party."""

    UP = "up"
    REFUSED = "refused-connection"  # surely never arrives
    BUSY = "503"  # surely not stored
    FATAL = "fatal-receipt"  # arrives, and is refused for good
    LOST = "timeout-lost"  # does not arrive, but may have
    ARRIVED = "timeout-arrived"
    SLOW_LOST = "slow-lost"  # under way for half a minute, then as LOST
    SLOW_ARRIVED = "slow-arrived"
    LATE = "late-receipt"  # arrives; the receipt comes as a message of its own, later
    LIED = "503-but-stored"  # arrives; the response says no, and a receipt comes later


SURELY_NOT = (Weather.REFUSED, Weather.BUSY)
ARRIVES = (Weather.UP, Weather.ARRIVED, Weather.SLOW_ARRIVED, Weather.LATE, Weather.LIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A weather at one party for a time."""

    party: str
    since: datetime
    until: datetime
    weather: Weather


class Deed(StrEnum):
    """What operations do in mid-case."""

    RESTART = "restart"  # the same settings, new processes: an upgrade
    WARDS_ON = "wards-on"
    SUCCESSOR = "successor"  # lulea gets a successor
    REPLAY = "replay"  # every dead delivery that may be replayed
    EDIT = "edit"  # each dead delivery is corrected by hand; what cannot be is replayed
    WIPE = "broker-wipe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A deed at a time."""

    deed: Deed
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A text that stands for one fact of one person, and occurs nowhere else."""

    text: str
    person: str
    element: str  # name, number, address, local, reason, diagnosis, relative, ward, mark


@dataclass(slots=True, kw_only=True)
class Story:
    """A whole story. `ingredients` are counted, so that a reader sees what the run contained."""

    seed: str
    number: int
    plot: str
    start: datetime
    people: dict[str, Person] = field(default_factory=dict)
    words: list[Word] = field(default_factory=list)
    spells: list[Spell] = field(default_factory=list)
    deeds: list[Operation] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    ingredients: Counter[str] = field(default_factory=Counter)
    wards: bool = False  # the region has turned wards on
    end: datetime | None = None
    window: timedelta = timedelta(days=7)  # how long corrections are told after the end
    prompt: bool = False  # it is told at once: what is due must have come by the end
    rejects: list[str] = field(default_factory=list)  # parties whose person rejects the notice

    @property
    def name(self) -> str:
        """How a finding names the story, and how it is told again."""
        return f"SEED={self.seed} ONLY={self.number}"
