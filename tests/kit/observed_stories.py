"""Hand-written observations of one simple story, for tests of the judge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from stories import fhir_bytes
from stories.judge import judge
from stories.observation import Answer, Arrival, Observation, Stands
from stories.plots import ordinary
from stories.teller import Teller
from stories.truth import Act, Assessment, Story, Weather, Word
from stories.visit import Visit
from stories.world import NORRLID, SOCIAL, VC_PITEA

SEND = timedelta(seconds=2)
MAILBOXES = ("pitea-soc", "planering")


@dataclass(kw_only=True)
class Told:
    """A story about a person in Piteå who needs social services, and what was seen of it."""

    story: Story
    visit: Visit
    seen: Observation

    def counts(self) -> dict[str, list[str]]:
        """The causes of every finding, by count."""
        found: dict[str, list[str]] = {}
        for finding in judge(self.story, self.seen):
            found.setdefault(finding.count, []).append(finding.cause)
        return found

    def got(self, party: str, word: Word, event: str, **more: Any) -> Arrival:
        """Let a party get a right notice after a word, with some facts changed."""
        arrival = arrival_of(self.visit, party, word.at + SEND, event, more)
        self.seen.arrivals.append(arrival)
        return arrival

    def both(self, word: Word, event: str, **more: Any) -> None:
        """Let both entitled parties get it."""
        for party in MAILBOXES:
            self.got(party, word, event, **more)

    def stands(self, code: str, **more: Any) -> None:
        """Let something stand before a person, from the beginning."""
        values = {"id": code, "kind": "item", "endpoint": "sundby", "since": self.story.start}
        self.seen.stands.append(Stands(code=code, **values | more))


def arrival_of(visit: Visit, party: str, at: datetime, event: str, more: dict[str, Any]) -> Arrival:
    """Return what a party gets of a visit as it now is."""
    weather = more.pop("weather", Weather.UP)
    number = more.pop("number", visit.person.number)
    text = more.pop("secrets", {})
    person = visit.person
    says = {
        "name": (person.family, person.given),
        "address": (person.address,),
        "planned": visit.planned,
        "ready": visit.ready,
        "discharged": visit.discharged,
        "assessment": Assessment(needs=frozenset({SOCIAL}), at=visit.admitted),
    }
    draft = fhir_bytes.Draft(
        content=fhir_bytes.content_id(party, at, event, sorted(map(str, more.items()))),
        event=event,
        sender=NORRLID,
        made=at,
        cases=(visit.case,),
        number=number,
        says=says | more,
        secrets=text,
    )
    return Arrival(party=party, at=at, body=fhir_bytes.write(draft), weather=weather)


def admitted(kommun: str = "2581", hours: float = 0.0) -> tuple[Teller, Visit]:
    """Tell that a person is admitted to Norrlid and may need social services, some hours later."""
    teller = Teller("test", 0, "test", Random("judge"))
    person = teller.person(kommun, VC_PITEA.organization)
    visit = teller.visit(person, NORRLID)
    teller.assess(visit, SOCIAL)
    teller.then(hours=hours)
    teller.tell(visit, Act.ADMIT, "assessment")
    return teller, visit


def told(teller: Teller, visit: Visit) -> Told:
    """End the story. Every word is answered, and nothing else is seen yet."""
    story = teller.finish()
    assert story.end is not None
    answers = {word.n: Answer(code="ok") for word in story.words}
    return Told(story=story, visit=visit, seen=Observation(answers=answers, end=story.end))


def right_run() -> Told:
    """A whole stay in which everybody hears what the law says, and nothing else."""
    teller, visit = admitted()
    first = told(teller, visit)
    first.both(first.story.words[0], "admission-notice")
    teller.then(hours=20)
    ordinary.replan(teller, visit)
    first.both(first.story.words[1], "admission-updated")
    teller.then(hours=20)
    ordinary.ready(teller, visit)
    first.both(first.story.words[2], "discharge-ready")
    teller.then(hours=20)
    ordinary.discharge(teller, visit)
    first.both(first.story.words[3], "discharged")
    last = told(teller, visit)
    last.seen.arrivals = first.seen.arrivals
    return last


def without(run: Told, event: str, party: str) -> Told:
    """Return the run without a party's message of an event."""
    kept = [
        a
        for a in run.seen.arrivals
        if a.party != party or f'"code": "{event}"'.encode() not in a.body
    ]
    return replace(run, seen=replace(run.seen, arrivals=kept))
