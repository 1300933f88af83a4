"""How long a right lasts after discharge or death, and what was judged too late for it. Pure.

The window is a setting, seven days by default. Time alone tells nobody anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from adapter.core.participant import Participant
from adapter.policy.stay import Stay


def is_over(before: Stay, discharged: datetime | None, window: timedelta, now: datetime) -> bool:
    """Whether the window after discharge or death has passed, as it stood before the message.

    `discharged` is the time that the case knows: it outlives a purged Stay.
    """
    ended = before.ended or (None if before.is_described else discharged)
    return ended is not None and ended + window < now


def judged_in_time(stay: Stay, rows: Iterable[Participant]) -> Stay:
    """Return the Stay without needs that were judged after its end, and told to nobody yet."""
    known = {row.need for row in rows if row.until is None}
    ended, assessment = stay.ended, stay.value("assessment")
    if ended is None or not assessment or "" in known:
        return stay
    judged = assessment["needs"].items()
    needs = {need: at for need, at in judged if need in known or not _is_after(at, ended)}
    fact = replace(stay.facts["assessment"], value=assessment | {"needs": needs})
    return Stay(facts={**stay.facts, "assessment": fact})


def _is_after(text: str, ended: datetime) -> bool:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return False
    return at.tzinfo is not None and at > ended
