"""One message is read and decided on, so that no fault of ours in it hurts another message."""

from __future__ import annotations

import logging

from adapter.core.errors import FatalError
from adapter.core.model import Message
from adapter.inbound.owed_receipts import OwedReceipt
from adapter.inbound.process import process, turn_down
from adapter.inbound.turn import Turn
from adapter.policy.read_message import ReadResult, read_message
from adapter.settings.network import Network
from adapter.store import RowRefusedError, StoreUnavailableError

log = logging.getLogger(__name__)


def read_safely(network: Network, message: Message) -> ReadResult | None:
    """Read a message; None after an unexpected exception in a mapping."""
    try:
        return read_message(network, network.endpoint(message.endpoint), message)
    except Exception:
        log.exception("adapter-fault", extra={"message_id": message.id})
        return None


def attempt(turn: Turn, result: ReadResult | None) -> OwedReceipt | None:
    """Decide on a message that was read.

    None after an unexpected exception: it is logged, and nothing that was written stands.
    """
    if result is None:
        return None
    try:
        return _attempted(turn, result)
    except (RowRefusedError, StoreUnavailableError):
        raise  # the store is in trouble: nothing of the whole transaction stands
    except Exception:
        log.exception("adapter-fault", extra={"message_id": turn.message.id})
        return None


def _attempted(turn: Turn, result: ReadResult) -> OwedReceipt:
    try:
        with turn.tx.attempt():
            return process(turn, result)
    except FatalError as error:
        with turn.tx.attempt():
            return turn_down(turn.afresh(), result, error)
