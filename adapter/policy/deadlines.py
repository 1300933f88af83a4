"""By when a notice of a stay must be given (SFS 2017:612 2 kap. 3 §). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapter.core.model import Need
from adapter.core.participant import Participant
from adapter.fhir import bundles
from adapter.policy.stay import Stay

NOTICE_WITHIN = timedelta(hours=24)
"""From the admission, the judgement, or the word that made the unit entitled: the latest."""

_LEADS = ("municipality", "assumed", "listed")
"""Elements whose value leads to a receiver, apart from the units that the assessment names."""


def notice_due(stay: Stay, need: Need, ground: str) -> datetime | None:
    """Return by when the receiver of a need must have the notice; None when no time is known.

    `ground` leads to the receiver: a kommunkod or an HSA-id.
    """
    texts = (stay.needs.get(need), stay.value("admitted"), *_moved(stay, need, ground))
    known = [at for at in map(bundles.instant, texts) if at is not None]
    return max(known) + NOTICE_WITHIN if known else None


def first_due(stay: Stay, rows: Iterable[Participant]) -> datetime | None:
    """Return by when the first notice to these participants must be given; None: not known."""
    open_ = [row for row in rows if row.until is None and row.need in stay.needs]
    times = (notice_due(stay, Need(row.need), row.ground) for row in open_)
    return min((at for at in times if at is not None), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LateNotice:
    """A first notice that leaves after its time."""

    endpoint: str
    need: Need
    due: datetime


def late_notices(
    stay: Stay, before: Sequence[Participant], rows: Iterable[Participant], now: datetime
) -> list[LateNotice]:
    """Return which of the rights that begin with these rows are told too late."""
    begun = [row for row in rows if _begins(row, before)]
    times = [(row, notice_due(stay, Need(row.need), row.ground)) for row in begun]
    return [
        LateNotice(endpoint=row.endpoint, need=Need(row.need), due=due)
        for row, due in times
        if due is not None and due < now
    ]


_HAD_HEARD = ("window", "transferred")
"""Why rights end of those who have had the notice of this admission."""


def _begins(row: Participant, before: Sequence[Participant]) -> bool:
    """Whether a row gives its endpoint the first notice of its need."""
    if row.until is not None or row.basis != "assessment":
        return False
    known = [old for old in before if old.endpoint == row.endpoint]
    had = any(old.until is None and old.basis == "migrated" for old in known)
    same = [old for old in known if old.need == row.need]
    return not had and not any(old.until is None or old.ended in _HAD_HEARD for old in same)


def _moved(stay: Stay, need: Need, ground: str) -> list[str]:
    """When words put this ground in the place of another one; none where it is the first.

    A municipality or centre takes the place of units that are named no more, and a municipality
    that of a centre where the patient is listed no more.
    """
    assessment = stay.value("assessment") or {}
    named = assessment.get("named", {}).get(ground)
    if named:
        return [named]
    leads = [stay.facts[element] for element in _LEADS if element in stay.facts]
    since = [fact.since for fact in leads if fact.value == ground]
    listed = stay.facts.get("listed")
    unlisted = listed.since if listed and not listed.value and need is Need.PRIMARY_CARE else ""
    return [*since, unlisted, assessment.get("freed", "")]
