"""The dry run of a replay: dead messages are processed in transactions that are rolled back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from adapter.core.errors import FatalError
from adapter.core.model import Event, StoredMessage
from adapter.core.record_ids import is_message_id
from adapter.inbound.prefetch import prefetch
from adapter.inbound.process import process
from adapter.inbound.turn import Turn
from adapter.operate.replay_plan import Planned
from adapter.policy.read_message import read_message
from adapter.settings.network import Network
from adapter.store import (
    RowRefusedError,
    Store,
    StoreUnavailableError,
    arrival,
    inbox,
    queries,
)
from adapter.store.transaction import Transaction


def try_messages(
    store: Store, network: Network, planned: Sequence[Planned], now: datetime
) -> list[Planned]:
    """Return the rows; those of dead messages say what processing them now would do.

    That is: their receivers, the later deliveries of the case to these, or why there are none.
    Each message has its own transaction. Rows of deliveries are returned unchanged.
    """
    return [_with_result(store, network, p, now) if is_message_id(p.id) else p for p in planned]


def _with_result(store: Store, network: Network, planned: Planned, now: datetime) -> Planned:
    if not planned.possible:
        return planned
    if not network.knows(planned.endpoint):
        return replace(planned, why_not="its sender is not in the settings")
    with store.begin() as tx:
        inbox.wait_for_senders(tx, [planned.endpoint])
        stored = inbox.get(tx, planned.id)
        return replace(planned, **_outcome(tx, network, stored, now)) if stored else planned


def _outcome(
    tx: Transaction, network: Network, stored: StoredMessage, now: datetime
) -> dict[str, Any]:
    try:
        with tx.trial():
            return _process(tx, network, stored, now)
    except FatalError as error:
        return {"why_not": str(error)}
    except (RowRefusedError, StoreUnavailableError):
        raise  # a fault of the store says nothing about the message
    except Exception as error:  # the fault that made it dead may still be there
        return {"why_not": f"adapter-fault: {type(error).__name__}"}


def _process(
    tx: Transaction, network: Network, stored: StoredMessage, now: datetime
) -> dict[str, Any]:
    message = stored.message
    if message is None:
        raise FatalError("unknown-id", "its bytes are purged")
    before = {d.id for d in queries.deliveries_of(tx, [stored.id])}
    turn = Turn(tx=tx, network=network, message=message, now=now)
    result = read_message(network, turn.sender, message)
    prefetch(tx, network, [(message, result)])
    process(turn, result)
    created = [d for d in queries.deliveries_of(tx, [stored.id]) if d.id not in before]
    receivers = tuple(d.endpoint for d in created if d.event != Event.RECEIPT)
    case_id = turn.notes.get("case_id")
    later = arrival.later_of_case(tx, case_id, stored.seq, receivers) if case_id else []
    why_not = "" if receivers else _why_not(turn)
    return {"receivers": receivers, "overtaken_by": tuple(later), "why_not": why_not}


def _why_not(turn: Turn) -> str:
    """Why it goes to no receiver: the code of a refusal, or the note of the decision."""
    return str(turn.notes.get("code") or turn.notes.get("note") or "it has no receiver")
