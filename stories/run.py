"""Play many stories, and gather the findings."""

from __future__ import annotations

import logging
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from stories.generator import prompt_story
from stories.generator import story as make
from stories.judge import COUNTS, judge
from stories.judging.evidence import Finding
from stories.observation import Observation
from stories.transcript import transcript
from stories.truth import Story

_SHARE = 25  # stories that a process takes at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding with its story."""

    story: str
    plot: str
    finding: Finding


@dataclass(slots=True, kw_only=True)
class Result:
    """The result of a run."""

    seed: str
    stories: int = 0
    words: int = 0
    arrivals: int = 0
    seconds: float = 0.0
    sabotage: str = ""
    ingredients: Counter[str] = field(default_factory=Counter)
    findings: list[Found] = field(default_factory=list)

    def count(self, name: str) -> int:
        """Return the number of findings of a count."""
        return sum(found.finding.count == name for found in self.findings)

    @property
    def clean(self) -> bool:
        """Whether stories were played, and nothing was found."""
        return self.stories > 0 and not self.findings

    @property
    def counts(self) -> dict[str, int]:
        """The seven counts."""
        return {name: self.count(name) for name in COUNTS}

    def add(self, other: Result) -> None:
        """Add another part of the same run."""
        self.stories += other.stories
        self.words += other.words
        self.arrivals += other.arrivals
        self.ingredients += other.ingredients
        self.findings += other.findings


def _silent(_: Result) -> None:
    """Report no progress."""


def run(
    seed: str,
    numbers: Sequence[int],
    sabotage: str = "",
    jobs: int = 1,
    done: Callable[[Result], None] = _silent,
) -> Result:
    """Play these stories in `jobs` processes; call `done` with what is played so far."""
    begun = time.monotonic()
    result = Result(seed=seed, sabotage=sabotage)
    for part in _parts(seed, numbers, sabotage, jobs):
        result.add(part)
        done(result)
    result.seconds = time.monotonic() - begun
    return result


def run_over_sockets(
    seed: str, numbers: Sequence[int], done: Callable[[Result], None] = _silent
) -> Result:
    """Play these stories over real sockets, with a broker and a database of the run's own."""
    from stories.rig.sockets.play import play

    begun = time.monotonic()
    logging.disable(logging.CRITICAL)
    now = datetime.now(UTC)
    result = Result(seed=seed)
    for told, observed in play([prompt_story(seed, number, now) for number in numbers]):
        _note(result, told, observed)
        done(result)
    result.seconds = time.monotonic() - begun
    return result


def _parts(seed: str, numbers: Sequence[int], sabotage: str, jobs: int) -> Iterator[Result]:
    shares = [(seed, numbers[i : i + _SHARE], sabotage) for i in range(0, len(numbers), _SHARE)]
    if jobs == 1:
        yield from map(_part, shares)
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap(_part, shares)


def _part(share: tuple[str, Sequence[int], str]) -> Result:
    seed, numbers, sabotage = share
    if len(numbers) > 1:  # of one story alone, a person wants to see what the adapter logs
        logging.disable(logging.CRITICAL)
    play = _player(sabotage)
    result = Result(seed=seed)
    for number in numbers:
        told = make(seed, number)
        observed = play(told)
        _note(result, told, observed)
    return result


def _note(result: Result, told: Story, observed: Observation) -> None:
    result.stories += 1
    result.words += len(told.words)
    result.arrivals += len(observed.arrivals)
    result.ingredients.update(set(told.ingredients))
    result.findings += [
        Found(story=told.name, plot=told.plot, finding=finding) for finding in judge(told, observed)
    ]


def shown(seed: str, number: int, sabotage: str = "") -> Iterator[str]:
    """Yield one story line by line."""
    told = make(seed, number)
    yield from transcript(told, _player(sabotage)(told))


_players: dict[str, object] = {}


def _player(sabotage: str):  # type: ignore[no-untyped-def]
    """Return what plays a story in this process: the rig is made once."""
    if sabotage not in _players:
        from stories.rig import player

        _players[sabotage] = player.player(sabotage)
    return _players[sabotage]
