"""Who takes part in a case, what stands before persons, and what is known of its stay.

Elements of the stay are shown by name, time and message. Their values are personal data.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from adapter.core.failures import Arrived
from adapter.core.participant import Participant
from adapter.operate import protection
from adapter.policy.consents import CONSENT
from adapter.policy.notice import ENDINGS
from adapter.policy.outside import OUTSIDE
from adapter.policy.stay import Stay, load
from adapter.store import items, notices, participants, persons, stays
from adapter.store.items import Item
from adapter.store.notices import SentNotice
from adapter.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantSummary:
    """A participant, and whether it has been told of the stay: `yes`, `maybe` or `no`.

    `told` is "" for a party of a case without a stay.
    """

    endpoint: str
    need: str
    basis: str
    ground: str
    since: datetime
    until: datetime | None
    ended: str
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ElementSummary:
    """An element of the stay, without its value: when it was recorded, and by which message."""

    name: str
    recorded: datetime | None
    message: str
    deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRights:
    """The participants, open items, protection level, consent, bars and elements of a case."""

    protection: str
    consent: str  # to planning: given | withdrawn | "" where nobody has said
    bars: tuple[str, ...]  # HSA-ids of receivers that a bar of secrecy leaves out
    participants: tuple[ParticipantSummary, ...]
    items: tuple[Item, ...]
    elements: tuple[ElementSummary, ...]


def case_rights(tx: Transaction, case_id: str) -> CaseRights:
    """Return what is true of a case now; empty parts for a case without a stay."""
    rows = participants.of_case(tx, case_id)
    sent = notices.may_have_arrived(tx, case_id) if rows else {}
    stay = load(stays.get(tx, case_id))
    return CaseRights(
        consent=stay.value(CONSENT) or "",
        bars=tuple(sorted(stay.bars)),
        protection=persons.level(tx, protection.digests(tx, case_id)),
        participants=tuple(_participant(row, sent.get(row.endpoint, ())) for row in rows),
        items=tuple(items.of_case(tx, case_id)),
        elements=tuple(_elements(stay)),
    )


def _participant(row: Participant, sent: Iterable[SentNotice]) -> ParticipantSummary:
    return ParticipantSummary(
        endpoint=row.endpoint,
        need=row.need,
        basis=row.basis,
        ground=row.ground,
        since=row.since,
        until=row.until,
        ended=row.ended,
        told=_told(row, sent),
    )


def _told(row: Participant, sent: Iterable[SentNotice]) -> str:
    """Whether a notice arrived while this right stood. An ending is none."""
    if row.basis in OUTSIDE:
        return ""
    arrived = {
        notice.arrived
        for notice in sent
        if notice.event not in ENDINGS
        and notice.created_at >= row.since
        and (row.until is None or notice.created_at <= row.until)
    }
    if Arrived.YES in arrived:
        return "yes"
    return "maybe" if Arrived.MAYBE in arrived else "no"


def _elements(stay: Stay) -> Iterable[ElementSummary]:
    """Yield each element but those that an event cleared and nobody had stated."""
    stated = {n: fact for n, fact in stay.facts.items() if fact.value is not None or fact.since}
    for name, fact in sorted(stated.items()):
        yield ElementSummary(
            name=name, recorded=fact.at, message=fact.message, deleted=fact.value is None
        )
