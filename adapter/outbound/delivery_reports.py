"""Delivery reports: telling a sender that what we had said `ok` to could not be delivered."""

from __future__ import annotations

from datetime import datetime

from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError
from adapter.core.model import Bundle, Event, Message
from adapter.fhir import builders, bundles
from adapter.fhir.bundles import Resource
from adapter.outbound import deliveries
from adapter.policy import read_message
from adapter.settings.network import Network, party
from adapter.store import cases, history, inbox
from adapter.store.transaction import Row, Transaction

NEVER = (Event.RECEIPT, Event.DELIVERY_REPORT)
"""Events of which nobody is told: a report of a report would never end."""


def tell(tx: Transaction, network: Network, row: Row, error: AdapterError, now: datetime) -> None:
    """Tell the sender of what a delivery carries that it has not arrived, and why."""
    if row["event"] not in NEVER:
        _report(tx, network, row, error, now)


def _report(
    tx: Transaction, network: Network, row: Row, error: AdapterError, now: datetime
) -> None:
    message = inbox.get(tx, row["message_id"])
    if message is None or not message["endpoint"]:
        return
    sender = network.endpoints.get(message["endpoint"])
    home = network.address(sender) if sender else None
    line = {"case": row["case_id"], "message": row["message_id"], "delivery": row["id"]}
    if home is None or not row["case_id"]:
        history.note(tx, now, "sender-not-told", **line, endpoint=message["endpoint"])
        return
    bundle = _report_bundle(network, row, message, error, home, now)
    one = deliveries.Outgoing(endpoint=home, event=Event.DELIVERY_REPORT, bundle=bundle)
    case = cases.lock(tx, row["case_id"])
    deliveries.put(tx, network, case, message["id"], home, [one], now)
    cases.save(tx, case.id, orders=case.orders + 1)
    history.note(tx, now, "sender-told", **line, endpoint=home.name)


def _report_bundle(
    network: Network,
    row: Row,
    message: Row,
    error: AdapterError,
    home: Endpoint,
    now: datetime,
) -> Bundle:
    first = original(network, message) or {}
    bare = {"resourceType": "Patient", "id": builders.new_id(message["id"], "patient")}
    person = bundles.patient(first) or bare
    entry = error.entry
    return builders.delivery_report(
        content=builders.new_id(row["id"], "report", str(row["attempt"])),
        about=message["content_id"],
        code=error.code,
        text=f"{entry.sv} / {entry.en} {entry.action}",
        sender=network.adapter(),
        receiver=party(home),
        missed=_named(network, row["endpoint"]),
        patient=person,
        cases=bundles.case_ids(first),
        at=now,
    )


def _named(network: Network, name: str) -> Resource:
    """Who was not reached: by HSA-id, or by what the settings called it while they had it."""
    endpoint = network.endpoints.get(name)
    return builders.logical(endpoint.organization) if endpoint else {"display": name}


def original(network: Network, row: Row) -> Bundle | None:
    """A stored message, read again: this is rare, and needs no column.

    None when that is no longer possible: it is purged, or its sender's settings have changed.
    """
    sender = network.endpoints.get(row["endpoint"])
    if sender is None or row["body"] is None:
        return None
    stored = Message(
        id=row["id"],
        endpoint=row["endpoint"],
        body=row["body"],
        fingerprint=row["fingerprint"],
        received_at=row["received_at"],
    )
    found = read_message.read_message(network, sender, stored)
    return found.bundle if isinstance(found, read_message.ReadMessage) else None
