"""Make the stories of a seed. A story depends on the seed and its number alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from stories.plots import PLOTS, Plot, coordination
from stories.teller import Teller
from stories.truth import Story

_PROMPT = (
    "ordinary",
    "shared-mailbox",
    "listing",
    "nobody",
    "mother-and-child",
    "numbers",
    "protection",
    "psychiatry",
    "two-feeds",
    "outpatient",
    "transfer",
    "death",
    "messages",
    "overreach",
    "planted-alias",
    "hospital-overreach",
)
"""Plots that need no weather, no operations and no clock: they can be told at once."""
PLANNED: tuple[tuple[str, float, Plot], ...] = (("coordination", 1, coordination.coordination),)
PLANNED_SHARE = 0.12
"""Drawn by themselves, so that the other stories of a seed stay what they were."""
EVERY_PLOT = tuple(name for name, _, _ in (*PLOTS, *PLANNED))
_BEFORE = timedelta(days=40)  # a told-at-once story is over by then


def story(seed: str, number: int) -> Story:
    """Return one story."""
    plots = PLANNED if Random(f"{seed}/{number}/planned").random() < PLANNED_SHARE else PLOTS
    return _told(seed, number, Random(f"{seed}/{number}"), plots, None)


def prompt_story(seed: str, number: int, now: datetime) -> Story:
    """Return a story that lies in the past, and is told at once, over real sockets."""
    chance = Random(f"{seed}/{number}/prompt")
    plots = [plot for plot in PLOTS if plot[0] in _PROMPT]
    begun = (now - _BEFORE).replace(microsecond=0)
    told = _told(seed, number, chance, plots, begun)
    told.window, told.prompt = 3 * _BEFORE, True
    told.rejects.clear()  # a person answers an hour later: there is no such hour
    told.ingredients.pop("notice-rejected", None)
    return told


def _told(
    seed: str,
    number: int,
    chance: Random,
    plots: Sequence[tuple[str, float, Plot]],
    begun: datetime | None,
) -> Story:
    name, _, plot = chance.choices(plots, [weight for _, weight, _ in plots])[0]
    teller = Teller(seed, number, name, chance, begun)
    teller.has(f"plot-{name}")
    plot(teller)
    return teller.finish()
