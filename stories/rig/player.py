"""Plays stories in this process, sabotaged or not."""

from __future__ import annotations

import traceback
from collections.abc import Callable

from stories.observation import Observation
from stories.rig import sabotage as sabotages
from stories.rig.flow import Rig
from stories.truth import Story


def player(sabotage: str = "") -> Callable[[Story], Observation]:
    """Return a function that plays a story. A sabotage lasts as long as the process."""
    if sabotage:
        sabotages.commit(sabotage)
    rig = Rig()

    def play(story: Story) -> Observation:
        try:
            observed = rig.run(story)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{place.filename.rpartition('/')[2]}:{place.lineno}"
            return Observation(end=story.start, broken=f"{type(error).__name__} at {where}")
        return sabotages.faked(sabotage, observed)

    return play
