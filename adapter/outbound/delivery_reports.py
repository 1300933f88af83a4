"""Delivery reports: tell a sender that a message which we accepted has not arrived."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from adapter.core.endpoint import Endpoint
from adapter.core.errors import AdapterError, FatalError
from adapter.core.model import Bundle, Delivery, Event, StoredMessage
from adapter.fhir import builders, bundles
from adapter.fhir.bundles import Resource
from adapter.fhir.parts import party_of
from adapter.outbound import deliveries, report_texts
from adapter.policy import read_message
from adapter.policy.entitled import Missing
from adapter.settings.network import Network
from adapter.store import cases, history, inbox
from adapter.store.transaction import Transaction

NEVER = (Event.RECEIPT, Event.DELIVERY_REPORT)
"""Events without a report: a report about a report would never end."""


_WITH_REASON = ("refused", "refused-for-now")
"""Codes whose detail is what the receiver said: its codes and their places, never its text."""


def report(
    tx: Transaction, network: Network, d: Delivery, error: AdapterError, now: datetime
) -> None:
    """Queue a report to the sender of a delivery's message: it has not arrived, and why."""
    if d.event not in NEVER:
        _queue(tx, network, d, error, now)


def nobody(  # noqa: PLR0913 - the parts of a report, each by name
    tx: Transaction,
    network: Network,
    sender: Endpoint,
    *,
    message_id: str,
    original: Bundle,
    case: cases.Case,
    missing: Missing,
    now: datetime,
) -> None:
    """Queue a report that nobody is found to tell for a need; nothing where none can be sent."""
    home = network.address(sender)
    if home is None:
        return
    report_ = _Report(
        content=builders.new_id(message_id, "nobody", str(missing.need), case.id),
        about=bundles.content_id(original),
        original=original,
        error=FatalError("nobody-to-tell", f"{missing.need}: {missing.text}"),
        missed={"display": str(missing.need)},
        reason=report_texts.nobody(missing),
        message_id=message_id,
        home=home,
    )
    _send(tx, network, report_, case.id, now)


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
    report_ = _Report(
        content=builders.new_id(d.id, "report", str(d.attempt)),
        about=message.content_id,
        original=original_bundle(network, message) or {},
        error=error,
        missed=_receiver(network, d.endpoint),
        message_id=message.id,
        home=home,
        reason=f"{error.detail}." if error.code in _WITH_REASON and error.detail else "",
    )
    _send(tx, network, report_, d.case_id, now)
    history.of_delivery(tx, now, "sender-told", replace(d, endpoint=home.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """What a report says: about which message, why, and who was not reached (`missed`)."""

    content: str
    about: str
    original: Bundle
    error: AdapterError
    missed: Resource
    message_id: str
    home: Endpoint
    reason: str = ""  # why, in this case; without it the error's own text is all


def _send(tx: Transaction, network: Network, report_: _Report, case_id: str, now: datetime) -> None:
    bundle = _report_bundle(network, report_, now)
    outgoing = deliveries.Outgoing(
        endpoint=report_.home, event=Event.DELIVERY_REPORT, bundle=bundle
    )
    case = cases.lock(tx, case_id)
    deliveries.put(tx, network, case, report_.message_id, report_.home, [outgoing], now)
    cases.save(tx, case.id, orders=case.orders + 1)


def _report_bundle(network: Network, report_: _Report, now: datetime) -> Bundle:
    bare = {"resourceType": "Patient", "id": builders.new_id(report_.message_id, "patient")}
    return builders.delivery_report(
        content=report_.content,
        about=report_.about,
        code=report_.error.code,
        text=report_texts.text(report_.error, report_.reason),
        sender=network.adapter(),
        receiver=party_of(report_.home),
        missed=report_.missed,
        patient=bundles.patient(report_.original) or bare,
        cases=bundles.case_ids(report_.original),
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
