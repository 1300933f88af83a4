"""Clocks that are wrong: by minutes, hours, a year, and in the autumn night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stories.plots.ordinary import admitted, discharge, ready, replan
from stories.teller import Teller
from stories.truth import Act
from stories.world import SOCIAL, SUNDBY

_WRONG = {
    "minutes": timedelta(minutes=25),
    "hours": timedelta(hours=20),
    "year": timedelta(days=365),
}


def clocks(t: Teller) -> None:
    """One message with a wrong time, and right ones after it."""
    t.chance.choice([_wrong, _wrong, _autumn_night])(t)


def _wrong(t: Teller) -> None:
    visit = t.visit(t.person("2580"), SUNDBY)
    admitted(t, visit, SOCIAL)
    t.some_time()
    name, error = t.chance.choice(list(_WRONG.items()))
    ahead = t.chance.random() < 0.7
    t.has(f"clock-{name}-{'ahead' if ahead else 'behind'}", f"clocks-{name}")
    clock = t.now + error if ahead else t.now - error
    visit.planned = (t.now + timedelta(days=9)).date()
    t.tell(visit, Act.UPDATE, "planned", clock=clock, odd_clock=True)
    t.then(hours=2)
    replan(t, visit)
    t.then(hours=2)
    ready(t, visit)
    t.some_time()
    discharge(t, visit)


def _autumn_night(t: Teller) -> None:
    """02:10 comes twice in the night when the clocks go back, and the feed writes no offset."""
    t.now = datetime(2026, 10, 24, 14, 0, tzinfo=UTC)
    t.story.start = t.now
    t.has("autumn-night", "clocks-autumn-night")
    visit = t.visit(t.person("2580"), SUNDBY)
    t.assess(visit, SOCIAL)
    t.tell(visit, Act.ADMIT, "assessment", naive=True)
    for moment in (
        datetime(2026, 10, 25, 0, 50, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 10, tzinfo=UTC),
    ):
        t.now = moment
        visit.planned = (t.now + timedelta(days=t.chance.randrange(2, 9))).date()
        t.tell(visit, Act.UPDATE, "planned", naive=True)
    t.then(hours=5)
    discharge(t, visit)
