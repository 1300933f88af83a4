"""What the receivers of a case may have got of its stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from adapter.core.failures import Arrived
from adapter.core.participant import Participant
from adapter.inbound.turn import Turn
from adapter.policy.notice import ENDINGS
from adapter.store import notices as sent_notices
from adapter.store import outbox
from adapter.store.cases import Case
from adapter.store.notices import SentNotice


def sent_since(turn: Turn, case: Case, rows: Sequence[Participant]) -> dict[str, list[SentNotice]]:
    """Return the notices that each endpoint with an open row was sent, since its row was opened.

    Endings do not count. The open deliveries are locked, so that no claim begins meanwhile.
    """
    since = dict[str, datetime]()
    for row in rows:
        if row.until is None:
            since[row.endpoint] = min(row.since, since.get(row.endpoint, row.since))
    if not since:
        return {}
    outbox.lock_open(turn.tx, case.id, sorted(since))
    sent = sent_notices.may_have_arrived(turn.tx, case.id)
    return {
        name: [
            n for n in _sent_to(turn, sent, name) if n.created_at >= at and n.event not in ENDINGS
        ]
        for name, at in since.items()
    }


def promoted(row: Participant, sent: Sequence[SentNotice]) -> Participant:
    """Return the row, with its newest notice as what was told, where that has arrived."""
    newest = next((n for n in reversed(sent) if n.is_due), None)
    is_told = newest is not None and newest.arrived is Arrived.YES and row.queued
    return replace(row, told=row.queued) if is_told else row


def _sent_to(turn: Turn, sent: Mapping[str, Sequence[SentNotice]], name: str) -> list[SentNotice]:
    """What was sent to an endpoint, and to those that it replaced."""
    names = [*turn.network.replaced(name), name]
    return [notice for each in names for notice in sent.get(each, ())]


def arrived(sent: Sequence[SentNotice]) -> Arrived:
    """Return whether any of these notices has arrived, or may have."""
    known = {each.arrived for each in sent}
    if Arrived.YES in known:
        return Arrived.YES
    return Arrived.MAYBE if Arrived.MAYBE in known else Arrived.NO
