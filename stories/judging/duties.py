"""Counts `missed` and `stale`: what an entitled party had to get, and what it last heard.

Decisions. "As soon as possible" (2:4, 3:1) is a day here, as 2:3 has it: what then has not arrived
must stand before a person. A notice that is overtaken by the truth before it could arrive is no
longer due. A receiver that refused for good has not got it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from stories.judging.evidence import Evidence, Finding, Got, role
from stories.judging.picture import differences, same_time
from stories.law.timeline import Point, Timeline
from stories.truth import Act
from stories.world import Role

_DEADLINE = timedelta(hours=24, minutes=5)
_EVENTS = {
    Act.LEAVE: "leave-started",
    Act.BACK: "leave-ended",
    Act.READY: "discharge-ready",
    Act.UNREADY: "discharge-ready-withdrawn",
    Act.DISCHARGE: "discharged",
    Act.REOPEN: "discharge-cancelled",
}
OF_CHAPTER_3 = frozenset(_EVENTS.values())
"""What a bar of secrecy stops. Leave tells where the patient is: its basis in the view is 3:1."""
_LAW = {
    "admission-notice": "2:1, 2:3",
    "admission-updated": "2:4",
    "discharge-ready": "3:1",
    "discharged": "3:2",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One notice that a party must get."""

    event: str
    party: str
    since: datetime
    point: Point


def missed(evidence: Evidence) -> Iterator[Finding]:
    """Yield notices that neither arrived nor stood before a person in time."""
    for line in evidence.lines:
        for party in evidence.parties(line):
            for duty in duties(line, party):
                if not _done(evidence, line, duty):
                    when = (
                        f"{party}, due from {duty.since:%Y-%m-%d %H:%M}, word {duty.point.word.n}"
                    )
                    yield Finding(
                        count="missed",
                        cause=f"{duty.event} {_why(duty)}".strip(),
                        law=_LAW.get(duty.event, "yes | yes: the event itself"),
                        detail=when,
                    )
        yield from _nobody(evidence, line)


def _why(duty: Duty) -> str:
    return f"after {duty.point.word.act}" if duty.event == "admission-notice" else ""


def duties(line: Timeline, party: str) -> Iterator[Duty]:
    """Yield what a party must get, in order."""
    before: Point | None = None
    open_: Point | None = None  # the last one that was behind no bar
    for point in line.points:
        if party in point.rights.rows:
            events = _new(point) if before is None else _changed(before, point)
            if before is not None and party in before.rights.barred:
                events = chain(events, _lifted(open_, point))
            barred = party in point.rights.barred
            for event in (e for e in events if not (barred and e in OF_CHAPTER_3)):
                yield Duty(event=event, party=party, since=point.at, point=point)
            open_ = open_ if barred else point
        before = point if point.rights.allows(party) else None


def _lifted(known: Point | None, point: Point) -> Iterator[str]:
    """What stands when a bar is lifted, and did not before it."""
    for name, event in (("ready", "discharge-ready"), ("discharged", "discharged")):
        had = known is not None and known.stay.values.get(name)
        if point.stay.values.get(name) and not had:
            yield event


def _new(point: Point) -> Iterator[str]:
    """A new right: the notice, and each event that stands."""
    yield "admission-notice"
    if point.stay.values.get("ready"):
        yield "discharge-ready"
    if point.stay.died:
        yield "deceased"
    elif point.stay.discharge:
        yield "discharged"


def _changed(before: Point, point: Point) -> Iterator[str]:
    old, new = before.stay, point.stay
    if bool(old.died) != bool(new.died):
        yield "deceased" if new.died else "deceased-withdrawn"
    elif (event := _EVENTS.get(point.word.act)) and _matters(event, before, point):
        yield event
    if old.values.get("planned") != new.values.get("planned"):
        yield "admission-updated"


_ELEMENTS = {
    "leave-started": "leave",
    "leave-ended": "leave",
    "discharge-ready": "ready",
    "discharge-ready-withdrawn": "ready",
    "discharged": "discharged",
    "discharge-cancelled": "discharged",
}


def _matters(event: str, before: Point, point: Point) -> bool:
    """Whether the event begins or ends its element: another time is an update (5:4)."""
    name = _ELEMENTS[event]
    return bool(before.stay.values.get(name)) != bool(point.stay.values.get(name))


