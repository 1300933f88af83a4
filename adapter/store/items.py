"""Items: what a person must look at, and is neither a dead delivery nor a dead message.

Of a case, one item about the same thing is open at a time. Outside a case (`case_id` ""), one
for each message. The row of the case is the lock.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa

from adapter.core.record_ids import Record, new_id
from adapter.store.bulk_write import InsertNew
from adapter.store.columns import Instant
from adapter.store.dialects import among
from adapter.store.indexes import unclosed
from adapter.store.prefetch import Prefetch
from adapter.store.tables import item
from adapter.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something for the owner of an endpoint to look at; never with personal data."""

    id: str = ""  # "" for a new one
    what: str  # such as `nobody-to-tell`
    case_id: str = ""
    message_id: str = ""
    subject: str = ""  # a need, or an endpoint
    endpoint: str = ""  # whose owner must look: the sender's
    detail: str = ""
    since: datetime
    due_at: datetime | None = None
    closed_at: datetime | None = None
    closed_why: str = ""
    taken_by: str = ""

    @property
    def about(self) -> tuple[str, str]:
        """What it is about, within its case."""
        return self.what, self.subject


_OPEN = Prefetch[str, tuple[Item, ...]](
    table=item, keys=lambda row: [row["case_id"]], parameter="case_id_"
)
"""Open items by case."""
_NAMES = tuple(field.name for field in fields(Item))
_FIELDS = tuple(item.c[name] for name in _NAMES)
_PUT = InsertNew(item)
_unclosed = item.c.closed_at.is_(None)
_OPEN_OF_CASES = (
    sa.select(*_FIELDS).where(among(item.c.case_id, "ids"), _unclosed).order_by(item.c.seq)
)
_SAME_OF_MESSAGE = sa.select(item.c.id).where(
    item.c.message_id == sa.bindparam("message_"),
    item.c.what == sa.bindparam("what_"),
    item.c.subject == sa.bindparam("subject_"),
    _unclosed,
)


def prefetch(tx: Transaction, case_ids: Iterable[str]) -> None:
    """Read the open items of many cases in one query."""
    kept = tx.kept(_OPEN)
    asked = [id_ for id_ in dict.fromkeys(case_ids) if id_ and id_ not in kept]
    if asked:
        rows = [Item(**row) for row in tx.execute(_OPEN_OF_CASES, {"ids": asked}).mappings()]
        for id_ in asked:
            kept[id_] = tuple(row for row in rows if row.case_id == id_)


def of_case(tx: Transaction, case_id: str) -> list[Item]:
    """Return the open items of a case, oldest first."""
    prefetch(tx, [case_id])
    return list(tx.kept(_OPEN)[case_id])


def open_item(tx: Transaction, new: Item) -> bool:
    """Open an item. False, and no change, when the same is open."""
    if _is_open(tx, new):
        return False
    row = {name: getattr(new, name) for name in _NAMES} | {"id": new_id(Record.ITEM)}
    opened = Item(**row)
    before = of_case(tx, new.case_id) if new.case_id else []
    tx.later(_PUT, row)
    if new.case_id:
        tx.kept(_OPEN)[new.case_id] = (*before, opened)
    return True


def _is_open(tx: Transaction, new: Item) -> bool:
    if new.case_id:
        return any(each.about == new.about for each in of_case(tx, new.case_id))
    same = {"message_": new.message_id, "what_": new.what, "subject_": new.subject}
    return tx.execute(_SAME_OF_MESSAGE, same).first() is not None


_CLOSED = {
    "closed_at": sa.bindparam("now_", type_=Instant),
    "closed_why": sa.bindparam("why_"),
}
_CLOSE = (
    sa.update(item)
    .where(
        item.c.case_id == sa.bindparam("case_id_"),
        item.c.what == sa.bindparam("what_"),
        item.c.subject == sa.bindparam("subject_"),
        _unclosed,
    )
    .values(_CLOSED)
)
_CLOSE_ID = sa.update(item).where(item.c.id == sa.bindparam("id_"), _unclosed).values(_CLOSED)


def close(tx: Transaction, case_id: str, what: str, subject: str, why: str, now: datetime) -> bool:
    """Close the item of a case about something. Return whether one was open."""
    if not any(each.about == (what, subject) for each in of_case(tx, case_id)):
        return False
    same = {"case_id_": case_id, "what_": what, "subject_": subject}
    tx.execute(_CLOSE, same | {"why_": why, "now_": now})
    return True


def close_by_id(tx: Transaction, id_: str, why: str, now: datetime) -> bool:
    """Close an item. Return whether it was open."""
    return tx.execute(_CLOSE_ID, {"id_": id_, "why_": why, "now_": now}).rowcount == 1


def dismissed(tx: Transaction, case_id: str, what: str) -> dict[str, Item]:
    """Return the newest item of a case about each subject, where a person has closed it."""
    query = sa.select(*_FIELDS).where(item.c.case_id == case_id, item.c.what == what)
    rows = tx.execute(query.order_by(item.c.seq)).mappings()
    newest = {row["subject"]: Item(**row) for row in rows}
    return {s: row for s, row in newest.items() if row.closed_at and row.closed_why not in OVER}


OVER = ("met", "ended")
"""Why the adapter itself closes an item about a need; any other reason is a person's."""


def take(tx: Transaction, id_: str, who: str) -> str:
    """Make `who` responsible instead of the endpoint's owner. Return the one before.

    NoResultFound when there is no such item.
    """
    same = item.c.id == id_
    before: str = tx.execute(sa.select(item.c.taken_by).where(same)).scalar_one()
    tx.execute(sa.update(item).where(same).values(taken_by=who))
    return before


def get(tx: Transaction, id_: str) -> Item | None:
    """Return an item, open or closed; None for an unknown id."""
    row = tx.execute(sa.select(*_FIELDS).where(item.c.id == id_)).mappings().one_or_none()
    return Item(**row) if row else None


def listing(tx: Transaction, *, endpoint: str = "", what: str = "", limit: int = 100) -> list[Item]:
    """Return open items: those that are due first, and then by age. "" matches any."""
    query = sa.select(*_FIELDS).where(unclosed)
    if endpoint:
        query = query.where(item.c.endpoint == endpoint)
    if what:
        query = query.where(item.c.what == what)
    ordered = query.order_by(item.c.due_at.is_(None), item.c.due_at, item.c.seq)
    return [Item(**row) for row in tx.execute(ordered.limit(limit)).mappings()]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCount:
    """The open items of one kind that stand before the owner of one endpoint."""

    endpoint: str
    what: str
    open: int
    overdue: int
    oldest: datetime


def counts(tx: Transaction, now: datetime) -> list[ItemCount]:
    """Return how many items are open, by endpoint and kind, and how many are overdue."""
    overdue = sa.func.sum(sa.case((item.c.due_at <= now, 1), else_=0))
    columns = (
        item.c.endpoint,
        item.c.what,
        sa.func.count().label("open"),
        overdue.label("overdue"),
        sa.func.min(item.c.since).label("oldest"),
    )
    query = sa.select(*columns).where(unclosed).group_by(item.c.endpoint, item.c.what)
    ordered = query.order_by(item.c.endpoint, item.c.what)
    return [ItemCount(**row) for row in tx.execute(ordered).mappings()]
