"""Counts `usurped` and `silent`: words without authority, and words that vanished unseen."""

from __future__ import annotations

from collections.abc import Iterator

from stories.judging.evidence import Evidence, Finding, party_of
from stories.law.timeline import Timeline
from stories.observation import Answer
from stories.truth import Act, Standing, Word

_REFUSAL = "not-entitled"


def usurped(evidence: Evidence) -> Iterator[Finding]:
    """Yield what somebody without authority could change or say."""
    for word in evidence.story.words:
        if word.standing is not Standing.OVERREACH:
            continue
        reached = [
            got
            for got in evidence.got
            if word.mark
            and got.arrival.arrived
            and word.mark in got.heard.raw
            and got.party != party_of(word.sender)
        ]
        if reached:
            cause = f"{word.event or word.act} by a {_kind(word)} reached a party"
            yield _finding(
                "usurped", cause, "Authority: judged before the message is looked at", word
            )
        answer = evidence.observed.answers.get(word.n)
        if answer is not None and answer.code == "ok" and not _dropped(word, answer):
            cause = f"{word.event or word.act} by a {_kind(word)} was accepted"
            yield _finding("usurped", cause, "not-entitled", word)
        yield from _reveals(evidence, word, answer)
    yield from _uncaused(evidence)


def _dropped(word: Word, answer: Answer) -> bool:
    """Whether a receiver that is no party was left out, and the sender told so."""
    return bool(word.to) and any(code == "not-a-party" for _, code in answer.issues)


def _reveals(evidence: Evidence, word: Word, answer: Answer | None) -> Iterator[Finding]:
    """A refusal looks the same whether the case exists or not."""
    twin = evidence.observed.answers.get(word.twin)
    if answer is None or twin is None or word.twin < 0:
        return
    if (answer.code, answer.errors) != (twin.code, twin.errors):
        law = "A refusal looks the same whether the case, person or stay exists or not"
        cause = f"the refusal of {word.event or word.act} shows whether the case exists"
        yield _finding("disclosed", cause, law, word)


def _kind(word: Word) -> str:
    return f"{word.sender} without a name" if not word.case else word.sender


_CAUSES = {
    "deceased": Act.DEATH,
    "discharge-ready": Act.READY,
    "discharged": Act.DISCHARGE,
    "admission-cancelled": Act.CANCEL,
}


def _uncaused(evidence: Evidence) -> Iterator[Finding]:
    """Events that were told of a stay, and that only an overreach has said."""
    claimed = {w.event for w in evidence.story.words if w.standing is Standing.OVERREACH}
    for event in sorted(claimed & set(_CAUSES)):
        own = any(
            w.act is _CAUSES[event] or event in _says(w)
            for w in evidence.story.words
            if w.standing is Standing.OWN
        )
        told = [g for g in evidence.got if g.heard.event == event and g.arrival.arrived]
        if told and not own and event != "admission-cancelled":
            detail = f"{told[0].party} at {told[0].at}"
            cause = f"{event} was told, and only an overreach said it"
            yield Finding(count="usurped", cause=cause, law="Events of the stay", detail=detail)


def _says(word: Word) -> set[str]:
    names = {"ready": "discharge-ready", "discharged": "discharged", "deceased": "deceased"}
    return {event for name, event in names.items() if word.says.get(name)}


def _finding(count: str, cause: str, law: str, word: Word) -> Finding:
    return Finding(count=count, cause=cause, law=law, detail=f"word {word.n} by {word.sender}")


# Silent


def silent(evidence: Evidence) -> Iterator[Finding]:
    """Yield words with an effect that their sender and the case's owner could not know of."""
    for word in evidence.story.words:
        answer = evidence.observed.answers.get(word.n)
        if answer is None:
            cause = f"no answer to a word of {word.sender}"
            yield _finding("silent", cause, "Every message is answered", word)
        elif word.standing is Standing.HELD:
            yield from _held(evidence, word, answer)
    for line in evidence.lines:
        before: frozenset[str] = frozenset()
        for point in line.points:
            now = frozenset(map(str, point.rights.nobody))
            answer = evidence.observed.answers.get(point.word.n)
            if now - before and answer is not None and answer.code == "ok" and not answer.warns:
                cause = "a need without a receiver was answered without a warning"
                yield _finding("silent", cause, "Nobody to tell: AA with a warning", point.word)
            before = now
        yield from _unseen(evidence, line)


def _held(evidence: Evidence, word: Word, answer: Answer) -> Iterator[Finding]:
    stands = [
        s
        for s in evidence.observed.stands
        if s.word == word.n or (s.word < 0 and s.case == word.case)
    ]
    if not stands:
        cause = f"held ({word.event or word.act}), and it stands before nobody"
        yield _finding("silent", cause, "Everything held stands before the owner", word)
    if answer.code == "ok" and not answer.warns:
        cause = f"held ({word.event or word.act}), and answered without a warning"
        yield _finding("silent", cause, "Everything else that is held: AA with a warning", word)


def _unseen(evidence: Evidence, line: Timeline) -> Iterator[Finding]:
    """What the law puts before the owner: transfers, outpatient assessments, late words."""
    earlier = ""
    for point in line.points:
        ended, before = point.rights.ended, earlier
        earlier = ended
        if point.stay.assessment is None or not _needs_owner(ended, before, point.word):
            continue
        stands = evidence.observed.stands
        if not any(s.word == point.word.n or s.case == line.case for s in stands):
            cause = f"{ended}: it stands before nobody"
            yield _finding("silent", cause, "It stands before the owner", point.word)


def _needs_owner(ended: str, earlier: str, word: Word) -> bool:
    if ended == "transferred":
        return earlier != ended
    if ended == "closed":
        return bool(set(word.says) & {"assessment", "address", "planned", "discharged", "ready"})
    return ended == "no-stay" and "assessment" in word.says and word.act is not Act.OTHER