def _done(evidence: Evidence, line: Timeline, duty: Duty) -> bool:
    until = duty.since + _DEADLINE
    if _arrived(evidence, line, duty, until) or _overtaken(line, duty, until):
        return True
    if until > evidence.observed.end and not evidence.story.prompt:
        return True
    return bool(evidence.stands(line, duty.party, duty.since, until))


def _arrived(evidence: Evidence, line: Timeline, duty: Duty, until: datetime) -> bool:
    heard = [
        g
        for g in evidence.about(line, duty.party)
        if g.is_kept and duty.since <= g.at <= until and not g.is_ending
    ]
    if duty.event in ("admission-notice", "admission-updated"):
        return any(_is_picture(g, duty) for g in heard)
    return any(g.heard.event == duty.event for g in heard)


def _is_picture(got: Got, duty: Duty) -> bool:
    """Whether a message has what 2:2 demands: name, number, planned discharge as they are."""
    planned = duty.point.stay.values.get("planned")
    if duty.event == "admission-updated":
        return got.heard.planned[:10] == (planned.isoformat() if planned else "")
    return bool(got.heard.numbers or got.heard.family)


def _overtaken(line: Timeline, duty: Duty, until: datetime) -> bool:
    """Whether the truth changed before the notice had to arrive."""
    later = [p for p in line.points if duty.since < p.at <= until]
    if any(duty.party not in p.rights.rows for p in later):
        return True
    if duty.event in OF_CHAPTER_3 and any(duty.party in p.rights.barred for p in later):
        return True
    if duty.event == "admission-updated":
        now = duty.point.stay.values.get("planned")
        return any(p.stay.values.get("planned") != now for p in later)
    name = _ELEMENTS.get(duty.event, "")
    had = bool(duty.point.stay.values.get(name))
    if name and any(bool(p.stay.values.get(name)) != had for p in later):
        return True
    died = bool(duty.point.stay.died)
    return duty.event.startswith("deceased") and any(bool(p.stay.died) != died for p in later)


def _nobody(evidence: Evidence, line: Timeline) -> Iterator[Finding]:
    """Needs without a receiver: a person must know."""
    before: frozenset[str] = frozenset()
    for point in line.points:
        now = frozenset(map(str, point.rights.nobody))
        for need in sorted(now - before):
            until = point.at + _DEADLINE
            items = evidence.stands(line, "", point.at, until)
            lasts = not any(
                need not in map(str, p.rights.nobody)
                for p in line.points
                if point.at < p.at <= until
            )
            if lasts and not any(need in (s.subject, s.detail) or need in s.detail for s in items):
                yield Finding(
                    count="missed",
                    cause=f"nobody to tell of {need}, and no person knows",
                    law="Nobody to tell is a fault, not silence",
                    detail=f"word {point.word.n}",
                )
        before = now


# Stale


def stale(evidence: Evidence) -> Iterator[Finding]:
    """Yield parties whose last word differs from the truth, with nothing before a person."""
    end = evidence.observed.end
    for line in evidence.lines:
        for party in evidence.parties(line):
            got = [g for g in evidence.about(line, party) if g.is_kept]
            if not got or role(party) is Role.HOSPITAL:
                continue
            wrong = _wrong(line, party, got)
            if wrong and not evidence.stands(line, party, end, end):
                law = "party whose last word differs from the truth at the end"
                detail = f"{party}, last {got[-1].heard.event} at {got[-1].at:%Y-%m-%d %H:%M}"
                yield Finding(count="stale", cause=wrong, law=law, detail=detail)


def _wrong(line: Timeline, party: str, got: Sequence[Got]) -> str:
    point = _last_open(line)
    if point is None:
        return ""
    last = got[-1].heard
    if party in point.rights.rows:
        if got[-1].is_ending and last.event != "process-ended":
            return "told that it ended, and it goes on"
        names = list(differences(point, party, last))
        return "differs in " + ", ".join(names) if names else ""
    if party in point.rights.may:
        return ""
    if got[-1].is_ending:
        return ""
    return f"not told that it ended ({point.rights.ended or 'need or kommun'})"


def _last_open(line: Timeline) -> Point | None:
    """The last point before the window closed: what comes later is told to nobody."""
    points = [p for p in line.points if p.rights.ended != "closed"]
    return points[-1] if points else None


__all__ = ["Duty", "duties", "missed", "same_time", "stale"]
