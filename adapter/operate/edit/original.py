"""What may be edited: its format, and the ids of the edited document."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError, Issue
from adapter.core.lifecycle import Ruling, Step, advance, rule
from adapter.core.model import Delivery, Event, StoredMessage
from adapter.fhir import builders, codec
from adapter.mappings import Names, System
from adapter.operate.replay import get_record
from adapter.outbound import deliveries
from adapter.settings.network import Network
from adapter.store.queries.summaries import DeliverySummary
from adapter.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A record that may be edited: a dead delivery, or a dead or refused message."""

    record: StoredMessage | Delivery
    endpoint: Endpoint  # the receiver; for a message, its sender
    system: System  # the system whose format its bytes have

    @property
    def id(self) -> str:
        """The id of the record."""
        return self.record.id

    @property
    def body(self) -> bytes:
        """The bytes of the record."""
        return self.record.body or b""

    @property
    def is_message(self) -> bool:
        """Whether it is a message and not a delivery."""
        return isinstance(self.record, StoredMessage)

    @property
    def place(self) -> dict[str, str]:
        """The ids that its lines of history carry."""
        if isinstance(self.record, StoredMessage):
            return {"message": self.id}
        return {"message": self.record.message_id, "delivery": self.id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What was sent, or would be sent, in place of an original."""

    id: str
    replaces: str
    event: str
    case_id: str | None
    content_id: str
    readable: bytes  # in the form of the original
    sent: tuple[DeliverySummary, ...]
    note: str = ""  # why a message goes to no receiver
    issues: tuple[Issue, ...] = ()  # warnings
    may_have_arrived: bool = False  # the original
    overtaken_by: tuple[str, ...] = ()


def original(tx: Transaction, network: Network, id_: str) -> Original:
    """Return the record of an id. FatalError when it is unknown, or may not be edited."""
    record = get_record(tx, id_)
    if record is None:
        raise FatalError("unknown-id", f"{id_}: no delivery (d-…) and no message (m-…)")
    if record.replaced_by:
        raise FatalError("illegal-transition", f"{id_} is replaced by {record.replaced_by}")
    if isinstance(record, StoredMessage):
        rule(record.standing, Ruling.REPLACE)
    else:
        advance(record.state, Step.REPLACE)
    return _original(network, record)


def _original(network: Network, record: StoredMessage | Delivery) -> Original:
    if not record.endpoint:
        raise FatalError("unidentified-sender", "the format of its bytes is unknown")
    if record.body is None:
        raise FatalError("unknown-id", f"the bytes of {record.id} are purged")
    if record.event == Event.RECEIPT and isinstance(record, Delivery):
        raise FatalError("illegal-transition", "a receipt of ours is not edited")
    endpoint = network.endpoint(record.endpoint)
    unwritten = record.content_type == deliveries.UNWRITTEN
    system = network.systems["fhir"] if unwritten else network.system(endpoint)
    return Original(record=record, endpoint=endpoint, system=system)


def readable(network: Network, first: Original, body: bytes) -> str:
    """Return bytes as text for people, indented; bytes of another format as they are."""
    try:
        document = parsed(network, first, body)
    except FatalError:
        return body.decode("utf-8", "backslashreplace")
    return codec.readable(first.system.content, document)


def written_out(network: Network, first: Original) -> bytes:
    """Return an original as a file to edit: one element per line, in its own charset."""
    content, body = first.system.content, first.body
    try:
        text = codec.readable(content, parsed(network, first, body))
    except FatalError:
        return body
    named = codec.charset_of(content, body) or first.endpoint.charset
    return text.encode(named or "utf-8" if content == "hl7" else "utf-8")


def parsed(network: Network, first: Original, body: bytes) -> Any:
    """Return bytes parsed as a document of the original's format."""
    limits = network.settings.limits
    return codec.parse(first.system.content, body, limits, first.endpoint.charset)


def names_for(first: Original, body: bytes, replaces: str = "") -> Names:
    """Return the ids of the edited document. The same bytes get the same ids as in a dry run."""
    fingerprint = hashlib.sha256(body).hexdigest()
    return Names(
        content=builders.new_id(first.id, "edited", fingerprint),
        envelope=builders.new_id(first.id, "edited", fingerprint, "envelope"),
        replaces=replaces,
    )


def renamed(network: Network, first: Original, body: bytes, names: Names) -> bytes:
    """Return the edited bytes with their own ids."""
    document = first.system.named(parsed(network, first, body), names)
    if document is None:
        return body
    return codec.dump(first.system.content, document, first.endpoint.charset)
