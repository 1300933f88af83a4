"""What every step of processing needs: the transaction, the network, the message, the time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from adapter.core.endpoint import Endpoint
from adapter.core.lifecycle import Ruling, Standing, rule
from adapter.core.model import Message
from adapter.settings.network import Network
from adapter.store import inbox
from adapter.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message's turn in an open transaction; its sender's row is locked.

    What is found out about the message is gathered in `found`, and written once (`write`): each
    statement costs a round trip.
    """

    tx: Transaction
    network: Network
    message: Message
    now: datetime
    found: dict[str, Any] = field(default_factory=dict)

    @property
    def sender(self) -> Endpoint:
        """The authenticated endpoint that the message came from."""
        return self.network.endpoint(self.message.endpoint)

    def afresh(self) -> Turn:
        """The same turn with nothing found yet: what was written before was rolled back."""
        return replace(self, found={})

    def note(self, **values: Any) -> None:
        """Columns of the message's row."""
        self.found.update(values)

    def settle(self, ruling: Ruling, **values: Any) -> None:
        """The message's standing; it has been RECEIVED since its sender's row was locked."""
        self.note(standing=rule(Standing.RECEIVED, ruling), **values)

    def write(self) -> None:
        """Everything that was noted, in one statement."""
        inbox.note(self.tx, self.message.id, **self.found)
