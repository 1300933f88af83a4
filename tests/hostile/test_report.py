"""What a report calls kept and missed."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from hostile import report
from hostile.partners import Answer
from hostile.run import Kept, Result
from hostile.size import Size

YES = Answer(partner="journal", id="m-1", due=11.0, ms=20.0, wrong="")
CLEAN = Result(
    size=Size(),
    attacks={"start-bytes": {"closed": 20}, "bus-messages": {"confirmed": 60}},
    unended=(),
    attacked_at=10.0,
    idle=120.0,
    peak=400.0,
    answers=[YES],
    liveness=[3.0],
    deaths=0,
    starts=1,
    kept=Kept(missing=(), fragments=20, from_the_bus=60, largest=65536),
    stop=2.0,
    exit_code=0,
)
HARM = {
    "highest memory above that": {"peak": 633.0},
    "deaths and restarts of the adapter": {"starts": 2},
    "liveness: not answered": {"liveness": [3.0, math.inf]},
    "SIGTERM to the end": {"stop": 60.0},
    "exit code": {"exit_code": -9},
    "journal: p99 under attack": {"answers": [replace(YES, ms=501.0)]},
    "journal: not answered yes": {"answers": [YES, replace(YES, wrong="HTTP 503")]},
    "of these not in the store": {"kept": replace(CLEAN.kept, missing=("m-1",))},
    "rows of start blocks": {"kept": replace(CLEAN.kept, fragments=21)},
    "largest body kept": {"kept": replace(CLEAN.kept, largest=60_000_000)},
    "large messages left at the broker": {"kept": replace(CLEAN.kept, from_the_bus=59)},
    "attacks that did not end": {"unended": ("bodies",)},
}


def test_a_run_within_every_bound_is_clean() -> None:
    assert report.is_clean(CLEAN)


@pytest.mark.parametrize("what", HARM)
def test_a_missed_bound_is_named_and_makes_the_run_unclean(what: str) -> None:
    result = replace(CLEAN, **HARM[what])  # type: ignore[arg-type]
    assert what in [row.what for row in report.rows(result) if not row.is_met]
    assert not report.is_clean(result)


def test_what_is_slow_before_the_attacks_breaks_no_bound() -> None:
    calm = replace(YES, due=9.0, ms=4000.0)
    assert report.is_clean(replace(CLEAN, answers=[calm, YES]))


def test_a_run_in_which_nobody_posted_proves_nothing() -> None:
    assert not report.is_clean(replace(CLEAN, answers=[]))
