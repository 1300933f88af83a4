"""A participant of a case (berörd enhet)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """The part that an endpoint has in a case, for one need. An open row (no `until`) is a right.

    `right_no` rises with each change. A delivery carries the number of its receiver's right, and is
    judged again at claim when that has changed.
    """

    case_id: str
    endpoint: str
    need: str = ""  # of core.model.Need; "" for none, or for a migrated row not yet judged
    basis: str  # assessment | carries | named | migrated
    ground: str = ""  # what made it a participant: a kommunkod or an HSA-id
    since: datetime
    until: datetime | None = None  # None: open
    ended: str = ""  # why it ended
    right_no: int = 1
    told: str = ""  # JSON of the projection that it got, or may have got
    queued: str = ""  # JSON of the projection in its newest queued notice

    @property
    def key(self) -> tuple[str, str, str]:
        """What identifies it."""
        return self.case_id, self.endpoint, self.need


def number_of_right(rows: Iterable[Participant], mailbox: Collection[str]) -> int:
    """Return the number of a right in a case: the sum over the rows of its mailbox, 0 without rows.

    Closed rows count too, so that no change is lost. `mailbox` is that of `Network.mailbox`: a
    delivery may move to a successor before the rows do. A claim compares with just this sum.
    """
    return sum(row.right_no for row in rows if row.endpoint in mailbox)
