"""Counts `disclosed` and `confused`: what reached whom without a right, element by element."""

from __future__ import annotations

from collections.abc import Iterator

from stories.heard import SAYINGS, Heard
from stories.judging.evidence import Evidence, Finding, Got, role, whom
from stories.law.timeline import Point, Timeline
from stories.region import FULL, MASKED
from stories.truth import Token, Weather
from stories.world import MUNICIPAL, PRIMARY, UNITS, Role

_VIEW = frozenset({"name", "number", "address"})
_HIDDEN = {
    "local": "hospital-local numbers: no",
    "reason": "reason for care: no",
    "diagnosis": "diagnosis: no",
    "relative": "NK1: no",
    "ward": "ward: routine, off",
}


def disclosed(evidence: Evidence) -> Iterator[Finding]:
    """Yield what reached a party without a right."""
    for got in evidence.got:
        if not got.arrival.arrived or role(got.party) is Role.HOSPITAL:
            continue
        if got.heard.is_whole:
            yield from _of_stay(evidence, got)
        elif got.heard.event in SAYINGS:
            yield from _hidden(evidence, got)


def _of_stay(evidence: Evidence, got: Got) -> Iterator[Finding]:
    line = got.timeline
    if line is None:
        if any(evidence.tokens(got.heard.raw)):
            yield _finding("a person without any case", "Entitled", got)
        return
    point = line.at(got.at)
    if point is None or not point.rights.allows(got.party):
        yield from _without_right(evidence, got, line, point)
        return
    yield from _hidden(evidence, got)
    yield from _facts(evidence, got, line, point)
    yield from _others(got, point)


def _finding(cause: str, law: str, got: Got) -> Finding:
    detail = f"{got.party} got {got.heard.event} at {got.at:%Y-%m-%d %H:%M:%S}"
    return Finding(count="disclosed", cause=cause, law=law, detail=detail)


# Without a right


def _without_right(
    evidence: Evidence, got: Got, line: Timeline, point: Point | None
) -> Iterator[Finding]:
    earlier = [
        g
        for g in evidence.about(line, got.party)
        if (g.at, g.heard.content) < (got.at, got.heard.content) and g is not got
    ]
    told = [g for g in earlier if not g.is_ending and g.arrival.weather not in _SURELY_NOT]
    if not got.is_ending:
        why = point.rights.ended or "need or kommun" if point else "before any word"
        kind = "whose right ended" if told else "that never had a right"
        cause = f"{got.heard.event} to a party {kind} ({why})"
        yield _finding(cause, "no | no: nothing, ever" if not told else "no | yes: one ending", got)
        return
    if not told:
        yield _finding(
            "ending to a party that surely never heard", "Surely never arrived: no ending goes", got
        )
        return
    yield from _ending(evidence, got, told)


_SURELY_NOT = (Weather.REFUSED, Weather.BUSY)


def _ending(evidence: Evidence, got: Got, told: list[Got]) -> Iterator[Finding]:
    sure = [g for g in told if g.is_sure]
    if not sure and got.heard.names_person:
        law = "After a notice that only may have arrived: nothing of the person"
        yield _finding("ending names the person after an unknown outcome", law, got)
    heard = "".join(g.heard.raw for g in told)
    for token in evidence.tokens(got.heard.raw):
        if token.text not in heard and token.element != "mark":
            law = "never a new address, hospital or unit"
            yield _finding(f"ending tells a new {token.element}", law, got)


# With a right


def _hidden(evidence: Evidence, got: Got) -> Iterator[Finding]:
    for token in evidence.tokens(got.heard.raw):
        if token.element in _HIDDEN and not (token.element == "ward" and _wards_shown(evidence)):
            cause = f"{token.element} in a {whom(got.party).form} message"
            yield _finding(cause, _HIDDEN[token.element], got)


def _wards_shown(evidence: Evidence) -> bool:
    return evidence.story.wards or "wards-turned-on" in evidence.story.ingredients


def _facts(evidence: Evidence, got: Got, line: Timeline, point: Point) -> Iterator[Finding]:
    """Facts that a party may hear of in general, but not now."""
    present = line.since(got.party, got.at)
    streets = {a.street for p in present if (a := p.stay.address(p.at)) is not None}
    for token in evidence.tokens(got.heard.raw):
        if token.person != line.person or token.element != "address":
            continue
        if point.stay.is_protected and got.party in MASKED:
            yield _finding("address to a masked receiver", "An address withheld reads skyddad", got)
        elif token.text not in streets:
            yield _finding("an address that is not the one in force", "View: address 2:2", got)
    if point.stay.is_protected and not _may_hear_protected(evidence, got, line):
        yield _finding(f"{got.heard.event} of a protected person", "Protection: hold", got)


def _may_hear_protected(evidence: Evidence, got: Got, line: Timeline) -> bool:
    """Whether policy lets it go, or it only carries the label to one who was told."""
    level = [p.stay.protection for p in line.points if p.at <= got.at][-1]
    if level == "sekretessmarkering" and got.party in (*FULL, *MASKED):
        return True
    earlier = [g for g in evidence.about(line, got.party) if g.at < got.at and g.arrival.arrived]
    if got.is_ending:
        return bool(earlier)
    labelled = bool(got.heard.protection) and got.heard.event == "admission-updated"
    return labelled and any(_same_facts(got.heard, g.heard) for g in earlier)


def _same_facts(one: Heard, other: Heard) -> bool:
    names = ("numbers", "family", "planned", "ready", "discharged", "deceased")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _others(got: Got, point: Point) -> Iterator[Finding]:
    if role(got.party) is Role.PLANNING:
        return
    own = {str(need) for need in point.rights.needs(got.party)}
    own |= {str(MUNICIPAL)} if str(PRIMARY) in own else set()
    if not got.heard.withdrawn and got.heard.needs - own:
        yield _finding("another unit's need", "own need: own only", got)
    listed = point.stay.values.get("listed")
    for unit in UNITS:
        if unit.name == got.party or unit.organization == listed:
            continue
        if unit.organization in got.heard.raw:
            yield _finding("the name of another that is told", "names of others told: no", got)
            return


# Confused


def confused(evidence: Evidence) -> Iterator[Finding]:
    """Yield messages that tell one person's facts under another's name."""
    for got in evidence.got:
        if not got.arrival.arrived or got.heard.event in ("receipt", "delivery-report"):
            continue
        personal = _personal(evidence, got)
        persons = {token.person for token in personal}
        if len(persons) > 1:
            cause, law = "facts of two persons in one message", "A name belongs to one person"
        elif got.timeline and persons and got.timeline.person not in persons:
            cause, law = "one person's facts in another's case", "A name belongs to one person"
        else:
            continue
        detail = f"{got.party} got {got.heard.event} at {got.at:%Y-%m-%d %H:%M:%S}"
        yield Finding(count="confused", cause=cause, law=law, detail=detail)


def _personal(evidence: Evidence, got: Got) -> list[Token]:
    """The facts of persons in a message. What two of them share, an address, is no confusion."""
    tokens = [t for t in evidence.tokens(got.heard.raw) if t.element in _VIEW]
    person = got.timeline.person if got.timeline else ""
    shared = {t.text for t in tokens if t.person == person}
    return [t for t in tokens if t.person == person or t.text not in shared]
