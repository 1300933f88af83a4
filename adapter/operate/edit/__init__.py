"""A person's correction: an edited document is sent in place of a dead letter.

The original keeps its bytes. It becomes REPLACED in the transaction that creates the edited
delivery or message, so at no moment can both be sent, or neither.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from adapter.core.errors import FatalError
from adapter.core.record_ids import is_message_id
from adapter.operate.edit import delivery, message
from adapter.operate.edit.original import Edited, Original, original, readable, written_out
from adapter.settings.network import Network
from adapter.store import history, inbox, outbox
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
    """Send these bytes in place of an original. FatalError when they cannot be sent.

    The result says whether the original may have arrived or was overtaken; the caller decides.
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
    """Return what `edit` would do: the edit is made and rolled back."""
    with tx.trial():
        return edit(tx, network, id_, body, who=who, reason=reason, now=now)


def _lock(tx: Transaction, id_: str) -> None:
    """Lock the original; for a message, its sender first, in the same order as processing."""
    if not is_message_id(id_):
        outbox.lock(tx, [id_])
        return
    stored = inbox.get(tx, id_)
    if stored is not None and stored.endpoint:
        inbox.wait_for_senders(tx, [stored.endpoint])
    inbox.lock(tx, [id_])


def _note(
    tx: Transaction, now: datetime, first: Original, edited: Edited, who: str, reason: str
) -> None:
    """Add a line of history to both, with the other's id, the person and the reason."""
    by: dict[str, Any] = {"endpoint": first.endpoint.name, "who": who}
    new = first.place | {"message" if first.is_message else "delivery": edited.id}
    ends = (
        ("replaced", first.record.case_id, first.place, f"by {edited.id}"),
        ("edited", edited.case_id, new, f"from {first.id}"),
    )
    for what, case_id, place, other in ends:
        history.note(tx, now, what, case=case_id, **place, detail=f"{other}: {reason}", **by)
