"""What every step of processing needs: the transaction, the network, the message, the time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from adapter.core.endpoint import Endpoint
from adapter.core.lifecycle import Ruling, Standing, rule
from adapter.core.model import Message
from adapter.settings.network import Network
from adapter.store import history, inbox
from adapter.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message's turn in an open transaction; its sender's row is locked.

    What we make of the message is gathered in `notes` and written once (`write`): each statement
    costs a round trip.
    """

    tx: Transaction
    network: Network
    message: Message
    now: datetime
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def sender(self) -> Endpoint:
        """The authenticated endpoint that the message came from."""
        return self.network.endpoint(self.message.endpoint)

    def afresh(self) -> Turn:
        """The same turn without notes: what was written before was rolled back."""
        return replace(self, notes={})

    def note(self, **values: Any) -> None:
        """Columns of the message's row."""
        self.notes.update(values)

    def settle(self, ruling: Ruling, **values: Any) -> None:
        """Note the message's standing. It is RECEIVED while its sender's row is locked."""
        self.note(standing=rule(Standing.RECEIVED, ruling), **values)

    def write(self) -> None:
        """Everything that was noted, in one statement."""
        inbox.note(self.tx, self.message.id, **self.notes)

    def log(self, what: str, detail: str = "", case: str | None = None) -> None:
        """Add a line about the message to the history."""
        history.note(
            self.tx,
            self.now,
            what,
            case=case,
            message=self.message.id,
            endpoint=self.message.endpoint,
            detail=detail,
        )
