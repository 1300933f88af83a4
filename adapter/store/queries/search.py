"""Search for messages: newest first, in pages, each page in bounded time.

The open, accepted and dead states have an index. For any other search a page reads at most WINDOW
of perhaps millions of rows: it may be short, and its `next` says where to continue.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa

from adapter.core.lifecycle import OPEN, Standing, State
from adapter.store.indexes import one_of
from adapter.store.queries.summaries import MessageSummary, columns, fetch
from adapter.store.tables import delivery, message
from adapter.store.transaction import Transaction

WINDOW = 20_000
_SKEW = timedelta(minutes=10)  # rows that arrive together commit in any order
_MESSAGE = columns(MessageSummary, message)
_INDEXED = frozenset({*OPEN, State.ACCEPTED, State.DEAD, Standing.RECEIVED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The filters of a search; "" and None match anything.

    `state` is the message's own (Standing) or that of any of its deliveries (State). `before`
    is the `next` of the page before.
    """

    endpoint: str = ""  # its sender, or a receiver
    state: str = ""
    event: str = ""
    since: datetime | None = None
    cases: tuple[str, ...] = ()  # by their ids
    ids: tuple[str, ...] = ()
    before: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Messages, newest first, and where the next page begins (None: this is the last)."""

    messages: tuple[MessageSummary, ...]
    next: int | None


def messages(tx: Transaction, search: Search, limit: int) -> Page:
    """Return a page of at most `limit` messages."""
    top = _top(tx, search)
    window = 0 if search.state in _INDEXED or search.cases or search.ids else top - WINDOW
    floor = max(window, _first_since(tx, search.since, top) - 1)
    page = fetch(tx, MessageSummary, _query(search, floor, top).limit(limit))
    full = len(page) == limit
    last = page[-1].seq - 1 if full else floor
    more = last > 0 and _exists(tx, last, search.since)
    return Page(messages=tuple(page), next=last + 1 if more else None)


def _top(tx: Transaction, search: Search) -> int:
    if search.before is not None:
        return search.before - 1
    return tx.execute(sa.select(sa.func.max(message.c.seq))).scalar_one() or 0


def _query(search: Search, floor: int, top: int) -> sa.Select[tuple[object, ...]]:
    window = sa.select(*_MESSAGE).where(message.c.seq > floor, message.c.seq <= top)
    return window.where(*_wanted(search)).order_by(message.c.seq.desc())


def _wanted(search: Search) -> Iterator[sa.ColumnElement[bool]]:
    if search.cases:
        yield message.c.case_id.in_(search.cases)
    if search.ids:
        yield message.c.id.in_(search.ids)
    if search.endpoint:
        yield sa.or_(message.c.endpoint == search.endpoint, _sent_to(search.endpoint))
    if search.event:
        yield sa.or_(message.c.event == search.event, _sent_as(search.event))
    if search.since is not None:
        yield message.c.received_at >= search.since
    if search.state:
        yield _in_state(search.state)


def _of_message() -> sa.ColumnElement[bool]:
    return delivery.c.message_id == message.c.id


def _sent_to(endpoint: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(_of_message(), delivery.c.endpoint == endpoint)


def _sent_as(event: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(_of_message(), delivery.c.event == event)


def _in_state(state: str) -> sa.ColumnElement[bool]:
    if state in _INDEXED:
        return message.c.seq.in_(sa.union_all(*_waiting_in(state)))
    own = [message.c.standing == state] if state in set(Standing) else []
    sent = (
        [sa.exists().where(_of_message(), delivery.c.state == state)] if state in set(State) else []
    )
    return sa.or_(*own, *sent)


def _waiting_in(state: str) -> Iterator[sa.Select[tuple[int]]]:
    """Yield the rows of the partial indexes, with the exact condition of each index."""
    if state in set(Standing):
        yield sa.select(message.c.seq).where(one_of(message.c.standing, Standing(state)))
    if state in set(State):
        wide = OPEN if state in OPEN else (State(state),)
        sent = sa.select(message.c.seq).join(delivery, _of_message())
        yield sent.where(one_of(delivery.c.state, *wide), delivery.c.state == state)


def _first_since(tx: Transaction, since: datetime | None, top: int) -> int:
    """Return the first row of a time by binary search: `seq` and `received_at` grow together."""
    if since is None:
        return 1
    low, high = 1, top + 1
    while low < high:
        middle = (low + high) // 2
        seq, at = _at(tx, middle)
        if at is None or at >= since - _SKEW:
            high = middle
        else:
            low = seq + 1
    return low


def _at(tx: Transaction, seq: int) -> tuple[int, datetime | None]:
    """Return number and time of the first row from `seq` on; no time beyond the last row."""
    query = sa.select(message.c.seq, message.c.received_at).where(message.c.seq >= seq)
    row = tx.execute(query.order_by(message.c.seq).limit(1)).one_or_none()
    return (row.seq, row.received_at) if row else (seq, None)


def _exists(tx: Transaction, last: int, since: datetime | None) -> bool:
    older = sa.select(message.c.received_at).where(message.c.seq <= last)
    at = tx.execute(older.order_by(message.c.seq.desc()).limit(1)).scalar_one_or_none()
    return at is not None and (since is None or at >= since - _SKEW)
