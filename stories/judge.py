"""Judge one story: seven counts, from the truth and an observation alone.

The law is SFS 2017:612 with meaning.md 2 to 5. Where the page leaves a choice, the docstrings of
`stories.judging` and `stories.law` say which one the judge makes.
"""

from __future__ import annotations

from stories.judging import authority, clocks, consents, duties, needless, sayings, secrecy
from stories.judging.evidence import Evidence, Finding
from stories.observation import Observation
from stories.truth import Story

COUNTS = ("disclosed", "missed", "stale", "usurped", "confused", "silent", "needless")


def judge(story: Story, observed: Observation) -> list[Finding]:
    """Return every finding. A story that could not be played out proves nothing: one `silent`."""
    if observed.broken:
        law = "input with an effect that its sender and owner could not know of"
        cause = f"the story broke off: {observed.broken}"
        return [Finding(count="silent", cause=cause, law=law)]
    evidence = Evidence(story, observed)
    unreadable = [
        Finding(count="stale", cause="unreadable bytes", law="profiles", detail=a.party)
        for a in evidence.unreadable
    ]
    return [
        *unreadable,
        *secrecy.disclosed(evidence),
        *duties.missed(evidence),
        *duties.stale(evidence),
        *clocks.clocks(evidence),
        *authority.usurped(evidence),
        *sayings.sayings(evidence),
        *secrecy.confused(evidence),
        *consents.consents(evidence),
        *authority.silent(evidence),
        *needless.needless(evidence),
    ]
