"""One run, from the first message to the verdict."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from chaos import faults, named_faults
from chaos.conductor import Conductor
from chaos.judge import Verdict, judge, recovery
from chaos.ledger import Line, read
from chaos.plan import CALM, Plan
from chaos.sabotage import SEEN_AS
from chaos.servers import Servers
from chaos.stage import Stage, stage

NAMES = ("lost", "doubled", "misordered", "misdelivered", "unreceipted")
_LOOK = 1.0  # seconds between two looks at the ledger
_QUIET_SABOTAGED = 5.0
_MISSING = 8.0  # seconds after which a missing message counts as lost


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of a run."""

    plan: Plan
    verdict: Verdict
    faults: Counter[str]  # by kind, with the parties' manners and the poison
    kill_points: Counter[str]  # where processes were killed, for faults that name one
    deaths: Counter[str]
    recovery: float
    broken: Counter[str]  # by kind, the faults that the rig mended
    named: Counter[str]  # of these, those that log or history names
    settled: float  # seconds from the end of the load to the last change
    left_out: tuple[str, ...]  # kinds of faults that this machine does not allow
    mishaps: tuple[str, ...]  # failures of the rig: the zeros then prove nothing
    unmended: tuple[str, ...] = ()  # faults after which the adapter did not recover

    @property
    def clean(self) -> bool:
        """Whether all counts are zero, the rig did not fail, and the adapter recovered."""
        return self.verdict.clean and not self.mishaps and not self.unmended


def run(plan: Plan, servers: Servers, database: str) -> Result:
    """Run load and faults for `plan.seconds`, then wait until nothing more can come."""
    with stage(plan, servers, database) as scene:
        conductor = Conductor(scene, faults.deck(plan.sabotage))
        conductor.start()
        _play(scene)
        scene.load.end(scene.ledger)
        conductor.end()
        settled = _settle(scene)
        named_faults.keep_history(scene.region.store, plan.folder)
        deaths = Counter(scene.fleet.deaths)
    lines = list(read(plan.ledger))
    verdict = judge(lines)
    spans = list(named_faults.spans(lines))
    return Result(
        plan=plan,
        verdict=verdict,
        faults=conductor.counts + scene.manners.counts + Counter(poison=verdict.poisoned),
        kill_points=conductor.kill_points,
        deaths=deaths,
        recovery=recovery(lines),
        broken=Counter(span.kind for span in spans),
        named=named_faults.count_named(
            spans, named_faults.words(plan.folder), faults.EXPECTED_WORDS
        ),
        settled=settled,
        left_out=() if servers.disk else ("store-full",),
        mishaps=tuple(conductor.mishaps),
        unmended=tuple(conductor.unmended),
    )


def _play(scene: Stage) -> None:
    """Wait for the end of the run; a sabotaged run ends when the sabotage is detected."""
    until = time.monotonic() + scene.plan.seconds
    missing: dict[str, float] = {}
    sought = SEEN_AS.get(scene.plan.sabotage, "")
    while time.monotonic() < until:
        time.sleep(_LOOK)
        if sought and is_detected(sought, _verdict(scene), missing, time.monotonic()):
            return


def is_detected(sought: str, verdict: Verdict, missing: dict[str, float], now: float) -> bool:
    """Whether the count of this name is above zero. A message is lost that is missing for long.

    `missing` keeps since when each message is missing. On a loaded machine messages that are only
    late would end a run that seeks another count.
    """
    if sought != "lost":
        return verdict.count(sought) > 0
    since = {name: missing.get(name, now) for name in verdict.problems["lost"]}
    missing.clear()
    missing.update(since)
    return any(now - at > _MISSING for at in since.values())


def _settle(scene: Stage) -> float:
    """Wait until nothing more can come; return the seconds to the last change of a count."""
    begun = time.monotonic()
    watch = Watch(scene.plan, begun)
    while not watch.over(list(read(scene.plan.ledger)), time.monotonic()):
        time.sleep(_LOOK)
    return watch.settled - begun


class Watch:
    """Decides, after the end of the load, when the ledger can no longer change.

    Five zeros are not enough: a claim may still be open although its message arrived, and may
    cause a problem later.
    """

    def __init__(self, plan: Plan, begun: float) -> None:
        self._plan, self._begun = plan, begun
        self._counts: tuple[int, ...] = ()
        self._lines = -1
        self._news = begun
        self.settled = begun  # when the counts last changed

    def over(self, lines: Sequence[Line], now: float) -> bool:
        """Look at the ledger again; whether to stop."""
        verdict = judge(lines)
        counts = tuple(verdict.count(name) for name in NAMES)
        if counts != self._counts:
            self._counts, self.settled = counts, now
        if len(lines) != self._lines:
            self._lines, self._news = len(lines), now
        if self._plan.sabotage:
            return verdict.is_final or now - self.settled >= _QUIET_SABOTAGED
        return self._nothing_can_come(now) and (verdict.clean or self._given_up(now))

    def _nothing_can_come(self, now: float) -> bool:
        return now - self._news >= CALM and now - self._begun >= self._plan.longest

    def _given_up(self, now: float) -> bool:
        return now - self.settled >= self._plan.quiet


def _verdict(scene: Stage) -> Verdict:
    return judge(read(scene.plan.ledger))
