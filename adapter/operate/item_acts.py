"""What a person may do with an open item: take it, and close it with a reason."""

from __future__ import annotations

from datetime import datetime

from adapter.core.errors import FatalError
from adapter.store import history, items
from adapter.store.items import Item
from adapter.store.transaction import Transaction


def take(tx: Transaction, id_: str, *, who: str, now: datetime) -> str:
    """Make `who` responsible for an item instead of the endpoint's owner. Return the one before.

    FatalError `unknown-id`; `illegal-transition` when it is closed.
    """
    item = _open(tx, id_)
    before = items.take(tx, id_, who)
    _note(tx, now, "taken", item, who, f"from {before}" if before else "")
    return before


def close(tx: Transaction, id_: str, *, who: str, reason: str, now: datetime) -> None:
    """Close an item for good, with the reason; both stay in the history.

    FatalError `unknown-id`; `illegal-transition` when it is closed, so that it is closed once.
    """
    item = _open(tx, id_)
    if not items.close_by_id(tx, id_, reason, now):
        raise FatalError("illegal-transition", id_)
    _note(tx, now, "item-closed", item, who, reason)


def _open(tx: Transaction, id_: str) -> Item:
    item = items.get(tx, id_)
    if item is None:
        raise FatalError("unknown-id", id_)
    if item.closed_at:
        raise FatalError("illegal-transition", f"{id_} is closed: {item.closed_why}")
    return item


def _note(tx: Transaction, now: datetime, what: str, item: Item, who: str, detail: str) -> None:
    about = f"{item.what} {item.subject}".strip()
    history.note(
        tx,
        now,
        what,
        case=item.case_id or None,
        message=item.message_id or None,
        endpoint=item.endpoint,
        detail=f"{about}: {detail}" if detail else about,
        who=who,
    )
