"""A delivery that a person corrects, in its receiver's format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime

from adapter.core.errors import FatalError, Issue, Severity
from adapter.core.lifecycle import Step
from adapter.core.model import Bundle, Event
from adapter.fhir import bundles, profiles
from adapter.mappings import Context, Names
from adapter.operate.edit.original import Edited, Original, names_for, parsed, renamed
from adapter.outbound import deliveries
from adapter.outbound.deliveries import Outgoing, Written
from adapter.settings.network import Network
from adapter.store import backlog, outbox, queries
from adapter.store.transaction import Transaction


def edit(tx: Transaction, network: Network, first: Original, body: bytes, now: datetime) -> Edited:
    row, event = first.row, Event(first.row["event"])
    issues = tuple(_differences(network, first, body, now))
    names = names_for(first, body, row["content_id"])
    new = deliveries.row_of(network, first.endpoint, event, row["message_id"], row["case_id"], now)
    new |= {"order_key": row["order_key"], "order_no": row["order_no"]}
    new |= asdict(_written(network, first, body, names, now))
    new |= {"content_id": names.content, "replaces": first.id}
    outbox.put(tx, [new])
    outbox.step(tx, first.id, Step.REPLACE, now)
    outbox.fill(tx, first.id, replaced_by=new["id"])
    return Edited(
        id=new["id"],
        replaces=first.id,
        event=row["event"],
        case_id=row["case_id"],
        content_id=names.content,
        readable=renamed(network, first, body, names),
        sent=tuple(d for d in queries.deliveries_of(tx, [row["message_id"]]) if d.id == new["id"]),
        issues=issues,
        may_have_arrived=bool(backlog.may_have_arrived(tx, [first.id])),
        overtaken_by=_passed(tx, network, first.id),
    )


def _passed(tx: Transaction, network: Network, id_: str) -> tuple[str, ...]:
    return tuple(backlog.overtaken(tx, [id_], network.moves()).get(id_, ()))


def _written(
    network: Network, first: Original, body: bytes, names: Names, now: datetime
) -> Written:
    """The edited bytes under their own ids; what no mapping could write is written now."""
    row, bytes_ = first.row, renamed(network, first, body, names)
    if bytes_ == body:
        raise FatalError("no-mapping", f"{first.system.name} gives an edited one no id of its own")
    if row["content_type"] == deliveries.UNWRITTEN:
        one = Outgoing(
            endpoint=first.endpoint,
            event=Event(row["event"]),
            bundle=parsed(network, first, bytes_),
        )
        return deliveries.write(network, first.endpoint, one, row["message_id"], now)
    return Written(
        body=bytes_,
        content_type=row["content_type"],
        envelope_id=names.envelope,
        losses=row["losses"],
    )


def _differences(network: Network, first: Original, body: bytes, now: datetime) -> Iterator[Issue]:
    """Warnings. FatalError where the edited document is not valid, or is another message."""
    edited = _understood(network, first, body, now)
    try:
        before = _understood(network, first, first.body, now)
    except FatalError:
        before = {}  # that may be why it is edited
    others = list(_other(before, edited, first.row["event"]))
    if others:
        raise FatalError("other-message", others[0].expression, others)
    patients = set(bundles.patient_ids(before)), set(bundles.patient_ids(edited))
    if all(patients) and patients[0].isdisjoint(patients[1]):
        yield Issue(code="other-patient", expression="Patient", severity=Severity.WARNING)


def _understood(network: Network, first: Original, body: bytes, now: datetime) -> Bundle:
    """What a receiver reads in a document; FatalError with everything that is wrong."""
    context = Context(sender=first.endpoint, recorded=now)
    document = parsed(network, first, body)
    event = first.system.event(document)
    bundle = first.system.read(event, document, context)
    issues = profiles.check_message(event, bundle, network.settings.limits)
    errors = [issue for issue in issues if issue.severity is Severity.ERROR]
    if errors:
        raise FatalError(errors[0].code, errors[0].detail, errors)
    return bundle


def _other(before: Bundle, edited: Bundle, event: str) -> Iterator[Issue]:
    """Who tells what to whom of which case stays as it was: an edit corrects what is said."""
    same = {
        "MessageHeader.event": bundles.event_code(edited)[1] == event,
        "MessageHeader.sender": bundles.sender_id(before) == bundles.sender_id(edited),
        "MessageHeader.destination": bundles.receiver_ids(before) == bundles.receiver_ids(edited),
        "MessageHeader.extension": bundles.case_ids(before) == bundles.case_ids(edited),
    }
    for path, is_same in same.items():
        if not is_same and (before or path == "MessageHeader.event"):
            yield Issue(code="other-message", expression=path)
