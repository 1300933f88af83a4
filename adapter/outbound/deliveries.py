"""Make deliveries of messages: rendered once in the receiver's format, in the case's order."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import uuid4

from adapter.core import lifecycle
from adapter.core.catalogue import ErrorCode, is_error_code
from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, Issue, Severity
from adapter.core.model import Bundle, Delivery, DoneWhen, Event
from adapter.core.record_ids import Record, new_id
from adapter.fhir import bundles, codec, exact_json, rewriting
from adapter.mappings import Context
from adapter.settings.network import Network
from adapter.store import cases, history, outbox
from adapter.store.transaction import Transaction

log = logging.getLogger(__name__)
UNWRITTEN = "application/fhir+json; unwritten"
"""Content type of a body that the receiver's mapping could not write: our own FHIR."""
_HOLDS = frozenset({"protected-identity", "held"})
_UNREAD = frozenset({Event.RECEIPT, Event.ANSWER, Event.DELIVERY_REPORT})
"""Events that no person answers: for these, `read` means `accepted`."""


def done_when(endpoint: Endpoint, event: Event) -> DoneWhen:
    """Return the layer of receipt that closes a delivery of this event to this endpoint."""
    if event is Event.RECEIPT:
        return DoneWhen.DELIVERED
    if endpoint.done_when is DoneWhen.READ and event in _UNREAD:
        return DoneWhen.ACCEPTED
    return endpoint.done_when


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message to one endpoint, not yet rendered."""

    endpoint: Endpoint
    event: Event
    bundle: Bundle
    original: bytes = b""  # the sender's own bytes, if the message is forwarded unchanged
    hold: str = ""  # a code of the catalogue: held until a person replays it
    right_no: int | None = None  # of the receiver's right, judged again at claim; None: exempt
    expires_at: datetime | None = None  # None: by the settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
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
    """Render and store deliveries in the case's order. The case's row must be locked.

    The caller adds their number to the case's `orders`. A mapping that fails makes only its own
    delivery dead. Return an issue for each delivery that is dead or held.
    """
    created = [
        _delivery(network, sender, message, message_id, case.id, case.orders + number, now)
        for number, message in enumerate(outgoing, start=1)
    ]
    outbox.put(tx, created)
    return [_note_stopped(tx, delivery, now) for delivery in created if delivery.code]


def put_instead(
    tx: Transaction,
    network: Network,
    sender: Endpoint,
    old: Delivery,
    outgoing: Outgoing,
    now: datetime,
) -> None:
    """Store a delivery in the place of an old one: its order in the case, and its time limit."""
    case_id = old.case_id or ""
    made = _delivery(network, sender, outgoing, old.message_id, case_id, old.order_no, now)
    outbox.put(tx, [replace(made, replaces=old.id, expires_at=old.expires_at)])
    if made.code:
        _note_stopped(tx, made, now)


def _delivery(
    network: Network,
    sender: Endpoint,
    outgoing: Outgoing,
    message_id: str,
    case_id: str,
    order_no: int,
    now: datetime,
) -> Delivery:
    endpoint = network.successor(outgoing.endpoint)
    if endpoint is not outgoing.endpoint:  # nothing new is queued for a replaced one
        outgoing = replace(outgoing, endpoint=endpoint)
    made = new(network, endpoint, outgoing.event, message_id, case_id, now)
    waiting = replace(
        made,
        expires_at=outgoing.expires_at or made.expires_at,
        order_key=f"{outgoing.endpoint.name}/{case_id}",
        order_no=order_no,
        right_no=outgoing.right_no,
        content_id=bundles.content_id(outgoing.bundle),
    )
    try:
        rendered = filled(waiting, render(network, sender, outgoing, message_id, now))
    except AdapterError as error:
        return _unwritten(waiting, outgoing, error.code, error.detail)
    except Exception:  # a fault in one receiver's mapping does not stop the others
        place = {"message_id": message_id, "endpoint": outgoing.endpoint.name}
        log.exception("mapping-fault", extra=place)
        return _unwritten(waiting, outgoing, "not-written", "unexpected fault in the mapping")
    return _dead(rendered, outgoing.hold, "") if outgoing.hold else rendered


def filled(waiting: Delivery, rendered: Rendered) -> Delivery:
    """Return a delivery with its rendered document."""
    return replace(
        waiting,
        body=rendered.body,
        content_type=rendered.content_type,
        envelope_id=rendered.envelope_id,
        losses=rendered.losses,
        forwarded=rendered.forwarded,
    )


def _unwritten(waiting: Delivery, outgoing: Outgoing, code: ErrorCode, detail: str) -> Delivery:
    """A dead delivery with our own FHIR as body. A replay runs the mapping again."""
    body = codec.dump("json", outgoing.bundle)
    return _dead(replace(waiting, body=body, content_type=UNWRITTEN), code, detail)


def _dead(waiting: Delivery, code: str, detail: str) -> Delivery:
    return replace(
        waiting,
        state=lifecycle.first_state(code),
        code=code,
        detail=detail,
        next_attempt_at=None,
        closed_at=waiting.created_at,
    )


def _note_stopped(tx: Transaction, dead: Delivery, now: datetime) -> Issue:
    """Note in the history that a delivery begins as dead or held; return it as an issue."""
    what = "held" if dead.code in _HOLDS else "dead"
    history.of_delivery(tx, now, what, dead, dead.code)
    code: ErrorCode = dead.code if is_error_code(dead.code) else "adapter-fault"
    detail = f"not yet sent to {dead.endpoint}"
    return Issue(code=code, detail=detail, severity=Severity.INFORMATION)


def render(
    network: Network, sender: Endpoint, outgoing: Outgoing, message_id: str, now: datetime
) -> Rendered:
    """Return the message in the receiver's format; the sender's own bytes if nothing changes."""
    system = network.system(outgoing.endpoint)
    if outgoing.original and system.name == network.system(sender).name == "fhir":
        return Rendered(
            body=outgoing.original,
            content_type=system.media_type,
            envelope_id=bundles.envelope_id(outgoing.bundle),
            forwarded=True,
        )
    envelope = str(uuid4())
    context = Context(
        sender=sender, receiver=outgoing.endpoint, recorded=now, message_id=message_id
    )
    bundle = rewriting.with_envelope(outgoing.bundle, envelope, now)
    document = system.write(outgoing.event, bundle, context)
    return Rendered(
        body=codec.dump(system.content, document, outgoing.endpoint.charset),
        content_type=system.media_type,
        envelope_id=envelope,
        losses=json.dumps([asdict(loss) for loss in context.losses]) if context.losses else "",
    )


def render_again(network: Network, unwritten: Delivery, now: datetime) -> Rendered:
    """Render a delivery whose mapping failed earlier."""
    bundle: Bundle = exact_json.loads(unwritten.body or b"")
    endpoint = network.endpoint(unwritten.endpoint)
    outgoing = Outgoing(endpoint=endpoint, event=unwritten.event, bundle=bundle)
    return render(network, endpoint, outgoing, unwritten.message_id, now)


def in_new_envelope(body: bytes, now: datetime) -> tuple[str, bytes]:
    """Return the new envelope id and our own FHIR in it, as MedCom requires for a resend."""
    envelope = str(uuid4())
    bundle = rewriting.with_envelope(exact_json.loads(body), envelope, now)
    return envelope, codec.dump("json", bundle)


def new(
    network: Network,
    endpoint: Endpoint,
    event: Event,
    message_id: str,
    case_id: str | None,
    now: datetime,
) -> Delivery:
    """Return a new delivery: waiting, due now, without an order and without a document."""
    return Delivery(
        id=new_id(Record.DELIVERY),
        message_id=message_id,
        endpoint=endpoint.name,
        event=event,
        case_id=case_id,
        state=lifecycle.first_state(""),
        done_when=done_when(endpoint, event),
        created_at=now,
        expires_at=now + network.expire_after(endpoint, event),
        next_attempt_at=now,
        body=b"",
    )
