"""What every step of processing needs: transaction, network, message and time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from adapter.core.endpoint import Endpoint
from adapter.core.lifecycle import Ruling, Standing, rule
from adapter.core.model import Bundle, Message
from adapter.fhir import bundles
from adapter.settings.network import Network
from adapter.store import history, inbox
from adapter.store.transaction import Transaction


def log_fields(message: Message) -> dict[str, Any]:
    """Return the fields that identify a message in log lines."""
    return {"message_id": message.id, "endpoint": message.endpoint}


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The processing of one message in an open transaction; its sender's row is locked.

    `notes` collects the columns of the message's row. `write` writes them in one statement,
    because each statement costs a round trip.
    """

    tx: Transaction
    network: Network
    message: Message
    now: datetime
    notes: dict[str, Any] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)  # the URIs that the message has

    @property
    def sender(self) -> Endpoint:
        """The authenticated endpoint that the message came from."""
        return self.network.endpoint(self.message.endpoint)

    @property
    def about(self) -> str:
        """The id by which the sender knows the message: its content id, or ours if it has none."""
        return str(self.notes.get("content_id") or self.message.id)

    def afresh(self) -> Turn:
        """Return the turn without notes, for a new start after a rollback."""
        return replace(self, notes={}, places={})

    def learn(self, bundle: Bundle) -> None:
        """Note the endpoints' URIs in a message: its receipt goes from and to them, reversed."""
        header = bundles.header(bundle)
        self.places["source"] = (header.get("source") or {}).get("endpoint", "")
        to = {d.get("endpoint", "") for d in header.get("destination", ())}
        self.places["destination"] = to.pop() if len(to) == 1 else ""

    def note(self, **values: Any) -> None:
        """Set columns of the message's row."""
        self.notes.update(values)

    def settle(self, ruling: Ruling, **values: Any) -> None:
        """Set the message's standing. It was RECEIVED: its sender's row is locked."""
        self.note(standing=rule(Standing.RECEIVED, ruling), **values)

    def write(self) -> None:
        """Write all notes in one statement."""
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
