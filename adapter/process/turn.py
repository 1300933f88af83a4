"""What every step of processing needs: the transaction, the network, the message, the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from adapter.model import Endpoint, Message
from adapter.routing import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message's turn in an open transaction; its sender's row is locked."""

    tx: sa.Connection
    network: Network
    message: Message
    now: datetime

    @property
    def sender(self) -> Endpoint:
        """The authenticated endpoint that the message came from."""
        return self.network.endpoint(self.message.endpoint)
