"""Participants that take part in a case, and hear nothing of its stay. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from adapter.core.participant import Participant, number_of_right
from adapter.policy.notice import Notice
from adapter.policy.rights import closed

NAMED, INVITATION = "named", "invitation"
OUTSIDE = frozenset({NAMED, INVITATION})
"""Bases of a participant that give no right to the notices of a stay (SFS 2017:612 2 kap.)."""


def of_stay(rows: Iterable[Participant]) -> list[Participant]:
    """Return the rows of those who may hear of the stay."""
    return [row for row in rows if row.basis not in OUTSIDE]


def renumbered(notice: Notice, rows: Iterable[Participant], mailbox: Collection[str]) -> Notice:
    """Return a notice with the number of its receiver's right: rows outside the stay count too."""
    outside = number_of_right([row for row in rows if row.basis in OUTSIDE], mailbox)
    if not outside or notice.right_no is None:
        return notice
    return replace(notice, right_no=notice.right_no + outside)


def invited(
    case_id: str, name: str, rows: Iterable[Participant], ground: str, now: datetime
) -> Participant | None:
    """Return the new row of an invited endpoint; None where it takes part already."""
    own = [row for row in rows if row.endpoint == name]
    if any(row.until is None and row.basis != NAMED for row in own):
        return None
    before = next((row for row in own if not row.need), None)
    return Participant(
        case_id=case_id,
        endpoint=name,
        basis=INVITATION,
        ground=ground,
        since=now,
        right_no=(before.right_no if before else 0) + 1,
    )


def uninvited(
    rows: Iterable[Participant], names: Iterable[str], why: str, now: datetime
) -> list[Participant]:
    """Return the closed rows of endpoints that are invited no more."""
    gone = set(names)
    theirs = (r for r in rows if r.endpoint in gone and r.basis == INVITATION and r.until is None)
    return [closed(row, why, now) for row in theirs]
