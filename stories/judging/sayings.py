"""Messages and plans between parties: they reach the parties that they name, and no one else.

Decision: what a party may say of its own accord is carried; a person's rejection of a notice goes
to the hospital and stands before the owner, and ends nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from stories.judging.evidence import Evidence, Finding, party_of, role
from stories.law.timeline import Timeline
from stories.truth import Act, Standing, Word
from stories.world import PARTIES, Role

_PARTIES = "Authority: only its participants and its owner"


def sayings(evidence: Evidence) -> Iterator[Finding]:
    """Yield what a message did not reach, and what it reached without a right."""
    for word in evidence.story.words:
        if word.standing is Standing.OWN and word.act is Act.OTHER and word.to:
            yield from _of_word(evidence, word)
    yield from _rejections(evidence)


def _of_word(evidence: Evidence, word: Word) -> Iterator[Finding]:
    got = {g.arrival.party for g in evidence.got if g.arrival.arrived and word.mark in g.heard.raw}
    line = next((line for line in evidence.lines if line.case == word.case), None)
    answer = evidence.observed.answers.get(word.n)
    for name in word.to:
        home = PARTIES[name].home or name
        detail = f"{word.event} of {word.sender} to {name}, word {word.n}"
        if _is_party(line, name, word):
            if home not in got and not _is_kept(line, word):
                cause = f"a {word.event} to a party did not arrive"
                yield Finding(count="missed", cause=cause, law=_PARTIES, detail=detail)
        elif name in got:
            cause = f"a {word.event} reached a receiver that is no party"
            yield Finding(count="disclosed", cause=cause, law=_PARTIES, detail=detail)
        elif answer is not None and all(code != "not-a-party" for _, code in answer.issues):
            cause = f"a receiver of a {word.event} was left out, and its sender not told"
            yield Finding(count="silent", cause=cause, law="not-a-party", detail=detail)


def _is_party(line: Timeline | None, name: str, word: Word) -> bool:
    if role(name) is Role.HOSPITAL:
        return True
    point = line.at(word.at) if line else None
    return point is not None and point.rights.allows(party_of(name))


def _is_kept(line: Timeline | None, word: Word) -> bool:
    """Whether the consent to planning was withdrawn when a plan came, or while it waited."""
    points = line.points if line and word.event == "care-plan" else ()
    later = [p for p in points if p.at >= word.at]
    now = line.at(word.at) if line else None
    return any(not p.stay.may_plan for p in (*later, *([now] if now and points else ())))


def _rejections(evidence: Evidence) -> Iterator[Finding]:
    """A rejection (avvisad) goes to the hospital, and stands before the owner."""
    told = [g for g in evidence.got if g.party in evidence.story.rejects and g.is_kept]
    if not any(g.heard.event == "admission-notice" for g in told):
        return
    law = "A rejection goes to the hospital, and stands before the owner"
    if not any(g.heard.event == "answer" for g in evidence.got):
        yield Finding(count="missed", cause="a rejection did not reach the hospital", law=law)
    if not any(s.code == "rejected" for s in evidence.observed.stands):
        yield Finding(count="silent", cause="a rejection stands before nobody", law=law)
