"""What is true of a stay after some words: each element with its newest word, in true order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stories.people import Address, Number
from stories.truth import Act, Assessment, Discharge, Standing, Word
from stories.world import PARTIES, owner_of

INPATIENT = ("I", "IMP", "ACUTE", "NONAC")
_LEVELS = ("none", "kvarskrivning", "sekretessmarkering", "skyddadFolkbokforing")


@dataclass(slots=True, kw_only=True)
class Stay:
    """One stay. `kommun` is the last one that was known: an unknown address is no move."""

    person: str
    values: dict[str, Any] = field(default_factory=dict)
    kommun: str = ""
    cancelled: bool = False
    begun: bool = False  # an inpatient stay has been told
    protection: str = ""  # the strongest level; "none" once a word has lifted it
    left_from_leave: bool = False  # discharged while on leave: undone, nobody knows where she is
    assessed_late: bool = False  # judged after the discharge

    @property
    def assessment(self) -> Assessment | None:
        """The assessment in force."""
        judged: Assessment | None = self.values.get("assessment")
        return None if judged is None or judged.withdrawn or not judged.needs else judged

    @property
    def discharge(self) -> Discharge | None:
        """The discharge, if the patient has left."""
        left: Discharge | None = self.values.get("discharged")
        return left

    @property
    def bars(self) -> frozenset[str]:
        """The organisations that a bar of secrecy leaves out of 3 kap."""
        return frozenset(hsa for hsa, barred in self.values.get("bars", {}).items() if barred)

    @property
    def may_plan(self) -> bool:
        """Whether no consent to planning is withdrawn."""
        return bool(self.values.get("consent", True))

    @property
    def died(self) -> datetime | None:
        """When the patient died."""
        dead = self.values.get("deceased")
        if isinstance(dead, datetime):
            return dead
        left = self.discharge
        return left.at if left is not None and left.to == "exp" else None

    @property
    def over(self) -> datetime | None:
        """When the stay ended, by discharge or death."""
        ends = [at for at in (self.died, self.discharge.at if self.discharge else None) if at]
        return min(ends, default=None)

    @property
    def is_protected(self) -> bool:
        """Whether the person's data are protected."""
        return self.protection not in ("", "none")

    def address(self, at: datetime) -> Address | None:
        """The address of registration that is valid at a time."""
        repetitions: Sequence[Address] = self.values.get("address") or ()
        return next((a for a in repetitions if a.is_valid(at)), None)


def is_of(word: Word, case: str, person: str) -> bool:
    """Whether a word may change a case: it names it, or is its owner's word on the person."""
    if word.case:
        return word.case == case
    own = PARTIES[word.sender].organization == owner_of(case)
    return own and word.person == person and word.act in (Act.PERSON, Act.DEATH, Act.ALIVE)


def told(words: Iterable[Word], case: str, person: str, at: datetime) -> Stay:
    """Return the stay as these words have told it, whatever the order in which they came."""
    own = [w for w in words if w.standing is Standing.OWN and is_of(w, case, person)]
    stay = Stay(person=person)
    for word in sorted(own, key=lambda w: (w.made, w.n)):
        _apply(stay, word)
    _settle_kommun(stay, at)
    return stay


def _apply(stay: Stay, word: Word) -> None:
    says = word.says
    for name, value in says.items():
        if name == "protection":
            _protect(stay, value)
        elif name == "bars":
            stay.values[name] = stay.values.get(name, {}) | value
        elif value is None:
            stay.values.pop(name, None)
        elif name not in ("class", "old"):
            stay.values[name] = value
    if "old" in says:
        stay.values["old"] = says["old"]
    if "class" in says or word.case:
        stay.values["class"] = says.get("class", stay.values.get("class", "I"))
    _act(stay, word)
    _settle_kommun(stay, word.at)


def _protect(stay: Stay, level: str) -> None:
    """Silence never weakens, and a weaker word neither; an explicit word lifts."""
    strongest = max(level, stay.protection or "none", key=_LEVELS.index)
    stay.protection = "none" if level == "none" else strongest


def _act(stay: Stay, word: Word) -> None:
    drop = {
        Act.UNREADY: ("ready",),
        Act.BACK: ("leave",),
        Act.DISCHARGE: ("leave",),
        Act.REOPEN: ("discharged",),
        Act.ALIVE: ("deceased",),
    }
    if word.act is Act.DISCHARGE and stay.values.get("leave"):
        stay.left_from_leave = True
    elif word.act in (Act.LEAVE, Act.BACK):
        stay.left_from_leave = False
    for name in drop.get(word.act, ()):
        stay.values.pop(name, None)
    stay.cancelled = word.act is Act.CANCEL or (stay.cancelled and word.act is not Act.ADMIT)
    if word.case and word.act is not Act.OTHER:
        stay.begun = True
    judged: Assessment | None = word.says.get("assessment")
    if judged is not None and stay.over is not None:
        stay.assessed_late = judged.at > stay.over


def _settle_kommun(stay: Stay, at: datetime) -> None:
    address = stay.address(at)
    if address is not None and address.kommun not in ("", "9999"):
        stay.kommun = address.kommun


def number_of(stay: Stay) -> Number | None:
    """Return the person's number as told."""
    number: Number | None = stay.values.get("number")
    return number
