"""What `health` and `status` say of items that stand before a person, and of held notices.

No door shuts for any of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from adapter.core import working_days
from adapter.core.endpoint import Within
from adapter.operate.partner_findings import PartnerFinding
from adapter.operate.waiting import notice_until
from adapter.store import items, participants, stays
from adapter.store.items import ItemCount
from adapter.store.queries.open_items import held_notices
from adapter.store.transaction import Transaction

NAMES = ("nobody-to-tell", "held-notice", "open-item")
"""The findings of items; what each means is in `health.FINDINGS`."""
_SOON = timedelta(hours=6)
_A_WORKING_DAY = Within(working_days=1)
_ZONE = ZoneInfo("Europe/Stockholm")  # for texts that operators read


def findings(tx: Transaction, now: datetime) -> Iterator[PartnerFinding]:
    """Yield each finding."""
    counts = items.counts(tx, now)
    for endpoint, group in groupby(counts, key=lambda count: count.endpoint):
        yield from _of_endpoint(endpoint, list(group), now)
    yield from _held(tx, now)


def _of_endpoint(endpoint: str, counts: list[ItemCount], now: datetime) -> Iterator[PartnerFinding]:
    for count in counts:
        if count.what == "nobody-to-tell":
            yield PartnerFinding(name="nobody-to-tell", endpoint=endpoint, why=_needs(count))
    others = [count for count in counts if count.what != "nobody-to-tell"]
    old = [count for count in others if working_days.due(count.oldest, _A_WORKING_DAY) <= now]
    if old:
        number = sum(count.open for count in others)
        oldest = min(count.oldest for count in old)
        why = f"{_items(number)} open, the oldest from {_time(oldest)}"
        yield PartnerFinding(name="open-item", endpoint=endpoint, why=why)


def _needs(count: ItemCount) -> str:
    overdue = f"{count.overdue} OVERDUE, " if count.overdue else ""
    needs = "need has" if count.open == 1 else "needs have"
    return f"{overdue}{count.open} {needs} no receiver, the oldest from {_time(count.oldest)}"


def _items(number: int) -> str:
    return "1 item is" if number == 1 else f"{number} items are"


def _held(tx: Transaction, now: datetime) -> Iterator[PartnerFinding]:
    """A finding for each endpoint whose first held admission notice is soon due."""
    held = held_notices(tx)
    stays.prefetch(tx, [case_id for _, case_id in held])
    participants.prefetch(tx, [case_id for _, case_id in held])
    first = dict[str, datetime]()
    for endpoint, case_id in held:
        due = notice_until(tx, case_id, endpoint)
        if due is not None:
            first[endpoint] = min(due, first.get(endpoint, due))
    for endpoint, due in sorted(first.items()):
        if due - now < _SOON:
            word = "OVERDUE since" if due <= now else "due"
            why = f"the first held notice is {word} {_time(due)}"
            yield PartnerFinding(name="held-notice", endpoint=endpoint, why=why)


def _time(at: datetime) -> str:
    return f"{at.astimezone(_ZONE):%Y-%m-%d %H:%M}"
