"""One story as a person reads it: what was said, what came where, and what stood."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from stories import hearing
from stories.heard import Heard
from stories.observation import Observation
from stories.truth import Story
from stories.world import PARTIES

_SHOWN = ("planned", "ready", "leave", "discharged", "deceased", "needs", "protection", "code")


def transcript(story: Story, observed: Observation) -> Iterator[str]:
    """Yield a line for each event, in order of time."""
    rows: list[tuple[datetime, str]] = []
    for word in story.words:
        answer = observed.answers.get(word.n)
        said = {k: v for k, v in word.says.items() if k not in ("name", "address", "ward")}
        what = f"WORD {word.n} {word.sender}: {word.act} {word.event} [{word.standing}] {said}"
        rows.append((word.at, f"{what} -> {answer}"))
    rows += [(spell.since, f"WEATHER {spell}") for spell in story.spells]
    rows += [(deed.at, f"DEED {deed.deed}") for deed in story.deeds]
    rows += [(s.since, f"STANDS {s}") for s in observed.stands]
    for arrival in observed.arrivals:
        heard = hearing.read(arrival.body, PARTIES[arrival.party].form)
        rows.append((arrival.at, f"  -> {arrival.party} ({arrival.weather}) {_shown(heard)}"))
    for at, text in sorted(rows, key=lambda row: row[0]):
        yield f"{at:%m-%d %H:%M:%S} {text}"


def _shown(heard: Heard) -> str:
    facts = {name: value for name in _SHOWN if (value := getattr(heard, name))}
    return f"{heard.event} {facts} {heard.content[:8]}"
