"""A person's correction: in place of what is dead another one goes, and only that one.

The original keeps its bytes and ends as REPLACED, in the same transaction in which the edited one
begins: there is no moment at which both could be sent, or neither.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from adapter.core.errors import FatalError
from adapter.operate.edit import delivery, message
from adapter.operate.edit.original import Edited, Original, original, readable, written_out
from adapter.settings.network import Network
from adapter.store import backlog, history, inbox
from adapter.store.transaction import Transaction

__all__ = ["Edited", "Original", "edit", "original", "readable", "trial", "written_out"]


def edit(
    tx: Transaction,
    network: Network,
    id_: str,
    body: bytes,
    *,
    who: str,
    reason: str,
    now: datetime,
) -> Edited:
    """Let these bytes go in place of an original. FatalError says why they cannot.

    Whether the original may have arrived, or was overtaken, is for the caller to ask.
    """
    _lock(tx, id_)
    first = original(tx, network, id_)
    if readable(network, first, body) == readable(network, first, first.body):
        raise FatalError("not-edited", id_)
    change = message.edit if first.is_message else delivery.edit
    edited = change(tx, network, first, body, now)
    _note(tx, now, first, edited, who, reason)
    return edited


def trial(
    tx: Transaction,
    network: Network,
    id_: str,
    body: bytes,
    *,
    who: str,
    reason: str,
    now: datetime,
) -> Edited:
    """What `edit` would do: it is done, looked at and undone."""
    with tx.trial():
        return edit(tx, network, id_, body, who=who, reason=reason, now=now)


def _lock(tx: Transaction, id_: str) -> None:
    """A message's sender first, as whoever works on its messages does."""
    if not id_.startswith("m-"):
        backlog.lock(tx, [id_])
        return
    row = inbox.get(tx, id_)
    if row is not None and row["endpoint"]:
        inbox.wait_for_senders(tx, [row["endpoint"]])
    inbox.lock(tx, [id_])


def _note(
    tx: Transaction, now: datetime, first: Original, edited: Edited, who: str, reason: str
) -> None:
    """On both: which of them went, who said so, and why."""
    line: dict[str, Any] = {"endpoint": first.endpoint.name, "who": who}
    new = first.place | {"message" if first.is_message else "delivery": edited.id}
    ends = (
        ("replaced", first.row["case_id"], first.place, f"by {edited.id}"),
        ("edited", edited.case_id, new, f"from {first.id}"),
    )
    for what, case_id, place, other in ends:
        history.note(tx, now, what, case=case_id, **place, detail=f"{other}: {reason}", **line)
