"""Tells a true story: it keeps the truth, and writes each word in its sender's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from stories import fhir_bytes, hl7, people
from stories.people import Number, Person
from stories.truth import (
    Act,
    Assessment,
    Deed,
    Operation,
    Spell,
    Standing,
    Story,
    Token,
    Ward,
    Weather,
    Word,
)
from stories.visit import EVENTS, TRIGGERS, Visit
from stories.world import CENTRES, SUNDBY, SUNDBY_FHIR, Need, Party

_WARDS = ("Psykiatrisk akutavdelning", "Missbruksvård", "Onkologi", "Geriatrik", "Medicin")


class Teller:
    """One story in the making. `now` is the true time; `then` moves it on."""

    def __init__(
        self, seed: str, number: int, plot: str, chance: Random, begun: datetime | None = None
    ) -> None:
        self.chance = chance
        day = datetime(2026, 1, 12, 8, tzinfo=UTC) + timedelta(days=self.chance.randrange(290))
        start = day + timedelta(minutes=self.chance.randrange(500))
        start = begun or start
        self.story = Story(seed=seed, number=number, plot=plot, start=start)
        self.now = start
        self._free: dict[str, datetime] = {}  # when each sender's feed is free again

    def has(self, *ingredients: str) -> None:
        """Count ingredients."""
        self.story.ingredients.update(ingredients)

    def then(self, hours: float = 0.0, minutes: float = 0.0, seconds: float = 0.0) -> datetime:
        """Let time pass."""
        self.now += timedelta(hours=hours, minutes=minutes, seconds=seconds)
        return self.now

    def some_time(self) -> None:
        """Let some hours pass."""
        self.then(hours=self.chance.uniform(0.5, 30))

    # The truth

    def person(self, kommun: str = "2580", listed: str | None = None) -> Person:
        """Return a new person, who is listed at one of the centres unless told otherwise."""
        key = f"p{len(self.story.people) + 1}"
        centre = self.chance.choice(CENTRES).organization if listed is None else listed
        person = people.person(self.chance, key, kommun, centre)
        self.story.people[key] = person
        for element in ("local", "reason", "diagnosis", "relative"):
            self.token(getattr(person, element), person, element)
        self.token(person.family, person, "name")
        self.token(person.number.value, person, "number")
        self.token(person.address.street, person, "address")
        return person

    def token(self, text: str, person: Person, element: str) -> None:
        """Note a text by which a fact is known again."""
        self.story.tokens.append(Token(text=text, person=person.key, element=element))

    def renumber(self, person: Person, number: Number) -> Number:
        """Give a person another number; return the old one."""
        old, person.number = person.number, number
        person.numbers.append(number)
        self.token(number.value, person, "number")
        return old

    def move(self, person: Person, kommun: str, **more: Any) -> None:
        """Give a person another address."""
        person.address = people.address(self.chance, kommun, **more)
        self.token(person.address.street, person, "address")

    def visit(self, person: Person, hospital: Party = SUNDBY, number: str = "") -> Visit:
        """Admit a person."""
        name = f"{self.chance.choice(_WARDS)} {people.word(self.chance)}"
        self.token(name, person, "ward")
        secrets = {
            name: getattr(person, name)
            for name in ("reason", "diagnosis", "relative", "local")
            if self.chance.random() < 0.3
        }
        if secrets:
            self.has("secrets-in-the-feed")
        return Visit(
            person=person,
            hospital=hospital,
            number=number or f"{self.chance.randrange(10**8):08}",
            admitted=self.now,
            ward=Ward(name=name),
            planned=(self.now + timedelta(days=self.chance.randrange(3, 12))).date(),
            secrets=secrets,
        )

    def assess(self, visit: Visit, *needs: Need, units: Sequence[str] = ()) -> Assessment:
        """Let the physician judge."""
        visit.assessment = Assessment(needs=frozenset(needs), at=self.now, units=tuple(units))
        return visit.assessment

    # The words

    def says(self, visit: Visit, *names: str) -> dict[str, Any]:
        """Return what the journal states of a visit: its usual elements, and those named."""
        person = visit.person
        facts: dict[str, Any] = {
            "name": (person.family, person.given),
            "address": (person.address,),
            "listed": person.listed or None,
            "admitted": visit.admitted,
            "ward": visit.ward,
            "planned": visit.planned,
            "assessment": visit.assessment,
            "ready": visit.ready,
            "leave": visit.leave,
            "discharged": visit.discharged,
        }
        chosen = {name: facts[name] for name in (*visit.tells, *names)}
        kept = {n: v for n, v in chosen.items() if v is not None or n in names}
        return kept | {"number": person.number, "class": visit.kind}

    def tell(
        self, visit: Visit, act: Act, *names: str, trigger: str = "", more: Any = None, **how: Any
    ) -> Word:
        """Let the journal tell an act; `names` are elements that it states besides the usual."""
        says = self.says(visit, *names) | (more or {})
        sender = how.pop("sender", visit.hospital)
        form = self._fhir if sender is SUNDBY_FHIR else self._hl7
        body, control = form(visit, act, says, sender, trigger, how)
        return self.add(
            sender=sender,
            act=act,
            body=body,
            control=control,
            case="" if act is Act.PERSON or not how.get("stay", True) else visit.case,
            person=visit.person.key,
            says=says if act is not Act.PERSON else _of_person(says),
            **_told(how),
        )

    def _hl7(
        self,
        visit: Visit,
        act: Act,
        says: dict[str, Any],
        sender: Party,
        trigger: str,
        how: dict[str, Any],
    ) -> tuple[bytes, str]:
        control = f"C{self.story.number}-{len(self.story.words)}"
        made = how.get("clock", self.now)
        adt = hl7.Adt(
            trigger=trigger or TRIGGERS[act],
            control=control,
            made=made,
            occurred=says.get("ready") if act is Act.READY else how.get("occurred", made),
            visit=visit.number if how.get("stay", True) else "",
            account=visit.account,
            number=visit.person.number,
            born=visit.person.born,
            says=says,
            secrets=visit.secrets,
            naive=how.get("naive", False),
            stay=act is not Act.PERSON and how.get("stay", True),
        )
        return hl7.write(adt, sender), control

    def _fhir(
        self,
        visit: Visit,
        act: Act,
        says: dict[str, Any],
        sender: Party,
        _trigger: str,
        how: dict[str, Any],
    ) -> tuple[bytes, str]:
        content = fhir_bytes.content_id(
            self.story.seed, self.story.number, len(self.story.words), "fhir"
        )
        event = how.get("event") or EVENTS[act]
        draft = fhir_bytes.Draft(
            content=content,
            event=event,
            sender=sender,
            made=how.get("clock", self.now),
            cases=() if act is Act.PERSON else (visit.case,),
            number=visit.person.number,
            born=visit.person.born,
            says=says | {"class": "IMP" if visit.kind == "I" else "AMB"},
            secrets=visit.secrets,
        )
        return fhir_bytes.write(draft), content

    def add(self, *, sender: Party, act: Act, body: bytes, lag: float = 0.0, **more: Any) -> Word:
        """Add a word. A sender's feed is in order, so a delayed word delays those behind it."""
        lag = lag or self.chance.uniform(0.2, 3)
        at = max(self.now + timedelta(seconds=lag), self._free.get(sender.name, self.now))
        self._free[sender.name] = at + timedelta(milliseconds=20)
        media = {"fhir": fhir_bytes.CONTENT_TYPE, "omsorg": "application/xml"}
        word = Word(
            n=len(self.story.words),
            at=at,
            made=self.now,
            sender=sender.name,
            act=act,
            body=body,
            content_type=media.get(sender.form, ""),
            **more,
        )
        self.story.words.append(word)
        return word

    def again(self, word: Word, hours: float = 0.0) -> Word:
        """Let the network bring a word once more."""
        at = max(self.now, word.at) + timedelta(hours=hours, seconds=5)
        copy = replace(
            word, n=len(self.story.words), at=at, standing=Standing.JUNK, says={}, control=""
        )
        self.story.words.append(copy)
        self.has("duplicate")
        return copy

    def weather(self, party: str, weather: Weather, hours: float, since: datetime) -> None:
        """Let every attempt at a party meet a weather for a time."""
        until = since + timedelta(hours=hours)
        self.story.spells.append(Spell(party=party, since=since, until=until, weather=weather))
        self.has(f"receiver-{weather}")

    def operate(self, deed: Deed, at: datetime | None = None) -> None:
        """Let operations do something."""
        self.story.deeds.append(Operation(deed=deed, at=at or self.now))
        self.has(f"operation-{deed}")

    def finish(self) -> Story:
        """End the story so late that every deadline of the last word is over."""
        last = max([w.at for w in self.story.words] + [d.at for d in self.story.deeds])
        self.story.end = max(last, self.now) + timedelta(hours=26)
        return self.story


_PERSONAL = ("name", "number", "old", "address", "listed", "protection", "deceased")


def _of_person(says: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in says.items() if name in _PERSONAL}


def _told(how: dict[str, Any]) -> dict[str, Any]:
    names = ("standing", "lag", "odd_clock", "silent_ok", "event")
    return {name: how[name] for name in names if name in how}
