"""What would become of a dead message, were it processed now: it is, looked at, and undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DBAPIError

from adapter.core.errors import FatalError
from adapter.core.model import Event, Message
from adapter.inbound.process import Turn, prefetch, process
from adapter.operate.replay import Planned, is_message
from adapter.policy import read_message
from adapter.settings.network import Network
from adapter.store import Store, backlog, inbox, queries
from adapter.store.transaction import Row, Transaction


def try_messages(
    store: Store, network: Network, planned: Sequence[Planned], now: datetime
) -> list[Planned]:
    """To whom each dead message among these would go, and what went there before it.

    Each in a transaction of its own; the others as they are.
    """
    return [_foreseen(store, network, p, now) if is_message(p.id) else p for p in planned]


def _foreseen(store: Store, network: Network, planned: Planned, now: datetime) -> Planned:
    if not planned.possible:
        return planned
    if not network.knows(planned.endpoint):
        return replace(planned, why_not="its sender is not in the settings")
    with store.begin() as tx:
        inbox.wait_for_senders(tx, [planned.endpoint])
        return replace(planned, **_tried(tx, network, planned.id, now))


def _tried(tx: Transaction, network: Network, id_: str, now: datetime) -> dict[str, Any]:
    try:
        with tx.trial():
            return _processed(tx, network, inbox.get(tx, id_) or {}, now)
    except FatalError as error:
        return {"why_not": str(error)}
    except DBAPIError:
        raise  # the store's trouble says nothing of the message
    except Exception as error:  # what made it dead may do so again
        return {"why_not": f"adapter-fault: {type(error).__name__}"}


def _processed(tx: Transaction, network: Network, row: Row, now: datetime) -> dict[str, Any]:
    before = {d.id for d in queries.deliveries_of(tx, [row["id"]])}
    turn = Turn(tx=tx, network=network, message=_message(row), now=now)
    found = read_message.read_message(network, turn.sender, turn.message)
    prefetch(tx, network, [(turn.message, found)])
    process(turn, found)
    made = [d for d in queries.deliveries_of(tx, [row["id"]]) if d.id not in before]
    receivers = tuple(d.endpoint for d in made if d.event != Event.RECEIPT)
    case_id = turn.found.get("case_id")
    later = backlog.later_of_case(tx, case_id, row["seq"], receivers) if case_id else []
    why_not = "" if receivers else _why_not(turn)
    return {"receivers": receivers, "overtaken_by": tuple(later), "why_not": why_not}


def _why_not(turn: Turn) -> str:
    """What keeps it from going to anybody: a refusal, or what is told to nobody."""
    found = turn.found
    return str(found.get("code") or found.get("note") or "nobody is to be told")


def _message(row: Row) -> Message:
    return Message(**{name: row[name] for name in Message.__slots__} | {"tries": 0})
