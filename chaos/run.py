"""One run from the first message to the verdict."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from chaos import faults, said
from chaos.conductor import Conductor
from chaos.judge import Verdict, judge, recovery
from chaos.ledger import Line, read
from chaos.plan import CALM, Plan
from chaos.servers import Servers
from chaos.stage import Stage, stage

NAMES = ("lost", "doubled", "misordered", "misdelivered", "unreceipted")
_LOOK = 1.0  # seconds between two looks at the ledger
_QUIET_SABOTAGED = 5.0
_MISSING = 8.0  # seconds after which what has not come probably never will


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run came to."""

    plan: Plan
    verdict: Verdict
    faults: Counter[str]  # by kind, the parties' manners and the poison included
    kill_points: Counter[str]  # where processes were killed, for faults that name one
    deaths: Counter[str]
    recovery: float
    broken: Counter[str]  # by kind, what the rig broke and mended
    named: Counter[str]  # of these, what log or history said something of
    settled: float  # seconds from the end of the load until nothing was open
    left_out: tuple[str, ...]  # kinds of faults that this machine does not allow
    mishaps: tuple[str, ...]  # faults of the rig itself: its zeros then mean nothing
    unmended: tuple[str, ...] = ()  # faults after which the adapter did not do its part

    @property
    def clean(self) -> bool:
        """Whether nothing was found, and rig and adapter did what they should."""
        return self.verdict.clean and not self.mishaps and not self.unmended


def run(plan: Plan, servers: Servers, database: str) -> Result:
    """Load and faults for `plan.seconds`, then quiet until nothing more can come."""
    with stage(plan, servers, database) as scene:
        conductor = Conductor(scene, faults.deck(plan.sabotage))
        conductor.start()
        _play(scene)
        scene.load.end(scene.ledger)
        conductor.end()
        settled = _settle(scene)
        said.keep_history(scene.region.store, plan.folder)
        deaths = Counter(scene.fleet.deaths)
    lines = list(read(plan.ledger))
    verdict = judge(lines)
    spans = list(said.spans(lines))
    return Result(
        plan=plan,
        verdict=verdict,
        faults=conductor.counts + scene.manners.counts + Counter(poison=verdict.poisoned),
        kill_points=conductor.kill_points,
        deaths=deaths,
        recovery=recovery(lines),
        broken=Counter(span.kind for span in spans),
        named=said.named(spans, said.words(plan.folder), faults.SAID),
        settled=settled,
        left_out=() if servers.disk else ("store-full",),
        mishaps=tuple(conductor.mishaps),
        unmended=tuple(conductor.unmended),
    )


def _play(scene: Stage) -> None:
    """Let it run; a sabotage that has come to light need not run on."""
    until = time.monotonic() + scene.plan.seconds
    missing: dict[str, float] = {}
    while time.monotonic() < until:
        time.sleep(_LOOK)
        if scene.plan.sabotage and _seen(_verdict(scene), missing, time.monotonic()):
            return


def _seen(verdict: Verdict, missing: dict[str, float], now: float) -> bool:
    """Whether something is wrong that will stay so: what has been missing for long is lost."""
    since = {name: missing.get(name, now) for name in verdict.problems["lost"]}
    missing.clear()
    missing.update(since)
    return verdict.beyond_healing or any(now - at > _MISSING for at in since.values())


def _settle(scene: Stage) -> float:
    """Wait until nothing is open and nothing more can come; how long what was open took."""
    begun = time.monotonic()
    watch = Watch(scene.plan, begun)
    while not watch.over(list(read(scene.plan.ledger)), time.monotonic()):
        time.sleep(_LOOK)
    return watch.settled - begun


class Watch:
    """Looks at the ledger after the end of the load, and says when to look no more.

    That all is well is no reason: whatever is wrong may come later, from a claim that is open
    although its message arrived.
    """

    def __init__(self, plan: Plan, begun: float) -> None:
        self._plan, self._begun = plan, begun
        self._counts: tuple[int, ...] = ()
        self._lines = -1
        self._news = begun
        self.settled = begun  # since when the counts are what they are

    def over(self, lines: Sequence[Line], now: float) -> bool:
        """One more look."""
        verdict = judge(lines)
        counts = tuple(verdict.count(name) for name in NAMES)
        if counts != self._counts:
            self._counts, self.settled = counts, now
        if len(lines) != self._lines:
            self._lines, self._news = len(lines), now
        if self._plan.sabotage:
            return verdict.beyond_healing or now - self.settled >= _QUIET_SABOTAGED
        return self._nothing_can_come(now) and (verdict.clean or self._given_up(now))

    def _nothing_can_come(self, now: float) -> bool:
        return now - self._news >= CALM and now - self._begun >= self._plan.longest

    def _given_up(self, now: float) -> bool:
        return now - self.settled >= self._plan.quiet


def _verdict(scene: Stage) -> Verdict:
    return judge(read(scene.plan.ledger))
