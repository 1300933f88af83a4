"""Make the stories of a seed. A story depends on the seed and its number alone."""

from __future__ import annotations

from random import Random

from stories.plots import PLOTS
from stories.teller import Teller
from stories.truth import Story


def story(seed: str, number: int) -> Story:
    """Return one story."""
    chance = Random(f"{seed}/{number}")
    name, _, plot = _drawn(chance)
    teller = Teller(seed, number, name, chance)
    teller.has(f"plot-{name}")
    plot(teller)
    return teller.finish()


def _drawn(chance: Random):  # type: ignore[no-untyped-def]
    return chance.choices(PLOTS, [weight for _, weight, _ in PLOTS])[0]
