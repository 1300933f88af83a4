"""What stands before a person: dead letters and open items, with the times that the law sets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from adapter.core.model import Event
from adapter.policy.deadlines import first_due
from adapter.policy.stay import load
from adapter.store import participants, stays
from adapter.store.queries.dead import Cause, DeadLetter, dead_letters
from adapter.store.queries.open_items import open_items
from adapter.store.transaction import Transaction

_NEVER = datetime.max.replace(tzinfo=UTC)


def waiting(tx: Transaction) -> list[Cause]:
    """Return everything that stands before a person, by cause.

    What has a legal time comes first, by that time: so what is overdue is at the top. Then come
    dead letters, the largest group first, and items without a time.
    """
    causes = [*(_with_times(tx, cause) for cause in dead_letters(tx)), *open_items(tx)]
    return sorted(causes, key=lambda cause: _due(cause.letters[0]))


def _with_times(tx: Transaction, cause: Cause) -> Cause:
    """Give admission notices the time by which their receiver must have them, first due first."""
    if cause.kind != "delivery":
        return cause
    notices = [each for each in cause.letters if each.event == Event.ADMISSION_NOTICE]
    ids = [notice.case_id for notice in notices if notice.case_id]
    stays.prefetch(tx, ids)
    participants.prefetch(tx, ids)
    timed = (_with_time(tx, letter) for letter in cause.letters)
    return replace(cause, letters=tuple(sorted(timed, key=_due)))


def _with_time(tx: Transaction, letter: DeadLetter) -> DeadLetter:
    if letter.event != Event.ADMISSION_NOTICE or not letter.case_id:
        return letter
    return replace(letter, due_at=notice_until(tx, letter.case_id, letter.endpoint))


def notice_until(tx: Transaction, case_id: str, endpoint: str) -> datetime | None:
    """Return by when an endpoint must have the admission notice of a case; None: not known."""
    stay = load(stays.get(tx, case_id))
    rows = participants.of_case(tx, case_id)
    theirs = [row for row in rows if row.endpoint == endpoint]
    return first_due(stay, theirs)


def _due(letter: DeadLetter) -> datetime:
    return letter.due_at or _NEVER
