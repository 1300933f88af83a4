"""A participant of a case (berörd enhet)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """The part that an endpoint has in a case, for one need. An open row (no `until`) is a right.

    `right_no` rises with each change. A delivery carries the sum of its endpoint's numbers, and is
    judged again at claim when the sum has changed.
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
