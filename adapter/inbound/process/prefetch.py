"""What many messages are decided by is asked for at once: deliveries, ids, cases, in this order.

Senders lock a delivery, and then the case that they flag: never the other way round.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from adapter.core.model import RETURNING, Event, Message
from adapter.fhir import bundles
from adapter.inbound.process.message_ids import ids_of
from adapter.policy.read_message import ReadMessage, ReadResult, case_names
from adapter.settings.network import Network
from adapter.store import cases, concerned, duplicates
from adapter.store.transaction import Transaction


def prefetch(
    tx: Transaction, network: Network, found: Sequence[tuple[Message, ReadResult | None]]
) -> None:
    """Call with the senders' rows locked."""
    known = [(message, one) for message, one in found if one is not None]
    read = [(message, one) for message, one in known if isinstance(one, ReadMessage)]
    case_ids = _answered(tx, network, [both for both in read if both[1].event in RETURNING])
    duplicates.prefetch(
        tx, [ids_of(message, one.bundle) for message, one in known if one.event != Event.RECEIPT]
    )
    names = [n for _, one in read if one.event not in RETURNING for n in case_names(one.bundle)]
    cases.prefetch(tx, names, case_ids)


def _answered(
    tx: Transaction, network: Network, answers: Sequence[tuple[Message, ReadMessage]]
) -> list[str]:
    """Cases of the deliveries that are answered; a receipt that takes its delivery needs none."""
    wanted = defaultdict[tuple[str, ...], list[str]](list)
    for message, one in answers:
        names = tuple(network.same_organization(network.endpoint(message.endpoint)))
        wanted[names].append(bundles.concerned(one.bundle))
    concerned.prefetch(tx, wanted)
    told = [message for message, one in answers if one.event is not Event.RECEIPT]
    return _cases(tx, wanted) if told else []


def _cases(tx: Transaction, wanted: dict[tuple[str, ...], list[str]]) -> list[str]:
    rows = (
        row
        for names, contents in wanted.items()
        for content_id in contents
        for row in concerned.deliveries(tx, names, content_id)
    )
    return [row["case_id"] for row in rows if row["case_id"]]
