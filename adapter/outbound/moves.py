"""Move to its successor what a replaced endpoint surely does not have.

The successor may have another system. Then a notice of a stay is made anew, and everything else is
written again in the new format. What cannot be written stands before a person, and its sender gets
no report: it can still arrive.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, FatalError
from adapter.core.model import Bundle, Delivery, Event, Kind, StoredMessage
from adapter.fhir import bundles, codec, exact_json
from adapter.mappings import Context
from adapter.outbound import deliveries, failed_deliveries, judgement
from adapter.outbound.deliveries import Outgoing, Rendered
from adapter.outbound.delivery_reports import original_bundle
from adapter.policy.stay import load
from adapter.settings.network import Network
from adapter.store import attempts, history, inbox, outbox, replaced_endpoints, stays
from adapter.store.transaction import Transaction

log = logging.getLogger(__name__)


def move_of_case(
    tx: Transaction, network: Network, old: Endpoint, case_id: str, now: datetime
) -> None:
    """Move what waits in a case. Its deliveries must be locked before the case."""
    for delivery in replaced_endpoints.movable(tx, old.name, case_id):
        move(tx, network, old, delivery, now)


def move(tx: Transaction, network: Network, old: Endpoint, d: Delivery, now: datetime) -> None:
    """Move a delivery, in its place in the case's order."""
    new = network.successor(old)
    if old.system == new.system and old.charset == new.charset:
        _take_over(tx, new, d, now)
    elif _is_made_anew(tx, d):
        judgement.judge(tx, network, d, now)
    else:
        _write_again(tx, network, new, d, now)
        return
    _note(tx, new, d, old, now)


def _is_made_anew(tx: Transaction, d: Delivery) -> bool:
    """Whether it is a notice that can be made from its Stay; an ending is not."""
    is_notice = d.event.kind is Kind.ENCOUNTER and d.right_no is not None
    return is_notice and load(stays.get(tx, d.case_id or "")).is_described


def _take_over(
    tx: Transaction, new: Endpoint, d: Delivery, now: datetime, rendered: Rendered | None = None
) -> None:
    values = {
        "endpoint": new.name,
        "order_key": f"{new.name}/{d.case_id}" if d.order_key else None,
        "done_when": deliveries.done_when(new, d.event),
        "next_attempt_at": now,
    }
    if rendered is not None:
        filled = deliveries.filled(d, rendered)
        names = ("body", "content_type", "envelope_id", "losses", "forwarded")
        values |= {name: getattr(filled, name) for name in names}
    outbox.fill(tx, d.id, **values)


def _note(tx: Transaction, new: Endpoint, d: Delivery, old: Endpoint, now: datetime) -> None:
    history.of_delivery(tx, now, "moved", replace(d, endpoint=new.name), f"from {old.name}")
    log.info("moved", extra={"delivery": d.id, "endpoint": new.name})


def _write_again(
    tx: Transaction, network: Network, new: Endpoint, bare: Delivery, now: datetime
) -> None:
    """Write a delivery in the format of the successor, under its content id."""
    d, old = outbox.get(tx, bare.id) or bare, network.endpoint(bare.endpoint)
    stored = inbox.get(tx, d.message_id)
    try:
        rendered = _rendered(network, new, d, stored, now)
    except Exception as error:
        why = error.code if isinstance(error, AdapterError) else type(error).__name__
        detail = f"written for {old.system}; {new.name} speaks {new.system}: {why}"
        failed_deliveries.leave(tx, network, bare, FatalError("settings", detail), now)
        return
    attempts.keep_bytes(tx, d)
    _take_over(tx, new, d, now, rendered)
    _note(tx, new, d, old, now)


def _rendered(
    network: Network, new: Endpoint, d: Delivery, stored: StoredMessage | None, now: datetime
) -> Rendered:
    sender = network.endpoints.get(stored.endpoint) if stored else None
    outgoing = Outgoing(endpoint=new, event=d.event, bundle=_bundle(network, d, stored, now))
    return deliveries.render(network, sender or new, outgoing, d.message_id, now)


def _bundle(network: Network, d: Delivery, stored: StoredMessage | None, now: datetime) -> Bundle:
    """The message as FHIR: as its sender wrote it, else as it stands in the old document.

    FatalError `unreadable` when neither is the message of this delivery.
    """
    original = original_bundle(network, stored) if stored and d.event is not Event.RECEIPT else None
    if original is not None and bundles.content_id(original) == d.content_id:
        return original
    old = network.endpoint(d.endpoint)
    system = network.system(old)
    if system.name == "fhir":
        bundle: Bundle = exact_json.loads(d.body or b"")
    else:
        document = codec.parse(system.content, d.body or b"", network.settings.limits, old.charset)
        context = Context(sender=old, recorded=now, message_id=d.message_id)
        bundle = system.read(d.event, document, context)
    if bundles.content_id(bundle) != d.content_id:
        raise FatalError("unreadable", "the old document has another id")
    return bundle
