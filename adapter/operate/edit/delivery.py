"""Edit a delivery, in its receiver's format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from adapter.core.errors import FatalError, Issue, Severity
from adapter.core.lifecycle import Step
from adapter.core.model import Bundle, Delivery
from adapter.fhir import bundles, profiles
from adapter.mappings import Context, Names
from adapter.operate.edit.original import Edited, Original, names_for, parsed, renamed
from adapter.outbound import deliveries
from adapter.outbound.deliveries import Outgoing, Rendered
from adapter.settings.network import Network
from adapter.store import arrival, outbox, queries
from adapter.store.transaction import Transaction


def edit(tx: Transaction, network: Network, first: Original, body: bytes, now: datetime) -> Edited:
    """Queue a corrected delivery in place of the dead one, with the same number in the order."""
    dead = _dead(first)
    issues = tuple(_differences(network, first, body, now))
    names = names_for(first, body, dead.content_id)
    new = deliveries.new(network, first.endpoint, dead.event, dead.message_id, dead.case_id, now)
    ordered = replace(
        new,
        order_key=dead.order_key,
        order_no=dead.order_no,
        right_no=dead.right_no,
        content_id=names.content,
        replaces=first.id,
    )
    edited = deliveries.filled(ordered, _rendered(network, first, body, names, now))
    outbox.put(tx, [edited])
    outbox.step(tx, first.id, Step.REPLACE, now)
    outbox.fill(tx, first.id, replaced_by=edited.id)
    sent = queries.deliveries_of(tx, [dead.message_id])
    return Edited(
        id=edited.id,
        replaces=first.id,
        event=dead.event,
        case_id=dead.case_id,
        content_id=names.content,
        readable=renamed(network, first, body, names),
        sent=tuple(summary for summary in sent if summary.id == edited.id),
        issues=issues,
        may_have_arrived=bool(arrival.may_have_arrived(tx, [first.id])),
        overtaken_by=tuple(arrival.overtaken(tx, [first.id], network.moves()).get(first.id, ())),
    )


def _dead(first: Original) -> Delivery:
    if not isinstance(first.record, Delivery):
        raise TypeError("a message is edited in message.py")
    return first.record


def _rendered(
    network: Network, first: Original, body: bytes, names: Names, now: datetime
) -> Rendered:
    """The edited bytes under new ids. FHIR that no mapping could write is rendered now."""
    dead, bytes_ = _dead(first), renamed(network, first, body, names)
    if bytes_ == body:
        raise FatalError("no-mapping", f"{first.system.name} gives an edited one no id of its own")
    if dead.content_type == deliveries.UNWRITTEN:
        bundle = parsed(network, first, bytes_)
        outgoing = Outgoing(endpoint=first.endpoint, event=dead.event, bundle=bundle)
        return deliveries.render(network, first.endpoint, outgoing, dead.message_id, now)
    return Rendered(
        body=bytes_,
        content_type=dead.content_type,
        envelope_id=names.envelope,
        losses=dead.losses,
    )


def _differences(network: Network, first: Original, body: bytes, now: datetime) -> Iterator[Issue]:
    """Yield warnings. FatalError when the edited document is invalid or is another message."""
    edited = _read(network, first, body, now)
    try:
        before = _read(network, first, first.body, now)
    except FatalError:
        before = {}  # an unreadable original may be the reason for the edit
    changes = list(_changed_identity(before, edited, first.record.event))
    if changes:
        raise FatalError("other-message", changes[0].expression, changes)
    patients = set(bundles.patient_ids(before)), set(bundles.patient_ids(edited))
    if all(patients) and patients[0].isdisjoint(patients[1]):
        yield Issue(code="other-patient", expression="Patient", severity=Severity.WARNING)


def _read(network: Network, first: Original, body: bytes, now: datetime) -> Bundle:
    """Return a document as FHIR. FatalError has every issue of an invalid document."""
    context = Context(sender=first.endpoint, recorded=now)
    document = parsed(network, first, body)
    event = first.system.event(document)
    bundle = first.system.read(event, document, context)
    issues = profiles.check_message(bundles.event(bundle), bundle, network.settings.limits)
    errors = [issue for issue in issues if issue.severity is Severity.ERROR]
    if errors:
        raise FatalError(errors[0].code, errors[0].detail, errors)
    return bundle


def _changed_identity(before: Bundle, edited: Bundle, event: str) -> Iterator[Issue]:
    """Yield an issue for a changed event, sender, receiver or case: an edit must keep them."""
    same = {
        "MessageHeader.event": bundles.event_code(edited)[1] == event,
        "MessageHeader.sender": bundles.sender_id(before) == bundles.sender_id(edited),
        "MessageHeader.destination": bundles.receiver_ids(before) == bundles.receiver_ids(edited),
        "MessageHeader.extension": bundles.case_ids(before) == bundles.case_ids(edited),
    }
    for path, is_same in same.items():
        if not is_same and (before or path == "MessageHeader.event"):
            yield Issue(code="other-message", expression=path)
