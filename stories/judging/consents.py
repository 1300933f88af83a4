"""Consent and bars of secrecy: what they stop, and who must know (meaning.md 2, SFS 2017:612).

Decisions: a plan is plan traffic, a message is not. What an attempt had begun before the word was
acknowledged does not count. A bar recalls nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from stories.judging.duties import OF_CHAPTER_3
from stories.judging.evidence import Evidence, Finding, Got, role
from stories.law.timeline import Point, Timeline
from stories.world import Role

_BAR = "3:1, 3:2: a recorded bar of secrecy stops them for that receiver, visibly"
_CONSENT = "Consent withdrawn ends plan and invitation as a basis"


def consents(evidence: Evidence) -> Iterator[Finding]:
    """Yield what reached a party in spite of a bar or a withdrawal, and what nobody was told of."""
    for got in evidence.got:
        point = got.timeline.at(got.at) if got.timeline else None
        if point is not None and got.arrival.arrived:
            yield from _behind_bar(got, point)
            yield from _without_consent(got, point)
    for line in evidence.lines:
        yield from _unseen(evidence, line)
    yield from _unwarned(evidence)


def _behind_bar(got: Got, point: Point) -> Iterator[Finding]:
    heard = got.heard
    if not heard.is_whole or got.party not in point.rights.barred:
        return
    tells = heard.ready or heard.leave or (heard.discharged and not point.stay.died)
    if tells or heard.event in OF_CHAPTER_3:
        yield _finding("disclosed", f"{heard.event} to a party behind a bar", _BAR, got.party)


def _without_consent(got: Got, point: Point) -> Iterator[Finding]:
    if got.heard.event == "care-plan" and not point.stay.may_plan:
        cause = "a plan after the consent was withdrawn"
        yield _finding("disclosed", cause, _CONSENT, got.party)


def _unseen(evidence: Evidence, line: Timeline) -> Iterator[Finding]:
    """An event that a bar stops: the hospital must be told."""
    for party in evidence.parties(line):
        if role(party) is Role.HOSPITAL:
            continue
        for before, point in zip(line.points, line.points[1:], strict=False):
            is_barred = party in before.rights.barred & point.rights.barred
            left_out = is_barred and _is_event(before, point)
            answer = evidence.observed.answers.get(point.word.n)
            if left_out and answer and all(code != "secrecy-bar" for _, code in answer.issues):
                yield _finding("silent", "a receiver was left out, and nobody told", _BAR, party)


def _is_event(before: Point, point: Point) -> bool:
    """Whether a word brings or takes back something of 3 kap."""
    known, now = before.stay.values, point.stay.values
    return any(bool(known.get(name)) != bool(now.get(name)) for name in ("ready", "discharged"))


def _unwarned(evidence: Evidence) -> Iterator[Finding]:
    for word in evidence.story.words:
        line = next((line for line in evidence.lines if line.case == word.case), None)
        point = line.at(word.at) if line and word.event == "care-plan" else None
        answer = evidence.observed.answers.get(word.n)
        if point is None or point.stay.may_plan or answer is None or answer.code != "ok":
            continue
        if all(code != "consent-withdrawn" for _, code in answer.issues):
            yield _finding(
                "silent", "a plan was kept, and its sender not told", _CONSENT, word.sender
            )


def _finding(count: str, cause: str, law: str, party: str) -> Finding:
    return Finding(count=count, cause=cause, law=law, detail=party)
