"""What may be edited, what it is written in, and what the edited one is called."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from adapter.core.endpoint import Endpoint
from adapter.core.errors import FatalError, Issue
from adapter.core.lifecycle import Ruling, Standing, State, Step, advance, rule
from adapter.core.model import Event
from adapter.fhir import builders, codec
from adapter.mappings import Names, System
from adapter.outbound import deliveries
from adapter.settings.network import Network
from adapter.store import inbox, outbox
from adapter.store.queries.summaries import DeliverySummary
from adapter.store.transaction import Row, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """What may be edited: a dead delivery, a dead message or a refused one."""

    row: Row
    endpoint: Endpoint  # the receiver; of a message, its sender
    system: System  # what its bytes are written in

    @property
    def id(self) -> str:
        """The id by which an operator named it."""
        return str(self.row["id"])

    @property
    def body(self) -> bytes:
        """Its bytes."""
        return bytes(self.row["body"])

    @property
    def is_message(self) -> bool:
        """Whether it is a message that came, not a delivery that goes."""
        return self.id.startswith("m-")

    @property
    def place(self) -> dict[str, str]:
        """Where its lines of history stand."""
        if self.is_message:
            return {"message": self.id}
        return {"message": self.row["message_id"], "delivery": self.id}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What went, or would go, in place of an original."""

    id: str
    replaces: str
    event: str
    case_id: str | None
    content_id: str
    readable: bytes  # in the form of the original
    sent: tuple[DeliverySummary, ...]
    note: str = ""  # why a message goes to nobody
    issues: tuple[Issue, ...] = ()  # warnings
    may_have_arrived: bool = False  # the original
    overtaken_by: tuple[str, ...] = ()


def original(tx: Transaction, network: Network, id_: str) -> Original:
    """What an id names. FatalError when there is nothing, or nothing that can be edited."""
    found = inbox.get(tx, id_) if id_.startswith("m-") else outbox.get(tx, id_)
    if found is None:
        raise FatalError("unknown-id", f"{id_}: no delivery (d-…) and no message (m-…)")
    if found["replaced_by"]:
        raise FatalError("illegal-transition", f"{id_} is replaced by {found['replaced_by']}")
    if id_.startswith("m-"):
        rule(Standing(found["standing"]), Ruling.REPLACE)
    else:
        advance(State(found["state"]), Step.REPLACE)
    return _known(network, found)


def _known(network: Network, row: Row) -> Original:
    if not row["endpoint"]:
        raise FatalError("unidentified-sender", "nobody knows what its bytes are written in")
    if row["body"] is None:
        raise FatalError("unknown-id", f"the bytes of {row['id']} are purged")
    if row["event"] == Event.RECEIPT and "state" in row:
        raise FatalError("illegal-transition", "a receipt of ours is not edited")
    endpoint = network.endpoint(row["endpoint"])
    unwritten = row["content_type"] == deliveries.UNWRITTEN
    system = network.systems["fhir"] if unwritten else network.system(endpoint)
    return Original(row=row, endpoint=endpoint, system=system)


def readable(network: Network, first: Original, body: bytes) -> str:
    """Bytes in the form of an original as people read them; as they are, where they are none."""
    try:
        document = parsed(network, first, body)
    except FatalError:
        return body.decode("utf-8", "backslashreplace")
    return codec.readable(first.system.content, document)


def written_out(network: Network, first: Original) -> bytes:
    """An original as a file that a person can edit: a line for each thing, in its own charset."""
    content, body = first.system.content, first.body
    try:
        text = codec.readable(content, parsed(network, first, body))
    except FatalError:
        return body
    named = codec.charset_of(content, body) or first.endpoint.charset
    return text.encode(named or "utf-8" if content == "hl7" else "utf-8")


def parsed(network: Network, first: Original, body: bytes) -> Any:
    """Bytes as a document of the original's format."""
    limits = network.settings.limits
    return codec.parse(first.system.content, body, limits, first.endpoint.charset)


def names_for(first: Original, body: bytes, replaces: str = "") -> Names:
    """What the edited one is called: the same for the same bytes, as a dry run has shown it."""
    print_ = hashlib.sha256(body).hexdigest()
    return Names(
        content=builders.new_id(first.id, "edited", print_),
        envelope=builders.new_id(first.id, "edited", print_, "envelope"),
        replaces=replaces,
    )


def renamed(network: Network, first: Original, body: bytes, names: Names) -> bytes:
    """The edited bytes under their own names."""
    document = first.system.named(parsed(network, first, body), names)
    if document is None:
        return body
    return codec.dump(first.system.content, document, first.endpoint.charset)
