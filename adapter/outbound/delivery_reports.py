"""Delivery reports: tell a sender that a message which we accepted has not arrived."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError
from adapter.core.model import Bundle, Delivery, Event, StoredMessage
from adapter.fhir import builders, bundles
from adapter.fhir.bundles import Resource
from adapter.fhir.parts import party_of
from adapter.outbound import deliveries
from adapter.policy import read_message
from adapter.settings.network import Network
from adapter.store import cases, history, inbox
from adapter.store.transaction import Transaction

NEVER = (Event.RECEIPT, Event.DELIVERY_REPORT)
"""Events without a report: a report about a report would never end."""


def report(
    tx: Transaction, network: Network, d: Delivery, error: AdapterError, now: datetime
) -> None:
    """Queue a report to the sender of a delivery's message: it has not arrived, and why."""
    if d.event not in NEVER:
        _queue(tx, network, d, error, now)


def _queue(
    tx: Transaction, network: Network, d: Delivery, error: AdapterError, now: datetime
) -> None:
    message = inbox.get(tx, d.message_id)
    if message is None or not message.endpoint:
        return
    sender = network.endpoints.get(message.endpoint)
    home = network.address(sender) if sender else None
    if home is None or not d.case_id:
        history.of_delivery(tx, now, "sender-not-told", replace(d, endpoint=message.endpoint))
        return
    bundle = _report_bundle(network, d, message, error, home, now)
    outgoing = deliveries.Outgoing(endpoint=home, event=Event.DELIVERY_REPORT, bundle=bundle)
    case = cases.lock(tx, d.case_id)
    deliveries.put(tx, network, case, message.id, home, [outgoing], now)
    cases.save(tx, case.id, orders=case.orders + 1)
    history.of_delivery(tx, now, "sender-told", replace(d, endpoint=home.name))


def _report_bundle(
    network: Network,
    d: Delivery,
    message: StoredMessage,
    error: AdapterError,
    home: Endpoint,
    now: datetime,
) -> Bundle:
    original = original_bundle(network, message) or {}
    bare = {"resourceType": "Patient", "id": builders.new_id(message.id, "patient")}
    entry = error.entry
    return builders.delivery_report(
        content=builders.new_id(d.id, "report", str(d.attempt)),
        about=message.content_id,
        code=error.code,
        text=f"{entry.sv} / {entry.en} {entry.action}",
        sender=network.adapter(),
        receiver=party_of(home),
        missed=_receiver(network, d.endpoint),
        patient=bundles.patient(original) or bare,
        cases=bundles.case_ids(original),
        at=now,
    )


def _receiver(network: Network, name: str) -> Resource:
    """The receiver by its HSA-id, or by its endpoint's name if that was removed."""
    endpoint = network.endpoints.get(name)
    return builders.logical(endpoint.organization) if endpoint else {"display": name}


def original_bundle(network: Network, stored: StoredMessage) -> Bundle | None:
    """Read a stored message again. This is rare, so the store does not keep the result.

    None when it can no longer be read: it is purged, or its sender's settings have changed.
    """
    sender, message = network.endpoints.get(stored.endpoint), stored.message
    if sender is None or message is None:
        return None
    result = read_message.read_message(network, sender, message)
    return result.bundle if isinstance(result, read_message.ReadMessage) else None
