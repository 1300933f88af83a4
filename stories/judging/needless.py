"""Count `needless`: holds, items, refusals and repetitions that the truth does not cause."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from stories.heard import Heard
from stories.judging.evidence import Evidence, Finding, Got, party_of, role, whom
from stories.judging.picture import moment
from stories.law.timeline import Point, Timeline
from stories.observation import Stands
from stories.truth import Deed, Standing, Word
from stories.world import Role

_PICTURE = (
    "numbers",
    "old_numbers",
    "family",
    "street",
    "kommun",
    "planned",
    "ready",
    "leave",
    "discharged",
    "deceased",
    "needs",
    "protection",
    "ward",
    "admitted",
    "listed",
)
_LAW = "hold, item, refusal or repeated notice that the truth does not cause"


def needless(evidence: Evidence) -> Iterator[Finding]:
    """Yield everything that should not have been."""
    for word in evidence.story.words:
        yield from _refused(evidence, word)
    for stands in evidence.observed.stands:
        if not _caused(evidence, stands):
            cause = f"{stands.kind} {stands.code} {stands.event}".strip()
            detail = f"at {stands.endpoint}, word {stands.word}: {stands.detail[:80]}"
            yield Finding(count="needless", cause=cause, law=_LAW, detail=detail)
    yield from _held_twice(evidence)
    for line in evidence.lines:
        for party in evidence.parties(line):
            yield from _repeated(evidence, line, party)


def _held_twice(evidence: Evidence) -> Iterator[Finding]:
    """Notices that are held although a newer one of the same event is held in their place."""
    seen = Counter(
        (s.case, party_of(s.endpoint), s.event)
        for s in evidence.observed.stands
        if s.kind == "delivery" and s.code == "protected-identity" and s.until is None
    )
    for (_, party, event), count in seen.items():
        if count > 1 and event in ("admission-notice", "admission-updated"):
            cause = f"several held {event} of one case: a newer notice replaces an older one"
            yield Finding(count="needless", cause=cause, law=_LAW, detail=f"{party}: {count}")


def _refused(evidence: Evidence, word: Word) -> Iterator[Finding]:
    answer = evidence.observed.answers.get(word.n)
    if answer is None or answer.code == "ok" or word.odd_clock:
        return
    if word.standing in (Standing.OWN, Standing.FOREIGN, Standing.JUNK):
        codes = ", ".join(sorted(answer.errors)) or answer.code
        cause = f"{word.event or word.act} refused: {codes}"
        detail = f"word {word.n} by {word.sender}"
        yield Finding(count="needless", cause=cause, law=_LAW, detail=detail)


# What stands


def _caused(evidence: Evidence, stands: Stands) -> bool:
    if stands.kind == "delivery":
        return _dead_caused(evidence, stands)
    standing = {w.standing for w in evidence.story.words}
    if stands.kind == "message":
        return bool(standing & {Standing.HELD, Standing.OVERREACH})
    return _item_caused(evidence, stands)


def _dead_caused(evidence: Evidence, stands: Stands) -> bool:
    party = party_of(stands.endpoint)
    trouble = any(spell.party == party for spell in evidence.story.spells)
    protected = any(p.stay.is_protected for line in evidence.lines for p in line.points)
    return trouble or protected or role(party) is Role.HOSPITAL


def _item_caused(evidence: Evidence, stands: Stands) -> bool:
    points = [p for line in evidence.lines for p in line.points]
    standing = {w.standing for w in evidence.story.words}
    causes = {
        "nobody-to-tell": any(p.rights.nobody for p in points),
        "other-patient": Standing.HELD in standing,
        "identity": Standing.HELD in standing or "no-number" in evidence.story.ingredients,
        "late-word": _is_late(evidence),
        "transferred": any(p.rights.ended == "transferred" for p in points),
        "outpatient-assessment": any(p.rights.ended == "no-stay" for p in points),
        "proposed-municipality": any(
            a.kommun in ("", "9999")
            for w in evidence.story.words
            for a in w.says.get("address") or ()
        ),
        "rejected": bool(evidence.story.rejects),
    }
    other = any(p.stay.protection for p in points) or Standing.HELD in standing
    return causes.get(stands.code, other)


def _is_late(evidence: Evidence) -> bool:
    """Whether a word came after the window, out of order, or with a wrong clock."""
    words = evidence.story.words
    odd = any(w.odd_clock for w in words)
    swapped = any(a.at < b.at and a.made > b.made for a in words for b in words)
    points = [p for line in evidence.lines for p in line.points]
    over = any(p.rights.ended in ("closed", "no-stay") for p in points)
    return odd or swapped or over or any(_after_window(line) for line in evidence.lines)


def _after_window(line: Timeline) -> bool:
    """Whether a word came when the window was over, such as one that takes the discharge back."""
    pairs = zip(line.points, line.points[1:], strict=False)
    ends = [(before.stay.over, after.at) for before, after in pairs]
    return any(over is not None and at > over + line.window for over, at in ends)


# What is said twice


def _repeated(evidence: Evidence, line: Timeline, party: str) -> Iterator[Finding]:
    edits = any(deed.deed is Deed.EDIT for deed in evidence.story.deeds)
    before: Got | None = None
    for got in (g for g in evidence.about(line, party) if g.is_kept):
        earlier, before = before, got
        point = line.at(got.at)
        unbroken = earlier is not None and _unbroken(line, party, earlier, got)
        if got.is_ending and point is not None and party in point.rights.rows and unbroken:
            yield _finding("an ending to a party whose right goes on", got)
        if earlier is None or earlier.heard.content == got.heard.content or edits:
            continue
        if _unsayable(line, party, earlier, got) or _takes_back(evidence, earlier, got):
            continue
        if _came_back(evidence, line, earlier, got):
            continue
        if _same(earlier.heard, got.heard) and _adds_nothing(earlier.heard, got.heard):
            yield _finding(f"{got.heard.event} says nothing new", got)


def _unbroken(line: Timeline, party: str, earlier: Got, got: Got) -> bool:
    """Whether the right has not ended since the party last heard: a late ending is no fault."""
    between = [p for p in line.points if earlier.at <= p.at <= got.at]
    return not earlier.is_ending and all(p.rights.allows(party) for p in between)


def _unsayable(line: Timeline, party: str, earlier: Got, got: Got) -> bool:
    """Whether only the listed centre is new, which omsorg has no place for: it may be told."""
    points = (line.at(earlier.at), line.at(got.at))
    listed = {point.stay.values.get("listed") for point in points if point is not None}
    return whom(party).form == "omsorg" and len(listed) > 1


def _takes_back(evidence: Evidence, earlier: Got, got: Got) -> bool:
    """Whether the party refused other news in between: the truth went, and came back."""
    if got.timeline is None:
        return False
    every = evidence.about(got.timeline, got.party)
    between = (g for g in every if earlier.at < g.at < got.at and not g.is_kept)
    return any(not _same(g.heard, got.heard) for g in between)


def _came_back(evidence: Evidence, line: Timeline, earlier: Got, got: Got) -> bool:
    """Whether other news for the party ended before a person, and the truth has come back since."""
    given_up = {
        stands.word
        for stands in evidence.observed.stands
        if stands.kind == "delivery" and earlier.at < stands.since < got.at
        if party_of(stands.endpoint) == got.party and stands.case == line.case
    }
    first, last = line.at(earlier.at), line.at(got.at)
    between = [point.stay.values for point in line.points if point.word.n in given_up]
    return any(
        _value_at(first, name) == _value_at(last, name) != values.get(name)
        for values in between
        for name in _PICTURE
    )


def _value_at(point: Point | None, name: str) -> object:
    return point.stay.values.get(name) if point is not None else None


def _adds_nothing(earlier: Heard, heard: Heard) -> bool:
    return heard.event in (earlier.event, "admission-updated") and heard.code == earlier.code


def _same(one: Heard, other: Heard) -> bool:
    return all(_value(one, name) == _value(other, name) for name in _PICTURE)


def _value(heard: Heard, name: str) -> object:
    """The value of an element; the same moment in two zones is the same."""
    value = getattr(heard, name)
    is_time = isinstance(value, str) and "T" in value and name in _TIMES
    return moment(value) if is_time else value


_TIMES = ("planned", "ready", "discharged", "deceased", "admitted", "leave")


def _finding(cause: str, got: Got) -> Finding:
    detail = f"{got.party} at {got.at:%Y-%m-%d %H:%M:%S}"
    return Finding(count="needless", cause=cause, law=_LAW, detail=detail)
