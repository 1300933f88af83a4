"""Messages into deliveries: rendered once in the receiver's format, ordered by the case."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, Issue, Severity
from adapter.core.lifecycle import State
from adapter.core.model import Bundle, DoneWhen, Event
from adapter.core.record_ids import Record, new_id
from adapter.fhir import bundles, codec, rewriting
from adapter.mappings import Context
from adapter.settings.network import Network
from adapter.store import cases, history, outbox
from adapter.store.transaction import Row, Transaction

log = logging.getLogger(__name__)
UNWRITTEN = "application/fhir+json; unwritten"
"""Content type of a body that the receiver's mapping could not write: our own FHIR."""
_UNREAD = frozenset({Event.RECEIPT, Event.ANSWER, Event.DELIVERY_REPORT})
"""Events that no person answers."""


def done_when(endpoint: Endpoint, event: Event) -> DoneWhen:
    """The layer that closes a delivery of this event to this endpoint."""
    if event is Event.RECEIPT:
        return DoneWhen.DELIVERED
    if endpoint.done_when is DoneWhen.READ and event in _UNREAD:
        return DoneWhen.ACCEPTED
    return endpoint.done_when


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to one endpoint, not yet written."""

    endpoint: Endpoint
    event: Event
    bundle: Bundle
    original: bytes = b""  # the sender's own bytes, where nothing of them changes
    hold: str = ""  # a code of the catalogue: not sent until a person lets it go


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message in its receiver's format."""

    body: bytes
    content_type: str
    envelope_id: str
    losses: str = ""
    forwarded: bool = False


def put(
    tx: Transaction,
    network: Network,
    case: cases.Case,
    message_id: str,
    sender: Endpoint,
    outgoing: Iterable[Outgoing],
    now: datetime,
) -> list[Issue]:
    """Write and store deliveries in the case's order; the case's row is locked.

    The caller saves the case's new number of orders, together with what else it changes.

    A mapping that fails makes its own delivery dead; the others go. Returns what failed.
    """
    rows, problems = [], []
    for number, one in enumerate(outgoing, start=case.orders + 1):
        row = row_of(network, one.endpoint, one.event, message_id, case.id, now)
        row |= {"order_key": f"{one.endpoint.name}/{case.id}", "order_no": number}
        row |= {"content_id": bundles.content_id(one.bundle)} | _filled(
            network, sender, one, message_id, now
        )
        if row["code"]:
            problems.append(_stopped(tx, row, now))
        rows.append(row)
    outbox.put(tx, rows)
    return problems


def _filled(
    network: Network, sender: Endpoint, one: Outgoing, message_id: str, now: datetime
) -> dict[str, Any]:
    try:
        written = write(network, sender, one, message_id, now)
    except AdapterError as error:
        return _dead(error.code, error.detail, now) | _inside(one.bundle)
    except Exception:  # a fault in one receiver's mapping must not stop the others
        log.exception(
            "mapping-fault", extra={"message_id": message_id, "endpoint": one.endpoint.name}
        )
        return _dead("not-written", "unexpected fault in the mapping", now) | _inside(one.bundle)
    return asdict(written) | (_dead(one.hold, "", now) if one.hold else {})


def _dead(code: str, detail: str, now: datetime) -> dict[str, Any]:
    timers = {"next_attempt_at": None, "closed_at": now}
    return {"state": State.DEAD, "code": code, "detail": detail} | timers


def _inside(bundle: Bundle) -> dict[str, Any]:
    return {"body": codec.dump("json", bundle), "content_type": UNWRITTEN}


def _stopped(tx: Transaction, row: dict[str, Any], now: datetime) -> Issue:
    what = "held" if row["code"] in ("protected-identity", "held") else "dead"
    line: dict[str, Any] = {
        "case": row["case_id"],
        "message": row["message_id"],
        "delivery": row["id"],
    }
    history.note(tx, now, what, **line, endpoint=row["endpoint"], detail=row["code"])
    detail = f"not yet sent to {row['endpoint']}"
    return Issue(code=row["code"], detail=detail, severity=Severity.INFORMATION)


def write(
    network: Network, sender: Endpoint, one: Outgoing, message_id: str, now: datetime
) -> Written:
    """The bytes for one receiver: the sender's own where nothing changes, else written anew."""
    system = network.system(one.endpoint)
    if one.original and system.name == network.system(sender).name == "fhir":
        envelope = bundles.envelope_id(one.bundle)
        return Written(
            body=one.original,
            content_type=system.media_type,
            envelope_id=envelope,
            forwarded=True,
        )
    envelope = str(uuid4())
    context = Context(sender=sender, receiver=one.endpoint, recorded=now, message_id=message_id)
    bundle = rewriting.with_envelope(one.bundle, envelope, now)
    document = system.write(one.event, bundle, context)
    return Written(
        body=codec.dump(system.content, document, one.endpoint.charset),
        content_type=system.media_type,
        envelope_id=envelope,
        losses=json.dumps([asdict(loss) for loss in context.losses]) if context.losses else "",
    )


def again(network: Network, row: Row, now: datetime) -> Written:
    """Write a delivery whose mapping had failed, now that a person asks for it again."""
    bundle: Bundle = json.loads(row["body"])
    endpoint = network.endpoint(row["endpoint"])
    one = Outgoing(endpoint=endpoint, event=Event(row["event"]), bundle=bundle)
    return write(network, endpoint, one, row["message_id"], now)


def resent(body: bytes, now: datetime) -> tuple[str, bytes]:
    """Our own FHIR in a new envelope, as MedCom's reliable messaging asks of a resend."""
    envelope = str(uuid4())
    bundle = rewriting.with_envelope(json.loads(body), envelope, now)
    return envelope, codec.dump("json", bundle)


def row_of(
    network: Network,
    endpoint: Endpoint,
    event: Event,
    message_id: str,
    case_id: str | None,
    now: datetime,
) -> dict[str, Any]:
    """A new delivery's row: waiting, due now, in no order, and with nothing in it yet."""
    return {
        "id": new_id(Record.DELIVERY),
        "message_id": message_id,
        "endpoint": endpoint.name,
        "event": str(event),
        "case_id": case_id,
        "order_key": None,
        "order_no": 0,
        "state": State.WAITING,
        "content_id": "",
        "envelope_id": "",
        "content_type": "",
        "body": b"",
        "losses": "",
        "forwarded": False,
        "done_when": done_when(endpoint, event),
        "created_at": now,
        "expires_at": now + network.expire_after(endpoint, event),
        "next_attempt_at": now,
        "closed_at": None,
        "code": "",
        "detail": "",
    }
